"""What lists of studies show beside what is found: the studies themselves, their reports, people, and what is newest.

Which studies a list has is in `models.worklist_finding`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from backend.core.vocabulary import AuditAction
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


def studies_by_key(session: Session, keys: Sequence[str]) -> list[tuple[Study, Patient]]:
    """The studies with these keys and their patients, in that order."""
    statement = (
        select(Study, Patient)
        .join(Patient, col(Study.patient_key) == col(Patient.id))
        .where(col(Study.id).in_(keys))
    )
    found = {study.id: (study, patient) for study, patient in session.exec(statement).all()}
    return [found[key] for key in keys if key in found]


def studies_by_uid(
    session: Session, study_instance_uids: Sequence[str], reach: Reach | None
) -> Sequence[tuple[Study, Patient]]:
    """The studies of these UIDs, within reach, with their patients."""
    statement = (
        select(Study, Patient)
        .join(Patient, col(Study.patient_key) == col(Patient.id))
        .where(col(Study.study_instance_uid).in_(study_instance_uids))
    )
    found: Sequence[tuple[Study, Patient]] = session.exec(_within(statement, reach)).all()
    return found


def studies_of_same_patient(
    session: Session, study_instance_uid: str, limit: int, reach: Reach | None
) -> Sequence[tuple[Study, Patient]]:
    """The other studies, within reach, of the patient of `study_instance_uid`, newest first."""
    this = session.exec(select(Study).where(Study.study_instance_uid == study_instance_uid)).first()
    if this is None:
        return ()
    statement = (
        select(Study, Patient)
        .join(Patient, col(Study.patient_key) == col(Patient.id))
        .where(col(Study.patient_key) == this.patient_key, col(Study.id) != this.id)
        .order_by(col(Study.study_date).desc(), col(Study.study_time).desc(), col(Study.id).desc())
        .limit(limit)
    )
    found: Sequence[tuple[Study, Patient]] = session.exec(_within(statement, reach)).all()
    return found


def newest_reports(session: Session, study_keys: Sequence[str]) -> dict[str, Report]:
    """The newest report of each study, by the study's key; what a list does not show is not read."""
    listed: tuple[Any, ...] = (Report.study_key, Report.status, Report.draft_version)
    statement = (
        select(Report)
        .options(load_only(*listed))
        .where(col(Report.study_key).in_(study_keys))
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
        .where(col(Series.study_key).in_(study_keys), col(Series.frame_count) > 0)
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
