"""What the access function asks the tables. Verdicts themselves are given in `backend.access.policy`."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, reduce
from operator import add
from typing import Any, ClassVar, cast

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    any_,
    bindparam,
    func,
    literal,
    or_,
    union,
    union_all,
)
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.models.access import CareRelation, EmergencyAccess, NameInStudies
from backend.models.among import as_keys
from backend.models.sharing import SharingGrant
from backend.models.studies import Study

_STUDY_KEY = col(Study.id)
_WHO, _WHEN = "reached_by", "reached_when"
_BY_KEY, _BY_PATIENT = "ix_studies_by_key", "ix_studies_patient_key"

MOST_NAMED = 20_000
"""So many studies within reach are named one by one; the ways to more are gone again by every statement of a question."""


@dataclass(frozen=True, slots=True)
class Way:
    """One of the ways that lead to a study.

    Attributes:
        column: Of the study.
        among: What it must be, or a query of all that it may be.
        index: Has the studies that it is met by side by side. The embedded database is told so: on its own it goes through all
            studies of the organization instead.
    """

    column: SQLColumnExpression[Any]
    among: Any
    index: str

    @property
    def met(self) -> ColumnElement[bool]:
        """The condition on a study."""
        is_query = isinstance(self.among, Select)
        return self.column.in_(self.among) if is_query else self.column == self.among

    @property
    def met_by_index(self) -> ColumnElement[bool]:
        """The same for PostgreSQL, which asks its index only for what it knows: so what is asked for is found out first."""
        if not isinstance(self.among, Select):
            return self.met
        return any_(func.array(self.among.scalar_subquery(), type_=ARRAY(String))) == self.column

    def keys(self) -> Any:
        """The keys of the studies that it leads to."""
        keys = select(Study.id).where(self.met).correlate(None)
        return keys.with_hint(Study, f"INDEXED BY {self.index}", "sqlite")


def between(keys: tuple[str, ...], first: str | None, last: str | None) -> tuple[str, ...]:
    """Of keys that are in order, those from one to another; None for no end."""
    begin = 0 if first is None else bisect_left(keys, first)
    end = len(keys) if last is None else bisect_right(keys, last)
    return keys[begin:end]


@dataclass(frozen=True, slots=True)
class Named:
    """Studies within reach that are named one by one, as they were when a question began.

    Attributes:
        study_keys: Of all of them, in the order of arrival.
        asked: As of their `Reach`.
        given: As of their `Reach`; what asks for `met_by_index` is to be run with it.
    """

    study_keys: tuple[str, ...]
    asked: tuple[str, bool]
    given: Mapping[str, Any]

    @property
    def newest(self) -> str:
        """The key of the one that arrived last, empty if there is none."""
        return self.study_keys[-1] if self.study_keys else ""

    def has(self, key: str) -> bool:
        """Whether this is the key of one of them."""
        return bool(between(self.study_keys, key, key))

    def met_by_index(self) -> ColumnElement[bool]:
        """The condition on a study, for PostgreSQL: it looks once at each row that any of the ways leads to, in the order in which they lie."""
        return _met_by_index(self.asked)


@dataclass(frozen=True, slots=True)
class Reach:
    """The studies that are open to a person who does not reach all: those for which one of the ways leads there.

    One definition for one study (`is_met`) and for many (`keys`). It is a criterion of `models.worklist_criteria` too.

    Attributes:
        asked: What for, and whether what was opened in an emergency counts.
        given: Who, and when; empty where a statement that is kept is run with it.
        named: All of them, where they were asked for and are not too many; None where not.
        once: Whether `keys` has no study twice.
        is_in_order: Whether `keys` is soon put into the order of arrival.
    """

    asked: tuple[str, bool]
    given: Mapping[str, Any]
    named: Named | None = None
    once: ClassVar[bool] = True
    is_in_order: ClassVar[bool] = True

    @property
    def ways(self) -> tuple[Way, ...]:
        """Each of them."""
        permission, by_emergency = self.asked
        who, when = (self.given.get(name, bindparam(name)) for name in (_WHO, _WHEN))
        return _ways(who, permission, when, by_emergency=by_emergency)

    def is_met(self) -> ColumnElement[bool]:
        """The condition on the one study of a query. For many it would be asked of each: `keys` are listed sooner."""
        return or_(*(way.met for way in self.ways))

    def keys(self) -> Any:
        """The keys of all of them, each way by its own index."""
        found = union(*(way.keys() for way in self.ways)).subquery()
        return select(found.c.id)

    def by_name(self, session: Session) -> "Reach":
        """The same, for one question: with its studies named one by one, up to `MOST_NAMED`."""
        statement = _all_keys(self.asked, MOST_NAMED + 1, session.get_bind().dialect.name)
        keys = session.exec(statement, params=self.given).one()
        return (
            self
            if len(keys) > MOST_NAMED
            else replace(self, named=Named(tuple(sorted(keys)), self.asked, self.given))
        )

    def told(self, session: Session) -> tuple[tuple[str, frozenset[str]], ...]:
        """For one question: of each way the column of a study, and the values that lead to it."""
        ways = self.ways
        values: list[set[str]] = [set() for _ in ways]
        for value, place in session.exec(_all_values(self.asked), params=self.given).all():
            values[place].add(value)
        for way, found in zip(ways, values, strict=True):
            if not isinstance(way.among, Select):
                found.add(way.among)
        columns = (str(cast("Any", way.column).key) for way in ways)
        return tuple(zip(columns, map(frozenset, values), strict=True))

    def size(self, limit: int) -> Any:
        """How many they are at most: each way is counted by itself, up to a limit."""
        found = (way.keys().limit(limit).subquery() for way in self.ways)
        return select(
            reduce(
                add, (select(func.count()).select_from(each).scalar_subquery() for each in found)
            )
        )


def reach_to_be_given(permission: str, by_emergency: bool) -> Reach:
    """The same for anybody, for statements that are kept: they are run with `Reach.given`, and not without."""
    return Reach((permission, by_emergency), {})


@cache
def _all_keys(asked: tuple[str, bool], limit: int, dialect_name: str) -> Any:
    found = reach_to_be_given(*asked).keys().limit(limit).subquery()
    return select(as_keys(found.c.id, dialect_name))


@cache
def _all_values(asked: tuple[str, bool]) -> Any:
    """Of each way that asks for it, what leads to a study, and which of the ways it is."""
    ways = enumerate(reach_to_be_given(*asked).ways)
    found = union_all(
        *(
            way.among.add_columns(literal(place).label("place"))
            for place, way in ways
            if isinstance(way.among, Select)
        )
    ).subquery()
    return select(*found.c)


@cache
def _met_by_index(asked: tuple[str, bool]) -> ColumnElement[bool]:
    return or_(*(way.met_by_index for way in reach_to_be_given(*asked).ways))


def reach_of(user_id: str, permission: str, now: datetime, *, by_emergency: bool) -> Reach:
    """Which studies a person reaches who does not reach all.

    Args:
        user_id: Who.
        permission: What for; a grant opens a study for looking, and for what it names.
        now: The present moment.
        by_emergency: Whether what was opened in an emergency counts.
    """
    return Reach((permission, by_emergency), {_WHO: user_id, _WHEN: now})


def _ways(user_id: Any, permission: str, now: Any, *, by_emergency: bool) -> tuple[Way, ...]:
    names = select(NameInStudies.name).where(col(NameInStudies.user_id) == user_id)
    patients = select(CareRelation.patient_key).where(
        col(CareRelation.user_id) == user_id, *_lasts(CareRelation, now)
    )
    granted = select(SharingGrant.study_key).where(
        col(SharingGrant.grantee_user_id) == user_id,
        *_counts(permission),
        col(SharingGrant.revoked_at).is_(None),
        col(SharingGrant.not_before) <= now,
        col(SharingGrant.expires_at) > now,
    )
    ways = [
        Way(col(Study.assigned_to), user_id, "ix_studies_order_assigned_to"),
        Way(
            col(Study.referring_physician_name),
            names,
            "ix_studies_order_referring_physician_name",
        ),
        Way(col(Study.patient_key), patients, _BY_PATIENT),
        Way(_STUDY_KEY, granted, _BY_KEY),
    ]
    if by_emergency:
        ways += _emergency_ways(user_id, now)
    return tuple(ways)


def _emergency_ways(user_id: Any, now: Any) -> Iterator[Way]:
    live = (col(EmergencyAccess.user_id) == user_id, *_lasts(EmergencyAccess, now))
    for column, opened, index in (
        (_STUDY_KEY, EmergencyAccess.study_key, _BY_KEY),
        (col(Study.patient_key), EmergencyAccess.patient_key, _BY_PATIENT),
    ):
        yield Way(column, select(opened).where(*live, col(opened) != ""), index)


def next_end(session: Session, user_id: str, now: datetime) -> datetime | None:
    """When the first of what is open to a person for a time ends; None if nothing is."""
    ends = []
    for entity, whose, ended in (
        (CareRelation, CareRelation.user_id, CareRelation.ended_at),
        (EmergencyAccess, EmergencyAccess.user_id, EmergencyAccess.ended_at),
        (SharingGrant, SharingGrant.grantee_user_id, SharingGrant.revoked_at),
    ):
        end = col(entity.expires_at)
        statement = select(func.min(end)).where(
            col(whose) == user_id, col(ended).is_(None), end > now
        )
        ends.append(session.exec(statement).one())
    return min((end for end in ends if end is not None), default=None)


def _lasts(entity: Any, now: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        entity.ended_at.is_(None),
        or_(entity.expires_at.is_(None), entity.expires_at > now),
    )


def _counts(permission: str) -> tuple[ColumnElement[bool], ...]:
    return () if permission in _LOOKING else (col(SharingGrant.permission) == permission,)


_LOOKING = frozenset({"study:view", "report:view"})


def study_by_uid(
    session: Session, organization_id: str, study_instance_uid: str, reach: Reach | None = None
) -> Study | None:
    """The organization's study with this UID, if it is among those reached (None: all are).

    The organization is named although the session knows it: here, of all places, two walls are better than one.
    """
    found = select(Study).where(
        col(Study.organization_id) == organization_id,
        col(Study.study_instance_uid) == study_instance_uid,
    )
    return _first(session, found, reach)


def study_by_key(
    session: Session, organization_id: str, study_key: str, reach: Reach | None = None
) -> Study | None:
    """The organization's study with this key (`Study.id`), if it is among those reached (None: all are)."""
    found = select(Study).where(
        col(Study.organization_id) == organization_id, col(Study.id) == study_key
    )
    return _first(session, found, reach)


def _first(session: Session, found: SelectOfScalar[Study], reach: Reach | None) -> Study | None:
    return session.exec(found if reach is None else found.where(reach.is_met())).first()
