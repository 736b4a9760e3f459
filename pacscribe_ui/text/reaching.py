"""Words of the page on which studies are opened to people who do not reach all."""


class Reaching:
    """Who reaches what."""

    TITLE = "Access to studies"
    LEAD = (
        "People whose roles do not reach every study see what is assigned to them, and what you open to them here. "
        "What you take back is closed with the next image."
    )
    OPEN = "Open to people"
    OPEN_NONE = "Nothing is open to anybody beside what their roles reach."
    KINDS: dict[str, str] = {
        "care": "In their care",
        "name": "Studies referred by",
        "study": "Study",
    }
    UNTIL = "Until "
    NO_END = "Until it is taken back"
    CLOSE = "Take back"
    CLOSE_LABEL = "Take back from {person}: {what}"
    CLOSED = "It is taken back."
    GIVEN = "It is open now."
    NOBODY_TITLE = "Everybody reaches every study"
    NOBODY = "There is nobody whose roles reach only some studies. The role of the care team is one that does."
    PERSON = "Person"
    REASON = "Reason, in 10 to 400 characters"
    DAYS = "For"
    DAYS_CARE: tuple[tuple[str, str], ...] = (
        ("0", "as long as it is not taken back"),
        ("1", "1 day"),
        ("7", "7 days"),
        ("30", "30 days"),
        ("90", "90 days"),
    )
    CARE = "Put a patient into somebody's care"
    PATIENT_ID = "Patient ID, exactly"
    NAME = "Say which name in studies is whose"
    REFERRER = "Referring physician, as studies have it"
    STUDY = "Open one study"
    STUDY_UID = "Study Instance UID"
    DO_CARE = "Put into their care"
    DO_NAME = "This is their name"
    DO_STUDY = "Open it"
