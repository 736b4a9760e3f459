"""Words of the worklist."""

from typing import ClassVar


class Worklist:
    """The worklist."""

    TITLE = "Worklist"
    TABLE = "Studies"
    PATIENT = "Patient"
    STUDY_DATE = "Study date"
    MODALITY = "Modality"
    DESCRIPTION = "Description"
    IMAGES = "Objects"
    SEARCH = "Search"
    SEARCH_HINT = "Name, ID, number or word"
    SEARCH_SUBMIT = "Search"
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
    ATTACHMENTS = "Attachments"
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
    AT_LEAST = "more than "
    SIMILAR = "Nothing is written like that. Shown is what is similar: "
    SIMILAR_TOO = "Shown as well is what is similar: "
    SHOW_SIMILAR = "Show similar spellings as well"
    PROBLEM_TITLE = "This address cannot be shown"
    ANEW = "Open the worklist anew"

    BODY_PART = "Body part"
    SELECT_ALL = "Select every study of this page"
    SELECT = "Select "

    # filters
    ANY_MODALITY = "Any modality"
    QUICK = "Quick filters"
    BY_PRIORITY = "Unread by priority"
    ORDER = "Order"
    TURN_ORDER = "Turn the order round"
    MORE_FILTERS = "Filters"
    FILTERS_SHOWN = "Filters of every field"
    ACTIVE = "Active filters"
    TAKE_AWAY = "Take away: "
    STUDY_DATES = "Study date"
    ARRIVAL = "Arrived"
    BIRTH = "Birth date"
    SERIES_COUNT = "Number of series"
    IMAGE_COUNT = "Number of objects"
    FROM = "from"
    TO = "to"
    ADD = "Add…"
    MINE = "Assigned to me"
    SPANS: ClassVar[dict[str, str]] = {
        "today": "Today",
        "yesterday": "Yesterday",
        "week": "Last 7 days",
    }
    STATUSES: ClassVar[dict[str, str]] = {
        "unread": "Unread",
        "reading": "Being read",
        "read": "Read",
        "reported": "Reported",
    }
    PRIORITIES: ClassVar[dict[str, str]] = {
        "stat": "Stat",
        "urgent": "Urgent",
        "routine": "Routine",
    }
    REPORTS: ClassVar[dict[str, str]] = {
        "none": "No report",
        "draft": "Draft",
        "final": "Signed report",
    }
    SPELLINGS: ClassVar[dict[str, str]] = {"similar": "Similar ones as well"}
    PRIORS: ClassVar[dict[str, str]] = {"yes": "Has a prior study", "no": "No prior study"}
    ASSIGNEES: ClassVar[dict[str, str]] = {"me": "Me", "nobody": "Nobody"}
    CLAIMANTS: ClassVar[dict[str, str]] = {"me": "Me", "anybody": "Anybody"}
    SEXES: ClassVar[dict[str, str]] = {"F": "Female", "M": "Male", "O": "Other"}
    ANYONE = "Anyone"
    ANY = "Any"
    FILTER_NAMES: ClassVar[dict[str, str]] = {
        "text": "Search",
        "name": "Patient name",
        "patient_id": "Patient ID",
        "accession": "Accession number",
        "description": "Study description",
        "spelling": "Spelling",
        "modality": "Modality",
        "status": "Status",
        "priority": "Priority",
        "assigned": "Assigned to",
        "claimed": "Being read by",
        "span": "Study date",
        "date_from": "Study date from",
        "date_to": "Study date to",
        "arrived_from": "Arrived from",
        "arrived_to": "Arrived to",
        "born_from": "Born from",
        "born_to": "Born to",
        "sex": "Sex",
        "series_from": "Series at least",
        "series_to": "Series at most",
        "images_from": "Objects at least",
        "images_to": "Objects at most",
        "referrer": "Referred by",
        "body_part": "Body part",
        "institution": "Institution",
        "report": "Report",
        "prior": "Prior study",
        "tag": "Tag",
    }

    # columns: the word on top, and what it means
    COLUMNS_BUTTON = "Columns"
    COLUMNS_TITLE = "Columns of your worklist"
    COLUMNS_LEAD = "What is ticked is shown, in this order. It is kept for your account."
    COLUMNS_USUAL = "The usual ones"
    MOVE_UP = "Move up: "
    MOVE_DOWN = "Move down: "
    DONE = "Done"
    COLUMNS: ClassVar[dict[str, tuple[str, str]]] = {
        "status": ("Status", "How far the reading has come, and how soon it is wanted"),
        "patient": ("Patient", "Name, patient ID, sex and age on the day of the study"),
        "date": ("Study date", "Day and time of the study as the files say it"),
        "modality": ("Modality", "Kinds of devices and documents in the study"),
        "description": ("Description", "Study description, with the accession number below it"),
        "arrived": ("Arrived", "When the first object of the study was stored here, in your time"),
        "images": ("Objects", "How many objects are stored: images, reports, documents"),
        "assigned": ("Assigned", "Who is to read it, and who is reading it now"),
        "priority": ("Priority", "How soon it should be read"),
        "body-part": ("Body part", "Body part examined, of the first series"),
        "referrer": ("Referred by", "Referring physician as the files say it"),
        "institution": ("Institution", "Where the study was made"),
        "tags": ("Tags", "Words your organization has put on the study"),
        "patient-id": ("Patient ID", "The patient's number, where it was given"),
        "born": ("Born", "Birth date of the patient"),
        "sex": ("Sex", "Sex of the patient as the files say it"),
        "accession": ("Accession", "Accession number of the order"),
        "series": ("Series", "How many series the study has"),
    }

    # acts on selected studies
    BULK = "Selected studies"
    SELECTED = " selected"
    SELECT_NONE = "Select none"
    ASSIGN = "Assign to…"
    PRIORITISE = "Priority…"
    TAG = "Tag"
    TAG_SUBMIT = "Add"
    UNTAG = "Remove tag…"
    MARK_READ = "Mark read"
    MARK_UNREAD = "Mark unread"
    CHANGED_ONE = "One study changed."
    CHANGED = "{count} studies changed."
    GONE_ONE = "One of these studies is there no longer, so nothing was done; it has left the selection. Do it again."
    GONE = "{count} of these studies are there no longer, so nothing was done; they have left the selection. Do it again."
    DELETE = "Delete…"
    DELETE_TITLE = "Delete studies for ever?"
    DELETE_STUDY = " study with "
    DELETE_STUDIES = " studies with "
    DELETE_IMAGE = " object will be gone. This cannot be undone."
    DELETE_IMAGES = " objects will be gone. This cannot be undone."
    DELETE_SIGNED_ONE = " of the selected studies has a signed report and stays."
    DELETE_SIGNED = " of the selected studies have a signed report and stay."
    DELETE_DRAFT = " of them has a draft that nobody has signed: it will be gone, too."
    DELETE_DRAFTS = " of them have drafts that nobody has signed: they will be gone, too."
    REASON = "Reason"
    REASON_HINT = "It is kept in the audit trail."
    KEEP = "Keep them"
    DELETE_SUBMIT = "Delete for ever"
    DELETED_ONE = "One study deleted."
    DELETED = "{count} studies deleted."
    CLAIM = "I am reading this"
    RELEASE = "Release"
    RELEASE_FOR_OTHER = "Release it for them"
    READ_BY = "Being read by "

    # views
    VIEWS = "Saved views"
    ALL_STUDIES = "All studies"
    KEEP_VIEW = "Save this view"
    VIEW_NAME = "Name of the view"
    VIEW_SHARED = "Share it with everybody in your organization"
    KEEP_SUBMIT = "Save"
    CANCEL = "Cancel"
    DELETE_VIEW = "Delete view "

    # news, export, keys, preview
    NEWS_ONE = "1 new study"
    NEWS = " new studies"
    SHOW = "Show"
    EXPORT = "Export this list"
    EXPORT_SHOWN = "Columns as shown"
    EXPORT_EVERY = "Every column"
    EXPORTS: dict[str, str] = {"xlsx": "As Excel workbook (XLSX)", "csv": "As CSV"}
    HELP = "Keys"
    KEYS_TITLE = "Keys of the worklist"
    KEYS: ClassVar[dict[str, str]] = {
        "↓ J": "Next study",
        "↑ K": "Study before",
        "Home End": "First and last study",
        "Enter": "Open the images",
        "Space X": "Select, or no longer",
        "Shift": "With a click or an arrow: select everything in between",
        "Ctrl": "With a click: select one more",
        "Esc": "Select none",
        "/": "Search; ↓ goes on to the first study",
        "?": "This sheet",
    }
    PICTURES = "Series"
    SHOW_PICTURES = "Show the series"
    SHOW_REPORT = "Show the report"
    STUDY_PAGE = "All about the study"
    FINDINGS = "Findings"
    IMPRESSION = "Impression"
