"""What every table shares: identifiers, aware times, the organization a row belongs to.

No table lives here (those are in the sibling modules, one per noun), and no engine
or connection (``backend.adapters.database``).
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, MetaData
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.identifiers import new_id

# Alembic needs a name for every constraint it may one day have to drop.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on the way in and on the way out.

    A naive datetime is refused with ``ValueError``: nobody can know which hour it means.
    SQLite has no time zone in its text form, so the zone is put back on reading.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> datetime | None:
        """Turn an aware moment into UTC; refuse a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> datetime | None:
        """Give the moment back aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utc_column(*, default_now: bool = False, required: bool = False, index: bool = False) -> Any:
    """Declare a column that holds a moment in UTC.

    Args:
        default_now: NOT NULL, filled with the present moment where the caller gives none.
        required: NOT NULL, and the caller must give it.
        index: Whether to index the column.

    Returns:
        The field declaration: ``signed_at: datetime | None = utc_column()`` may be NULL.
    """
    if default_now:
        return Field(default_factory=clock.now, sa_type=UtcDateTime, index=index, nullable=False)
    if required:
        return Field(sa_type=UtcDateTime, index=index, nullable=False)
    return Field(default=None, sa_type=UtcDateTime, index=index, nullable=True)


ONLY_ON = "only_on"
"""In the `info` of an index that only one of the databases has: the name of its dialect."""

ACROSS_ORGANIZATIONS: dict[str, bool] = {"across_organizations": True}
"""Execution options of the one query that may look past its organization: the end of the audit chain.

Rows of another organization are refused even then; only plain columns come through.
"""


class Record(SQLModel):
    """The base of every table: a time-ordered identifier and the moment of its making."""

    # What checks and writes out a row as JSON is built when it is first asked for, which for most tables is never;
    # for all of them it would be a twentieth of a start.
    model_config = {"defer_build": True}
    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING_CONVENTION)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    created_at: datetime = utc_column(default_now=True)


class TenantRoot(Record):
    """The organization itself: its own ``id`` is what its rows are marked with.

    A session opened for an organization sees of this table only that one row.
    """


class Tenant(Record):
    """The base of every table whose rows belong to an organization.

    ``organization_id`` is stamped by the session when a row is added, and every query of a
    session opened for an organization carries the criterion by itself; see
    ``backend.adapters.database``.
    """

    organization_id: str = Field(
        default="", foreign_key="organizations.id", index=True, nullable=False, max_length=36
    )
