"""Questions and answers about reports. Times are ISO 8601 in UTC, dates as people read them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportSections:
    """The text of a report, plain text, in reading order."""

    indication: str = ""
    technique: str = ""
    comparison: str = ""
    findings: str = ""
    impression: str = ""
    recommendation: str = ""
    comments: str = ""


@dataclass(frozen=True, slots=True)
class ReportVersionView:
    """A signed version as it was signed. Times are ISO 8601 in UTC."""

    version_number: int
    sections: ReportSections
    signer_name: str
    signed_at: str
    signing_method: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report with the patient and study it belongs to.

    Attributes:
        draft_version: What a save must name; a save with an older one is refused.
        author_name: Who has the draft, empty while nobody has written anything.
        may_write: Whether this caller may change the draft: it is theirs, or nobody has begun it.
        may_sign: Whether this caller may sign it.
        versions: Signed versions, newest first.
        may_take_over: Whether the draft is somebody else's and this caller may take it over.
        sections_are_blank: Whether no section holds any text.
    """

    report_id: str
    study_instance_uid: str
    patient_name: str
    patient_id: str
    patient_birth_date: str
    patient_sex: str
    study_date: str
    study_description: str
    accession_number: str
    status: str
    sections: ReportSections
    draft_version: int
    author_name: str
    updated_at: str
    updated_by_name: str
    may_write: bool
    may_sign: bool
    versions: tuple[ReportVersionView, ...]
    may_take_over: bool = False
    sections_are_blank: bool = True
    patient_age: str = ""
    study_time: str = ""
    modalities: tuple[str, ...] = ()
    referring_physician_name: str = ""
    institution_name: str = ""


@dataclass(frozen=True, slots=True)
class DraftSaved:
    """A saved draft: what the next save must name, and when this one was kept."""

    draft_version: int
    updated_at: str


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as it is kept at this moment, for an editor that begins or has fallen behind."""

    report_id: str
    status: str
    draft_version: int
    sections: ReportSections
    author_name: str
    updated_at: str
    updated_by_name: str
    may_write: bool


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A signed version as a file.

    Attributes:
        file_name: Holds no patient name.
        octets: The file.
    """

    file_name: str
    media_type: str
    octets: bytes
