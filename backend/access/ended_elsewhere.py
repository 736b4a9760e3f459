"""Notices sessions and tokens that another process has ended, such as `pacscribe user disable` beside a running server.

Whoever asks for something is refused anyway, a second later at most (`access.sessions`). This is for an open socket that
asks nothing: it closes too. Nothing can end without an entry in the audit trail, which all processes append to, so that
its newest entries tell, on either database.
"""

import logging
import threading
from collections.abc import Callable

from backend.core.redaction import described_exception
from backend.core.vocabulary import AuditAction
from backend.models import audit, tokens
from backend.models.session import Database, Session

_LOOK_SECONDS = 1.0
# After the database could not be asked.
_TROUBLE_SECONDS = 10.0
_ENDINGS = (AuditAction.SESSION_ENDED, AuditAction.TOKEN_REVOKED, AuditAction.USER_DISABLED)

_log = logging.getLogger(__name__)


class EndedElsewhere:
    """Looks every second, in a thread of its own, at what the trail says has ended.

    Args:
        database: Where the trail is.
        tell: Called with each session or token that has ended, in whichever process.
    """

    def __init__(self, database: Database, tell: Callable[[str], None]) -> None:
        self._database = database
        self._tell = tell
        self._seen: int | None = None
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ended elsewhere", daemon=True)

    def look(self) -> None:
        """Tell of what has ended since the last look; the first one tells nothing."""
        with self._database.system_read() as session:
            end = audit.chain_end(session)
            newest = end.sequence if end is not None else 0
            before, self._seen = self._seen, newest
            ended = _ended(session, before, newest) if before is not None else []
        for each in ended:
            self._tell(each)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._is_stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        wait_seconds = 0.0
        while not self._is_stopping.wait(wait_seconds):
            try:
                self.look()
                wait_seconds = _LOOK_SECONDS
            except Exception as error:  # noqa: BLE001 - a database that is away now may be back at the next look
                _log.error("The audit trail cannot be read: %s", described_exception(error))
                wait_seconds = _TROUBLE_SECONDS


def _ended(session: Session, after: int, up_to: int) -> list[str]:
    """Sessions and tokens that entries say are over; an account that is out of use takes its tokens with it."""
    ended: list[str] = []
    for action, object_id in audit.objects_of(session, _ENDINGS, after, up_to):
        if action == AuditAction.USER_DISABLED:
            ended += (token.id for token in tokens.unrevoked_tokens_of(session, object_id))
        else:
            ended.append(object_id)
    return ended
