"""Finding entries of an organization's audit trail: pages, and who had access to what. The chain itself is in `models.audit`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from backend.core.vocabulary import AuditAction
from backend.models.audit import AuditEntry
from backend.models.parts import in_parts
from backend.models.reports import Report
from backend.models.studies import Patient, Study


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of an organization are looked for; empty fields do not narrow.

    Attributes:
        actions: Any of these.
        person: Identifier of whoever acted.
        session: Identifier of the session that it was done in.
        objects: What it was about, any of these; None does not narrow, nothing finds nothing.
        since: The first moment.
        before: The first moment that is no longer meant.
    """

    actions: tuple[str, ...] = ()
    outcome: str = ""
    person: str = ""
    session: str = ""
    objects: tuple[str, ...] | None = None
    since: datetime | None = None
    before: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for a query."""
        found: list[ColumnElement[bool]] = []
        if self.actions:
            found.append(col(AuditEntry.action).in_(self.actions))
        if self.outcome:
            found.append(col(AuditEntry.outcome) == self.outcome)
        if self.person:
            found.append(col(AuditEntry.actor_user_id) == self.person)
        if self.session:
            found.append(col(AuditEntry.session_id) == self.session)
        if self.objects is not None:
            found.append(col(AuditEntry.object_id).in_(self.objects))
        if self.since is not None:
            found.append(col(AuditEntry.at) >= self.since)
        if self.before is not None:
            found.append(col(AuditEntry.at) < self.before)
        return found


def find_entries(
    session: Session,
    wanted: AuditFilter,
    *,
    limit: int,
    older_than: int | None = None,
    newer_than: int | None = None,
) -> list[AuditEntry]:
    """Entries of an organization, newest first.

    Args:
        session: Of the organization.
        wanted: Which of them.
        limit: How many at most.
        older_than: Only before this one.
        newer_than: Only after this one, and of those the oldest.
    """
    sequence = col(AuditEntry.sequence)
    statement = select(AuditEntry).where(*wanted.conditions()).limit(limit)
    if newer_than is not None:
        statement = statement.where(sequence > newer_than).order_by(sequence)
        return list(session.exec(statement).all()[::-1])
    if older_than is not None:
        statement = statement.where(sequence < older_than)
    return list(session.exec(statement.order_by(sequence.desc())).all())


def count_entries(session: Session, wanted: AuditFilter, most: int) -> int:
    """How many entries of an organization there are, counted up to `most`."""
    found = select(AuditEntry.id).where(*wanted.conditions()).limit(most).subquery()
    return session.exec(select(func.count()).select_from(found)).one()


def deletions_of(session: Session, patient_key: str) -> list[str]:
    """Study Instance UIDs of a patient's studies that were deleted."""
    statement = select(AuditEntry.object_id).where(
        col(AuditEntry.action) == AuditAction.STUDY_DELETED,
        col(AuditEntry.details).contains(f'"patient_key":"{patient_key}"', autoescape=True),
    )
    return list(session.exec(statement).all())


def objects_of_studies(session: Session, study_instance_uids: Sequence[str]) -> list[str]:
    """What entries about these studies are about: the studies, and their reports."""
    reports: list[str] = []
    for part in in_parts(study_instance_uids):
        statement = (
            select(Report.id)
            .join(Study, col(Report.study_key) == col(Study.id))
            .where(col(Study.study_instance_uid).in_(part))
        )
        reports += session.exec(statement).all()
    return [*study_instance_uids, *reports]


def studies_of_patient(session: Session, patient_key: str) -> list[str]:
    """Study Instance UIDs of a patient's studies, those among them that were deleted."""
    here = session.exec(
        select(Study.study_instance_uid).where(col(Study.patient_key) == patient_key)
    ).all()
    return [*here, *deletions_of(session, patient_key)]


def patient_of_study(session: Session, study_instance_uid: str) -> str | None:
    """The key of a study's patient."""
    return session.exec(
        select(Study.patient_key).where(col(Study.study_instance_uid) == study_instance_uid)
    ).first()


def patient_by_key(session: Session, key: str) -> Patient | None:
    """A patient of the organization."""
    return session.exec(select(Patient).where(col(Patient.id) == key)).first()


def is_opening_recorded(
    session: Session,
    organization_id: str,
    user_id: str,
    session_id: str,
    study_instance_uid: str,
    kind: str,
) -> bool:
    """Whether it is in the trail that this person opened a study in this session, to look at this of it. For any session."""
    statement = select(AuditEntry.id).where(
        col(AuditEntry.organization_id) == organization_id,
        col(AuditEntry.object_id) == study_instance_uid,
        col(AuditEntry.action) == AuditAction.STUDY_OPENED,
        col(AuditEntry.session_id) == session_id,
        col(AuditEntry.actor_user_id) == user_id,
        col(AuditEntry.details) == (f'{{"kind":"{kind}"}}' if kind else "{}"),
    )
    return bool(session_id) and session.exec(statement.limit(1)).first() is not None


class Access(NamedTuple):
    """What a report about accesses needs of an entry."""

    sequence: int
    at: datetime
    actor_user_id: str
    actor_name: str
    session_id: str
    ip_address: str
    action: str
    object_type: str
    object_id: str
    outcome: str
    details: str


def accesses(session: Session, wanted: AuditFilter, most: int) -> list[Access]:
    """Entries as plain values, in the order of the trail."""
    statement = (
        select_columns(*[getattr(AuditEntry, name) for name in Access._fields])
        .where(*wanted.conditions())
        .order_by(col(AuditEntry.sequence))
        .limit(most)
    )
    return [Access(*row) for row in session.execute(statement)]


def next_entries(
    session: Session, wanted: AuditFilter, after: int, up_to: int, limit: int
) -> list[AuditEntry]:
    """Entries after one and up to another, the oldest first."""
    sequence = col(AuditEntry.sequence)
    statement = (
        select(AuditEntry)
        .where(*wanted.conditions(), sequence > after, sequence <= up_to)
        .order_by(sequence)
        .limit(limit)
    )
    return list(session.exec(statement).all())
