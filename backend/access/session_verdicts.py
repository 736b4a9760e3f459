"""What was found out a moment ago for the tokens of sessions, remembered so that a tile needs no database.

Whose session a token is, is found out in `access.sessions`.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.core.caller import Caller

# Other processes (the command line, another node) end sessions too; so long may a tile be late to notice.
_VERDICT_SECONDS = 1.0
_MOST_VERDICTS = 10_000
WRITE_USE_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class Verdict:
    """What was found for a token.

    Attributes:
        caller: Whose session it is, with the rights of that moment.
        last_used_at: When somebody last did something; ahead of the database by up to a minute.
        expires_at: When the session ends, whatever happens.
        written_at: Which use the database knows of.
        looked_up_at: When this was found, in seconds of a clock that never goes back.
        idle: After how long without a use the session ends.
        access_changes: The database's, before the look-up.
        visits_until: The end of the time in which support looks at somebody else's organization.
    """

    caller: Caller
    last_used_at: datetime
    expires_at: datetime
    written_at: datetime
    looked_up_at: float
    idle: timedelta
    access_changes: int
    visits_until: datetime | None

    def is_fresh(self, now: datetime, access_changes: int) -> bool:
        """Whether it still holds without another look-up."""
        return (
            time.monotonic() - self.looked_up_at < _VERDICT_SECONDS
            and self.access_changes == access_changes
            and (self.visits_until is None or now < self.visits_until)
        )

    def why_over(self, now: datetime) -> str:
        """Why the session is over by time; empty if it is not."""
        return why_over(now, self.last_used_at, self.idle, self.expires_at)

    def grow_old(self) -> None:
        """Hold no longer without another look-up."""
        self.looked_up_at = float("-inf")


class Verdicts:
    """Verdicts by the hashes of their tokens, bounded in number. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Verdict] = {}
        self._successors: dict[str, str] = {}  # by the hash of a token, that of the one after it
        self._changes = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def changes(self) -> int:
        """Rises whenever a verdict may have become untrue; read it before finding one out."""
        return self._changes

    def get(self, token_hash: str) -> Verdict | None:
        """What is remembered of a token."""
        return self._kept.get(token_hash)

    def join(
        self, token_hash: str, found: Verdict, changes: int, *, is_remembered: bool
    ) -> Verdict:
        """Put together what was found and what is known of a token.

        Args:
            token_hash: Whose.
            found: What the database says of it.
            changes: As they were before it was asked: what changed since may have been this very session.
            is_remembered: Whether to keep it.

        Returns:
            The verdict, with uses that the database does not know of yet.
        """
        with self._lock:
            known = self._kept.get(token_hash)
            if known is not None:
                found.last_used_at = max(found.last_used_at, known.last_used_at)
                found.written_at = max(found.written_at, known.written_at)
            if changes != self._changes:
                found.grow_old()
            if is_remembered:
                if known is None:
                    _make_room(self._kept)
                self._kept[token_hash] = found
        return found

    def note_use(self, verdict: Verdict, now: datetime) -> bool:
        """Note that somebody does something; whether that is to be written down too."""
        with self._lock:
            verdict.last_used_at = max(verdict.last_used_at, now)
            if now - verdict.written_at < min(WRITE_USE_EVERY, verdict.idle / 4):
                return False
            verdict.written_at = now
            return True

    def grow_old(self) -> None:
        """Have each looked up again before it is believed: rights have changed."""
        with self._lock:
            self._changes += 1
            for verdict in self._kept.values():
                verdict.grow_old()

    def forget(self, session_id: str) -> None:
        """Know nothing of a session any more."""
        with self._lock:
            self._changes += 1
            gone = [
                token_hash
                for token_hash, verdict in self._kept.items()
                if verdict.caller.session_id == session_id
            ]
            for token_hash in gone:
                del self._kept[token_hash]

    # -- tokens that were exchanged --------------------------------------------------------------

    def follow(self, token_hash: str, successor: str) -> None:
        """Remember which token came after another one."""
        with self._lock:
            _make_room(self._successors)
            self._successors[token_hash] = successor

    def newest(self, token_hash: str) -> str:
        """The token that came last after one; itself if it was not exchanged."""
        while token_hash in self._successors:
            token_hash = self._successors[token_hash]
        return token_hash

    def is_exchanged(self, token_hash: str) -> bool:
        """Whether another token came after this one."""
        return token_hash in self._successors


def why_over(now: datetime, last_used_at: datetime, idle: timedelta, expires_at: datetime) -> str:
    """Why a session is over by time, for the audit trail; empty if it is not."""
    if now >= expires_at:
        return "longest duration reached"
    if now - last_used_at >= idle:
        return "not used for too long"
    return ""


def _make_room(kept: dict[str, Verdict] | dict[str, str]) -> None:
    if len(kept) >= _MOST_VERDICTS:
        kept.pop(next(iter(kept)))
