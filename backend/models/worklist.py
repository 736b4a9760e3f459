"""Queries of the worklist: one page of studies, counted, filtered and sorted by the database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, func, or_
from sqlmodel import Session, col, select

from backend.core.search_text import fold
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.models.people import User
from backend.models.reports import Report
from backend.models.studies import Patient, Series, Study

_SORT_COLUMNS: dict[WorklistColumn, tuple[SQLColumnExpression[Any], ...]] = {
    WorklistColumn.ARRIVED: (col(Study.arrived_at),),
    WorklistColumn.STUDY_DATE: (col(Study.study_date), col(Study.study_time)),
    WorklistColumn.PATIENT_NAME: (col(Patient.search_name),),
    WorklistColumn.PATIENT_ID: (col(Patient.patient_id),),
    WorklistColumn.MODALITY: (col(Study.modalities),),
    WorklistColumn.DESCRIPTION: (col(Study.search_description),),
    WorklistColumn.STATUS: (col(Study.reading_status),),
    WorklistColumn.PRIORITY: (col(Study.priority),),
}


def _contains(column: SQLColumnExpression[str], word: str) -> ColumnElement[bool]:
    return column.contains(word, autoescape=True)


def _criteria(query: WorklistQuery) -> list[ColumnElement[bool]]:
    criteria: list[ColumnElement[bool]] = [
        or_(
            _contains(col(Patient.search_name), word),
            _contains(func.lower(col(Patient.patient_id)), word),
            _contains(func.lower(col(Study.accession_number)), word),
            _contains(col(Study.search_description), word),
        )
        for word in fold(query.text).split()
    ]
    if query.modality:
        criteria.append(_contains(col(Study.modalities), f"\\{query.modality}\\"))
    if query.status:
        criteria.append(col(Study.reading_status) == query.status)
    if query.date_from:
        criteria.append(col(Study.study_date) >= query.date_from)
    if query.date_to:
        criteria.append(col(Study.study_date) <= query.date_to)
        criteria.append(col(Study.study_date) != "")
    return criteria


def count_studies(session: Session, query: WorklistQuery) -> int:
    """How many studies match `query`, over all pages."""
    statement = (
        select(func.count())
        .select_from(Study)
        .join(Patient, col(Study.patient_key) == col(Patient.id))
        .where(*_criteria(query))
    )
    return session.exec(statement).one()


def page_of_studies(session: Session, query: WorklistQuery) -> Sequence[tuple[Study, Patient]]:
    """One page of studies with their patients; ties are broken by identifier, so no row comes twice."""
    order: list[SQLColumnExpression[Any]] = [*_SORT_COLUMNS[query.order_by], col(Study.id)]
    statement = (
        select(Study, Patient)
        .join(Patient, col(Study.patient_key) == col(Patient.id))
        .where(*_criteria(query))
        .order_by(*(column.desc() if query.descending else column.asc() for column in order))
        .offset((query.page - 1) * query.page_size)
        .limit(query.page_size)
    )
    return session.exec(statement).all()


def studies_by_uid(
    session: Session, study_instance_uids: Sequence[str]
) -> Sequence[tuple[Study, Patient]]:
    """The studies of these UIDs with their patients."""
    statement = (
        select(Study, Patient)
        .join(Patient, col(Study.patient_key) == col(Patient.id))
        .where(col(Study.study_instance_uid).in_(study_instance_uids))
    )
    return session.exec(statement).all()


def studies_of_same_patient(
    session: Session, study_instance_uid: str, limit: int
) -> Sequence[tuple[Study, Patient]]:
    """The other studies of the patient of `study_instance_uid`, newest first."""
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
    return session.exec(statement).all()


def modalities_present(session: Session) -> tuple[str, ...]:
    """Every modality that occurs, in alphabetical order."""
    found: set[str] = set()
    for joined in session.exec(select(Study.modalities).distinct()).all():
        found.update(part for part in joined.split("\\") if part)
    return tuple(sorted(found))


def newest_reports(session: Session, study_keys: Sequence[str]) -> dict[str, Report]:
    """The newest report of each study, by the study's key."""
    statement = (
        select(Report).where(col(Report.study_key).in_(study_keys)).order_by(col(Report.id).asc())
    )
    return {report.study_key: report for report in session.exec(statement).all()}


def first_displayable_series(session: Session, study_keys: Sequence[str]) -> dict[str, str]:
    """UID of the lowest-numbered series with something to show, by the study's key."""
    statement = (
        select(Series)
        .where(col(Series.study_key).in_(study_keys), col(Series.frame_count) > 0)
        .order_by(col(Series.series_number).desc(), col(Series.id).desc())
    )
    return {s.study_key: s.series_instance_uid for s in session.exec(statement).all()}


def names_of_users(session: Session, user_ids: Sequence[str]) -> dict[str, str]:
    """Display names by user id."""
    statement = select(User).where(col(User.id).in_(user_ids))
    return {user.id: user.display_name for user in session.exec(statement).all()}
