"""Words of the page about access tokens, and of service accounts."""


class Programs:
    """Access tokens for programs."""

    TITLE = "Access tokens"
    LEAD = (
        "For your own programs, which show one in place of your password. A token never does more than you may do "
        "at that moment, and what it does is recorded as yours."
    )
    LIST = "Your access tokens"
    NONE_TITLE = "You have no access token"
    NONE = "Make one for a script that uploads, exports or reads for you."
    NEW = "Make a token"
    NAME = "What it is for"
    NAME_HINT = "So that you find it again, such as Night export."
    DAYS = "It ends after"
    DAYS_CHOICES: tuple[tuple[str, str], ...] = (
        ("7", "7 days"),
        ("30", "30 days"),
        ("90", "90 days"),
        ("180", "half a year"),
        ("365", "a year"),
    )
    MAY = "Whoever shows it may"
    REACH = "To work with every study, a token needs both: to see studies, and to reach every study of the organization."
    REACHES_ALL = "As ticked, this token reaches every study of the organization."
    REACHES_SOME = (
        "As ticked, this token reaches only studies that its owner has to do with: assigned to them, of their patients, "
        "shared. To reach every study, tick “reach every study of the organization” as well."
    )
    SEES_NONE = (
        "As ticked, this token sees no study. Tick “see the worklist and open studies” as well."
    )
    REACHES_OWN = "This token reaches the studies that its owner has to do with: assigned to them, of their patients, shared."
    MAKE = "Make this token"
    ONCE_TITLE = "This token is shown once"
    ONCE = "Copy it now and keep it like a password. PACScribe keeps no copy that could be read."
    USE = "Programs send it with each request:"
    HEADER_SHAPE = "Authorization: Bearer TOKEN"
    TAKEN = "I have copied it"
    REVOKE = "Revoke"
    REVOKE_LABEL = "Revoke the token {name}"
    REVOKED_NOTICE = "The token is revoked. It stopped working at once."
    MAY_USE = "May {rights}."
    LAPSED = "You no longer hold, and so neither does it: {rights}."
    BEGINS = "Begins with {hint}"
    ENDS = "Ends"
    USED = "Last used"
    USED_FROM = "from {address}"
    NEVER_USED = "Never used"
    STANDINGS: dict[str, str] = {"valid": "Valid", "expired": "Ended", "revoked": "Revoked"}
    OF = "Access tokens"
    OF_NONE = "There is none."
