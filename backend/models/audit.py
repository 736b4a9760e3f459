"""The audit trail: one chain over all organizations, each entry sealed with the hash of the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field, Session, col, select

from backend.models.base import ACROSS_ORGANIZATIONS, Tenant, utc_column


class AuditEntry(Tenant, table=True):
    """Who did what, when, from where, and how it ended. Rows are added and never changed: triggers see to it.

    `hash` is the SHA-256 over `previous_hash` and the canonical JSON of all other columns (`access.audit`).
    What happens before anybody is known belongs to the organization `system`.
    """

    __tablename__ = "audit_entries"

    sequence: int = Field(unique=True)  # from 1, without gaps
    at: datetime = utc_column(required=True, index=True)
    actor_user_id: str = Field(default="", max_length=64, index=True)
    actor_name: str = Field(default="", max_length=200)
    session_id: str = Field(default="", max_length=64)
    ip_address: str = Field(default="", max_length=64)
    user_agent: str = Field(default="", max_length=400)
    action: str = Field(max_length=64, index=True)  # vocabulary.AuditAction
    object_type: str = Field(default="", max_length=32)
    object_id: str = Field(default="", max_length=64, index=True)
    outcome: str = Field(max_length=16)  # vocabulary.AuditOutcome
    reason: str = Field(default="", max_length=400)
    details: str = Field(default="{}")  # canonical JSON, no patient names
    previous_hash: str = Field(max_length=64)
    hash: str = Field(unique=True, max_length=64)


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The newest entry of the chain, or a given one: where it stands and what it is sealed with."""

    sequence: int
    hash: str


def chain_end(session: Session) -> ChainEnd | None:
    """The newest entry of all organizations, None before the first."""
    newest = session.exec(
        select(AuditEntry.sequence, AuditEntry.hash)
        .order_by(col(AuditEntry.sequence).desc())
        .limit(1),
        execution_options=ACROSS_ORGANIZATIONS,
    ).first()
    return ChainEnd(*newest) if newest is not None else None


def hash_at(session: Session, sequence: int) -> str | None:
    """The hash of one entry of any organization, None if there is no such entry."""
    return session.exec(
        select(AuditEntry.hash).where(col(AuditEntry.sequence) == sequence),
        execution_options=ACROSS_ORGANIZATIONS,
    ).first()


def entries_after(session: Session, sequence: int, limit: int) -> Sequence[AuditEntry]:
    """Entries of all organizations in the order of the chain; for a system session."""
    return session.exec(
        select(AuditEntry)
        .where(col(AuditEntry.sequence) > sequence)
        .order_by(col(AuditEntry.sequence), col(AuditEntry.id))
        .limit(limit)
    ).all()


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of an organization are looked for; empty fields do not narrow.

    Attributes:
        person: Identifier of whoever acted.
        since: The first moment.
        before: The first moment that is no longer meant.
    """

    action: str = ""
    outcome: str = ""
    person: str = ""
    since: datetime | None = None
    before: datetime | None = None


def find_entries(
    session: Session, wanted: AuditFilter, *, offset: int, limit: int
) -> tuple[Sequence[AuditEntry], int]:
    """One page of an organization's entries, newest first, and how many there are in all."""
    conditions = []
    if wanted.action:
        conditions.append(col(AuditEntry.action) == wanted.action)
    if wanted.outcome:
        conditions.append(col(AuditEntry.outcome) == wanted.outcome)
    if wanted.person:
        conditions.append(col(AuditEntry.actor_user_id) == wanted.person)
    if wanted.since is not None:
        conditions.append(col(AuditEntry.at) >= wanted.since)
    if wanted.before is not None:
        conditions.append(col(AuditEntry.at) < wanted.before)
    total = session.exec(select(func.count(col(AuditEntry.id))).where(*conditions)).one()
    rows = session.exec(
        select(AuditEntry)
        .where(*conditions)
        .order_by(col(AuditEntry.sequence).desc())
        .offset(offset)
        .limit(limit)
    ).all()
    return rows, total
