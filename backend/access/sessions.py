"""Sessions of signed-in people: made, found by their cookie, ended. Passwords are checked in `services.accounts`.

The cookie holds 256 random bits; the database holds their SHA-256 only. Each look-up gives a `Caller` with the
rights of that moment. Sessions end by signing out, by an administrator, when nobody does anything for a while,
and after a working day at the latest; an organization may say how long (`access.policies`). The token is another one
whenever the person has proved again who they are. What was found for a token is remembered for a second
(`access.session_verdicts`).
"""

import hashlib
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from backend.access import audit, policies, support
from backend.access.session_verdicts import WRITE_USE_EVERY, Verdict, Verdicts, why_over
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.errors import NotSignedIn
from backend.core.permissions import Permission
from backend.core.redaction import described_exception
from backend.core.vocabulary import AuditAction, SignInMethod
from backend.models import people
from backend.models.people import SignInSession, User
from backend.models.session import Database, Session
from backend.schemas.people import SignedIn

_log = logging.getLogger(__name__)

COOKIE_NAME = "__Host-pacscribe"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in URL-safe base 64
# Requests that were on their way when the token was exchanged; they prove nothing.
_OLD_TOKEN_LASTS = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Renewal:
    """A session's token is another one now. Sockets that began with the old one are told the new one.

    Attributes:
        session_id: Whose.
        origin: Where the proof came from: only sockets from there go on.
        old_token: What their cookie says.
        new_token: What the browser's cookie says now.
    """

    session_id: str
    origin: Origin
    old_token: str = field(repr=False)
    new_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How long a session still lasts, in seconds.

    Attributes:
        idle_seconds: If nobody does anything.
        longest_seconds: Whatever happens.
    """

    idle_seconds: float
    longest_seconds: float


class Sessions:
    """All sessions of this installation. Safe to use from several threads.

    Args:
        database: Where they are kept.
        idle: A session that nobody uses ends after this, unless its organization says sooner.
        longest: A session ends after this, whatever happens, unless its organization says sooner.
    """

    def __init__(self, database: Database, *, idle: timedelta, longest: timedelta) -> None:
        self._database = database
        self._idle = idle
        self._longest = longest
        self._lock = threading.Lock()
        self._verdicts = Verdicts()
        self._when_ended: list[Callable[[str], None]] = []
        self._when_renewed: list[Callable[[Renewal], None]] = []
        # One thread writes down uses and ends, so that a look-up never waits for the right to write.
        self._scribe = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pacscribe-sessions")

    def caller_of_cookie(
        self,
        cookie_header: str,
        origin: Origin | None = None,
        *,
        touches: bool = True,
        follows: bool = False,
    ) -> Caller | None:
        """Whose session a request belongs to, None if it belongs to none that is valid.

        Args:
            cookie_header: The request's `Cookie` header.
            origin: Where the request comes from.
            touches: Whether this is somebody doing something. Tiles, prefetches and whatever a page does by
                itself pass False: they never keep a session alive, and are answered from memory for up to a
                second.
            follows: Whether this is a socket that was open when the token was exchanged: it goes on with the new
                one, which it cannot be told. Never for a request or a socket that begins.
        """
        token = token_in(cookie_header)
        if token is None:
            return None
        token_hash = _hash(token)
        if follows:
            token_hash = self._verdicts.newest(token_hash)
        now = clock.now()
        verdict = self._verdict(token_hash, now, asks_anew=touches)
        if verdict is None:
            return None
        caller = verdict.caller
        if touches and self._verdicts.note_use(verdict, now):
            self._later(lambda: self._write_use(caller, now))
        return (
            caller if origin is None or caller.origin == origin else replace(caller, origin=origin)
        )

    def time_left(self, cookie_header: str) -> TimeLeft | None:
        """How long the session still lasts, without using it; None if it is over.

        A question that was on its way when the token was exchanged is answered too: its page must not take a live
        session for one that is over.
        """
        token = token_in(cookie_header)
        if token is None:
            return None
        now = clock.now()
        verdict = self._verdict(_hash(token), now, asks_anew=False)
        if verdict is None:
            return None
        return TimeLeft(
            (verdict.last_used_at + verdict.idle - now).total_seconds(),
            (verdict.expires_at - now).total_seconds(),
        )

    def start(
        self,
        session: Session,
        user: User,
        origin: Origin,
        method: SignInMethod = SignInMethod.PASSWORD,
    ) -> SignedIn:
        """Begin a session for a person who has proved who they are; recorded in the audit trail.

        Args:
            session: An open writing session that sees the person.
            user: Who signed in.
            origin: From where.
            method: How they proved it.

        Returns:
            The token for the cookie: it is in no other place.
        """
        token = secrets.token_urlsafe(32)
        now = clock.now()
        longest = policies.read(session, user.organization_id).longest(self._longest)
        row = SignInSession(
            organization_id=user.organization_id,
            user_id=user.id,
            token_hash=_hash(token),
            last_used_at=now,
            expires_at=now + longest,
            ip_address=origin.ip_address[:64],
            user_agent=origin.user_agent[:400],
            method=method.value,
            proved_at=now,
        )
        session.add(row)
        session.flush()
        audit.append(
            session,
            _beginning(row, user, origin),
            AuditAction.SESSION_STARTED,
            object_type="session",
            object_id=row.id,
            details={"method": method.value},
        )
        return SignedIn(token=token, user_id=user.id, max_age_seconds=int(longest.total_seconds()))

    def renew(
        self, session: Session, caller: Caller, cookie_header: str, method: SignInMethod
    ) -> SignedIn:
        """Give the caller's session another token: they have just proved who they are.

        What is on its way with the old token is still answered for some seconds, without the proof.

        Args:
            session: An open writing session of the caller's organization.
            caller: Who.
            cookie_header: The request's `Cookie` header, with the present token.
            method: How they proved it; for the audit trail.

        Raises:
            NotSignedIn: If the session has ended meanwhile, or the token is not its newest.
        """
        old_token = token_in(cookie_header) or ""
        row = people.open_session(session, caller.session_id)
        if row is None or not old_token or row.token_hash != _hash(old_token):
            raise NotSignedIn
        token = secrets.token_urlsafe(32)
        now = clock.now()
        row.previous_token_hash, row.token_hash = row.token_hash, _hash(token)
        row.renewed_at = row.proved_at = now
        row.last_used_at = max(row.last_used_at, now)
        session.add(row)
        audit.append(
            session,
            caller,
            AuditAction.SESSION_STEPPED_UP,
            object_type="session",
            object_id=row.id,
            details={"method": method.value},
        )
        renewal = Renewal(row.id, caller.origin, old_token, token)
        self._database.after_commit(session, lambda: self._tell_renewed(renewal))
        left = int((row.expires_at - now).total_seconds())
        return SignedIn(token=token, user_id=caller.user_id, max_age_seconds=max(1, left))

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

    def end_others_of(self, session: Session, caller: Caller, reason: str) -> int:
        """End every session of the caller but the one they use, in their transaction; how many there were."""
        rows = [
            row
            for row in people.open_sessions_of(session, caller.user_id)
            if row.id != caller.session_id
        ]
        self._end_rows(session, caller, rows, reason)
        return len(rows)

    def end_one_of(self, session: Session, caller: Caller, session_id: str, reason: str) -> bool:
        """End one of the caller's own sessions, in their transaction; whether there was such a one."""
        row = people.open_session(session, session_id)
        if row is None or row.user_id != caller.user_id:
            return False
        self._end_rows(session, caller, [row], reason)
        return True

    def is_in_time(self, session: Session, row: SignInSession) -> bool:
        """Whether a session that nobody has ended is not over by itself; for lists."""
        return not self._why_over(session, row, clock.now())

    def end_what_is_over(self) -> int:
        """Write down the end of every session that is over by time and was not asked for since; how many there were."""
        with self._database.system_read() as session:
            over = [
                (_beginning(row, user, Origin(row.ip_address, row.user_agent)), reason)
                for row, user, reason in self._over(session)
            ]
        for caller, reason in over:
            self._end_row(caller, reason)
        return len(over)

    def is_any_over(self, session: Session) -> bool:
        """Whether `end_what_is_over` would find something to do."""
        return any(self._over(session))

    def drop_verdicts(self) -> None:
        """Forget what was looked up: rights have changed. The next request of everybody asks the database."""
        self._verdicts.grow_old()

    def on_end(self, action: Callable[[str], None]) -> None:
        """Have `action` called with the session's identifier whenever a session ends, e.g. to close its sockets.

        It is called on the thread that ended the session and must be quick.
        """
        with self._lock:
            self._when_ended.append(action)

    @property
    def changes(self) -> int:
        """Grows whenever what was found out about somebody may have become untrue."""
        return self._verdicts.changes + self._database.access_changes

    def announce_end(self, session_id: str) -> None:
        """Tell whoever listens that this is over: a session, or a token, which stands for one."""
        self._tell([session_id])

    def on_renewal(self, action: Callable[[Renewal], None]) -> None:
        """Have `action` called whenever a session's token is exchanged, on the thread that did it."""
        with self._lock:
            self._when_renewed.append(action)

    def wait(self) -> None:
        """Wait until what was to be written down is written; for tests and for the end of the process."""
        self._scribe.submit(lambda: None).result()

    def close(self) -> None:
        """Write down what is left."""
        self._scribe.shutdown(wait=True)

    # -- looking up ------------------------------------------------------------------------------

    def _verdict(self, token_hash: str, now: datetime, *, asks_anew: bool) -> Verdict | None:
        """What holds of a token, None if it is nobody's; a session that turns out to be over by time is ended."""
        verdict = self._verdicts.get(token_hash)
        if asks_anew or verdict is None or not verdict.is_fresh(now, self._database.access_changes):
            verdict = self._look_up(token_hash, verdict)
        if verdict is None:
            return None
        caller, reason = verdict.caller, verdict.why_over(now)
        if reason:
            self._verdicts.forget(caller.session_id)
            self._later(lambda: self._end_row(caller, reason))
            return None
        return verdict

    def _look_up(self, token_hash: str, known: Verdict | None) -> Verdict | None:
        changes, access_changes = self._verdicts.changes, self._database.access_changes
        with self._database.system_read() as session:
            found = people.session_by_token_hash(session, token_hash)
            is_old = found is None
            if found is None:
                found = people.session_by_previous_token_hash(
                    session, token_hash, clock.now() - _OLD_TOKEN_LASTS
                )
            if found is None or not found[1].is_active:
                caller = None
            else:
                row, user = found
                policy = policies.read(session, user.organization_id)
                caller = self._caller(session, row, user, Origin(row.ip_address, row.user_agent))
                caller, visits_until = support.visiting(session, caller, row.support_access_id)
                if is_old:
                    caller = replace(caller, proved_at=None)
        if caller is None:
            if known is not None and not self._verdicts.is_exchanged(token_hash):
                # Another process ended it; whoever holds its sockets is told here.
                self._tell([known.caller.session_id])
            return None
        verdict = Verdict(
            caller=caller,
            last_used_at=row.last_used_at,
            # Demands that have become stricter hold for open sessions too.
            expires_at=min(row.expires_at, row.created_at + policy.longest(self._longest)),
            written_at=row.last_used_at,
            looked_up_at=time.monotonic(),
            idle=policy.idle(self._idle),
            access_changes=access_changes,
            visits_until=visits_until,
        )
        # An old token is nobody's in a moment.
        return self._verdicts.join(token_hash, verdict, changes, is_remembered=not is_old)

    def _caller(self, session: Session, row: SignInSession, user: User, origin: Origin) -> Caller:
        known = {permission.value for permission in Permission}
        held = people.permissions_of(session, user.id)
        return replace(
            _beginning(row, user, origin),
            roles=people.role_names_of(session, user.id),
            permissions=frozenset(Permission(name) for name in held & known),
            proved_at=row.proved_at,
        )

    def _over(self, session: Session) -> Iterator[tuple[SignInSession, User, str]]:
        # The last use may not be written down yet.
        surely = clock.now() - WRITE_USE_EVERY
        for row, user in people.open_sessions(session):
            reason = self._why_over(session, row, surely)
            if reason:
                yield row, user, reason

    def _why_over(self, session: Session, row: SignInSession, now: datetime) -> str:
        policy = policies.read(session, row.organization_id)
        expires_at = min(row.expires_at, row.created_at + policy.longest(self._longest))
        return why_over(now, row.last_used_at, policy.idle(self._idle), expires_at)

    # -- use and end -----------------------------------------------------------------------------

    def _write_use(self, caller: Caller, now: datetime) -> None:
        caller = caller.at_home()
        with self._database.write(caller.organization_id) as session:
            row = people.open_session(session, caller.session_id)
            if row is not None and row.last_used_at < now:
                row.last_used_at = now
                session.add(row)

    def _end_row(self, caller: Caller, reason: str) -> None:
        caller = caller.at_home()
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
            self._verdicts.forget(session_id)
            with self._lock:
                actions = list(self._when_ended)
            for action in actions:
                try:
                    action(session_id)
                except Exception as error:  # noqa: BLE001 - one listener must not keep the others waiting
                    _log.error(
                        "A listener to ended sessions failed: %s", described_exception(error)
                    )

    def _tell_renewed(self, renewal: Renewal) -> None:
        self._verdicts.forget(renewal.session_id)
        self._verdicts.follow(_hash(renewal.old_token), _hash(renewal.new_token))
        with self._lock:
            actions = list(self._when_renewed)
        for action in actions:
            try:
                action(renewal)
            except Exception as error:  # noqa: BLE001 - one listener must not keep the others waiting
                _log.error("A listener to renewed sessions failed: %s", described_exception(error))


def token_in(cookie_header: str) -> str | None:
    """The session token in a `Cookie` header, None if there is none that could be ours."""
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE_NAME:
            return value if _TOKEN.fullmatch(value) else None
    return None


def _beginning(row: SignInSession, user: User, origin: Origin) -> Caller:
    """Whoever begins a session, for the audit trail; what they may do is looked up when they do something."""
    return Caller(
        user_id=user.id,
        organization_id=user.organization_id,
        session_id=row.id,
        display_name=user.display_name,
        email=user.email,
        roles=(),
        permissions=frozenset(),
        origin=origin,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _log_failure(done: Future[None]) -> None:
    error = done.exception()
    if error is not None:
        _log.error("A session could not be written down: %s", described_exception(error))
