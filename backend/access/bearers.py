"""Access tokens that programs show: whose one is, what it may do now, how often it may ask. Made in `services.tokens`.

A token is `pacscribe_` and 256 random bits, so that whoever finds one in a script knows what it is. The database holds
its SHA-256 only. It never gives more than its owner holds at the moment of use, and what it does is recorded as the
owner's, with the token in the place of the session.
"""

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backend.access import audit
from backend.access.absentees import absent_caller
from backend.access.sessions import Sessions
from backend.core import clock
from backend.core.bounded_cache import BoundedCache
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, Origin, system_caller
from backend.core.errors import NotSignedIn, TooManyAttempts
from backend.core.redaction import described_exception
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import tokens
from backend.models.session import Database, Session
from backend.models.tokens import AccessToken

PREFIX = "pacscribe_"
VERDICT_SECONDS = 1.0  # so long may another process's revocation be unnoticed

_log = logging.getLogger(__name__)

_TOKEN = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")  # 32 bytes in URL-safe base 64
_WRITE_USE_EVERY = timedelta(minutes=1)
_RECORD_EVERY = timedelta(hours=1)
_REFUSED = "This access token is not valid: it is unknown, revoked or out of time."
_TOO_OFTEN = "Too many requests with this access token. Wait a second and go on more slowly."


@dataclass(frozen=True, slots=True)
class Pace:
    """How often somebody may ask: so many times at once, and so many in each second after that."""

    burst: int
    per_second: float


TOKEN_PACE = Pace(burst=1000, per_second=100)
# Unknown tokens from one address: nobody guesses 256 bits, but each guess costs a look into the database.
STRANGERS_PACE = Pace(burst=100, per_second=20)


class _Bucket:
    """What may still be asked at once. Not safe by itself."""

    def __init__(self, pace: Pace, now: float) -> None:
        self._pace = pace
        self._left = float(pace.burst)
        self._at = now

    def take(self, now: float) -> bool:
        self._left = min(self._pace.burst, self._left + (now - self._at) * self._pace.per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(slots=True)
class _Known:
    """What was found for a token, and when it was used; the last is ahead of the database by up to a minute."""

    caller: Caller
    expires_at: datetime
    recorded_at: datetime | None
    bucket: _Bucket
    changes: int
    looked_up_at: float
    written_at: datetime | None = None


class Bearers:
    """Finds out who shows a token. Safe to use from several threads.

    Args:
        database: Where tokens are kept.
        sessions: Tells of rights that change, and is told when a token is over.
        now: Seconds of a clock that never goes back.
    """

    def __init__(
        self, database: Database, sessions: Sessions, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._now = now
        self._lock = threading.Lock()
        self._known: BoundedCache[str, _Known] = BoundedCache(10_000)
        self._strangers: BoundedCache[str, _Bucket] = BoundedCache(10_000)
        self._refusals: BoundedCache[tuple[str, str], datetime] = BoundedCache(10_000)
        # One thread writes down when tokens were used, so that a look-up never waits for the right to write.
        self._scribe = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pacscribe-tokens")

    def caller_of(self, token: str, origin: Origin) -> Caller:
        """Whose token this is, with what it may do at this moment.

        Args:
            token: As it was shown.
            origin: Where from.

        Raises:
            NotSignedIn: If it is unknown, revoked or out of time, or its owner's account is not active.
            TooManyAttempts: If it asks too often, or too many unknown ones were shown from there.
        """
        token_hash = hash_of(token) if _TOKEN.fullmatch(token) else ""
        known = self._known.get(token_hash)
        if known is None or not self._is_fresh(known):
            known = self._look_up(token_hash, known, origin)
        elif clock.now() >= known.expires_at:
            self._over(token_hash, known)
            known = None
        if known is None:
            raise NotSignedIn(_REFUSED)
        with self._lock:
            may_ask = known.bucket.take(self._now())
        if not may_ask:
            raise TooManyAttempts(_TOO_OFTEN)
        caller = replace(known.caller, origin=origin)
        self._note_use(known, caller)
        return caller

    def wait(self) -> None:
        """Wait until what was to be written down is written; for tests."""
        self._scribe.submit(lambda: None).result()

    def close(self) -> None:
        """Write down what is left."""
        self._scribe.shutdown(wait=True)

    # -- looking up ------------------------------------------------------------------------------

    def _is_fresh(self, known: _Known) -> bool:
        return (
            known.changes == self._sessions.changes
            and self._now() - known.looked_up_at < VERDICT_SECONDS
        )

    def _look_up(self, token_hash: str, known: _Known | None, origin: Origin) -> _Known | None:
        if known is None:
            self._let_stranger_ask(origin.ip_address)
        changes = self._sessions.changes
        with self._database.system_read() as session:
            row, owner = _found(session, token_hash)
        why = _why_refused(row, owner)
        if row is None or owner is None or why:
            self._over(token_hash, known)
            self._record_refused(row, why, origin)
            return None
        caller = replace(
            owner,
            session_id=row.id,
            permissions=owner.permissions & row.scope_names,
            is_token=True,
        )
        found = _Known(
            caller=caller,
            expires_at=row.expires_at,
            recorded_at=row.use_recorded_at,
            bucket=known.bucket if known is not None else _Bucket(TOKEN_PACE, self._now()),
            changes=changes,
            looked_up_at=self._now(),
            written_at=known.written_at if known is not None else row.last_used_at,
        )
        self._known.put(token_hash, found)
        return found

    def _over(self, token_hash: str, known: _Known | None) -> None:
        """It is no longer valid: whoever holds its sockets is told here, whichever process ended it."""
        if known is not None:
            self._known.discard(token_hash)
            self._sessions.announce_end(known.caller.session_id)

    def _let_stranger_ask(self, address: str) -> None:
        with self._lock:
            bucket = self._strangers.get(address)
            if bucket is None:
                bucket = _Bucket(STRANGERS_PACE, self._now())
                self._strangers.put(address, bucket)
            if not bucket.take(self._now()):
                raise TooManyAttempts

    # -- writing down ----------------------------------------------------------------------------

    def _note_use(self, known: _Known, caller: Caller) -> None:
        """Record the first use of an hour before anything is given; write down later ones when there is time."""
        now = clock.now()
        if known.recorded_at is None or now - known.recorded_at >= _RECORD_EVERY:
            self._write_use(caller, now)
            known.recorded_at = known.written_at = now
        elif known.written_at is None or now - known.written_at >= _WRITE_USE_EVERY:
            known.written_at = now
            self._scribe.submit(self._write_use, caller, now).add_done_callback(_log_failure)

    def _write_use(self, caller: Caller, now: datetime) -> None:
        with self._database.write(caller.organization_id) as session:
            row = tokens.token_by_id(session, caller.session_id)
            if row is None or row.revoked_at is not None:
                return  # in this very moment; the next look-up finds it
            row.last_used_at = now
            row.last_used_from = caller.origin.ip_address[:64]
            if row.use_recorded_at is None or now - row.use_recorded_at >= _RECORD_EVERY:
                row.use_recorded_at = now
                audit.append(
                    session,
                    caller,
                    AuditAction.TOKEN_USED,
                    object_type="token",
                    object_id=row.id,
                    details={"name": row.name, "scopes": sorted(row.scope_names)},
                )
            session.add(row)

    def _record_refused(self, row: AccessToken | None, why: str, origin: Origin) -> None:
        """Once per token, address and hour, for a program that was forgotten asks again and again."""
        now = clock.now()
        key = (row.id if row is not None else "", origin.ip_address)
        with self._lock:
            last = self._refusals.get(key)
            if last is not None and now - last < _RECORD_EVERY:
                return
            self._refusals.put(key, now)
        organization_id = row.organization_id if row is not None else SYSTEM_ORGANIZATION_ID
        nobody = replace(system_caller(organization_id, frozenset()), origin=origin)
        shown_by = replace(
            nobody,
            user_id=row.user_id if row is not None else "",
            session_id=row.id if row is not None else "",
            display_name="",
            roles=(),
        )
        with self._database.write(organization_id) as session:
            audit.append(
                session,
                shown_by,
                AuditAction.TOKEN_USED,
                object_type="token" if row is not None else "",
                object_id=shown_by.session_id,
                outcome=AuditOutcome.REFUSED,
                reason=why,
            )


def hash_of(token: str) -> str:
    """What is kept of a token: lower-case hexadecimal SHA-256."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _found(session: Session, token_hash: str) -> tuple[AccessToken | None, Caller | None]:
    """A token, and its owner with all rights they hold now if their account is active."""
    row = tokens.token_by_hash(session, token_hash)
    return (row, absent_caller(session, row.user_id)) if row is not None else (None, None)


def _why_refused(row: AccessToken | None, owner: Caller | None) -> str:
    """Why a token gives nothing; empty if it does."""
    if row is None:
        return "unknown access token"
    if row.revoked_at is not None:
        return "revoked access token"
    if row.expires_at <= clock.now():
        return "expired access token"
    return "" if owner is not None else "disabled account"


def _log_failure(done: Future[None]) -> None:
    error = done.exception()
    if error is not None:
        _log.error("The use of a token could not be written down: %s", described_exception(error))
