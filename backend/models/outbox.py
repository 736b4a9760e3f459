"""What the outbox is asked: which message is due, which was given up, how much somebody was written lately. The table is in `models.work`."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import Session, col, select

from backend.models.work import OutboxMessage

LETTER = "letter"
"""The kind of messages that are written already; all others have yet to be made letters of."""


def next_due(session: Session, now: datetime, *, letters: bool) -> OutboxMessage | None:
    """The message that has been due for longest: one of the letters, or one of the others."""
    statement = (
        select(OutboxMessage)
        .where(*_due(now, letters=letters))
        .order_by(col(OutboxMessage.run_after), col(OutboxMessage.id))
        .limit(1)
    )
    return session.exec(statement).first()


def is_any_due(session: Session, now: datetime, *, letters: bool) -> bool:
    """Whether `next_due` would find one."""
    statement = select(OutboxMessage.id).where(*_due(now, letters=letters)).limit(1)
    return session.exec(statement).first() is not None


def message_by_id(session: Session, message_id: str) -> OutboxMessage | None:
    """The message with this identifier."""
    return session.exec(select(OutboxMessage).where(col(OutboxMessage.id) == message_id)).first()


def letters_waiting(session: Session) -> int:
    """How many letters are still to leave."""
    statement = select(func.count(col(OutboxMessage.id))).where(
        col(OutboxMessage.kind) == LETTER, *_open()
    )
    return session.exec(statement).one()


def letters_to(session: Session, recipient_hash: str, since: datetime) -> int:
    """How many letters were written to somebody since then, delivered or not."""
    statement = select(func.count(col(OutboxMessage.id))).where(
        col(OutboxMessage.recipient_hash) == recipient_hash, col(OutboxMessage.created_at) >= since
    )
    return session.exec(statement).one()


def last_delivered(session: Session, kind: str, organization_id: str) -> datetime | None:
    """When a message of a kind was last delivered, None if none is kept."""
    statement = select(func.max(col(OutboxMessage.delivered_at))).where(
        col(OutboxMessage.kind) == kind, col(OutboxMessage.organization_id) == organization_id
    )
    return session.exec(statement).one()


def delete_old(session: Session, before: datetime) -> None:
    """Remove what was delivered or given up, and came before then."""
    session.execute(
        delete(OutboxMessage)
        .where(
            col(OutboxMessage.created_at) < before,
            col(OutboxMessage.delivered_at).is_not(None)
            | col(OutboxMessage.given_up_at).is_not(None),
        )
        .execution_options(synchronize_session=False)
    )


def _open() -> tuple[ColumnElement[bool], ...]:
    return (
        col(OutboxMessage.delivered_at).is_(None),
        col(OutboxMessage.given_up_at).is_(None),
    )


def _due(now: datetime, *, letters: bool) -> tuple[ColumnElement[bool], ...]:
    kind = col(OutboxMessage.kind)
    is_it = kind == LETTER if letters else kind != LETTER
    return (is_it, col(OutboxMessage.run_after) <= now, *_open())
