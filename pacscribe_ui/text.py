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


class Lists:
    """What every list says."""

    CLEAR = "Clear filters"
    FILTERS = "Filters"
    PAGES = "Pages"
    PREVIOUS = "Previous page"
    NEXT = "Next page"
    PAGE = "Page "
    OF = " of "


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
    OBJECT_ONE = "1 object"
    OBJECTS_COUNT = "{count} objects"
    NO_DESCRIPTION = "No description"
    NOT_SHOWN = "Not an image"
    # What a series without images is, by its modality (PS3.3 C.7.3.1.1.1).
    NOT_SHOWN_AS: dict[str, str] = {
        "AU": "Sound",
        "DOC": "Document",
        "ECG": "Electrocardiogram",
        "EEG": "Electroencephalogram",
        "EMG": "Electromyogram",
        "EPS": "Electrophysiology",
        "HD": "Pressures",
        "KO": "Key images",
        "M3D": "Model",
        "PLAN": "Plan",
        "PR": "Presentation",
        "REG": "Registration",
        "RESP": "Breathing",
        "RTPLAN": "Radiotherapy plan",
        "RTRECORD": "Radiotherapy record",
        "RTSTRUCT": "Structures",
        "SR": "Structured report",
    }
    VIDEO = "Video"
    VIDEO_COUNT = "video {duration}"
    SHOWN_NOW = "shown in the active viewport"
    NO_NAME = "No name"
    NO_ID = "No ID"
    BORN = "b."
    ACCESSION = "Acc"
    TOOLS = "What dragging does"
    WINDOW_GROUP = "Window"
    PRESET = "Window preset"
    CENTER = "Window center"
    CENTER_SHORT = "C"
    WIDTH = "Window width"
    WIDTH_SHORT = "W"
    AS_STORED = "As stored"
    OWN_WINDOW = "Own window"
    TABLE = "table {number}"
    FROM_FILE = "File: "
    SIZE_GROUP = "Size"
    ONE_TO_ONE_SHORT = "1:1"
    TURN_GROUP = "Turn"
    LOOK_GROUP = "Look closer"
    CINE_GROUP = "Film"
    PAUSE = "Pause the film"
    SPEED = "{speed} ×"
    LAYOUT_GROUP = "Layout"
    # Rows by columns.
    LAYOUTS: dict[str, str] = {
        "1x1": "One viewport",
        "1x2": "Two viewports side by side",
        "1x3": "Three viewports side by side",
        "2x1": "Two viewports, one above the other",
        "2x2": "Four viewports",
        "2x3": "Six viewports in two rows",
        "3x1": "Three viewports, one above the other",
        "3x2": "Six viewports in three rows",
        "3x3": "Nine viewports",
    }
    NOTHING_TO_LINK = (
        "No other viewport shows planes that are parallel to these in another space. "
        "Series of the same space are linked by themselves."
    )
    LINKED_BY_HAND = "What the viewports show now is linked, until another series is shown."
    PAGE_GROUP = "Page"
    PANEL_HIDE = "Hide the report"
    PANEL = "Report"
    PANEL_EDGE = "Width of the report"
    MORE = "More tools"
    IMAGE_MENU = "Commands for this image"
    KEYS_TITLE = "Keys and gestures"
    CLOSE = "Close"
    # What each command does, by its name; the keys that give it are in `components/viewer_commands.py`.
    COMMANDS: dict[str, str] = {
        "tool-window": "Window: drag",
        "tool-pan": "Move: drag",
        "tool-zoom": "Zoom: drag",
        "tool-scroll": "Scroll: drag",
        "tool-probe": "Pixel value: drag a marker",
        "tool-region": "Window from a region: drag",
        "magnifier": "Magnifier: hold the key, or press it once",
        "zoom-in": "Zoom in",
        "zoom-out": "Zoom out",
        "fit": "Fit to the viewport",
        "one-to-one": "One image pixel per screen pixel",
        "pan-left": "Move the image to the left",
        "pan-right": "Move the image to the right",
        "pan-up": "Move the image up",
        "pan-down": "Move the image down",
        "rotate-right": "Rotate right",
        "rotate-left": "Rotate left",
        "mirror": "Flip left and right",
        "flip-vertical": "Flip top and bottom",
        "invert": "Invert grey values",
        "shutter": "Lift the display shutter, and put it back",
        "overlay": "Hide the overlay of the file, and show it",
        "reset": "Reset the view",
        "text": "More or less text on the images",
        "anonymous": "Hide the patient's data, and show them again",
        "smoothing": "Smooth enlarged pixels, or show their edges",
        "window-visible": "Window from what is visible",
        "window-wider": "Wider window",
        "window-narrower": "Narrower window",
        "window-higher": "Higher window center (darker)",
        "window-lower": "Lower window center (brighter)",
        "preset-0": "As stored; again for the next window of the file",
        "image-previous": "Previous image",
        "image-next": "Next image",
        "image-back": "Ten images back",
        "image-ahead": "Ten images ahead",
        "image-first": "First image",
        "image-last": "Last image",
        "series-previous": "Previous series",
        "series-next": "Next series",
        "viewport-previous": "Previous viewport",
        "viewport-next": "Next viewport",
        "cine": "Play as a film",
        "cine-all": "Play all viewports, or pause them",
        "cine-slower": "Slower",
        "cine-faster": "Faster",
        "cine-filed": "As the file prefers",
        "cine-loop": "Around and around",
        "cine-sweep": "Back and forth",
        "cine-once": "Once",
        "cine-first": "Begin at this image",
        "cine-last": "End at this image",
        "cine-whole": "The whole film",
        "join": "Link parallel viewports",
        "join-here": "Link by hand as it is now",
        "join-forget": "Forget links by hand",
        "lines": "Reference lines",
        "swap-previous": "Change places with the viewport before",
        "swap-next": "Change places with the viewport after",
        "maximise": "One viewport large, and back",
        "full-screen": "Full screen, and back",
        "panel": "Show the report",
        "copy-link": "Copy a link to this view",
        "menu": "Menu of the image",
        "cancel": "Cancel",
        "settings": "My settings for the viewer",
        "keys": "Keys and gestures",
    }
    # Rows of the sheet that hold several commands.
    COMMAND_ROWS: dict[str, str] = {
        "tools": "Dragging sets the window, moves, zooms, scrolls, reads pixel values",
        "zoom": "Zoom in, out",
        "pan": "Move the image; the marker where pixel values are read",
        "rotate": "Rotate right, left",
        "flip": "Flip left and right, top and bottom",
        "window-width": "Narrower, wider window",
        "window-center": "Window center lower (brighter), higher (darker)",
        "presets": "Window presets, as numbered in the list",
        "image": "Previous, next image",
        "images": "Ten images back, ahead",
        "ends": "First, last image",
        "series": "Previous, next series",
        "viewport": "Previous, next viewport",
        "speed": "Film slower, faster",
        "swap": "Change places with the viewport before, after",
    }
    COMMAND_SECTIONS: dict[str, str] = {
        "tools": "Tools",
        "window": "Window",
        "view": "View",
        "go": "Go",
        "viewports": "Viewports",
        "page": "Page",
    }
    GESTURE_SECTIONS: dict[str, str] = {"mouse": "Mouse", "touch": "Touch", "pen": "Pen"}
    # How keys are named on the sheet, where the browser calls them otherwise.
    KEY_NAMES: dict[str, str] = {
        "ArrowUp": "↑",
        "ArrowDown": "↓",
        "ArrowLeft": "←",
        "ArrowRight": "→",
        "PageUp": "Page Up",
        "PageDown": "Page Down",
        "ContextMenu": "Menu",
        "Escape": "Esc",
    }
    # What a hand does, and what comes of it, by the gesture's name.
    GESTURES: dict[str, tuple[str, str]] = {
        "left-drag": ("Left drag", "The chosen tool"),
        "shift-drag": ("Shift and drag", "Window, finely"),
        "region-drag": ("Ctrl or Alt and drag", "Window from a region"),
        "hover": ("Pointer on the image", "Pixel value in the corner"),
        "middle-drag": ("Middle drag", "Move"),
        "right-drag": ("Right drag", "Zoom"),
        "right-click": ("Right click", "Menu of the image"),
        "wheel": ("Wheel", "Scroll"),
        "ctrl-wheel": ("Ctrl and wheel", "Zoom at the pointer"),
        "double-click": ("Double click", "One viewport large, and back"),
        "handle-drag": ("Drag a viewport's number", "Change places with another viewport"),
        "one-finger": (
            "One finger",
            "The chosen tool: at first scroll, or move an enlarged radiograph",
        ),
        "loupe-finger": ("One finger, magnifier on", "Moves the magnifier"),
        "two-fingers": ("Two fingers", "Pinch to zoom, drag to move"),
        "three-fingers": ("Three fingers", "Window"),
        "tap": ("Tap", "Choose the viewport"),
        "double-tap": ("Double tap", "Fit an enlarged image; else one viewport large, and back"),
        "long-press": ("Long press", "Menu of the image"),
        "slider": ("Slider at the edge", "Scroll"),
        "pen-drag": ("Pen", "The chosen tool; fingers then move and zoom"),
    }
    LINK_COPIED = (
        "A link to this view is on the clipboard. Whoever opens it needs access to the study."
    )
    LINK_REFUSED = "The browser does not let the link be copied. Copy it from the address bar."
    TEXT_LEVEL = "Text on the images"
    TEXT_LEVELS: dict[str, str] = {
        "full": "All text",
        "minimal": "A few words",
        "none": "No text",
        "anonymous": "Without the patient's data",
    }
    SETTINGS_TITLE = "My settings for the viewer"
    SETTINGS_HINT = (
        "They belong to your account and hold on every device. A link to a view brings its own."
    )
    SETTINGS_SAVE = "Save"
    SETTINGS_CANCEL = "Leave as it was"
    SETTINGS: dict[str, str] = {
        "tool": "What dragging does at first",
        "text_level": "Text on the images",
        "smoothing": "Enlarged pixels",
        "layout": "Viewports at first",
        "slider_side": "Slider for the thumb",
        "wheel": "Turning the wheel towards you",
    }
    SETTING_CHOICES: dict[str, dict[str, str]] = {
        "tool": {
            "": "Window; on touch screens scroll",
            "window": "Window",
            "pan": "Move",
            "zoom": "Zoom",
            "scroll": "Scroll",
        },
        "text_level": TEXT_LEVELS,
        "smoothing": {"smooth": "Run into each other", "sharp": "Show their edges"},
        "slider_side": {"right": "At the right", "left": "At the left"},
        "wheel": {"ahead": "Next image", "back": "Previous image"},
    }
    NO_FULL_SCREEN = "This browser cannot fill the screen with a page."
    # Windows that are taken from the values of the image that is shown.
    MEASURED_WINDOWS: dict[str, str] = {
        "percentiles": "Automatic (this image)",
        "full": "Full range (this image)",
    }
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


VIEWPORT: dict[str, str | dict[str, str]] = {
    "viewport": "Viewport",
    "active": "active",
    "empty": "No image",
    "opening": "Opening the study",
    "choose_series": "Choose this viewport, then a series in the list. Or drag one here.",
    "change_places": "Viewport {number}: drag to change places",
    "change_places_with": "Change places with viewport {number}",
    "make_large": "Make viewport {number} large",
    "make_small": "All viewports",
    "play_one": "Play viewport {number}",
    "pause_one": "Pause viewport {number}",
    "rate": "{wanted} / s",
    "rate_measured": "{measured} of {wanted} / s",
    "linked": "Linked",
    "linked_by_hand": "Linked by hand",
    "linked_away": "{mm} mm away",
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
    "shutter_lifted": "shutter lifted",
    "overlay_hidden": "overlay hidden",
    "lossy_source": "source lossy",
    "video": {
        "video": "Video",
        "controls": "Video",
        "play": "Play (C)",
        "pause": "Pause (C)",
        "back": "One frame back (↑)",
        "ahead": "One frame ahead (↓)",
        "seek": "Place in the video",
        "speed": "Speed (< >)",
        "repeat": "Play again and again",
        "mute": "Sound off",
        "unmute": "Sound on",
        "volume": "Volume",
        "full_screen": "Fill the screen",
        "frame": "Frame",
        "about_frame": "about frame",
        "of": "of",
        "loading": "The video is loading…",
        "not_here": "This video is {codec}, which this browser does not play.",
        "interrupted": "The video was interrupted. Choose it again.",
        "damaged": "The video cannot be played: its stream is damaged, or of a kind that this browser does not play.",
        "not_described": "The video cannot be described. Choose it again.",
        "download": "Download the video as it was stored",
    },
    "line_lost": "Connection lost, trying again",
    "line_http": "Slower connection: images come one by one",
    "signed_out": "You are signed out.",
    "sign_in": "Sign in again",
    "presets": Viewer.PRESETS,
    "pixel": {"stored": "stored", "background": "background", "row": "row", "column": "column"},
    "fidelity": {"preview": "Preview", "lossy": "Lossy", "lossless": "Lossless"},
    "basis": {
        "pixel spacing": "pixel spacing",
        "imager spacing": "at the detector",
        "estimated magnification": "estimated in the body",
        "calibrated": "calibrated",
        "unspecified plane": "pixel spacing, not said in which plane",
        "ultrasound regions": "calibrated by the scanner",
        "regions differ": "No mm: the regions are scaled differently",
        "none": "No mm: the file gives no spacing",
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
    DATE_FROM = "From day"
    DATE_TO = "To day"
    FOUND_ONE = "1 entry"
    FOUND = " entries"
    NONE_FOUND_TITLE = "No entry matches"
    NONE_FOUND = "Take a filter away, or look at other days."
    PREVIOUS = "Newer entries"
    NEXT = "Older entries"
    NOBODY = "Nobody signed in"
    NO_ADDRESS = "This server"
    # Keyed by `AuditAction`, `AuditOutcome` and the kinds of objects.
    ACTIONS: dict[str, str] = {
        "session:start": "Signed in",
        "session:refuse": "Sign-in refused",
        "session:end": "Session ended",
        "study:import": "Studies taken in",
        "study:open": "Study opened",
        "study:export": "Taken out as a file",
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
