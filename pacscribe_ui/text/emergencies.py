"""Words of emergencies: the page on which somebody opens one, and the one on which they are reviewed."""


class EmergencyPage:
    """Where somebody opens what is otherwise closed to them."""

    TITLE = "Emergency access"
    LEAD = (
        "Open a study that is otherwise closed to you, for 60 minutes, to look at it. Administrators are told at once, "
        "and your reason is reviewed."
    )
    NAME_IT = "Which study?"
    NAME_IT_HINT = "Name it by one of the two: its number, or the patient."
    BY_ACCESSION = "By accession number"
    ACCESSION = "Accession number"
    ACCESSION_HINT = "Exactly as on the order."
    BY_PATIENT = "By patient"
    PATIENT_ID = "Patient ID"
    BIRTH_DATE = "Birth date"
    PATIENT_HINT = "Both, exactly. All studies of the patient are opened."
    REASON = "Reason"
    REASON_HINT = "What makes it urgent, in 10 to 400 characters. Name no patient."
    OPEN = "Open for 60 minutes"
    OPENED = "It is open for 60 minutes. Administrators have been told."
    NOW_OPEN = "Open now"
    NOTHING = "Nothing is open to you in an emergency."
    NOT_YOURS = (
        "Your roles do not let you open studies in an emergency. Whoever sees every study needs no emergency access; "
        "ask an administrator if something is closed to you."
    )
    UNTIL = "Open until "
    END = "End now"
    END_LABEL = "End this access now"
    ENDED = "The access has ended."
    LOOK = "Images"
    LOOK_LABEL = "Images of {name}, {date}"


class Emergencies:
    """Where they are reviewed."""

    TITLE = "Emergency access"
    LEAD = "What was opened in an emergency by people to whom it is otherwise closed. Look at each, and say what you found."
    WAITING = "Waiting for a review"
    NONE_TITLE = "Nothing waits for a review"
    NONE = "When somebody opens a study in an emergency, it is listed here."
    DONE = "Reviewed"
    DONE_NONE = "Nothing has been reviewed yet."
    FROM_TO = " to "
    LIVE = "still open"
    FINDING = "What you found, in 10 to 400 characters"
    REVIEW = "Reviewed"
    OWN = "Yours: somebody else reviews it."
    END = "End it now"
    THANKS = "The review is kept."
    ENDED = "The access has ended."
    REVIEWED_BY = "Reviewed by "
    STUDY = "Study {number}"
