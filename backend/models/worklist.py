"""What lists of studies show beside what is found: the studies themselves, their reports, people, and what is newest.

Which studies a list has is in `models.worklist_finding`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from backend.core.vocabulary import AuditAction
from backend.models.among import is_among
from backend.models.audit import AuditEntry
from backend.models.people import User
from backend.models.reports import Report
from backend.models.studies import Patient, Series, Study
from backend.models.verdicts import Reach


def newest_key(session: Session, reach: Reach | None = None) -> str:
    """The key of the study that arrived last, of those within reach; empty if there is none."""
    return session.exec(_within(select(func.max(Study.id)), reach)).first() or ""


def _within(statement: Any, reach: Reach | None) -> Any:
    return statement if reach is None else statement.where(reach.is_met())


class ListedStudy(NamedTuple):
    """What lists show of a study and of its patient, as the columns of these names hold it."""

    id: str
    study_instance_uid: str
    study_date: str
    study_time: str
    modalities: str
    study_description: str
    accession_number: str
    referring_physician_name: str
    institution_name: str
    body_part_examined: str
    series_count: int
    instance_count: int
    reading_status: str
    priority: str
    assigned_to: str | None
    claimed_by: str | None
    tags: str
    arrived_at: datetime
    patient_name: str
    patient_id: str
    qualifier: str
    patient_birth_date: str
    patient_sex: str
    is_corrected: bool


def _listed() -> Any:
    # Columns, for a list of whole rows takes the mapper several times as long.
    columns = (
        getattr(Study if name in Study.model_fields else Patient, name)
        for name in ListedStudy._fields
    )
    return select(*columns).join(Patient, col(Study.patient_key) == col(Patient.id))


def _read(session: Session, statement: Any) -> list[ListedStudy]:
    return [ListedStudy._make(row) for row in session.exec(statement).all()]


def studies_by_key(session: Session, keys: Sequence[str]) -> list[ListedStudy]:
    """The studies with these keys, in that order."""
    statement = _listed().where(is_among(session, col(Study.id), keys))
    found = {study.id: study for study in _read(session, statement)}
    return [found[key] for key in keys if key in found]


def studies_by_uid(
    session: Session, study_instance_uids: Sequence[str], reach: Reach | None
) -> list[ListedStudy]:
    """The studies of these UIDs, within reach."""
    statement = _listed().where(col(Study.study_instance_uid).in_(study_instance_uids))
    return _read(session, _within(statement, reach))


def studies_of_same_patient(
    session: Session, study_instance_uid: str, limit: int, reach: Reach | None
) -> list[ListedStudy]:
    """The other studies, within reach, of the patient of `study_instance_uid`, newest first."""
    this = session.exec(select(Study).where(Study.study_instance_uid == study_instance_uid)).first()
    if this is None:
        return []
    statement = (
        _listed()
        .where(col(Study.patient_key) == this.patient_key, col(Study.id) != this.id)
        .order_by(col(Study.study_date).desc(), col(Study.study_time).desc(), col(Study.id).desc())
        .limit(limit)
    )
    return _read(session, _within(statement, reach))


def newest_reports(session: Session, study_keys: Sequence[str]) -> dict[str, Report]:
    """The newest report of each study, by the study's key; what a list does not show is not read."""
    listed: tuple[Any, ...] = (Report.study_key, Report.status, Report.draft_version)
    statement = (
        select(Report)
        .options(load_only(*listed))
        .where(is_among(session, col(Report.study_key), study_keys))
        .order_by(col(Report.id).asc())
    )
    return {report.study_key: report for report in session.exec(statement).all()}


def reports_of_study(session: Session, study_key: str) -> Sequence[Report]:
    """Every report of a study."""
    return session.exec(select(Report).where(col(Report.study_key) == study_key)).all()


def newest_change(session: Session, reach: Reach | None = None) -> str:
    """What differs after any study within reach has come, changed or gone.

    For looking often: it reads the ends of three indexes, or, where reach is limited, the studies within it.
    """
    if reach is not None:
        parts = func.count(col(Study.id)), func.max(Study.id), func.max(Study.updated_at)
        return "/".join(map(str, session.exec(_within(select(*parts), reach)).one()))
    newest = session.exec(select(func.max(Study.id))).first() or ""
    changed = session.exec(select(func.max(Study.updated_at))).first()
    deleted = session.exec(
        select(func.max(AuditEntry.at)).where(col(AuditEntry.action) == AuditAction.STUDY_DELETED)
    ).first()
    return f"{newest}/{changed}/{deleted}"


def first_displayable_series(session: Session, study_keys: Sequence[str]) -> dict[str, str]:
    """UID of the lowest-numbered series with something to show, by the study's key."""
    statement = (
        select(Series.study_key, Series.series_instance_uid)
        .where(is_among(session, col(Series.study_key), study_keys), col(Series.frame_count) > 0)
        .order_by(col(Series.series_number).desc(), col(Series.id).desc())
    )
    return dict(session.exec(statement).all())


def names_of_users(session: Session, user_ids: Sequence[str]) -> dict[str, str]:
    """Display names by user id."""
    statement = select(User.id, User.display_name).where(col(User.id).in_(user_ids))
    return dict(session.exec(statement).all())


def readers(session: Session) -> Sequence[User]:
    """The people whom a study may be assigned to, by name; a program's account is nobody who reads."""
    return session.exec(
        select(User)
        .where(col(User.is_active), col(User.is_service).is_(False))
        .order_by(col(User.display_name), col(User.id))
    ).all()
