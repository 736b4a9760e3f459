"""Words of the page on which files are attached to a study."""

from pacscribe_ui.text.upload import SENDING


class Attachments:
    """The attachments of a study."""

    TITLE = "Attachments"
    DOCUMENTS = "Documents of this study"
    NO_DOCUMENTS = "This study holds no documents. Pictures and videos are among its images."
    UNTITLED = "Document without a title"
    OPEN_IMAGES = "Open images"
    PATIENT = "Patient"
    ID = "Patient ID"
    BORN = "Born"
    STUDY = "Study"
    STUDY_DATE = "Study date"
    ACCESSION = "Accession"
    ATTACH = "Attach a file"
    ATTACHED = "The file is attached, as a new series of this study."


ATTACHER: dict[str, str] = {
    **SENDING,
    "region": "Attach a file",
    "hint": "A PDF document, a JPEG or PNG picture, or an MP4 video. It becomes a new series of the study above, as DICOM. Save a video of another kind, such as .mts or .m2ts, as MP4 first.",
    "file": "File",
    "description": "Title (at most 64 characters)",
    "origin": "What is it?",
    "scan": "A document or scan",
    "photograph": "A photograph or film",
    "screen": "A screenshot",
    "burned_in": "Can the patient's name or number be read in it?",
    "unknown": "I do not know",
    "yes": "Yes",
    "no": "No",
    "confirm": "It belongs to this patient and this study:",
    "attach": "Attach",
    "to": "For",
    "out_of_reach": "The server cannot be reached. Try again.",
    "same_again": "Choose the same file again and confirm it; only the rest is sent.",
    "no_file": "Choose a file.",
    "not_confirmed": "Confirm that it belongs to this patient and this study.",
}
