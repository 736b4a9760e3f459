"""Words of the upload page, and of sending anywhere."""


class Upload:
    """The upload page."""

    TITLE = "Upload"
    LEAD = "DICOM files, whole folders, discs and zip archives. Everything is encrypted as it arrives and kept byte for byte."
    FINISHED = "Everything was sent: {outcomes}."
    FINISHED_PARTLY = "Everything was sent: {outcomes}. The reasons are on this page."
    UNSENT_ONE = "One file was not sent; the reason is on this page."
    UNSENT = "{count} files were not sent; the reasons are on this page."
    STUDIES = "Studies"


SENDING: dict[str, str] = {
    "try_again": "Try again",
    "unfinished": "Not finished",
    "remove": "Remove",
    "of": "of",
    "phase_sending": "Sending",
    "phase_storing": "Storing",
    "phase_paused": "Paused",
    "phase_finished": "Finished",
    "phase_in_part": "Not everything was sent",
    "progress": "Upload progress",
    "files_done": "files done",
    "left": "left",
    "seconds": "s",
    "minutes": "min",
    "hours": "h",
    "pause": "Pause",
    "resume": "Go on",
    "cancel": "Stop",
    "send_again": "Send again",
    # What only the browser can know.
    "cancelled": "You stopped the upload.",
    "empty": "The archive holds no files.",
    "full": "The server takes nothing in at the moment.",
    "gone": "The server no longer has this file; send it again.",
    "failed_sentence": "The server did not take the file; send it again.",
    "missing": "The disc's table of contents (DICOMDIR) names this file, but it is not there.",
    "no_connection": "No connection; it is tried again by itself.",
    "signed_out": "You are signed out. Sign in again in another window, then go on.",
    "unread_folder": "This folder could not be read to its end; files in it may be missing. Choose it again.",
    "unreadable": "The file can no longer be read; it was changed or removed.",
}

UPLOADER: dict[str, str] = {
    **SENDING,
    "region": "Upload area",
    "drop_here": "Drop files, folders or zip archives here",
    "drop_more": "Drop more files here",
    "hint": "Or choose them. What breaks off goes on where it ended.",
    "choose_files": "Choose files",
    "choose_folder": "Choose a folder",
    "looking": "Looking into the folders; files found:",
    "phase_looking": "Looking into the folders",
    "files_answered": "files of an earlier upload are done",
    "same_again": "Choose or drop the same files or folder again; only the rest is sent.",
    "forget": "Forget it",
    "result": "What became of it",
    "files": "Files",
    "answered": "objects",
    "save_report": "Save the report",
    "stored": "Stored",
    "duplicate": "Stored already",
    "conflict": "In conflict",
    "refused": "Refused",
    "skipped": "Skipped",
    "stored_hint": "Durable, encrypted and in the worklist.",
    "duplicate_hint": "The very same object was here before, perhaps by an upload that broke off.",
    "conflict_hint": "Contradicts what is stored; kept apart until an administrator decides.",
    "refused_hint": "Could not be taken in; the reason is below.",
    "skipped_hint": "Not DICOM, or no part of a study.",
    "waiting": "Waiting",
    "sending": "Sending",
    "storing": "Storing",
    "failed": "Not sent",
    "file": "File",
    "outcome": "Outcome",
    "reason": "Reason",
}
