"""Words of the report and its editor."""

from pacscribe_ui.text.step_up import PROOF


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
    METHODS: dict[str, str] = {
        "password": "password",
        "password+code": "password and code",
        "password+recovery-code": "password and recovery code",
        "passkey": "passkey",
    }
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
    "confirm": "Sign",
    "confirming": "Signing…",
    "cancel": "Go on writing",
    **PROOF,
}
