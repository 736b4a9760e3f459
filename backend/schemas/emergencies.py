"""What was opened in an emergency, as pages show it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EmergencyAsk:
    """How somebody names what they cannot see: by accession number, or by Patient ID and birth date.

    Attributes:
        accession_number: Exactly as ordered; empty for the other way.
        patient_id: Exactly.
        birth_date: `YYYY-MM-DD` or `YYYYMMDD`.
        reason: Why; it is mandatory.
    """

    accession_number: str = field(default="", repr=False)
    patient_id: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenedStudy:
    """A study that is open in an emergency."""

    study_instance_uid: str
    patient_name: str
    study_date: str
    study_description: str


@dataclass(frozen=True, slots=True)
class OpenEmergency:
    """What the caller opened and may still look at.

    Attributes:
        until: When it ends (ISO 8601, UTC).
    """

    emergency_id: str
    until: str
    reason: str
    studies: tuple[OpenedStudy, ...]


@dataclass(frozen=True, slots=True)
class EmergencyRow:
    """An emergency access as it is reviewed.

    Attributes:
        ended_at: When it ended or will; ISO 8601, UTC.
        is_live: Whether it still holds.
        may_review: Whether the caller may review it: nobody reviews their own.
        review: What was found; empty until then.
    """

    emergency_id: str
    person_name: str
    began_at: str
    ended_at: str
    is_live: bool
    reason: str
    study_instance_uids: tuple[str, ...]
    may_review: bool
    reviewed_at: str
    reviewer_name: str
    review: str
