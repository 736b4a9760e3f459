"""Reports: the draft, which changes as it is typed, and its signed versions, which the database refuses to change.

The queries that reporting asks stand below the tables. Who may ask them is decided in `backend.access.policy`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field, Index, Session, UniqueConstraint, col, select

from backend.models.audit import AuditEntry
from backend.models.base import Tenant, utc_column
from backend.models.organizations import Organization
from backend.models.people import User
from backend.models.studies import Patient, Study


class Report(Tenant, table=True):
    """The report of a study while it is written. `draft_version` rises with each save (optimistic locking)."""

    __tablename__ = "reports"
    __table_args__ = (Index("ix_reports_by_study", "organization_id", "study_key"),)

    study_key: str = Field(foreign_key="studies.id")
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


def report_by_id(session: Session, report_id: str, *, lock: bool = False) -> Report | None:
    """The report, or None.

    Args:
        session: An open session.
        report_id: Its identifier.
        lock: Hold the row until the transaction ends, so that nobody saves or signs in between. (SQLite has one
            writer at a time anyway.)
    """
    statement = select(Report).where(Report.id == report_id)
    return session.exec(statement.with_for_update() if lock else statement).first()


def report_of_study(session: Session, study_key: str) -> Report | None:
    """The newest report of a study, or None."""
    statement = select(Report).where(Report.study_key == study_key).order_by(col(Report.id).desc())
    return session.exec(statement).first()


def lock_study(session: Session, study_key: str) -> None:
    """Hold the study's row until the transaction ends: two people never begin its report at the same time."""
    session.exec(select(Study.id).where(Study.id == study_key).with_for_update()).first()


def study_and_patient(session: Session, study_key: str) -> tuple[Study, Patient] | None:
    """The study a report belongs to, with its patient."""
    statement = (
        select(Study, Patient)
        .join(Patient, col(Study.patient_key) == col(Patient.id))
        .where(Study.id == study_key)
    )
    return session.exec(statement).first()


def versions_of_report(session: Session, report_id: str) -> Sequence[ReportVersion]:
    """The signed versions, newest first."""
    statement = (
        select(ReportVersion)
        .where(ReportVersion.report_id == report_id)
        .order_by(col(ReportVersion.version_number).desc())
    )
    return session.exec(statement).all()


def author_and_signer(session: Session, report_id: str) -> tuple[User, str] | None:
    """Who began a report, and the name of whoever signed it last, if that was somebody else."""
    statement = (
        select(User, ReportVersion.signer_name)
        .join(Report, col(Report.author_user_id) == col(User.id))
        .join(ReportVersion, col(ReportVersion.report_id) == col(Report.id))
        .where(Report.id == report_id, col(ReportVersion.signer_user_id) != col(User.id))
        .order_by(col(ReportVersion.version_number).desc())
    )
    return session.exec(statement.limit(1)).first()


def organization_name(session: Session, organization_id: str) -> str:
    """The name on the letterhead; empty if the organization is not known."""
    statement = select(Organization.name).where(Organization.id == organization_id)
    return session.exec(statement).first() or ""


def user_by_id(session: Session, user_id: str, *, lock: bool = False) -> User | None:
    """The person, or None; with `lock` their row is held until the transaction ends."""
    statement = select(User).where(User.id == user_id)
    return session.exec(statement.with_for_update() if lock else statement).first()


def is_in_audit_trail(
    session: Session,
    *,
    action: str,
    object_id: str,
    session_id: str,
    actor_user_id: str,
    since: datetime,
) -> bool:
    """Whether this person did `action` to this object, in this sign-in session, at or after `since`."""
    statement = select(AuditEntry.id).where(
        AuditEntry.object_id == object_id,
        AuditEntry.action == action,
        AuditEntry.session_id == session_id,
        AuditEntry.actor_user_id == actor_user_id,
        col(AuditEntry.at) >= since,
    )
    return session.exec(statement.limit(1)).first() is not None


def count_in_audit_trail(
    session: Session, *, action: str, outcome: str, actor_user_id: str, since: datetime
) -> int:
    """How often this person's `action` ended in `outcome` at or after `since`."""
    statement = select(func.count()).where(
        AuditEntry.action == action,
        AuditEntry.outcome == outcome,
        AuditEntry.actor_user_id == actor_user_id,
        col(AuditEntry.at) >= since,
    )
    return session.exec(statement).one()
