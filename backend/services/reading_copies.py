"""Making the reading copies that are missing, in the background: the database tells which, so nothing is lost when the program ends.

Most are made while an instance is taken in, since it is decoded then; this is for what was stored before, or without room.
What a copy is, and that it is exact, is in `backend.dicom.reading_copy`; reading it, in `frame_reading`. The original is only
ever read. An object is committed before the row that points to it; what a crash leaves between the two is swept.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from backend.core.errors import Refusal, StorageFull
from backend.core.redaction import described_exception
from backend.dicom.frames import ReadRange
from backend.dicom.reading_copy import (
    PLAIN_SYNTAXES,
    READING_COPY_VERSION,
    CopiedFrame,
)
from backend.imaging.packing import NotPacked
from backend.imaging.tiling import TILE_SIZE_PX
from backend.models import reading_copies as queries
from backend.models.reading_copies import CopyableInstance, CopyCandidates, ReadingCopy
from backend.models.session import Database
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectStore
from backend.services.copy_writing import CopyWriter, WrittenCopy, describe_copy
from backend.services.frame_reading import up_to_the_end

# How often the database is asked what another process has stored, and how often all of it is looked through again.
_LOOK_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 600.0
# Adding up the sizes of all copies takes a while.
_ROOM_KNOWN_SECONDS = 60.0
# How long copying waits for hands to rest before it goes on with one more frame all the same.
_PATIENCE_SECONDS = 2.0
_PATIENCE_STEP_SECONDS = 0.05
# After a failure of the machine rather than of a file.
_TROUBLE_SECONDS = 60.0
_BATCH = 64
# What is made unasked stops here, so that it never pushes out what was made a moment ago.
_UNASKED_SHARE = 0.9
_ATTEMPTS = 2

_CANDIDATES = CopyCandidates(READING_COPY_VERSION, PLAIN_SYNTAXES, TILE_SIZE_PX)
_log = logging.getLogger(__name__)


class Copyist(Protocol):
    """Decodes frames and packs their dear levels."""

    def copied_frames(self, header_octets: bytes, read_range: ReadRange) -> Iterator[CopiedFrame]:
        """Each frame in order; nothing if none is dear. See `backend.dicom.reading_copy.copied_frames`."""
        ...

    def rest(self) -> None:
        """There is nothing to do for a while."""
        ...

    def interrupt(self) -> None:
        """Break off what is being done; called from another thread."""
        ...


class ReadingCopies:
    """Makes copies of all instances that need one, those of the study that was opened last before all others.

    Args:
        database: Where instances and copies are described.
        object_store: Where their octets are.
        keyring: Wraps the keys of copies.
        copyist: Does the decoding.
        limit_bytes: Upper bound of all copies; 0 for none at all.
        is_busy: Whether somebody's hand is waiting for images at this moment.
        when_made: Told the study key and the SOP Instance UID of each instance that has got a copy.
    """

    def __init__(
        self,
        database: Database,
        object_store: ObjectStore,
        keyring: Keyring,
        copyist: Copyist,
        *,
        limit_bytes: int,
        is_busy: Callable[[], bool] = lambda: False,
        when_made: Callable[[str, str], None] = lambda _study_key, _uid: None,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._copyist = copyist
        self._limit_bytes = limit_bytes
        self._is_busy = is_busy
        self._when_made = when_made
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._something_to_do = threading.Event()
        # (study, series) that somebody has opened, the last of them first.
        self._opened: deque[tuple[str, str]] = deque(maxlen=32)
        self._failures: dict[str, int] = {}
        self._kept_bytes = 0
        # Copies had to go: until all is looked through again, nothing is made that was not asked for.
        self._is_full = False
        self._has_room = False
        self._room_known_at = -_ROOM_KNOWN_SECONDS
        # All instances up to this key are decided on.
        self._decided_up_to = ""
        self._looked_through_at = -_LOOK_AGAIN_SECONDS

    def start(self) -> None:
        """Begin working in a thread of its own."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="reading copies", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End at once; what was being made is made anew at the next start."""
        self._stopping.set()
        self._something_to_do.set()
        if self._thread is not None:
            while self._thread.is_alive():
                self._copyist.interrupt()
                self._thread.join(0.1)
        self._copyist.rest()

    def have_room(self) -> bool:
        """Whether copies of what is just being taken in are to be made along the way."""
        if not self._limit_bytes:
            return False
        now = time.monotonic()
        if now - self._room_known_at >= _ROOM_KNOWN_SECONDS:
            with self._database.system_read() as session:
                self._has_room = (
                    queries.bytes_of_copies(session) < _UNASKED_SHARE * self._limit_bytes
                )
            self._room_known_at = now
        return self._has_room

    def look(self) -> None:
        """Something was stored."""
        self._something_to_do.set()

    def look_through(self) -> None:
        """A copy is gone: all instances are looked at again, at once."""
        self._looked_through_at = -_LOOK_AGAIN_SECONDS
        self._something_to_do.set()

    def hurry(self, study_key: str, series_key: str) -> None:
        """A study was opened: its copies come first, those of the series that is looked at before all."""
        if self._limit_bytes:
            self._opened.appendleft((study_key, series_key))
            self._something_to_do.set()

    def make_all(self) -> None:
        """Make everything that is missing, now and in this thread."""
        while self._make_some():
            pass

    # -- what to do ------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._something_to_do.clear()
            try:
                if not self._make_some():
                    self._copyist.rest()
                    self._something_to_do.wait(_LOOK_SECONDS)
            except StorageFull:
                _log.warning("Reading copies wait until there is more room on the disk.")
                self._stopping.wait(_LOOK_AGAIN_SECONDS)
            except Exception as error:  # noqa: BLE001 - images are shown without copies; the next round may do better
                if not self._stopping.is_set():
                    _log.error("Reading copies cannot be made: %s", described_exception(error))
                self._stopping.wait(_TROUBLE_SECONDS)

    def _make_some(self) -> bool:
        """Make the copies that are wanted most; False if there is nothing to do."""
        now = time.monotonic()
        if now - self._looked_through_at >= _LOOK_AGAIN_SECONDS:
            self._looked_through_at = now
            self._decided_up_to = ""
            self._trim()
        if not self._limit_bytes:
            return False
        while self._opened:
            study_key, series_key = self._opened.popleft()
            with self._database.system_read() as session:
                wanted = queries.missing_copies_of_study(
                    session, _CANDIDATES, study_key, series_key
                )
            if wanted:
                if not self._make_each(wanted, is_asked=True):
                    self._opened.append((study_key, series_key))
                return True
        unasked = self._unasked()
        self._make_each(unasked, is_asked=False)
        return bool(unasked)

    def _unasked(self) -> Sequence[str]:
        """Instances of any study without a copy, the newest first; none while copies fill their share."""
        if self._is_full or self._share_is_filled():
            return []
        with self._database.system_read() as session:
            newest = queries.newest_instance_key(session)
            found = queries.missing_copies(session, _CANDIDATES, self._decided_up_to, _BATCH)
        if not found:
            self._decided_up_to = newest
        return found

    def _make_each(self, instance_keys: Sequence[str], *, is_asked: bool) -> bool:
        """Make copies one after another; False if it was broken off: somebody has opened a study, or there is no more room."""
        for done, instance_key in enumerate(instance_keys):
            if self._stopping.is_set() or (done and self._opened):
                return False
            if not is_asked and self._share_is_filled():
                return False
            with self._database.system_read() as session:
                instance = queries.copyable_instance(session, instance_key)
                checksums = queries.pixel_checksums(session, instance_key)
            if instance is not None:
                self._make(instance, checksums)
                if self._kept_bytes > self._limit_bytes:
                    self._trim()
        return True

    def _share_is_filled(self) -> bool:
        return self._kept_bytes >= _UNASKED_SHARE * self._limit_bytes

    # -- one copy --------------------------------------------------------------------------------

    def _make(self, instance: CopyableInstance, checksums: Sequence[str]) -> None:
        writer = CopyWriter(self._object_store)
        try:
            copy = self._copied(instance, checksums, writer)
        except StorageFull:
            raise
        except (NotPacked, Refusal, ValueError) as error:
            if self._stopping.is_set() or not self._has_failed_for_good(instance.instance_key):
                return
            # A copy that cannot be made is no loss of an image; it is only not tried again.
            _log.warning("A reading copy cannot be made: %s", described_exception(error))
            copy = None
        finally:
            writer.discard()  # does nothing for what was committed
        for object_id in self._record(instance, copy):
            self._object_store.delete(object_id)
        self._kept_bytes += copy.size_bytes if copy else 0
        self._when_made(instance.study_key, instance.sop_instance_uid)

    def _copied(
        self, instance: CopyableInstance, checksums: Sequence[str], writer: CopyWriter
    ) -> WrittenCopy | None:
        """The copy, committed to the store; None if none is worth it."""
        original_key = self._keyring.unwrap_object_key(
            instance.wrapped_object_key, instance.wrapped_data_key
        )
        with contextlib.ExitStack() as stack:
            reader = stack.enter_context(self._object_store.open(instance.object_id, original_key))
            frames = self._copyist.copied_frames(instance.reading_header, up_to_the_end(reader))
            stack.callback(getattr(frames, "close", lambda: None))
            for frame in frames:
                writer.take(frame)
                self._give_way()
        copy = writer.finish(instance.reading_header, checksums)
        if copy is not None:
            self._object_store.commit(copy.staged)
        return copy

    def _record(self, instance: CopyableInstance, copy: WrittenCopy | None) -> list[str]:
        """Write down what became of it; gives the objects that nothing points to any more."""
        with self._database.write(instance.organization_id) as session:
            if not queries.has_instance(session, instance.instance_key):
                return [] if copy is None else [copy.staged.object_id]
            row = queries.find_copy(session, instance.instance_key)
            unused = [row.object_id] if row is not None and row.object_id else []
            if row is None:
                row = ReadingCopy(instance_key=instance.instance_key, version=READING_COPY_VERSION)
            describe_copy(row, copy, self._keyring, instance.wrapped_data_key)
            session.add(row)
        return unused

    def _has_failed_for_good(self, instance_key: str) -> bool:
        """A process may be killed for reasons that are not the file's, so once is forgiven."""
        failures = self._failures[instance_key] = self._failures.get(instance_key, 0) + 1
        return failures >= _ATTEMPTS

    def _give_way(self) -> None:
        """Let hands go first."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while self._is_busy() and time.monotonic() < until and not self._stopping.is_set():
            self._stopping.wait(_PATIENCE_STEP_SECONDS)
        if self._stopping.is_set():
            raise NotPacked("The program ends.")

    # -- the bound -------------------------------------------------------------------------------

    def _trim(self) -> None:
        """Remove the oldest copies until the rest keeps within the bound."""
        with self._database.system_read() as session:
            self._kept_bytes = queries.bytes_of_copies(session)
        self._is_full = self._kept_bytes > self._limit_bytes
        while self._kept_bytes > self._limit_bytes:
            with self._database.system_read() as session:
                oldest = queries.oldest_copies(session, _BATCH)
            if not oldest:
                return
            for object_id, size_bytes in oldest:
                if self._kept_bytes <= self._limit_bytes:
                    return
                with self._database.system_write() as session:
                    queries.forget_copy(session, object_id)
                self._object_store.delete(object_id)
                self._kept_bytes -= size_bytes
