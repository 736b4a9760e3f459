"""Taking a study's rows away, those that refer to a row before the row itself, in whichever tables they are."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, inspect
from sqlmodel import Session, col, func, select

from backend.core.vocabulary import HeldState, ReportStatus
from backend.models.base import Record, Tenant
from backend.models.conflicts import HeldInstance
from backend.models.damages import forget_damages
from backend.models.reports import Report
from backend.models.search_words import SearchWord, forget_unused, refresh_patient
from backend.models.studies import Patient, Study

_AT_ONCE = 500


def has_signed_report(session: Session, study_key: str) -> bool:
    """Whether a report of the study is signed."""
    return _has_report(session, study_key, ReportStatus.FINAL)


def has_draft(session: Session, study_key: str) -> bool:
    """Whether a report of the study is begun and not signed."""
    return _has_report(session, study_key, ReportStatus.DRAFT)


def _has_report(session: Session, study_key: str, status: ReportStatus) -> bool:
    found = select(Report.id).where(
        col(Report.study_key) == study_key, col(Report.status) == status
    )
    return session.exec(found.limit(1)).first() is not None


def delete_study(session: Session, study: Study) -> list[str]:
    """Take the study away with all that refers to it; the patient as well, if it was their only one.

    Nothing of it is left in the session either. The database refuses if a report is signed.

    Returns:
        Identifiers of the objects that no row points to any longer.
    """
    words = session.exec(select(SearchWord.word).where(col(SearchWord.study_key) == study.id)).all()
    study_uid = study.study_instance_uid
    organization_id, study_key, patient_key = study.organization_id, study.id, study.patient_key
    studies = select(func.count()).select_from(Study).where(col(Study.patient_key) == patient_key)
    is_only_one = session.exec(studies).one() == 1
    classes = _classes()
    keys: dict[str, list[str]] = {Patient.__tablename__: [patient_key]} if is_only_one else {}
    keys[Study.__tablename__] = [study_key]
    object_ids: list[str] = []
    tables = [t for t in Record.metadata.sorted_tables if t.fullname in classes]
    for table in tables:
        for key in table.foreign_keys:
            parents = keys.get(key.column.table.fullname, [])
            if parents and table.fullname not in {Patient.__tablename__, Study.__tablename__}:
                found = _referring(session, classes[table.fullname], key.parent.name, parents)
                keys.setdefault(table.fullname, []).extend(found)
    for table in reversed(tables):
        mapped = classes[table.fullname]
        for some in _parts(keys.get(table.fullname, [])):
            if "object_id" in table.columns:
                found_ids = session.exec(select(mapped.object_id).where(mapped.id.in_(some)))
                object_ids += [object_id for object_id in found_ids if object_id]
            session.execute(
                delete(mapped)
                .where(mapped.id.in_(some))
                .execution_options(synchronize_session=False)
            )
    object_ids += _put_away_of(session, study_uid)
    forget_damages(session, object_ids)
    # Files that were in conflict once point to the same objects.
    for some in _parts(object_ids):
        session.execute(
            delete(HeldInstance)
            .where(col(HeldInstance.object_id).in_(some))
            .execution_options(synchronize_session=False)
        )
    session.expunge_all()
    forget_unused(session, organization_id, words, study_key)
    if not is_only_one:
        refresh_patient(session, patient_key)
    session.flush()
    return object_ids


def _put_away_of(session: Session, study_instance_uid: str) -> list[str]:
    """Objects of files that others took the place of in a study, or that came a second time in a conflict."""
    put_away = select(HeldInstance.object_id).where(
        col(HeldInstance.study_instance_uid) == study_instance_uid,
        col(HeldInstance.state).in_([HeldState.REPLACED, HeldState.KNOWN]),
    )
    return list(session.exec(put_away).all())


def _classes() -> dict[str, Any]:
    """The mapped class of each table whose rows belong to an organization."""
    found: dict[str, Any] = {}
    waiting: list[type[Any]] = [Tenant]
    while waiting:
        each = waiting.pop()
        waiting += each.__subclasses__()
        mapper: Any = inspect(each, raiseerr=False)
        if mapper is not None:
            found[mapper.local_table.fullname] = each
    return found


def _referring(session: Session, mapped: Any, column: str, parents: Sequence[str]) -> list[str]:
    found: list[str] = []
    for some in _parts(parents):
        found += session.exec(select(mapped.id).where(getattr(mapped, column).in_(some))).all()
    return found


def _parts(keys: Iterable[str]) -> Iterable[list[str]]:
    listed = list(dict.fromkeys(keys))
    for first in range(0, len(listed), _AT_ONCE):
        yield listed[first : first + _AT_ONCE]
