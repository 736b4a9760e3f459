"""A database that leaves traces: it records refused attempts and seals the end of the audit trail.

Services are handed this one, so that none can forget either. How an entry is written is in `access.audit`.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from backend.access import audit, policy
from backend.access.audit import Appended, Seal, SealDamaged
from backend.access.policy import RefusedAttempt
from backend.core.caller import SYSTEM_ORGANIZATION_ID, LookedAt, system_caller
from backend.core.errors import Refusal
from backend.core.redaction import described_exception
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import audit as table
from backend.models.session import Database, Session

_log = logging.getLogger(__name__)

_SAME_ATTEMPT_SECONDS = 60.0
_MOST_REMEMBERED = 10_000


class WitnessedDatabase:
    """Wraps a database; implements `backend.models.session.Database`."""

    def __init__(self, inner: Database, seal: Seal) -> None:
        self._inner = inner
        self._seal = seal
        self._seal_lock = threading.Lock()
        self._waiting: deque[Appended] = deque()  # committed, and not sealed yet
        self._sealed_to = 0  # by this process
        self._open = threading.local()
        self._recent: dict[tuple[str, str, str], float] = {}
        self._recent_lock = threading.Lock()

    def read(self, organization_id: str) -> AbstractContextManager[Session]:
        """See `Database.read`."""
        return self._watched(lambda: self._inner.read(organization_id))

    def write(self, organization_id: str) -> AbstractContextManager[Session]:
        """See `Database.write`. To support it gives a session that cannot write; what support does is recorded all the same."""
        if isinstance(organization_id, LookedAt):
            return self._watched(lambda: self._looked_at(str(organization_id)))
        return self._watched(lambda: self._inner.write(organization_id))

    def rehearse(self, organization_id: str) -> AbstractContextManager[Session]:
        """See `Database.rehearse`."""
        return self._watched(lambda: self._inner.rehearse(organization_id))

    def look(self, organization_id: str) -> AbstractContextManager[Session]:
        """See `Database.look`."""
        return self._watched(lambda: self._inner.look(organization_id))

    def system_read(self) -> AbstractContextManager[Session]:
        """See `Database.system_read`."""
        return self._watched(self._inner.system_read)

    def system_write(self) -> AbstractContextManager[Session]:
        """See `Database.system_write`."""
        return self._watched(self._inner.system_write)

    def write_together(self, work: Callable[[Session], None]) -> None:
        """See `Database.write_together`."""
        shared: list[Session] = []

        def witnessed(session: Session) -> None:
            work(session)
            shared[:] = [session]

        self._inner.write_together(witnessed)
        # What all of them have appended: the seal of a part would not fit what the others say it continues.
        appended = audit.appended_in(shared[0])
        if appended is not None:
            self._seal_end(appended)

    def after_commit(self, session: Session, action: Callable[[], None]) -> None:
        """See `Database.after_commit`."""
        self._inner.after_commit(session, action)

    @property
    def access_changes(self) -> int:
        """See `Database.access_changes`."""
        return self._inner.access_changes

    def size_bytes(self) -> int:
        """See `Database.size_bytes`."""
        return self._inner.size_bytes()

    def close(self) -> None:
        """See `Database.close`."""
        self._inner.close()

    def record_start(self) -> None:
        """The server begins to serve."""
        caller = system_caller(SYSTEM_ORGANIZATION_ID, frozenset())
        audit.record(self, caller, AuditAction.SYSTEM_STARTED)

    def record_refusal(self, attempt: RefusedAttempt) -> None:
        """Record an attempt that was refused outside of any session, e.g. before a handler was called.

        The same attempt again within a minute is not recorded again: nobody can fill the trail by insisting.
        """
        caller = attempt.caller
        permission = attempt.permission.value if attempt.permission is not None else ""
        if not self._is_new((caller.session_id, permission, attempt.object_id)):
            return
        audit.record(
            self,
            caller,
            AuditAction.ACCESS_REFUSED,
            object_type=attempt.object_type,
            object_id=attempt.object_id,
            outcome=AuditOutcome.REFUSED,
            details={"permission": permission},
        )

    @contextmanager
    def _looked_at(self, organization_id: str) -> Iterator[Session]:
        """A session that cannot write, and afterwards, by a writer of its own, what is to be recorded of it."""
        with self._inner.look(organization_id) as session:
            kept = audit.keep_for_later(session)
            yield session
        if kept:
            with self.write(organization_id) as writing:
                for entry in kept:
                    entry(writing)

    @contextmanager
    def _watched(self, opened: Callable[[], AbstractContextManager[Session]]) -> Iterator[Session]:
        depth: int = getattr(self._open, "depth", 0)
        self._open.depth = depth + 1
        if depth == 0:
            self._open.refused = None
        appended: Appended | None = None
        try:
            with opened() as session:
                try:
                    yield session
                except Refusal as refusal:
                    attempt = policy.attempt_of(session, refusal)
                    if attempt is not None:
                        self._open.refused = (refusal, attempt)
                    raise
                appended = audit.appended_in(session)
        except Refusal as refusal:
            self._open.depth = depth
            # Not before the outermost session is closed: on SQLite it may hold the only right to write.
            if depth == 0:
                self._record_leaving(refusal)
            raise
        finally:
            self._open.depth = depth
        if appended is not None:
            self._seal_end(appended)

    def _record_leaving(self, refusal: Refusal) -> None:
        kept: tuple[Refusal, RefusedAttempt] | None = self._open.refused
        self._open.refused = None
        if kept is None or kept[0] is not refusal:
            return
        try:
            self.record_refusal(kept[1])
        except Exception as error:  # noqa: BLE001 - the refusal stands, whatever becomes of its record
            _log.error("A refused attempt could not be recorded: %s", described_exception(error))

    def _is_new(self, attempt: tuple[str, str, str]) -> bool:
        now = time.monotonic()
        with self._recent_lock:
            last = self._recent.get(attempt)
            if last is not None and now - last < _SAME_ATTEMPT_SECONDS:
                return False
            if len(self._recent) >= _MOST_REMEMBERED:
                self._recent.clear()
            self._recent[attempt] = now
            return True

    def _seal_end(self, appended: Appended) -> None:
        """Seal the newest entry, unless the chain no longer continues what was sealed before.

        Then the old seal is kept: it is the proof, and `pacscribe audit verify` will show it. Who waits here while
        others seal is sealed with them: a seal takes as long as three entries, and under load covers many.
        """
        self._waiting.append(appended)
        try:
            with self._seal_lock:
                newest = appended
                if newest.newest.sequence <= self._sealed_to:
                    return
                while self._waiting:
                    newest = max(newest, self._waiting.popleft(), key=_sequence)
                sealed = self._seal.read()
                if sealed is not None and sealed.sequence >= newest.newest.sequence:
                    return
                if self._continues(sealed, newest):
                    self._seal.write(newest.newest)
                    self._sealed_to = newest.newest.sequence
                else:
                    _log.error(
                        "The audit trail does not continue its seal; run `pacscribe audit verify`."
                    )
        except SealDamaged:
            _log.error("The seal of the audit trail is damaged; run `pacscribe audit verify`.")
        except Exception as error:  # noqa: BLE001 - what is committed stays; a seal that lags is still true
            _log.error("The newest audit entry could not be sealed: %s", described_exception(error))

    def _continues(self, sealed: table.ChainEnd | None, appended: Appended) -> bool:
        if sealed is None:
            return appended.after.sequence == 0
        if sealed.sequence == appended.after.sequence:
            return sealed.hash == appended.after.hash
        if sealed.sequence > appended.after.sequence:
            return False
        with self._inner.system_read() as session:
            return table.hash_at(session, sealed.sequence) == sealed.hash


def _sequence(appended: Appended) -> int:
    return appended.newest.sequence
