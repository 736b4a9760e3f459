"""What is asked of the process that makes attachments, and what it answers. Knows no pydicom; the making is in `attachments`."""

from dataclasses import dataclass
from uuid import UUID

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"


@dataclass(frozen=True, slots=True)
class AttachmentOrder:
    """What the instance is to say beside the file itself; text as DICOM has it."""

    sop_instance_uid: str
    study_instance_uid: str
    patient_name: str
    patient_id: str
    issuer_of_patient_id: str
    patient_birth_date: str
    patient_sex: str
    study_date: str
    study_time: str
    study_id: str
    study_description: str
    accession_number: str
    referring_physician_name: str
    series_number: int
    description: str
    origin: str
    burned_in: str
    made_at: str  # ISO 8601, UTC


def instance_uid(key: str) -> str:
    """The UID of the instance that is made of what has this identifier (a UUID; PS3.5 B.2): the same, however often it is made."""
    return f"2.25.{UUID(key).int}"


@dataclass(frozen=True, slots=True)
class AttachmentParts:
    """An instance in parts.

    Attributes:
        before: What stands before the file's octets.
        holds_file: Whether these come next, unchanged.
        behind: What stands behind.
    """

    before: bytes
    holds_file: bool
    behind: bytes


@dataclass(frozen=True, slots=True)
class DocumentPlace:
    """Where in a stored instance its document is."""

    offset: int
    length: int
