"""What the access function asks the tables. Verdicts themselves are given in `backend.access.policy`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, SQLColumnExpression, func, or_, union
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.models.access import CareRelation, EmergencyAccess, NameInStudies
from backend.models.sharing import SharingGrant
from backend.models.studies import Study

_STUDY_KEY = col(Study.id)
_COMMON = 20_000


@dataclass(frozen=True, slots=True)
class Reach:
    """The studies that are open to a person who does not reach all: those for which one of the ways leads there.

    One definition for one study (`is_met`) and for many (`keys`, `on`). It is a criterion of `models.worklist_criteria` too.

    Attributes:
        ways: Conditions on a study, each looked up by an index.
        once: Whether `keys` has no study twice.
    """

    ways: tuple[ColumnElement[bool], ...]
    once: bool = True
    is_in_order: ClassVar[bool] = False

    def is_met(self) -> ColumnElement[bool]:
        """The condition on the study of a query."""
        return or_(*self.ways)

    def keys(self) -> Any:
        """The keys of all of them, each way by its own index."""
        found = union(*(select(Study.id).where(way).correlate(None) for way in self.ways))
        return select(Study.id).where(_STUDY_KEY.in_(found))

    def on(self, key: SQLColumnExpression[str], size: int) -> ColumnElement[bool]:
        """The condition on a study's key, wherever it stands; `size` is how many studies are reached."""
        if size < _COMMON:
            return key.in_(self.keys())
        if key is _STUDY_KEY:
            return self.is_met()
        met = select(Study.id).where(key == _STUDY_KEY, self.is_met())
        return key.in_(met.correlate_except(Study))


def reach_of(user_id: str, permission: str, now: datetime, *, by_emergency: bool) -> Reach:
    """Which studies a person reaches who does not reach all.

    Args:
        user_id: Who.
        permission: What for; a grant opens a study for looking, and for what it names.
        now: The present moment.
        by_emergency: Whether what was opened in an emergency counts.
    """
    ways = [
        col(Study.assigned_to) == user_id,
        col(Study.referring_physician_name).in_(
            select(NameInStudies.name).where(col(NameInStudies.user_id) == user_id)
        ),
        col(Study.patient_key).in_(
            select(CareRelation.patient_key).where(
                col(CareRelation.user_id) == user_id, *_lasts(CareRelation, now)
            )
        ),
        _STUDY_KEY.in_(
            select(SharingGrant.study_key).where(
                col(SharingGrant.grantee_user_id) == user_id,
                *_counts(permission),
                col(SharingGrant.revoked_at).is_(None),
                col(SharingGrant.not_before) <= now,
                col(SharingGrant.expires_at) > now,
            )
        ),
    ]
    if by_emergency:
        ways += _emergency_ways(user_id, now)
    return Reach(tuple(ways))


def _emergency_ways(user_id: str, now: datetime) -> Iterator[ColumnElement[bool]]:
    live = (col(EmergencyAccess.user_id) == user_id, *_lasts(EmergencyAccess, now))
    for column, opened in (
        (_STUDY_KEY, EmergencyAccess.study_key),
        (col(Study.patient_key), EmergencyAccess.patient_key),
    ):
        yield column.in_(select(opened).where(*live, col(opened) != ""))


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


def _lasts(entity: Any, now: datetime) -> tuple[ColumnElement[bool], ...]:
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
