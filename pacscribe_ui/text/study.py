"""Words of a study's page."""

from typing import ClassVar


class Study:
    """A study's page."""

    TITLE = "Study"
    OPEN = "Open images"
    REPORT = "Report"
    ATTACHMENTS = "Attachments"
    DOCUMENTS = "Documents"
    NO_DOCUMENTS = "No document is attached."
    BACK = "Worklist"
    SERIES = "Series and objects"
    SHOW_OBJECTS = "Objects"
    ONE_OBJECT = " object"
    SEVERAL_OBJECTS = " objects"
    NUMBER = "No."
    MODALITY = "Modality"
    DESCRIPTION = "Description"
    BODY_PART = "Body part"
    KIND = "SOP class"
    SYNTAX = "Transfer syntax"
    SIZE = "Size"
    NOTE_COLUMN = "Remark"
    PREVIOUS_OBJECTS = "Previous objects"
    NEXT_OBJECTS = "Next objects"
    NO_DESCRIPTION = "No description"
    NOTES = "Notes of colleagues"
    NOTES_LEAD = "For colleagues only: a note is no part of the report."
    NO_NOTES = "Nobody has left a note."
    WRITE_NOTE = "Leave a note"
    SEND_NOTE = "Keep the note"
    CHANGE_NOTE = "Change"
    SAVE_NOTE = "Save"
    CANCEL = "Cancel"
    DELETE_NOTE = "Delete"
    DELETE_NOTE_TITLE = "Delete this note?"
    DELETE_NOTE_MEANS = "Colleagues will no longer find it, and it cannot be brought back."
    KEEP_NOTE = "Keep it"
    EDITED = "changed "
    TIMELINE = "What happened"
    TIMELINE_TRAIL = "From the audit trail; the newest 200 entries, the last act first."
    TIMELINE_SHORT = "What everybody who sees the study may know."
    ACCESS = "Who has access"
    ACCESS_LEAD = "Everybody in your organization who may see this study: by their roles, or because it is open to them."
    MISSING = "There is no such study, or you have no access to it."
    RIGHTS: ClassVar[dict[str, str]] = {
        "study:view": "see",
        "study:edit": "assign",
        "study:export": "export",
        "study:share": "share",
        "study:delete": "delete",
        "report:view": "read reports",
        "report:write": "write reports",
        "report:sign": "sign",
    }
