"""What attaching a file to a study needs to know, and what is shown before it is confirmed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum


class AttachmentOrigin(StrEnum):
    """What a person says the file is."""

    PHOTOGRAPH = "photograph"
    SCAN = "scan"
    SCREEN = "screen"


class BurnedIn(StrEnum):
    """Whether the person says that the patient's data can be read in the file's picture."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AttachmentTarget:
    """The patient and the study that a file would be attached to."""

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

    @property
    def confirmation(self) -> str:
        """What stands for patient and study in a confirmation: another text for every change of them."""
        seen = "\x00".join(str(getattr(self, field.name)) for field in fields(self))
        return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class AttachmentAnswers:
    """What the person says of the file.

    Attributes:
        description: Title of the document, and the series' description.
        origin: What it is.
        burned_in: Whether the patient's data can be read in it.
    """

    description: str = ""
    origin: AttachmentOrigin = AttachmentOrigin.SCAN
    burned_in: BurnedIn = BurnedIn.UNKNOWN


@dataclass(frozen=True, slots=True)
class AttachmentRequest:
    """What a person asks for: that a file becomes a part of the study that they saw.

    Attributes:
        study_instance_uid: The study.
        confirmation: `AttachmentTarget.confirmation` of the patient and the study as the person saw them.
        answers: What the person says of the file.
    """

    study_instance_uid: str
    confirmation: str
    answers: AttachmentAnswers

    def plain(self) -> dict[str, str]:
        """As text for each name."""
        return {
            "study_instance_uid": self.study_instance_uid,
            "confirmation": self.confirmation,
            "description": self.answers.description,
            "origin": self.answers.origin.value,
            "burned_in": self.answers.burned_in.value,
        }

    @classmethod
    def of(cls, plain: Mapping[str, str]) -> "AttachmentRequest":
        """What `plain` gave.

        Raises:
            KeyError: If something is not said.
            ValueError: If something else is said than there are words for.
        """
        answers = AttachmentAnswers(
            plain.get("description", ""),
            AttachmentOrigin(plain["origin"]),
            BurnedIn(plain["burned_in"]),
        )
        return cls(plain["study_instance_uid"], plain["confirmation"], answers)


@dataclass(frozen=True, slots=True)
class StudyDocument:
    """A PDF document of a study."""

    sop_instance_uid: str
    description: str
    series_number: int
    size_bytes: int
