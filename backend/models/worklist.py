"""Queries of the worklist: one page of studies, counted, filtered and sorted by the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, func
from sqlalchemy.orm import aliased, load_only
from sqlmodel import Session, col, select

from backend.core.vocabulary import AuditAction
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.models.audit import AuditEntry
from backend.models.people import User
from backend.models.reports import Report
from backend.models.search_words import SearchWord
from backend.models.studies import Patient, Series, Study
from backend.models.verdicts import Reach

ORDERS: dict[WorklistColumn, tuple[SQLColumnExpression[Any], ...]] = {
    # Identifiers are made as studies arrive, and sort by that (core.identifiers).
    WorklistColumn.ARRIVED: (),
    WorklistColumn.STATUS: (col(Study.progress),),
    WorklistColumn.PRIORITY: (col(Study.urgency),),
    WorklistColumn.PATIENT_NAME: (col(Study.patient_sort_name),),
    WorklistColumn.PATIENT_ID: (col(Study.patient_sort_id),),
    WorklistColumn.BIRTH_DATE: (col(Study.patient_sort_birth_date),),
    WorklistColumn.SEX: (col(Study.patient_sort_sex),),
    WorklistColumn.STUDY_DATE: (col(Study.study_date), col(Study.study_time)),
    WorklistColumn.MODALITY: (col(Study.modalities),),
    WorklistColumn.BODY_PART: (col(Study.body_part_examined),),
    WorklistColumn.DESCRIPTION: (col(Study.search_description),),
    WorklistColumn.ACCESSION: (col(Study.accession_number),),
    WorklistColumn.REFERRER: (col(Study.referring_physician_name),),
    WorklistColumn.INSTITUTION: (col(Study.institution_name),),
    WorklistColumn.ASSIGNED: (col(Study.assigned_to),),
    WorklistColumn.TAGS: (col(Study.tags),),
    WorklistColumn.SERIES: (col(Study.series_count),),
    WorklistColumn.IMAGES: (col(Study.instance_count),),
}

RARE = 2000
"""A criterion that this many studies meet, or fewer, is looked up first, and the others only in what it found."""
COUNTED = 2000
"""Several criteria that are each met by many studies are counted this far, and then it is `more than`."""
# Beyond this size criteria are compared no further, and their keys are no longer listed.
_LISTED = 20_000


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words must be among a study's, or a word in this range.

    Attributes:
        words: Words, whole.
        span: Least word, and what the words are below; where there are too many to name.
        once: Whether a study has at most one of them.
    """

    words: tuple[str, ...] = ()
    span: tuple[str, str] | None = None
    once: bool = False

    def keys(self) -> Any:
        """The keys of the studies that have one; a study may come twice, if not `once`."""
        return select(SearchWord.study_key).where(self._met_by(SearchWord))

    def on(self, key: SQLColumnExpression[str], size: int) -> ColumnElement[bool]:  # noqa: ARG002 - as `Columns.on`
        """The condition on a study's key, wherever it stands."""
        other = aliased(SearchWord)
        # A range of words is looked for among the words of the study.
        index = "ix_search_words_by_word" if self.span is None else "ix_search_words_by_study"
        found = select(other.study_key).with_hint(other, f"INDEXED BY {index}", "sqlite")
        met = found.where(other.study_key == key, self._met_by(other))
        return met.correlate_except(other).exists()

    def _met_by(self, entity: Any) -> ColumnElement[bool]:
        if self.span is not None:
            return and_(entity.word >= self.span[0], entity.word < self.span[1])
        if len(self.words) == 1:
            return cast("ColumnElement[bool]", entity.word == self.words[0])
        return cast("ColumnElement[bool]", entity.word.in_(self.words) if self.words else false())


@dataclass(frozen=True, slots=True)
class Columns:
    """A column of the study must lie between two values.

    Attributes:
        column: Of `Study`, with an index.
        first: Least value, None for any.
        last: Greatest value, None for any.
        end: What the values are below, None for any.
    """

    column: SQLColumnExpression[Any]
    first: Any = None
    last: Any = None
    end: Any = None
    once: ClassVar[bool] = True

    def keys(self) -> Any:
        """The keys of the studies in between."""
        return select(Study.id).where(*self._met_by(self.column))

    def on(self, key: SQLColumnExpression[str], size: int) -> ColumnElement[bool]:
        """The condition on a study's key: in what the index gives, or, where that is much, by the study itself."""
        # `coalesce` keeps the database from leaving the order of the list for the index of this column.
        met = self._met_by(func.coalesce(self.column, self.column))
        if key is _STUDY_KEY:
            return key.in_(self.keys()) if size < _LISTED else and_(*met)
        # This index alone has all that is asked for; the rows themselves lie far apart.
        found = select(Study.id).with_hint(Study, "INDEXED BY ix_studies_between", "sqlite")
        return found.where(key == _STUDY_KEY, *met).correlate_except(Study).exists()

    def _met_by(self, column: Any) -> list[ColumnElement[bool]]:
        conditions = [column != ""] if isinstance(self.last, str) else []
        conditions += [column >= self.first] if self.first is not None else []
        conditions += [column <= self.last] if self.last is not None else []
        return conditions + ([column < self.end] if self.end is not None else [])


Criterion = Words | Columns | Reach
_STUDY_KEY = col(Study.id)


@dataclass(frozen=True, slots=True)
class Conditions:
    """All that a study of the list must meet.

    Attributes:
        criteria: Each of them.
        as_of: The newest key of the list; empty for the newest there is.
    """

    criteria: tuple[Criterion, ...] = ()
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of one page, and how many there are.

    Attributes:
        keys: Of the page's studies, in order.
        total: How many studies there are; `COUNTED` + 1 if they are more and were not counted further.
        is_exact: Whether they were counted to the end.
        page: The page that `keys` are of: the last if one beyond it was asked for.
    """

    keys: tuple[str, ...]
    total: int
    is_exact: bool
    page: int


def newest_key(session: Session, reach: Reach | None = None) -> str:
    """The key of the study that arrived last, of those within reach; empty if there is none."""
    return session.exec(_within(select(func.max(Study.id)), reach)).first() or ""


def _within(statement: Any, reach: Reach | None) -> Any:
    return statement if reach is None else statement.where(reach.is_met())


def find(session: Session, query: WorklistQuery, conditions: Conditions) -> Found:
    """One page of keys in the order asked for; ties are broken by key, so no row comes twice."""
    return _Listing(session, query, conditions).found()


def count(session: Session, conditions: Conditions) -> tuple[int, bool]:
    """How many studies there are, and whether they were counted to the end."""
    return _Listing(session, WorklistQuery(), conditions).count()


class _Listing:
    """Looks up the rarest criterion first; where all are common, looks through the smallest, and stops when it has enough."""

    def __init__(self, session: Session, query: WorklistQuery, conditions: Conditions) -> None:
        self._session = session
        self._query = query
        self._as_of = conditions.as_of
        self._rare: set[str] | None = None
        self._common: list[tuple[int, Criterion]] = []
        only = conditions.criteria[0] if len(conditions.criteria) == 1 else None
        most = RARE + 1 if isinstance(only, Words) else _LISTED  # nothing to compare it with
        for criterion in conditions.criteria:
            if self._rare is not None and not self._rare:
                break
            self._sort_in(criterion, most)
        self._common.sort(key=lambda each: each[0])

    def found(self) -> Found:
        if self._rare is not None:
            return self._page_of(self._all_in_order(self._rare))
        if self._is_counted_whole():
            return self._page_walked(self._counted(self._scanned()), is_exact=True)
        if self._is_scanned_in_order():
            scanned = self._in_order().limit(COUNTED + self._query.page_size)
            return self._page_of(self._keys(scanned))
        keys = self._keys(self._scanned().limit(COUNTED + 1))
        if len(keys) > RARE:
            return self._page_walked(len(keys), is_exact=len(keys) <= COUNTED)
        self._rare, self._common = set(keys), []
        return self._page_of(self._all_in_order(self._rare))

    def count(self) -> tuple[int, bool]:
        if self._rare is not None:
            return (self._counted(self._walked()) if self._rare else 0), True
        if self._is_counted_whole():
            return self._counted(self._scanned()), True
        total = self._counted(self._scanned().limit(COUNTED + 1))
        return total, total <= COUNTED

    def _sort_in(self, criterion: Criterion, most: int) -> None:
        size = self._counted(criterion.keys().limit(most))
        if size > RARE:
            self._common.append((size, criterion))
            return
        found = set(self._keys(criterion.keys()))
        self._rare = found if self._rare is None else self._rare & found

    def _page_of(self, keys: Sequence[str]) -> Found:
        """The page, where all keys are known, or at least all that are counted."""
        size = self._query.page_size
        total = min(len(keys), COUNTED + 1)
        page = self._sensible_page(total)
        return Found(tuple(keys[(page - 1) * size : page * size]), total, total <= COUNTED, page)

    def _page_walked(self, total: int, *, is_exact: bool) -> Found:
        """The page, read from the index that has the order asked for."""
        size = self._query.page_size
        page = self._sensible_page(total)
        statement = self._in_order().limit(size)
        if page > 1:
            statement = statement.offset((page - 1) * size)
        return Found(tuple(self._keys(statement)), total, is_exact, page)

    def _sensible_page(self, total: int) -> int:
        return min(self._query.page, max(1, -(-total // self._query.page_size)))

    def _all_in_order(self, keys: set[str]) -> Sequence[str]:
        if self._query.order_by is WorklistColumn.ARRIVED and not self._common:
            arrived = (key for key in keys if not self._as_of or key <= self._as_of)
            return sorted(arrived, reverse=self._query.descending)
        return self._keys(self._in_order()) if keys else ()

    def _in_order(self) -> Any:
        """The keys that meet everything, in the order asked for."""
        if self._is_scanned_in_order():
            return self._scanned().order_by(self._direction(col(SearchWord.study_key)))
        order = (*ORDERS[self._query.order_by], _STUDY_KEY)
        return self._walked().order_by(*(self._direction(column) for column in order))

    def _direction(self, column: SQLColumnExpression[Any]) -> Any:
        return column.desc() if self._query.descending else column.asc()

    def _is_counted_whole(self) -> bool:
        """Whether one index tells how many there are."""
        return all(each.once for _, each in self._common) and len(self._common) < 2

    def _is_scanned_in_order(self) -> bool:
        if self._rare is not None or not self._common:
            return False
        by_arrival = self._query.order_by is WorklistColumn.ARRIVED
        return by_arrival and _is_in_order(self._driver()[1])

    def _driver(self) -> tuple[int, Criterion]:
        """The common criterion whose studies are looked through: the smallest of those in order, for it can be left early."""
        in_order = [each for each in self._common if _is_in_order(each[1])]
        return (in_order or self._common)[0]

    def _scanned(self) -> Any:
        """The keys that meet everything common, each once, in whatever order is quickest."""
        if not self._common:
            return self._walked()
        looked_through, driver = self._driver()
        key = col(SearchWord.study_key) if isinstance(driver, Words) else _STUDY_KEY
        statement = self._until(driver.keys(), key)
        for size, each in self._common:
            if each is not driver:
                # Listing all that meet it costs less than looking each up, unless they are many more.
                is_listed = size < _LISTED and size <= 2 * looked_through
                statement = statement.where(
                    key.in_(each.keys()) if is_listed else each.on(key, size)
                )
        return statement if driver.once else statement.distinct()

    def _walked(self) -> Any:
        """The keys that meet everything, in the order in which they are walked through."""
        statement = self._until(select(Study.id), _STUDY_KEY)
        if self._rare is not None:
            statement = statement.where(_STUDY_KEY.in_(self._rare))
        return statement.where(*(each.on(_STUDY_KEY, size) for size, each in self._common))

    def _until(self, statement: Any, key: SQLColumnExpression[str]) -> Any:
        """What arrived later than the list was opened is left out."""
        return statement.where(key <= self._as_of) if self._as_of else statement

    def _keys(self, statement: Any) -> Sequence[str]:
        found: Sequence[str] = self._session.exec(statement).all()
        return found

    def _counted(self, keys: Any) -> int:
        return self._session.exec(select(func.count()).select_from(keys.subquery())).one()


def _is_in_order(criterion: Criterion) -> bool:
    """Whether its keys lie side by side in the order of arrival."""
    return isinstance(criterion, Words) and len(criterion.words) == 1


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
