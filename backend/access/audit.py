"""The audit trail: how an entry is written and sealed, and how the chain is verified. Pages of it are in `services.audit_trail`.

Every entry holds the SHA-256 over the hash before it and the canonical JSON of all its columns, so that an
edited, removed, inserted or reordered entry is found. A cut end is found by the seal of the newest entry,
which is kept outside the database (`access.witness`). What is recorded when: docs/audit-events.md.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from backend.core import clock
from backend.core.caller import Caller
from backend.core.identifiers import new_id
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import audit as table
from backend.models.audit import AuditEntry, ChainEnd
from backend.models.session import Database, Session
from backend.schemas.audit import AuditVerdict

GENESIS_HASH = "0" * 64  # what the first entry is chained to
DetailValue = str | int | float | bool | list[str] | list[int]

_APPENDED = "pacscribe.audit.appended"
_BATCH = 2000
# Control characters would forge lines and columns, overrides of the writing direction would forge words.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class SealDamaged(Exception):  # noqa: N818 - says what it is
    """The seal of the newest entry cannot be read, or was not made with this installation's key."""


class Seal(Protocol):
    """Keeps, outside the database, which entry was the newest."""

    def read(self) -> ChainEnd | None:
        """The sealed entry, None if nothing was sealed yet.

        Raises:
            SealDamaged: If it is not to be trusted.
        """
        ...

    def write(self, newest: ChainEnd) -> None:
        """Replace what is sealed."""
        ...


@dataclass(frozen=True, slots=True)
class Appended:
    """What one transaction added to the chain: the entry it started from, and its own last one."""

    after: ChainEnd
    newest: ChainEnd


def append(
    session: Session,
    caller: Caller,
    action: AuditAction,
    *,
    object_type: str = "",
    object_id: str = "",
    outcome: AuditOutcome = AuditOutcome.SUCCESS,
    reason: str = "",
    details: Mapping[str, DetailValue] | None = None,
) -> None:
    """Record what happens, in the very transaction that makes it happen.

    Args:
        session: An open writing session of the caller's organization, or a system one.
        caller: Who acts; the entry belongs to the caller's organization.
        action: What is done.
        object_type: `study`, `report`, `user`, ...
        object_id: Identifier of the object; the UID for studies.
        outcome: How it ended.
        reason: One sentence, where the outcome needs one.
        details: Further facts. Never a patient's name, a password or a token.
    """
    # Nobody else can append in between: writing transactions come one after the other
    # (`adapters.database`).
    end = table.chain_end(session) or ChainEnd(0, GENESIS_HASH)
    at = clock.now()
    entry = AuditEntry(
        id=new_id(),
        created_at=at,
        organization_id=caller.organization_id,
        sequence=end.sequence + 1,
        at=at,
        actor_user_id=_plain(caller.user_id, 64),
        actor_name=_plain(caller.display_name, 200),
        session_id=_plain(caller.session_id, 64),
        ip_address=_plain(caller.origin.ip_address, 64),
        user_agent=_plain(caller.origin.user_agent, 400),
        action=action.value,
        object_type=_plain(object_type, 32),
        object_id=_plain(object_id, 64),
        outcome=outcome.value,
        reason=_plain(reason, 400),
        details=_canonical(dict(details or {})),
        previous_hash=end.hash,
        hash="",
    )
    entry.hash = entry_hash(entry)
    session.add(entry)
    session.flush()
    before: Appended | None = session.info.get(_APPENDED)
    session.info[_APPENDED] = Appended(
        after=before.after if before is not None else end,
        newest=ChainEnd(entry.sequence, entry.hash),
    )


def appended_in(session: Session) -> Appended | None:
    """What the transaction of `session` has added to the chain so far."""
    appended: Appended | None = session.info.get(_APPENDED)
    return appended


def entry_hash(entry: AuditEntry) -> str:
    """The hash that belongs to an entry: lower-case hexadecimal SHA-256."""
    columns = {
        name: _moment(value) if isinstance(value, datetime) else value
        for name, value in entry.model_dump().items()
        if name != "hash"
    }
    sealed = f"{entry.previous_hash}\n{_canonical(columns)}"
    return hashlib.sha256(sealed.encode("utf-8", "surrogatepass")).hexdigest()


def verify(database: Database, seal: Seal | None) -> AuditVerdict:
    """Check every entry of the chain, and that it reaches as far as what was sealed.

    Args:
        database: Where the chain is.
        seal: What keeps the newest entry outside of it; None checks the chain alone.
    """
    # Read before the chain: the seal may only ever be behind it.
    try:
        sealed = seal.read() if seal is not None else None
    except SealDamaged:
        return AuditVerdict(0, 1, "The seal of the newest entry is damaged or was exchanged.")
    entries = 0
    end = ChainEnd(0, GENESIS_HASH)
    with database.system_read() as session:
        for entry in _chain(session):
            problem = "It cannot be read." if entry is None else _problem(entry, end, sealed)
            if entry is None or problem:
                return AuditVerdict(entries, end.sequence + 1, problem)
            entries += 1
            end = ChainEnd(entry.sequence, entry.hash)
    if sealed is not None and sealed.sequence > end.sequence:
        return AuditVerdict(
            entries,
            end.sequence + 1,
            f"The trail was cut: entry {sealed.sequence} was sealed and is no longer there.",
        )
    if seal is not None and sealed is None and entries:
        return AuditVerdict(entries, 1, "The seal of the newest entry is missing.")
    return AuditVerdict(entries, None, "")


def _problem(entry: AuditEntry, end: ChainEnd, sealed: ChainEnd | None) -> str:
    """What is wrong with the entry that follows `end`; empty if nothing is."""
    if entry.sequence != end.sequence + 1:
        return f"It is missing: entry {entry.sequence} follows entry {end.sequence}."
    if entry.previous_hash != end.hash:
        return "It does not continue the entry before it."
    if entry.hash != entry_hash(entry):
        return "It was changed after it was written."
    if sealed is not None and sealed.sequence == entry.sequence and sealed.hash != entry.hash:
        return "It is not the entry that was sealed: the trail was written anew."
    return ""


def _chain(session: Session) -> Iterator[AuditEntry | None]:
    """All entries in order; None for one whose columns cannot even be read, after which nothing follows."""
    sequence, limit = 0, _BATCH
    while True:
        batch = _read(session, sequence, limit)
        if batch is None and limit == 1:
            yield None
            return
        if batch is None:
            limit = 1  # come close to the unreadable one
            continue
        yield from batch
        if len(batch) < limit:
            return
        sequence = batch[-1].sequence
        session.expunge_all()


def _read(session: Session, sequence: int, limit: int) -> Sequence[AuditEntry] | None:
    try:
        return table.entries_after(session, sequence, limit)
    except (ValueError, TypeError):  # a moment that is no moment, a number that is none
        return None


def _plain(text: str, limit: int) -> str:
    return _UNSAFE.sub("\ufffd", text)[:limit]


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
