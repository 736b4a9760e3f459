"""Words of the viewer and its viewports."""


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
    DOCUMENTS = "Open documents"
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
    WINDOW_IN = "Center and width in "
    NO_NUMBERS = "Write center and width as numbers, such as 40 and 400."
    NO_WIDTH = "A window needs a width above 0."
    NO_WIDTH_OF_ONE = "A window needs a width of 1 or more."
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
    KEYS_CHANGE = "Change keys"
    KEYS_DONE = "Done"
    KEYS_RESET = "The usual keys"
    KEYS_HINT = (
        "Choose a command, then press its new key. Keys belong to your account and hold on every device; "
        "1 to 9, 0 and Esc are the same for everybody."
    )
    KEY_WAITS = "Press a key"
    NO_KEY = "None"
    KEY_OF_BROWSER = "{key} stays with the browser, so the viewer cannot use it: press another key."
    KEY_TAKEN = "{key} is “{label}”: press another key, or give that command another one first."
    KEY_FIXED = "{key} is “{label}” for everybody: press another key."
    # What each command does, by its name; the keys that give it are in `commands.py`.
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
        "study-prior": "The patient's study before",
        "study-next": "The patient's study after",
        "study-page": "All about the study",
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
        "study": "The patient's study before, after",
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
    NO_PRIOR = "This is the patient's first study here."
    NO_NEXT = "This is the patient's latest study here."
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
    NOT_OF_VIDEO = "A video is shown as it was recorded: this is for images only."
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
        "stroke-narrow": "Stroke, narrow",
        "temporal-bone-wide": "Temporal bone, wide",
        # PET: the lower and the upper end, not center and width.
        "suv-0-5": "SUV 0–5",
        "suv-0-3": "SUV 0–3",
        "suv-0-7": "SUV 0–7",
        "suv-0-8": "SUV 0–8",
        "suv-0-10": "SUV 0–10",
        "suv-0-15": "SUV 0–15",
    }


VIEWPORT: dict[str, str | dict[str, str]] = {
    "viewport": "Viewport",
    "active": "active",
    "empty": "No image",
    "opening": "Opening the study",
    "measuring": "Measuring the window",
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
    "documents": Viewer.DOCUMENTS,
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
    # Lossy Image Compression Method (0028,2114), PS3.3 C.7.6.1.1.5.1.
    "lossy_methods": {
        "ISO_10918_1": "JPEG",
        "ISO_14495_1": "JPEG-LS",
        "ISO_15444_1": "JPEG 2000",
        "ISO_15444_15": "HTJ2K",
        "ISO_18181_1": "JPEG XL",
        "ISO_13818_2": "MPEG-2",
        "ISO_14496_10": "H.264",
        "ISO_23008_2": "H.265",
    },
    "video": {
        "images_only": Viewer.NOT_OF_VIDEO,
        "video": "Video",
        "controls": "Video",
        "play": "Play",
        "pause": "Pause",
        "back": "One frame back",
        "ahead": "One frame ahead",
        "seek": "Place in the video",
        "speed": "Speed",
        "slower": Viewer.COMMANDS["cine-slower"],
        "faster": Viewer.COMMANDS["cine-faster"],
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
    "going": "Opening the other study…",
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
