"""Every sentence a user reads on a page, grouped by screen. Sentences of refusals are with the refusals.

One place, so that another language is another set of these words and nothing else. A class is a
screen or a piece of one; `{name}` marks what is filled in.
"""

UNEXPECTED = "Something went wrong on the server. Try again; if it stays, tell support the reference {reference}."


class Shell:
    """The frame around every page."""

    PRODUCT = "PACScribe"
    SKIP = "Skip to the content"
    NAVIGATION = "Main"
    HOME = "PACScribe, to the worklist"
    WORKLIST = "Worklist"
    UPLOAD = "Upload"
    AUDIT = "Audit"
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


class SignIn:
    """The sign-in page."""

    TITLE = "Sign in"
    LEAD = "Images and reports, on your own server."
    EMAIL = "E-mail"
    PASSWORD = "Password"
    SUBMIT = "Sign in"
    PRIVACY = "What PACScribe stores about you"
    FAILURE_TITLE = "Not signed in"
    # Keyed by the code in `?refused=`; the route that refuses chooses it.
    REFUSED: dict[str, str] = {
        "1": "E-mail or password is not right. Check both and try again.",
        "wait": "Too many attempts. Wait a minute and try again.",
        "ended": "Your session has ended. Sign in again.",
        "out": "You are signed out.",
        "used": "This set-up link was used or has expired. Start PACScribe again to get a new one.",
        "weak": "The password is too short or too common. Choose a longer one.",
        "incomplete": "Something was left empty. Fill in every field.",
    }
    REFUSED_OTHERWISE = "Signing in did not work. Try again."


class SetUp:
    """The page behind the one-time set-up link."""

    TITLE = "Set up PACScribe"
    LEAD = "You make the first account. It belongs to the administrator of your organization."
    ORGANIZATION = "Organization"
    NAME = "Your name"
    NAME_HINT = "As colleagues should read it, for example on a report."
    EMAIL = "E-mail"
    PASSWORD = "Password"
    PASSWORD_HINT = "At least 12 characters. A few words in a row are easy to remember."
    SUBMIT = "Create the account"
    NO_TOKEN_TITLE = "This address is not complete"
    NO_TOKEN = "Open the whole set-up link that PACScribe printed when it started."


class NotFoundPage:
    """The page for unknown addresses."""

    TITLE = "This page does not exist"
    LEAD = "The address may be mistyped, or what it pointed to is not there any more."
    BACK = "To the worklist"


class PrivacyPage:
    """What is stored."""

    TITLE = "What PACScribe stores"
    LEAD = "PACScribe runs on your organization's own server. It sends nothing to anybody else."
    SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
        (
            "About patients",
            (
                "The studies your organization takes in: images and everything in their DICOM files, "
                "byte for byte as they came.",
                "The reports written here, each signed version for good.",
                "Files, reports and database are encrypted on the disk. Without the key file, which only "
                "your organization holds, nothing in them can be read.",
            ),
        ),
        (
            "About you",
            (
                "Name, e-mail and roles. Of your password only a value from which it cannot be "
                "computed back.",
                "Your sessions: when they began, were last used and ended, with address and browser.",
            ),
        ),
        (
            "The audit trail",
            (
                "Who signed in, opened a study, changed or signed a report, and what was refused, with "
                "time and address. Entries are chained: one that was changed or taken out is found.",
                "Administrators of your organization can read it.",
            ),
        ),
        (
            "In your browser",
            (
                "One cookie that holds your session. Scripts cannot read it, and it ends with the session.",
                "Your choice of dark or light. No images, no reports, no trackers, nothing from other sites.",
            ),
        ),
    )


class Breakdown:
    """In place of a page that failed."""

    TITLE = "This page stopped working"
    LEAD = (
        "What you saved is safe. Load the page again; if it stays, tell support what you did last."
    )
    AGAIN = "To the worklist"


class Status:
    """States of studies and reports, in words."""

    UNREAD = "Unread"
    READING = "Being read"
    REPORTED = "Reported"
    STAT = "Stat"
    URGENT = "Urgent"
    ROUTINE = "Routine"
    DRAFT = "Draft"
    FINAL = "Signed"


class Worklist:
    """The worklist."""

    TITLE = "Worklist"
    TABLE = "Studies"
    STATUS = "Status"
    PATIENT = "Patient"
    STUDY_DATE = "Study date"
    MODALITY = "Modality"
    DESCRIPTION = "Description"
    ARRIVED = "Arrived"
    IMAGES = "Objects"
    SEARCH = "Search"
    SEARCH_HINT = "Name, ID, accession number or description"
    SEARCH_SUBMIT = "Search"
    ANY_STATUS = "Any status"
    ANY_MODALITY = "Any modality"
    DATE_FROM = "Study date from"
    DATE_TO = "to"
    CLEAR = "Clear filters"
    FILTERS = "Filters"
    NO_NAME = "No name"
    NO_ID = "No ID"
    NO_DESCRIPTION = "No description"
    BORN = "Born"
    ACCESSION = "Accession number"
    REFERRER = "Referred by"
    INSTITUTION = "Institution"
    SERIES = "Series"
    OTHER_STUDIES = "Other studies of this patient"
    NO_OTHER_STUDIES = "None."
    OPEN = "Open images"
    REPORT = "Report"
    PREVIEW = "Chosen study"
    CHOOSE = "Choose a study to see more of it; its name opens it."
    EMPTY_TITLE = "No studies yet"
    EMPTY = "Studies appear here as soon as they are uploaded or imported."
    NONE_FOUND_TITLE = "No study matches"
    NONE_FOUND = "Take a filter away, or search for fewer words."
    UPLOAD = "Upload studies"
    FOUND_ONE = "1 study"
    FOUND = " studies"
    PAGES = "Pages"
    PREVIOUS = "Previous page"
    NEXT = "Next page"
    PAGE = "Page "
    OF = " of "


class Upload:
    """The upload page."""

    TITLE = "Upload"
    LEAD = "DICOM files, whole folders and zip archives. Everything is encrypted as it arrives and kept byte for byte."
    FINISHED = "Everything was sent; {stored} objects are stored."
    FINISHED_PARTLY = "Stored: {stored}. Not taken in: {refused}; the reasons are on this page."
    UNSENT = "{count} files were not sent. {reason}"
    CANCELLED = "You stopped the upload; what was stored before is kept."
    CONNECTION = "The connection broke off; send them again."
    RESULT = "What became of it"
    STORED = "Stored"
    DUPLICATE = "Stored already"
    CONFLICT = "In conflict"
    REFUSED = "Refused"
    SKIPPED = "Skipped"
    STORED_HINT = "Durable, encrypted and in the worklist."
    DUPLICATE_HINT = "The very same object was here before."
    CONFLICT_HINT = "Contradicts what is stored; the stored one was kept."
    REFUSED_HINT = "Could not be taken in; the reason is below."
    SKIPPED_HINT = "Not part of a study, such as a DICOMDIR."
    STUDIES = "Studies"
    PROBLEMS = "Not stored"
    FILE = "File"
    REASON = "Why"
    FIRST_PROBLEMS = "The first 100 are listed."


UPLOADER: dict[str, str] = {
    "region": "Upload area",
    "drop_here": "Drop files, folders or zip archives here",
    "hint": "or choose them; they are sent in small pieces, two at a time",
    "choose_files": "Choose files",
    "choose_folder": "Choose a folder",
    "sending": "Sending",
    "storing": "Storing",
    "progress": "Upload progress",
    "answered": "objects answered",
    "left": "left",
    "cancel": "Stop",
    "not_sent": "files were not sent.",
    "send_again": "Send them again",
}


class Viewer:
    """The viewer."""

    TITLE = "Viewer"
    LOADING = "Opening the study"
    NOT_OPENED_TITLE = "The study cannot be opened"
    TO_WORKLIST = "To the worklist"
    NO_SERIES_TITLE = "Nothing to show"
    NO_SERIES = "This study holds no series."
    TOOLBAR = "Viewer tools"
    IMAGES = "Images"
    SERIES_STRIP = "Series"
    SERIES = "Series"
    SERIES_SHORT = "Se"
    IMAGE_ONE = "1 image"
    IMAGES_COUNT = "{count} images"
    OBJECTS_COUNT = "{count} objects, no image"
    NO_DESCRIPTION = "No description"
    NOT_SHOWN = "Not an image"
    SHOWN_NOW = "shown in the active viewport"
    NO_NAME = "No name"
    NO_ID = "No ID"
    BORN = "b."
    ACCESSION = "Acc"
    TOOLS = "What dragging does"
    TOOL_WINDOW = "Window: drag (W)"
    TOOL_PAN = "Move: drag (M)"
    TOOL_ZOOM = "Zoom: drag (Z)"
    TOOL_SCROLL = "Scroll: drag (S)"
    WINDOW_GROUP = "Window"
    PRESET = "Window preset"
    CENTER = "Window center"
    CENTER_SHORT = "C"
    WIDTH = "Window width"
    WIDTH_SHORT = "W"
    AS_STORED = "As stored"
    OWN_WINDOW = "Own window"
    FROM_FILE = "File: "
    SIZE_GROUP = "Size"
    ZOOM_IN = "Zoom in (+)"
    ZOOM_OUT = "Zoom out (-)"
    FIT = "Fit to the viewport (=)"
    ONE_TO_ONE = "One image pixel per screen pixel (O)"
    ONE_TO_ONE_SHORT = "1:1"
    TURN_GROUP = "Turn"
    ROTATE_RIGHT = "Rotate right (R)"
    ROTATE_LEFT = "Rotate left (Shift+R)"
    MIRROR = "Flip left and right (H)"
    FLIP = "Flip top and bottom (V)"
    INVERT = "Invert grey values (I)"
    RESET = "Reset the view (Space)"
    CINE_GROUP = "Film"
    PREVIOUS_IMAGE = "Previous image (↑)"
    NEXT_IMAGE = "Next image (↓)"
    PLAY = "Play as a film (C)"
    PAUSE = "Pause the film (C)"
    SLOWER = "Slower (<)"
    FASTER = "Faster (>)"
    RATE = "{rate} / s"
    LAYOUT_GROUP = "Layout"
    LAYOUTS: dict[str, str] = {
        "1x1": "One viewport",
        "1x2": "Two viewports side by side",
        "2x2": "Four viewports",
    }
    TEXT_LEVEL = "More or less text on the images (T)"
    PANEL_SHOW = "Show the report (N)"
    PANEL_HIDE = "Hide the report (N)"
    PANEL = "Report"
    PANEL_EDGE = "Width of the report"
    KEYS = "Keys and gestures (?)"
    KEYS_TITLE = "Keys and gestures"
    CLOSE = "Close"
    # Names of the presets that the back end offers, by key.
    PRESETS: dict[str, str] = {
        "soft-tissue": "Soft tissue",
        "lung": "Lung",
        "mediastinum": "Mediastinum",
        "bone": "Bone",
        "brain": "Brain",
        "stroke": "Stroke",
        "subdural": "Subdural",
        "temporal-bone": "Temporal bone",
        "liver": "Liver",
        "head-neck": "Head and neck",
        "angiography": "Angiography",
        "spine-soft-tissue": "Spine, soft tissue",
        "mip-vessels": "Vessels (MIP)",
        "virtual-endoscopy": "Virtual endoscopy",
    }
    CHEAT_SHEET: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
        (
            "Tools",
            (
                ("W  M  Z  S", "Dragging sets the window, moves, zooms, scrolls"),
                ("1 to 9", "Window presets of the modality"),
                ("0", "As stored; again for the next window of the file"),
            ),
        ),
        (
            "View",
            (
                ("+  -  =  O", "Zoom in, zoom out, fit, one to one"),
                ("Ctrl and arrows", "Move the image"),
                ("R  Shift+R", "Rotate right, left"),
                ("H  V", "Flip left and right, top and bottom"),
                ("I", "Invert"),
                ("T", "More or less text"),
                ("Space", "Reset"),
            ),
        ),
        (
            "Go",
            (
                ("↑  ↓", "Image (with Shift: ten)"),
                ("Home  End", "First, last image"),
                ("Page Up  Page Down", "Series"),
                ("←  →", "Viewport"),
                ("C  <  >", "Film: play or pause, slower, faster"),
                ("Enter", "One viewport large, and back"),
                ("N", "Report"),
            ),
        ),
        (
            "Mouse",
            (
                ("Left drag", "The chosen tool (with Shift: fine window)"),
                ("Wheel", "Scroll; with Ctrl: zoom at the pointer"),
                ("Middle drag", "Move"),
                ("Right drag", "Zoom"),
                ("Double click", "One viewport large, and back"),
            ),
        ),
        (
            "Touch",
            (
                ("One finger", "The chosen tool: scroll at first, or move a single image"),
                ("Two fingers", "Pinch to zoom, drag to move"),
                ("Three fingers", "Window"),
                ("Double tap", "One viewport large, and back"),
            ),
        ),
    )


VIEWPORT: dict[str, str | dict[str, str]] = {
    "viewport": "Viewport",
    "active": "active",
    "empty": "No image",
    "choose_series": "Choose a series from the list, or drag one here.",
    "not_displayable": "This object has no image that can be shown.",
    "not_described": "The series cannot be described. Choose it again.",
    "not_decoded": "The browser could not read the picture. Choose the series again.",
    "slider": "Image of the series",
    "image": "Image",
    "center": "C",
    "width": "W",
    "zoom": "Zoom",
    "colour": "Colour",
    "lookup_table": "Window by table",
    "mirrored": "mirrored",
    "inverted": "inverted",
    "lossy_source": "source lossy",
    "no_spacing": "No spacing: pixels",
    "line_lost": "Connection lost, trying again",
    "line_http": "Slower connection: images come one by one",
    "signed_out": "You are signed out.",
    "sign_in": "Sign in again",
    "fidelity": {"preview": "Preview", "lossy": "Lossy", "lossless": "Lossless"},
    "basis": {
        "pixel spacing": "",
        "imager spacing": "at the detector",
        "calibrated": "calibrated",
        "none": "",
    },
}


class Report:
    """The report beside the images and on its own page."""

    TITLE = "Report"
    PATIENT = "Patient"
    ID = "ID"
    BORN = "Born"
    SEX = "Sex"
    STUDY = "Study"
    STUDY_DATE = "Study date"
    ACCESSION = "Accession number"
    MODALITY = "Modality"
    REFERRER = "Referred by"
    INSTITUTION = "Institution"
    AUTHOR = "Written by"
    NO_NAME = "No name"
    NO_ID = "No ID"
    NO_DESCRIPTION = "No description"
    FACTS = "Patient and study"
    OPEN_IMAGES = "Open images"
    FULL_PAGE = "Open on its own page"
    OTHER_STUDIES = "Other studies of this patient"
    LOADING = "Loading the report"
    NONE_TITLE = "No report yet"
    NONE = "A report appears here when it is signed."
    FAILED_TITLE = "This report cannot be shown"
    TO_WORKLIST = "To the worklist"
    HELD = " has this draft."
    HELD_LEAD = "You can read it as it was last saved. Take it over to go on writing; whoever has it now is told."
    TAKE_OVER = "Take it over"
    TAKEN_OVER = "This draft is yours now."
    HELD_EMPTY = "Nothing is written yet."
    SIGNED_BY = "Signed by"
    SIGNED_AT = "Signed at"
    CONFIRMED = "Confirmed by"
    VERSION = "Version"
    HASH = "SHA-256"
    PDF = "PDF"
    SIGNED_NOTICE = "The report is signed."
    FIXED = "A signed report is not changed any more."
    METHODS: dict[str, str] = {"password": "password"}
    # In reading order; the names are those of `schemas.reporting.ReportSections`.
    SECTIONS: dict[str, str] = {
        "indication": "Indication",
        "technique": "Technique",
        "comparison": "Comparison",
        "findings": "Findings",
        "impression": "Impression",
        "recommendation": "Recommendation",
        "comments": "Comments",
    }
    HINTS: dict[str, str] = {
        "indication": "Why the study was made",
        "technique": "How it was made",
        "comparison": "Which earlier studies were compared",
        "findings": "What is seen",
        "impression": "What it means",
        "recommendation": "What should follow",
        "comments": "Anything else that is part of the report",
    }


REPORT_EDITOR: dict[str, str] = {
    "loading": "Loading",
    "unreadable": "The text cannot be loaded. Try again.",
    "again": "Try again",
    "empty": "Your text is saved as you type",
    "typing": "Not saved yet",
    "saving": "Saving…",
    "saved": "Saved {time}",
    "refreshed": "Changed in another window; shown as saved {time}",
    "not_saved": "Not saved: {why}",
    "no_connection": "The server cannot be reached. Trying again; keep this page open.",
    "conflict_status": "Not saved: choose between two texts",
    "conflict_title": "This report was changed elsewhere",
    "conflict_lead": "{name} saved another text at {time}. Nothing is overwritten: choose what to keep in each section.",
    "all_mine": "Choose mine everywhere",
    "all_theirs": "Choose the saved one everywhere",
    "mine": "Mine, from this window",
    "theirs": "Saved by {name} at {time}",
    "both": "Both, mine first",
    "nothing": "(empty)",
    "save_choice": "Save what I chose",
    "take_over": "Take the draft over",
    "show_newest": "Show the newest",
    "sign_begin": "Sign…",
    "sign_title": "Sign this report",
    "sign_meaning": (
        "With your signature the report becomes final: it can be read by everyone who may read reports, "
        "and nobody can change it any more, you included."
    ),
    "empty_findings": "Findings are empty.",
    "empty_impression": "The impression is empty.",
    "password": "Your password, to prove that it is you",
    "sign": "Sign",
    "signing": "Signing…",
    "cancel": "Go on writing",
}


class Audit:
    """The audit trail."""

    TITLE = "Audit trail"
    LEAD = (
        "Who did what in your organization, newest first. Times and days are in UTC. "
        "Entries cannot be changed or removed; looking at them is recorded as well."
    )
    TABLE = "Entries of the audit trail"
    TIME = "Time (UTC)"
    WHO = "Who"
    WHAT = "What"
    OUTCOME = "Outcome"
    ABOUT = "About"
    FROM_WHERE = "From where"
    ANY = "Any"
    FILTERS = "Filters"
    DATE_FROM = "From day"
    DATE_TO = "To day"
    CLEAR = "Clear filters"
    FOUND_ONE = "1 entry"
    FOUND = " entries"
    NONE_FOUND_TITLE = "No entry matches"
    NONE_FOUND = "Take a filter away, or look at other days."
    PAGES = "Pages"
    PREVIOUS = "Newer entries"
    NEXT = "Older entries"
    PAGE = "Page "
    OF = " of "
    NOBODY = "Nobody signed in"
    NO_ADDRESS = "This server"
    # Keyed by `AuditAction`, `AuditOutcome` and the kinds of objects.
    ACTIONS: dict[str, str] = {
        "session:start": "Signed in",
        "session:refuse": "Sign-in refused",
        "session:end": "Session ended",
        "study:import": "Studies taken in",
        "study:open": "Study opened",
        "worklist:search": "Worklist searched",
        "report:open": "Report opened",
        "report:create": "Report begun",
        "report:edit": "Report changed",
        "report:sign": "Report signed",
        "report:export": "Report taken out as PDF",
        "access:refuse": "Attempt refused",
        "user:create": "Account created",
        "user:disable": "Account disabled",
        "user:reset-password": "New password set",
        "organization:create": "Organization created",
        "audit:view": "Audit trail read",
        "audit:seal": "Audit trail sealed anew",
        "system:start": "PACScribe started",
        "system:stop": "PACScribe stopped",
    }
    OUTCOMES: dict[str, str] = {"success": "Done", "refused": "Refused", "failed": "Failed"}
    OBJECTS: dict[str, str] = {
        "study": "Study",
        "report": "Report",
        "user": "Account",
        "session": "",
        "organization": "Organization",
        "worklist": "",
        "audit": "",
        "event": "Page event",
    }
