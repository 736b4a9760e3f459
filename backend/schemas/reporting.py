"""Questions and answers about reports."""

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
        may_write: Whether this caller may change the draft.
        may_sign: Whether this caller may sign it.
        versions: Signed versions, newest first.
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


@dataclass(frozen=True, slots=True)
class DraftSaved:
    """A saved draft: what the next save must name, and when this one was kept."""

    draft_version: int
    updated_at: str
