"""Words of the page about patients and conflicts."""


class Conflicts:
    """The page on which administrators set patients right."""

    TITLE = "Patients and conflicts"
    LEAD = (
        "Files that contradict what is stored wait here. They are kept as they came; nothing is shown of them, "
        "and nothing is lost, until you decide. A decision can be undone while nobody has worked on what undoing takes away."
    )
    WAITING = "Waiting for a decision"
    NONE_TITLE = "Nothing waits"
    NONE = "Every file that arrived fits what is stored."
    NEWS = "This list has changed meanwhile."
    SHOW = "Show"
    BACK = "All conflicts"
    DECIDE = "Decide"
    DECIDE_ON = "Decide: {name}"
    NO_NAME = "No patient name"
    NO_ID = "no ID"
    IMAGE_ONE = "1 image"
    IMAGES = "{count} images"
    STUDY_ONE = "1 study"
    STUDIES = "{count} studies"
    ARRIVED = "Arrived "
    # What a conflict is, by its kind.
    KINDS: dict[str, str] = {
        "patient": "Same Patient ID, another name or birth date",
        "study": "Same study, another patient",
        "series": "Same series, another study",
        "instance": "Same image number (SOP Instance UID), other content",
    }
    # What that means, in one sentence.
    MEANINGS: dict[str, str] = {
        "patient": "Either one person is written in two ways, or two people have been given the same ID.",
        "study": "A study belongs to one person; the images that came name somebody else.",
        "series": "A series belongs to one study; the images that came name another one.",
        "instance": "Two files claim to be the very same image, and they are not equal.",
    }
    COMPARISON = "What is stored and what came"
    VALUE = "Value"
    STORED = "Stored"
    CAME = "Came"
    DIFFERS = "differs"
    NOTHING = "none"
    STORED_AS = "Stored patient to compare with"
    NOBODY = "Nobody is stored any more whom this contradicts."
    FIELDS: dict[str, str] = {
        "patient_name": "Name",
        "patient_id": "Patient ID",
        "issuer_of_patient_id": "Issuer of the ID",
        "patient_birth_date": "Born",
        "patient_sex": "Sex",
    }
    HELD_STUDIES = "Studies"
    FILES = "Files: {names}"
    MORE_FILES = "Files: {names} and more"
    ALSO_WRITTEN = "also written {names}"
    CONTENTS = "What the files differ in"
    COMPARING = "The files are being compared"
    ELEMENT = "Element"
    NOT_THERE = "not there"
    SAME_PIXELS = "The pixels are the same."
    OTHER_PIXELS = "The pixels are not the same."
    SAME_ELEMENTS = "No value that can be listed differs: the files are written in another way."
    MORE_ELEMENTS = "And {count} more."
    QUESTION = "What is right?"
    # The choices, by kind of conflict and decision: (what is right, what is done then).
    CHOICES: dict[str, dict[str, tuple[str, str]]] = {
        "patient": {
            "merge": (
                "It is the same person",
                "The images are filed under the stored patient. You choose which values hold.",
            ),
            "keep-apart": (
                "It is another person with the same ID",
                "The images get a patient of their own, told apart by a number after the ID.",
            ),
            "correct": (
                "What came is written wrongly",
                "You write the right values; the images are filed under whoever has them.",
            ),
            "discard": (
                "It should not be here",
                "Nothing is shown of the images. They stay sealed, so that this can be undone.",
            ),
        },
        "study": {
            "merge": (
                "The study is the stored patient's",
                "The images are filed in the study; what they say of the patient was wrong.",
            ),
            "keep-apart": (
                "The study is the patient's who came",
                "The whole study goes to that patient, and the images are filed in it.",
            ),
            "discard": (
                "It should not be here",
                "Nothing is shown of the images. They stay sealed, so that this can be undone.",
            ),
        },
        "series": {
            "keep-apart": (
                "Both are right",
                "The images are filed in the study that they name, as a series of its own.",
            ),
            "discard": (
                "It should not be here",
                "Nothing is shown of the images. They stay sealed, so that this can be undone.",
            ),
        },
        "instance": {
            "exchange": (
                "What came is right",
                "It is shown in place of what is stored, which stays sealed, so that this can be undone.",
            ),
            "discard": (
                "What is stored is right",
                "Nothing is shown of what came. It stays sealed, so that this can be undone.",
            ),
        },
    }
    HOLDS = "Which values hold?"
    HOLDS_FIELD = "{field}: which value holds?"
    RIGHT_VALUES = "The right values"
    FAMILY = "Family name"
    GIVEN = "Given names"
    PATIENT_ID = "Patient ID"
    ISSUER = "Issuer of the ID"
    BORN = "Born"
    SEX = "Sex"
    SEXES = (("", "not known"), ("F", "F"), ("M", "M"), ("O", "O"))
    REASON = "Why"
    REASON_HINT = "Is kept in the history. Needed to discard."
    PREVIEW = "What will change"
    DO: dict[str, str] = {
        "merge": "File under this patient",
        "keep-apart": "Keep apart",
        "correct": "Correct and file",
        "discard": "Discard",
        "exchange": "Exchange",
        "merge-patients": "Merge the patients",
        "split": "Move the studies",
        "correct-patient": "Correct",
    }
    DONE = "Done. It can be undone in the history below."
    # Effects, in sentences.
    FILED = "{images} in {studies}: filed under {patient}."
    NEW_PATIENT = "A new patient: {patient}."
    NEW_PATIENT_NUMBERED = "A new patient: {patient}; the number {number} after the ID tells people of the same ID apart."
    NUMBERED = (
        "{patient} gets the number {number} after the ID, which tells people of the same ID apart."
    )
    VALUE_CHANGED = (
        "{field} of {patient}: shown as {after} instead of {before}; the files stay as they are."
    )
    MOVED = "{studies} with {images}: now under {patient}."
    KNOWN = "{images}: stored already, octet for octet, and not stored twice."
    DISCARDED = "{images}: not shown; the files stay sealed."
    REPLACED = "{images}, stored before: no longer shown; the files stay sealed."
    STILL_WAITING = "{images}: still waiting, because something else is contradicted as well."
    CLAIMED = "Images that come later and say {said} belong to {patient}."
    CLAIMED_HERE = "Images that come later in the same studies and say {said} belong to {patient}."
    CLAIMED_FROM = (
        "Images that come later and say {said} belong to {patient}, no longer to {before}."
    )
    CLAIMED_HERE_FROM = "Images that come later in the same studies and say {said} belong to {patient}, no longer to {before}."
    SAID = "{name}, {id}, {born}"
    SAID_ID = "ID {id}"
    SAID_BORN = "born {born}"
    NOT_BORN = "no birth date"
    UNCHANGED = "Nothing that is shown changes."
    NOT_YET = "Enter first what is right."
    HISTORY = "History"
    HISTORY_EMPTY = "No decisions yet."
    WHEN = "When"
    WHO = "Who"
    WHAT = "What"
    BECAUSE = "Why"
    ACTS = "Acts"
    DECISIONS: dict[str, str] = {
        "merge": "Filed as the same person",
        "keep-apart": "Kept apart",
        "correct": "Corrected what came",
        "discard": "Discarded what came",
        "exchange": "Exchanged an image",
        "merge-patients": "Merged two patients",
        "split": "Split a patient",
        "correct-patient": "Corrected a patient",
    }
    UNDO = "Undo"
    UNDO_LABEL = "Undo: {what}"
    UNDONE = "Undone by {who}"
    UNDONE_NOTICE = "Undone. What that decision changed is as it was before; what came since goes where it would have gone, or waits."
    KEPT = "Kept sealed: {files}, {size}."
    ERASED = "What it put away was deleted for good."
    ERASE = "Delete for good"
    ERASE_LABEL = "Delete for good: {what}"
    ERASE_TITLE = "Delete what was put away?"
    ERASE_MEANING = (
        "{files}, {size}, are gone for ever. The decision stands and can no longer be undone."
    )
    ERASE_AGAIN = "Sent again, such files wait here again."
    ERASE_REASON = "Why"
    ERASE_REASON_HINT = "Is kept in the audit trail."
    ERASE_KEEP = "Keep"
    ERASE_DONE = "Deleted for good: {files}."
    PATIENTS = "Stored patients"
    PATIENTS_LEAD = "Find a patient to correct, to merge with another one, or to split."
    FIND = "Name or Patient ID"
    FIND_DO = "Find"
    FOUND_NONE = "No patient has these words in name or ID."
    CHOOSE = "Choose"
    CHOOSE_LABEL = "Choose {name}"
    CHOSEN = "Chosen patient"
    LEAVE = "Choose another patient"
    MODE = "What is to be done?"
    MODES: dict[str, tuple[str, str]] = {
        "correct-patient": (
            "Correct the values",
            "What is shown changes everywhere; the files stay as they are.",
        ),
        "split": (
            "Two people are mixed up here",
            "The studies that you choose go to a patient of their own.",
        ),
        "merge-patients": (
            "Another patient is the same person",
            "All studies of the other patient go to this one.",
        ),
    }
    WHICH_STUDIES = "Studies of the other person"
    WHO_ELSE = "The other patient"
    NO_DESCRIPTION = "No description"
