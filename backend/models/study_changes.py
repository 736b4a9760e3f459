"""Which studies have changed, in the order of the changes: what is kept of studies in memory is brought up to date by it.

The database itself writes it, in the transaction that changes a study (migration 0032): no program can forget it. Transactions
that write come one after the other, so whoever has seen a change has seen all before it.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, bindparam, delete, func
from sqlmodel import Field, Index, Session, col, select

from backend.models.base import Tenant

_COUNTED = BigInteger().with_variant(Integer, "sqlite")


class StudyChange(Tenant, table=True):
    """A study has come, changed or gone. Its number is never given twice, and grows."""

    __tablename__ = "study_changes"
    __table_args__ = (
        Index("ix_study_changes_by_organization", "organization_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = Field(primary_key=True, sa_type=_COUNTED)  # type: ignore[assignment]  # no identifier: these have an order
    # Without an index of its own: `ix_study_changes_by_organization` begins with it.
    organization_id: str = Field(
        default="", foreign_key="organizations.id", nullable=False, max_length=36
    )
    study_key: str = Field(max_length=36)  # of a study that may be gone


class Change(NamedTuple):
    """A row, as far as it is read."""

    number: int
    study_key: str


def last_change(session: Session) -> int:
    """The number of the last one, 0 if there is none."""
    return session.exec(select(func.max(StudyChange.id))).one() or 0


def changes_from(session: Session, number: int, limit: int) -> Sequence[Change]:
    """The first changes from one on; without that one, where the session is of a time before it."""
    found = session.exec(_from(), params={"number": number, "most": limit}).all()
    return [Change._make(row) for row in found]


@cache
def _from() -> Any:
    number = col(StudyChange.id)
    changes = select(StudyChange.id, StudyChange.study_key).where(number >= bindparam("number"))
    return changes.order_by(number).limit(bindparam("most", type_=Integer))


def forget_changes(session: Session, before: datetime) -> None:
    """Forget those before a moment, but for the last one of each organization."""
    last = select(func.max(StudyChange.id)).group_by(col(StudyChange.organization_id))
    session.execute(
        delete(StudyChange)
        .where(col(StudyChange.created_at) < before, col(StudyChange.id).not_in(last))
        .execution_options(synchronize_session=False)
    )
