"""Words of the upload page."""


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
