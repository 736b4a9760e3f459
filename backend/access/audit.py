"""The audit trail: how an entry is written and sealed. How it is verified is in `access.audit_proof`.

Every entry holds the SHA-256 over the hash before it and the canonical JSON of all its columns, so that an
edited, removed, inserted or reordered entry is found. A cut end is found by the seal of the newest entry,
which is kept outside the database (`access.witness`). What is recorded when: docs/audit-events.md.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypedDict, Unpack

from backend.core import clock
from backend.core.caller import Caller
from backend.core.identifiers import new_id
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import audit as table
from backend.models.audit import AuditEntry, ChainEnd, ChainRecord
from backend.models.session import Database, Session

LEAST_YEARS = 6
"""So long the trail is kept whatever is set (45 CFR 164.316(b)(2)(i))."""

GENESIS_HASH = "0" * 64  # what the first entry is chained to
DetailValue = str | int | float | bool | list[str] | list[int]

_APPENDED = "pacscribe.audit.appended"
_LATER = "pacscribe.audit.later"
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


class About(TypedDict, total=False):
    """What an entry may say beside who and what; see `append`."""

    object_type: str
    object_id: str
    outcome: AuditOutcome
    reason: str
    details: Mapping[str, DetailValue] | None


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
    later: list[Callable[[Session], None]] | None = session.info.get(_LATER)
    if later is not None:
        later.append(
            partial(
                append,
                caller=caller,
                action=action,
                object_type=object_type,
                object_id=object_id,
                outcome=outcome,
                reason=reason,
                details=details,
            )
        )
        return
    # What the entry is about comes first: its organization may have been made a moment ago.
    session.flush()
    before: Appended | None = session.info.get(_APPENDED)
    # Nobody else can append in between: writing transactions come one after the other
    # (`adapters.database`).
    end = before.newest if before is not None else table.chain_end(session)
    end = end or ChainEnd(0, GENESIS_HASH)
    at = clock.now()
    entry: dict[str, Any] = {
        "id": new_id(),
        "created_at": at,
        "organization_id": str(caller.organization_id),
        "sequence": end.sequence + 1,
        "at": at,
        "actor_user_id": _plain(caller.user_id, 64),
        "actor_name": _plain(caller.display_name, 200),
        "session_id": _plain(caller.session_id, 64),
        "ip_address": _plain(caller.origin.ip_address, 64),
        "user_agent": _plain(caller.origin.user_agent, 400),
        "action": action.value,
        "object_type": _plain(object_type, 32),
        "object_id": _plain(object_id, 64),
        "outcome": outcome.value,
        "reason": _plain(reason, 400),
        "details": _canonical(dict(details or {})),
        "previous_hash": end.hash,
        "hash": "",
    }
    entry["hash"] = record_hash(table.record_of_values(entry))
    table.add_entry(session, entry)
    session.info[_APPENDED] = Appended(
        after=before.after if before is not None else end,
        newest=ChainEnd(entry["sequence"], entry["hash"]),
    )


def record(
    database: Database,
    caller: Caller,
    action: AuditAction,
    *,
    unless: Callable[[Session], bool] | None = None,
    **about: Unpack[About],
) -> None:
    """Record what changes nothing, such as a look, and return when that is durable.

    Those who record something at the same moment wait for the disk together.

    Args:
        database: Where the trail is.
        caller: As of `append`.
        action: What is done.
        unless: Says, in a system session, whether it is not to be recorded: looked up in the transaction that records.
        **about: As of `append`.
    """

    def work(session: Session) -> None:
        if unless is None or not unless(session):
            append(session, caller, action, **about)

    database.write_together(work)


def keep_for_later(session: Session) -> list[Callable[[Session], None]]:
    """From now on `append` keeps what is recorded in `session`, which cannot write, for a session that can.

    Returns:
        Grows with each entry; each is written by calling it with a writing session.
    """
    kept: list[Callable[[Session], None]] = session.info.setdefault(_LATER, [])
    return kept


def appended_in(session: Session) -> Appended | None:
    """What the transaction of `session` has added to the chain so far."""
    appended: Appended | None = session.info.get(_APPENDED)
    return appended


def entry_hash(entry: AuditEntry) -> str:
    """The hash that belongs to an entry: lower-case hexadecimal SHA-256."""
    return record_hash(table.record_of(entry))


def record_hash(record: ChainRecord) -> str:
    """The same of an entry as it is read to verify the chain.

    Raises:
        TypeError: If a column holds what no entry has.
        ValueError: Likewise.
    """
    (
        action,
        actor_name,
        actor_user_id,
        at,
        created_at,
        details,
        _,
        identifier,
        ip_address,
        object_id,
        object_type,
        organization_id,
        outcome,
        previous_hash,
        reason,
        sequence,
        session_id,
        user_agent,
    ) = record
    # The canonical JSON, built by hand: a general encoder takes four times as long, and chains are long.
    q = json.encoder.encode_basestring_ascii
    sealed = (
        f'{previous_hash}\n{{"action":{q(action)},"actor_name":{q(actor_name)},'
        f'"actor_user_id":{q(actor_user_id)},"at":{q(at)},"created_at":{q(created_at)},'
        f'"details":{q(details)},"id":{q(identifier)},"ip_address":{q(ip_address)},'
        f'"object_id":{q(object_id)},"object_type":{q(object_type)},'
        f'"organization_id":{q(organization_id)},"outcome":{q(outcome)},'
        f'"previous_hash":{q(previous_hash)},"reason":{q(reason)},"sequence":{sequence:d},'
        f'"session_id":{q(session_id)},"user_agent":{q(user_agent)}}}'
    )
    return hashlib.sha256(sealed.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(text: str, limit: int) -> str:
    return _UNSAFE.sub("\ufffd", text)[:limit]


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
