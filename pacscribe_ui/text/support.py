"""Words of the page about support access, for both sides."""


class Support:
    """Support access."""

    TITLE = "Support access"
    LEAD = (
        "Support can look into your organization only while you let it in. It sees studies, reports and the audit trail; it "
        "changes nothing and takes nothing out. Everything it opens is in the audit trail."
    )
    LEAD_SUPPORT = (
        "Organizations that let you look, and until when. You change nothing and take nothing out; everything you open is in "
        "the audit trail that they read."
    )
    LET_IN = "Let support in"
    REASON = "Reason"
    REASON_HINT = "What support is to look at, in 10 to 400 characters. Name no patient."
    HOURS = "For"
    HOURS_CHOICES: tuple[tuple[str, str], ...] = (
        ("1", "1 hour"),
        ("4", "4 hours"),
        ("24", "1 day"),
        ("72", "3 days"),
    )
    ALLOW = "Let support look"
    ALLOWED = "Support may look now."
    END = "End it now"
    ENDED = "Support may look no longer."
    LEAVES = "So far"
    LEAVES_NONE = "Support has never been let in."
    LIVE = "holds now"
    BY = "By "
    FROM_TO = " to "
    UNTIL = "Until "
    DOORS = "Open to you"
    DOORS_NONE_TITLE = "Nobody lets you in"
    DOORS_NONE = "An organization's administrator lets support in on this page."
    WHY = "Why you look, in 10 to 400 characters"
    ENTER = "Look"
    ENTER_LABEL = "Look at {name}"
    LEAVE = "Look no longer"
    LEFT = "You look at no organization."
    HERE = "You are looking at"
    TO_WORKLIST = "To its worklist"
