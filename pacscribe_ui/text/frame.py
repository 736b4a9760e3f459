"""Words of the frame around every page, of lists, and of states that several pages show."""

UNEXPECTED = "Something went wrong on the server. Try again; if it stays, tell support the reference {reference}."


class Shell:
    """The frame around every page."""

    PRODUCT = "PACScribe"
    SKIP = "Skip to the content"
    NAVIGATION = "Main"
    HOME = "PACScribe, to the worklist"
    WORKLIST = "Worklist"
    UPLOAD = "Upload"
    EMERGENCY = "Emergency"
    SUPPORT = "Support"
    AUDIT = "Audit"
    SETTINGS = "Settings"
    PROFILE = "Profile"
    PRIVACY = "Privacy"
    SIGN_IN = "Sign in"
    SIGN_OUT = "Sign out"
    ACCOUNT = "Your account"
    TO_LIGHT = "Change to the light theme"
    TO_DARK = "Change to the dark theme"
    DEMO_LABEL = "Demo"
    DEMO = (
        "Demo: the people and studies here are invented or public samples. Enter no real patient."
    )
    CLOSE = "Close"
    CONNECTION_LOST = (
        "The connection to the server is lost. Trying again; nothing you saved is lost."
    )
    LOADING = "Loading"


class NotFoundPage:
    """The page for unknown addresses."""

    TITLE = "This page does not exist"
    LEAD = "The address may be mistyped, or what it pointed to is not there any more."
    BACK = "To the worklist"


class Breakdown:
    """In place of a page that failed."""

    TITLE = "This page stopped working"
    LEAD = (
        "What you saved is safe. Load the page again; if it stays, tell support what you did last."
    )
    AGAIN = "To the worklist"


class Clipboard:
    """What is put on the clipboard."""

    COPY = "Copy "
    COPIED = "Copied"
    REFUSED = "The browser does not let it be copied"


class Lists:
    """What every list says."""

    CLEAR = "Clear filters"
    FILTERS = "Filters"
    PAGES = "Pages"
    PREVIOUS = "Previous page"
    NEXT = "Next page"
    PAGE = "Page "
    OF = " of "


class Status:
    """States of studies and reports, in words."""

    UNREAD = "Unread"
    READING = "Being read"
    READ = "Read"
    CORRECTED = "corrected"
    CORRECTED_TITLE = "An administrator has corrected what some of the files say of this patient."
    REPORTED = "Reported"
    STAT = "Stat"
    URGENT = "Urgent"
    ROUTINE = "Routine"
    DRAFT = "Draft"
    FINAL = "Signed"
