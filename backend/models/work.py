"""Work that is done later: jobs, and the outbox of messages that leave after the change they tell of is committed."""

from datetime import datetime

from sqlmodel import Field, Index

from backend.models.base import Tenant, utc_column


class Job(Tenant, table=True):
    """A piece of background work with a lease, so that a killed worker's job is taken up again."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_due", "status", "run_after"),)

    kind: str = Field(max_length=64)
    payload: str = Field(default="{}")  # JSON
    status: str = Field(default="waiting", max_length=16)  # waiting, done, failed
    attempts: int = 0
    run_after: datetime = utc_column(required=True)
    leased_until: datetime | None = utc_column()
    error: str = Field(default="", max_length=400)


class OutboxMessage(Tenant, table=True):
    """A message written in the same transaction as the change it tells of, delivered later."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "delivered_at", "run_after"),)

    kind: str = Field(max_length=64)
    payload: str = Field(default="{}")  # JSON
    attempts: int = 0
    run_after: datetime = utc_column(required=True)
    delivered_at: datetime | None = utc_column()
