"""Reports: the draft, which changes as it is typed, and its signed versions, which the database refuses to change."""

from datetime import datetime

from sqlmodel import Field, UniqueConstraint

from backend.models.base import Tenant, utc_column


class Report(Tenant, table=True):
    """The report of a study while it is written. `draft_version` rises with each save (optimistic locking)."""

    __tablename__ = "reports"

    study_key: str = Field(foreign_key="studies.id", index=True)
    author_user_id: str = Field(foreign_key="users.id")
    status: str = Field(default="draft", max_length=16)  # vocabulary.ReportStatus
    draft_version: int = 1
    updated_at: datetime = utc_column(required=True)
    updated_by_user_id: str = Field(foreign_key="users.id")
    indication: str = ""
    technique: str = ""
    comparison: str = ""
    findings: str = ""
    impression: str = ""
    recommendation: str = ""
    comments: str = ""


class ReportVersion(Tenant, table=True):
    """A signed version. Rows are added and never changed or removed: triggers of the database see to it.

    `content` is canonical JSON of sections, patient, study, signer and time as they were at signing;
    `content_sha256` is its SHA-256.
    """

    __tablename__ = "report_versions"
    __table_args__ = (UniqueConstraint("report_id", "version_number"),)

    report_id: str = Field(foreign_key="reports.id", index=True)
    version_number: int  # from 1
    content: str
    content_sha256: str = Field(max_length=64)
    previous_sha256: str = Field(default="", max_length=64)
    signer_user_id: str = Field(foreign_key="users.id")
    signer_name: str = Field(max_length=200)
    signing_method: str = Field(max_length=16)  # vocabulary.SigningMethod
    signed_at: datetime = utc_column(required=True)
