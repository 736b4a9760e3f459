"""What lists ask of studies, kept in memory organization by organization: read by itself when a list is first asked for.

Until it is read, and for organizations of more studies than are kept, the database finds the same, only slower. Before it
answers, it is brought up to date with what the session in hand sees: a study that has arrived is never missed.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from backend.core import clock
from backend.models.session import Database, Session
from backend.models.study_changes import changes_from, forget_changes
from backend.models.worklist_counts import all_studies
from backend.models.worklist_roll import Roll, read_roll

MOST_STUDIES = 300_000
"""So many studies are kept in one process, about 300 megabytes; of organizations, those that were asked for last."""
AT_ONCE = 2000
"""So few studies are read while whoever asks waits."""
MOST_CHANGES = 5000
"""After so many changes all is read anew."""
KEPT_SECONDS = 24 * 3600.0
"""What nobody has asked for in so long is read anew."""
_PAUSE_SECONDS = 0.004
_CHANGES_KEPT = timedelta(seconds=2 * KEPT_SECONDS)
AGAIN_SECONDS = 60.0
"""What could not be read, or was too much, is tried again after so long."""

_log = logging.getLogger(__name__)


@dataclass
class _Kept:
    """The studies of an organization; whoever looks at them holds the lock."""

    roll: Roll
    followed_at: float
    lock: threading.Lock = field(default_factory=threading.Lock)


class Rolls:
    """Use: `with rolls.of(session, organization_id) as roll`.

    Args:
        database: Where studies are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._readers: dict[str, threading.Thread] = {}
        # When it is looked again whether an organization's studies can be kept, in seconds of `time.monotonic`.
        self._not_before: dict[str, float] = {}
        self._is_closing = threading.Event()

    @contextmanager
    def of(self, session: Session, organization_id: str) -> Iterator[Roll | None]:
        """The organization's studies as this session sees them; None where the database is to be asked.

        Args:
            session: That reads, and has changed nothing: what is not committed must not be kept.
            organization_id: Whose it is.
        """
        kept = self._of(session, organization_id)
        if kept is None:
            yield None
            return
        with kept.lock:
            yield kept.roll if self._is_followed(session, organization_id, kept) else None

    def forget_old_changes(self) -> None:
        """Forget which studies changed where nobody looks any more what has changed since."""
        with self._database.system_write() as session:
            forget_changes(session, clock.now() - _CHANGES_KEPT)

    def kept(self) -> tuple[str, ...]:
        """The organizations whose studies are in memory, those that were asked for last at the end."""
        with self._lock:
            return tuple(self._kept)

    def wait(self) -> None:
        """Until all that is being read has been read."""
        with self._lock:
            readers = list(self._readers.values())
        for reader in readers:
            reader.join()

    def close(self) -> None:
        """Read nothing any further."""
        self._is_closing.set()
        self.wait()

    def _of(self, session: Session, organization_id: str) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(organization_id)
            if kept is not None:
                self._kept.move_to_end(organization_id)
                return kept
            if organization_id in self._readers or time.monotonic() < self._not_before.get(
                organization_id, 0.0
            ):
                return None
        count = all_studies(session)
        if count > MOST_STUDIES:
            self._not_before[organization_id] = time.monotonic() + AGAIN_SECONDS
        elif count <= AT_ONCE:
            return self._read(session, organization_id, lambda: True)
        else:
            self._begin_to_read(organization_id)
        return None

    def _is_followed(self, session: Session, organization_id: str, kept: _Kept) -> bool:
        """Bring it up to date, or have it read anew where that is too much.

        Where another question has brought it beyond what this session sees, this one is not answered by it.
        """
        now, known = time.monotonic(), kept.roll.known
        if now - kept.followed_at < KEPT_SECONDS and not kept.roll.is_overgrown:
            changes = changes_from(session, known, MOST_CHANGES + 1)
            if known and (not changes or changes[0].number != known):
                return False
            if len(changes) <= MOST_CHANGES:
                kept.followed_at = now
                if new := [each for each in changes if each.number != known]:
                    kept.roll.follow(session, new)
                    self._make_room()
                return True
        with self._lock:
            if self._kept.get(organization_id) is kept:
                del self._kept[organization_id]
        self._begin_to_read(organization_id)
        return False

    def _begin_to_read(self, organization_id: str) -> None:
        with self._lock:
            if organization_id in self._readers or self._is_closing.is_set():
                return
            reader = threading.Thread(
                target=self._read_apart,
                args=(organization_id,),
                name="studies into memory",
                daemon=True,
            )
            self._readers[organization_id] = reader
            reader.start()

    def _read_apart(self, organization_id: str) -> None:
        try:
            with self._database.read(organization_id) as session:
                # Whoever asks meanwhile goes first.
                self._read(
                    session, organization_id, lambda: not self._is_closing.wait(_PAUSE_SECONDS)
                )
        except Exception as error:  # noqa: BLE001 - the database finds the same meanwhile, and it is tried again
            _log.error("Studies could not be read into memory: %s.", type(error).__name__)
            self._not_before[organization_id] = time.monotonic() + AGAIN_SECONDS
        finally:
            with self._lock:
                del self._readers[organization_id]

    def _read(
        self, session: Session, organization_id: str, go_on: Callable[[], bool]
    ) -> _Kept | None:
        now = time.monotonic()
        roll = read_roll(session, go_on)
        if roll is None:
            return None
        kept = _Kept(roll, now)
        with self._lock:
            self._kept[organization_id] = kept
            self._kept.move_to_end(organization_id)
        self._make_room()
        return kept

    def _make_room(self) -> None:
        with self._lock:
            while len(self._kept) > 1 and self._studies_kept() > MOST_STUDIES:
                self._kept.popitem(last=False)

    def _studies_kept(self) -> int:
        return sum(each.roll.size for each in self._kept.values())
