"""Sessions of signed-in people: made, found by their cookie, ended. Passwords are checked in `services.accounts`.

The cookie holds 256 random bits; the database holds their SHA-256 only. Each look-up gives a `Caller` with the
rights of that moment. Sessions end by signing out, by an administrator, when nobody does anything for a while,
and after a working day at the latest.
"""

import hashlib
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backend.access import audit
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.permissions import Permission
from backend.core.redaction import described_exception
from backend.core.vocabulary import AuditAction
from backend.models import people
from backend.models.people import SignInSession, User
from backend.models.session import Database, Session
from backend.schemas.people import SignedIn

_log = logging.getLogger(__name__)

COOKIE_NAME = "__Host-pacscribe"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in URL-safe base 64
_WRITE_USE_EVERY = timedelta(minutes=1)
# Other processes (the command line, another node) end sessions too; so long may a tile be late to notice.
_VERDICT_SECONDS = 1.0
_MOST_VERDICTS = 10_000


@dataclass(slots=True)
class _Verdict:
    """What was found for a token; `last_used_at` is ahead of the database by up to a minute."""

    caller: Caller
    last_used_at: datetime
    expires_at: datetime
    written_at: datetime
    looked_up_at: float


class Sessions:
    """All sessions of this installation. Safe to use from several threads.

    Args:
        database: Where they are kept.
        idle: A session that nobody uses ends after this.
        longest: A session ends after this, whatever happens.
    """

    def __init__(self, database: Database, *, idle: timedelta, longest: timedelta) -> None:
        self._database = database
        self._idle = idle
        self._longest = longest
        self._lock = threading.Lock()
        self._verdicts: dict[str, _Verdict] = {}
        self._changes = 0  # rises whenever a verdict may have become untrue
        self._when_ended: list[Callable[[str], None]] = []
        # One thread writes down uses and ends, so that a look-up never waits for the right to write.
        self._scribe = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pacscribe-sessions")

    def caller_of_cookie(
        self, cookie_header: str, origin: Origin | None = None, *, touches: bool = True
    ) -> Caller | None:
        """Whose session a request belongs to, None if it belongs to none that is valid.

        Args:
            cookie_header: The request's `Cookie` header.
            origin: Where the request comes from.
            touches: Whether this is somebody doing something. Tiles, prefetches and whatever a page does by
                itself pass False: they never keep a session alive, and are answered from memory for up to a
                second.
        """
        token = token_in(cookie_header)
        if token is None:
            return None
        token_hash = _hash(token)
        now = clock.now()
        verdict = self._verdicts.get(token_hash)
        fresh = verdict is not None and time.monotonic() - verdict.looked_up_at < _VERDICT_SECONDS
        if touches or not fresh:
            verdict = self._look_up(token_hash, verdict)
        if verdict is None:
            return None
        reason = self._why_over(verdict, now)
        if reason:
            self._forget(verdict.caller.session_id)
            self._later(lambda: self._end_row(verdict.caller, reason))
            return None
        if touches:
            self._touch(verdict, now)
        caller = verdict.caller
        return (
            caller if origin is None or caller.origin == origin else replace(caller, origin=origin)
        )

    def start(self, session: Session, user: User, origin: Origin) -> SignedIn:
        """Begin a session for a person who has proved who they are; recorded in the audit trail.

        Args:
            session: An open writing session that sees the person.
            user: Who signed in.
            origin: From where.

        Returns:
            The token for the cookie: it is in no other place.
        """
        token = secrets.token_urlsafe(32)
        now = clock.now()
        row = SignInSession(
            organization_id=user.organization_id,
            user_id=user.id,
            token_hash=_hash(token),
            last_used_at=now,
            expires_at=now + self._longest,
            ip_address=origin.ip_address[:64],
            user_agent=origin.user_agent[:400],
        )
        session.add(row)
        session.flush()
        caller = self._caller(session, row, user, origin)
        audit.append(
            session, caller, AuditAction.SESSION_STARTED, object_type="session", object_id=row.id
        )
        return SignedIn(
            token=token, user_id=user.id, max_age_seconds=int(self._longest.total_seconds())
        )

    def end(self, caller: Caller) -> None:
        """End the caller's own session; it is over when this returns."""
        self._end_row(caller, "signed out")

    def end_all_of(self, session: Session, caller: Caller, user_id: str, reason: str) -> int:
        """End every session of a person, in the caller's transaction.

        Args:
            session: An open writing session that sees the person.
            caller: Who ends them.
            user_id: Whose sessions.
            reason: For the audit trail.

        Returns:
            How many were ended.
        """
        rows = people.open_sessions_of(session, user_id)
        self._end_rows(session, caller, rows, reason)
        return len(rows)

    def drop_verdicts(self) -> None:
        """Forget what was looked up: rights have changed. The next request of everybody asks the database."""
        with self._lock:
            self._changes += 1
            for verdict in self._verdicts.values():
                verdict.looked_up_at = float("-inf")

    def on_end(self, action: Callable[[str], None]) -> None:
        """Have `action` called with the session's identifier whenever a session ends, e.g. to close its sockets.

        It is called on the thread that ended the session and must be quick.
        """
        with self._lock:
            self._when_ended.append(action)

    @property
    def changes(self) -> int:
        """Grows whenever what was found out about somebody may have become untrue."""
        return self._changes

    def announce_end(self, session_id: str) -> None:
        """Tell whoever listens that this is over: a session, or a token, which stands for one."""
        self._tell([session_id])

    def wait(self) -> None:
        """Wait until what was to be written down is written; for tests and for the end of the process."""
        self._scribe.submit(lambda: None).result()

    def close(self) -> None:
        """Write down what is left."""
        self._scribe.shutdown(wait=True)

    # -- looking up ------------------------------------------------------------------------------

    def _look_up(self, token_hash: str, known: _Verdict | None) -> _Verdict | None:
        changes = self._changes
        with self._database.system_read() as session:
            found = people.session_by_token_hash(session, token_hash)
            if found is None or not found[1].is_active:
                caller = None
            else:
                row, user = found
                caller = self._caller(session, row, user, Origin(row.ip_address, row.user_agent))
        if caller is None:
            if known is not None:
                # Another process ended it; whoever holds its sockets is told here.
                self._tell([known.caller.session_id])
            return None
        with self._lock:
            known = self._verdicts.get(token_hash)
            verdict = _Verdict(
                caller=caller,
                last_used_at=max(
                    row.last_used_at, known.last_used_at if known else row.last_used_at
                ),
                expires_at=row.expires_at,
                written_at=max(row.last_used_at, known.written_at if known else row.last_used_at),
                # What changed while we looked may have been this very session.
                looked_up_at=time.monotonic() if changes == self._changes else float("-inf"),
            )
            if known is None and len(self._verdicts) >= _MOST_VERDICTS:
                self._verdicts.pop(next(iter(self._verdicts)))
            self._verdicts[token_hash] = verdict
        return verdict

    def _caller(self, session: Session, row: SignInSession, user: User, origin: Origin) -> Caller:
        known = {permission.value for permission in Permission}
        held = people.permissions_of(session, user.id)
        return Caller(
            user_id=user.id,
            organization_id=user.organization_id,
            session_id=row.id,
            display_name=user.display_name,
            email=user.email,
            roles=people.role_names_of(session, user.id),
            permissions=frozenset(Permission(name) for name in held & known),
            origin=origin,
        )

    def _why_over(self, verdict: _Verdict, now: datetime) -> str:
        """Why the session is over by time; empty if it is not."""
        if now >= verdict.expires_at:
            return "longest duration reached"
        if now - verdict.last_used_at >= self._idle:
            return "not used for too long"
        return ""

    # -- use and end -----------------------------------------------------------------------------

    def _touch(self, verdict: _Verdict, now: datetime) -> None:
        with self._lock:
            verdict.last_used_at = max(verdict.last_used_at, now)
            if now - verdict.written_at < min(_WRITE_USE_EVERY, self._idle / 4):
                return
            verdict.written_at = now
        self._later(lambda: self._write_use(verdict.caller, now))

    def _write_use(self, caller: Caller, now: datetime) -> None:
        with self._database.write(caller.organization_id) as session:
            row = people.open_session(session, caller.session_id)
            if row is not None and row.last_used_at < now:
                row.last_used_at = now
                session.add(row)

    def _end_row(self, caller: Caller, reason: str) -> None:
        with self._database.write(caller.organization_id) as session:
            row = people.open_session(session, caller.session_id)
            if row is not None:
                self._end_rows(session, caller, [row], reason)

    def _end_rows(
        self, session: Session, caller: Caller, rows: Sequence[SignInSession], reason: str
    ) -> None:
        for row in rows:
            row.ended_at = clock.now()
            session.add(row)
            audit.append(
                session,
                caller,
                AuditAction.SESSION_ENDED,
                object_type="session",
                object_id=row.id,
                reason=reason,
            )
        ended = [row.id for row in rows]
        self._database.after_commit(session, lambda: self._tell(ended))

    def _later(self, action: Callable[[], None]) -> None:
        self._scribe.submit(action).add_done_callback(_log_failure)

    def _tell(self, session_ids: list[str]) -> None:
        for session_id in session_ids:
            self._forget(session_id)
            with self._lock:
                actions = list(self._when_ended)
            for action in actions:
                try:
                    action(session_id)
                except Exception as error:  # noqa: BLE001 - one listener must not keep the others waiting
                    _log.error(
                        "A listener to ended sessions failed: %s", described_exception(error)
                    )

    def _forget(self, session_id: str) -> None:
        with self._lock:
            self._changes += 1
            gone = [
                key
                for key, verdict in self._verdicts.items()
                if verdict.caller.session_id == session_id
            ]
            for key in gone:
                del self._verdicts[key]


def token_in(cookie_header: str) -> str | None:
    """The session token in a `Cookie` header, None if there is none that could be ours."""
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE_NAME:
            return value if _TOKEN.fullmatch(value) else None
    return None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _log_failure(done: Future[None]) -> None:
    error = done.exception()
    if error is not None:
        _log.error("A session could not be written down: %s", described_exception(error))
