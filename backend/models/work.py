"""Work that is done later: jobs, and the outbox of messages that leave after the change they tell of is committed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, or_, update
from sqlalchemy import delete as delete_rows
from sqlmodel import Field, Index, Session, col, select

from backend.core.vocabulary import JobStatus
from backend.models.base import Tenant, utc_column


class Job(Tenant, table=True):
    """A piece of background work. A worker that takes it gets a lease; when that runs out, another may take it.

    Work that comes again and again has one row, which waits for its next time when it is done.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_due", "status", "run_after"),)

    kind: str = Field(max_length=64)
    payload: str = Field(default="{}")  # JSON
    status: str = Field(default="waiting", max_length=16)  # vocabulary.JobStatus
    # While a job with this key is not at its end, there is no second one.
    single_key: str | None = Field(default=None, unique=True, max_length=160)
    every_seconds: int = 0  # 0: once
    attempts: int = 0
    run_after: datetime = utc_column(required=True)
    lease: str = Field(default="", max_length=36)  # of the worker that has it
    leased_until: datetime | None = utc_column()
    is_cancelled: bool = False
    progress_done: int = 0
    progress_total: int = 0
    result: str = Field(default="", max_length=400)
    error: str = Field(default="", max_length=400)
    started_at: datetime | None = utc_column()
    finished_at: datetime | None = utc_column()


class OutboxMessage(Tenant, table=True):
    """A message written in the same transaction as the change it tells of, delivered later."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "delivered_at", "run_after"),
        Index("ix_outbox_recipient", "recipient_hash", "created_at"),
    )

    kind: str = Field(max_length=64)
    payload: str = Field(default="{}")  # JSON
    attempts: int = 0
    run_after: datetime = utc_column(required=True)
    delivered_at: datetime | None = utc_column()
    given_up_at: datetime | None = utc_column()
    error: str = Field(default="", max_length=200)
    # SHA-256 of a letter's address and page, by which it is counted after its words are gone.
    recipient_hash: str = Field(default="", max_length=64)


def is_message_waiting(session: Session, kind: str, organization_id: str) -> bool:
    """Whether an organization's message of a kind is still to leave."""
    statement = select(OutboxMessage.id).where(
        col(OutboxMessage.kind) == kind,
        col(OutboxMessage.organization_id) == organization_id,
        col(OutboxMessage.delivered_at).is_(None),
        col(OutboxMessage.given_up_at).is_(None),
    )
    return session.exec(statement.limit(1)).first() is not None


def job_by_single_key(session: Session, single_key: str) -> Job | None:
    """The job with this key that is not at its end."""
    return session.exec(select(Job).where(Job.single_key == single_key)).first()


def job_by_id(session: Session, job_id: str, organizations: Collection[str]) -> Job | None:
    """A job of one of these organizations."""
    return session.exec(
        select(Job).where(col(Job.id) == job_id, col(Job.organization_id).in_(organizations))
    ).first()


def is_any_job_due(session: Session, now: datetime, kinds: Collection[str]) -> bool:
    """Whether `next_due_job` would find one."""
    return session.exec(select(Job.id).where(*_due(now, kinds)).limit(1)).first() is not None


def next_due_job(session: Session, now: datetime, kinds: Collection[str]) -> Job | None:
    """The job that has been due for longest, of those that are waiting or whose worker has let its lease run out.

    PostgreSQL passes by rows that another transaction holds; SQLite has one writer anyway.
    """
    statement = (
        select(Job)
        .where(*_due(now, kinds))
        .order_by(col(Job.run_after), col(Job.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.exec(statement).first()


def hasten_jobs(session: Session, kinds: Collection[str], now: datetime) -> None:
    """Let what comes again and again, of these kinds, come now, unless its last attempt failed."""
    session.execute(
        update(Job)
        .where(
            col(Job.single_key).in_(kinds),
            col(Job.every_seconds) > 0,
            col(Job.attempts) == 0,
            col(Job.run_after) > now,
        )
        .values(run_after=now)
        .execution_options(synchronize_session=False)
    )


def held_job(session: Session, job_id: str, lease: str) -> Job | None:
    """A job that runs under this very lease; None if it was taken away."""
    statement = select(Job).where(
        col(Job.id) == job_id, col(Job.lease) == lease, col(Job.status) == JobStatus.RUNNING
    )
    return session.exec(statement).first()


def extend_lease(session: Session, job_id: str, lease: str, until: datetime) -> bool:
    """Keep a job for longer; False if it was taken away."""
    statement = (
        update(Job)
        .where(col(Job.id) == job_id, col(Job.lease) == lease)
        .values(leased_until=until)
        .execution_options(synchronize_session=False)
    )
    return _row_count(session.execute(statement)) == 1


def newest_jobs(session: Session, organizations: Collection[str], limit: int) -> Sequence[Job]:
    """Jobs of these organizations: what runs, what waits, then what is at its end, the latest first."""
    rank = case(
        (col(Job.status) == JobStatus.RUNNING, 0),
        (col(Job.status) == JobStatus.WAITING, 1),
        else_=2,
    )
    statement = (
        select(Job)
        .where(col(Job.organization_id).in_(organizations))
        .order_by(rank, col(Job.finished_at).desc(), col(Job.id).desc())
        .limit(limit)
    )
    return session.exec(statement).all()


def delete_finished_jobs(session: Session, before: datetime) -> int:
    """Remove jobs that came to their end before then; returns how many."""
    statement = (
        delete_rows(Job)
        .where(col(Job.finished_at) < before, col(Job.every_seconds) == 0)
        .where(col(Job.status).in_([JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED]))
        .execution_options(synchronize_session=False)
    )
    return _row_count(session.execute(statement))


def _due(now: datetime, kinds: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Job.kind).in_(kinds),
        or_(
            (col(Job.status) == JobStatus.WAITING) & (col(Job.run_after) <= now),
            (col(Job.status) == JobStatus.RUNNING) & (col(Job.leased_until) <= now),
        ),
    )


def _row_count(result: Any) -> int:
    return int(result.rowcount)
