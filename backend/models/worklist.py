"""What lists of studies show beside what is found: the studies themselves, their reports, people, and what is newest.

Which studies a list has is in `models.worklist_finding`.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import and_, exists, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from backend.core.search_words import Facet, facet_value
from backend.core.vocabulary import AuditAction
from backend.models.among import is_among, is_among_given
from backend.models.audit import AuditEntry
from backend.models.parts import in_parts
from backend.models.people import User
from backend.models.reports import Report
from backend.models.search_words import facet_values, facet_words, facet_words_within
from backend.models.studies import Patient, Series, Study
from backend.models.verdicts import Named, Reach, reach_to_be_given
from backend.models.videos import Video

_CHANGED_LAST = 200


@cache
def _newest() -> Any:
    return select(func.max(Study.id))


@cache
def _newest_beside(kind: Facet, limit: int) -> Any:
    return facet_words(kind, limit).add_columns(_newest().scalar_subquery())


@cache
def _newest_beside_within(kind: Facet, limit: int, asked: tuple[str, bool]) -> Any:
    newest = _newest_within(reach_to_be_given(*asked)).scalar_subquery()
    return facet_words_within(kind, limit, asked).add_columns(newest)


def newest_key_and_values(
    session: Session, kind: Facet, limit: int, reach: Reach | None
) -> tuple[str, tuple[str, ...]]:
    """The key of the study that arrived last, of those within reach, and what `facet_values` says of them.

    By one statement where that can be; the key is empty if there is no study.
    """
    if reach is not None and reach.named is not None:
        return reach.named.newest, facet_values(session, kind, limit, reach)
    if reach is None:
        found = session.exec(_newest_beside(kind, limit)).all()
    else:
        beside = _newest_beside_within(kind, limit, reach.asked)
        found = session.exec(beside, params=reach.given).all()
    if found:
        return found[0][1] or "", tuple(facet_value(word) for word, _ in found)
    return _newest_of(session, reach), facet_values(session, kind, limit, reach)


def _newest_of(session: Session, reach: Reach | None) -> str:
    statement = _newest() if reach is None else _newest_within(reach)
    return session.exec(statement).first() or ""


def _newest_within(reach: Reach) -> Any:
    within = reach.keys().subquery()
    return select(func.max(within.c.id))


def _within(statement: Any, reach: Reach | None) -> Any:
    return statement if reach is None else statement.where(reach.is_met())


class ListedReport(NamedTuple):
    """What lists must know of a report."""

    id: str
    status: str
    draft_version: int


class ListedStudy(NamedTuple):
    """What lists show of a study: its columns and its patient's, which have these names, and what belongs to it elsewhere."""

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
    assigned_to_name: str | None
    claimed_by_name: str | None
    thumbnail: str | None
    has_film: bool
    report_id: str | None
    report_status: str | None
    report_draft_version: int | None

    @property
    def report(self) -> ListedReport | None:
        """The newest report."""
        if self.report_id is None:
            return None
        return ListedReport(
            self.report_id, self.report_status or "", self.report_draft_version or 0
        )


@cache
def _listed() -> Any:
    """All that a list shows, by one statement: each further one takes longer than what it would ask."""
    elsewhere = {
        "assigned_to_name": _name_of(Study.assigned_to),
        "claimed_by_name": _name_of(Study.claimed_by),
        "thumbnail": _first_displayable_series(),
        "has_film": exists().where(col(Video.study_key) == col(Study.id)),
        "report_id": col(Report.id),
        "report_status": col(Report.status),
        "report_draft_version": col(Report.draft_version),
    }
    # Columns, for a list of whole rows takes the mapper several times as long.
    columns = (
        elsewhere[name].label(name)
        if name in elsewhere
        else getattr(Study if name in Study.model_fields else Patient, name)
        for name in ListedStudy._fields
    )
    return (
        select(*columns)
        .join(Patient, col(Study.patient_key) == col(Patient.id))
        # By the study's key too, which an index tells: row-level security lets no index be asked for what was computed.
        .outerjoin(
            Report,
            and_(col(Report.study_key) == col(Study.id), col(Report.id) == _newest_report()),
        )
    )


def _name_of(user_id: Any) -> Any:
    return select(User.display_name).where(col(User.id) == user_id).scalar_subquery()


def _first_displayable_series() -> Any:
    """UID of the lowest-numbered series of a study with something to show."""
    return (
        select(Series.series_instance_uid)
        .where(col(Series.study_key) == Study.id, col(Series.frame_count) > 0)
        .order_by(col(Series.series_number).asc().nulls_last(), col(Series.id))
        .limit(1)
        .scalar_subquery()
    )


def is_listed_picture(session: Session, study_key: str, series_instance_uid: str) -> bool:
    """Whether this is the series whose picture stands for the study in lists."""
    statement = select(_first_displayable_series()).select_from(Study).where(Study.id == study_key)
    return bool(session.exec(statement).first() == series_instance_uid)


def _newest_report() -> Any:
    newest = aliased(Report)
    found = select(func.max(newest.id)).where(newest.study_key == Study.id)
    return found.correlate(Study).scalar_subquery()


@cache
def _listed_by_key(dialect_name: str) -> Any:
    return _listed().where(is_among_given(col(Study.id), "keys", dialect_name))


def _read(session: Session, statement: Any, **given: Any) -> list[ListedStudy]:
    return [ListedStudy._make(row) for row in session.exec(statement, params=given).all()]


def studies_by_key(session: Session, keys: Sequence[str]) -> list[ListedStudy]:
    """The studies with these keys, in that order."""
    statement = _listed_by_key(session.get_bind().dialect.name)
    found = {study.id: study for study in _read(session, statement, keys=list(keys))}
    return [found[key] for key in keys if key in found]


def studies_by_uid(
    session: Session, study_instance_uids: Sequence[str], reach: Reach | None
) -> list[ListedStudy]:
    """The studies of these UIDs, within reach."""
    found: list[ListedStudy] = []
    for some in in_parts(study_instance_uids):
        statement = _listed().where(col(Study.study_instance_uid).in_(some))
        found += _read(session, _within(statement, reach))
    return found


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


def succession(session: Session, study_instance_uid: str, reach: Reach | None) -> Sequence[str]:
    """Study Instance UIDs, within reach, of all studies of the patient of `study_instance_uid`, oldest first."""
    of_patient = select(Study.patient_key).where(Study.study_instance_uid == study_instance_uid)
    statement = (
        select(Study.study_instance_uid)
        .where(col(Study.patient_key) == of_patient.scalar_subquery())
        .order_by(col(Study.study_date), col(Study.study_time), col(Study.id))
    )
    found: Sequence[str] = session.exec(_within(statement, reach)).all()
    return found


def reports_of_study(session: Session, study_key: str) -> Sequence[Report]:
    """Every report of a study."""
    return session.exec(select(Report).where(col(Report.study_key) == study_key)).all()


def newest_change(session: Session, reach: Reach | None = None) -> str:
    """What differs after any study within reach has come, changed or gone.

    For looking often: it reads the ends of three indexes, or, where reach is limited, what changed last within it.
    """
    if reach is not None:
        if reach.named is not None:
            named, changed = reach.named, _newest_change_among(session, reach.named)
            return f"{len(named.study_keys)}/{named.newest}/{changed}"
        parts = func.count(col(Study.id)), func.max(Study.id), func.max(Study.updated_at)
        within = select(*parts).where(col(Study.id).in_(reach.keys()))
        within = within.with_hint(Study, "INDEXED BY ix_studies_by_key", "sqlite")
        return "/".join(map(str, session.exec(within).one()))
    newest = _newest_of(session, reach)
    changed = session.exec(select(func.max(Study.updated_at))).first()
    deleted = session.exec(
        select(func.max(AuditEntry.at)).where(col(AuditEntry.action) == AuditAction.STUDY_DELETED)
    ).first()
    return f"{newest}/{changed}/{deleted}"


def _newest_change_among(session: Session, named: Named) -> datetime | None:
    """When one of these studies changed last: mostly it is among the last of all that changed, else each of them is looked at."""
    changed = select(Study.id, Study.updated_at).order_by(col(Study.updated_at).desc())
    for key, at in session.exec(changed.limit(_CHANGED_LAST)).all():
        if named.has(key):
            return at
    return session.exec(
        select(func.max(Study.updated_at)).where(is_among(session, col(Study.id), named.study_keys))
    ).one()


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
