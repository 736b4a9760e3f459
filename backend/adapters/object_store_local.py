"""Sealed objects in a folder of this machine. The format of what is in a file is in ``sealed``.

``<data_dir>/staging/<run>/<object id>`` while an object is written, sealed from its first byte;
``<data_dir>/objects/<a>/<b>/<object id>`` once it is committed. ``a`` and ``b`` are the beginning
of the identifier, which is the time it was made: the instances of one upload lie in one folder,
which is made durable with one wait, and no folder fills for longer than about a minute.
"""

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from itertools import islice
from pathlib import Path

from backend.adapters import durable
from backend.adapters.sealed import KEY_BYTES, SealedReader, SealedWriter
from backend.core.errors import ObjectDamaged, ObjectMissing, StorageFull
from backend.core.identifiers import new_id
from backend.ports.object_store import MOST_ORPHANS, Room, StagedObject, StagedSummary, SweepReport

_OBJECT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OBJECTS = "objects"
_STAGING = "staging"
_IN_USE = "in-use.lock"
_IDS_PER_QUESTION = 500
_FOLDERS_REMEMBERED = 100
_WAITS_AT_ONCE = 4
DEFAULT_HEADROOM_BYTES = 256 * 1024 * 1024


class LocalObjectStore:
    """A folder of sealed objects. Implements ``backend.ports.object_store.ObjectStore``.

    Several threads, and several processes on one machine, may use the same folder.

    Args:
        data_dir: The data directory; ``objects`` and ``staging`` are made in it.
        headroom_bytes: New objects are refused when less than this is free, so that deletions,
            the audit trail and sign-in still work on a full disk.
    """

    def __init__(self, data_dir: Path, headroom_bytes: int = DEFAULT_HEADROOM_BYTES) -> None:
        self._objects = data_dir / _OBJECTS
        self._staging = data_dir / _STAGING
        self._headroom_bytes = headroom_bytes
        durable.make_folder(self._objects)
        durable.make_folder(self._staging)
        self._durable_folders: set[Path] = set()
        self._waiting = ThreadPoolExecutor(_WAITS_AT_ONCE, "fsync")
        self._run = self._staging / new_id()
        self._lock = self._begin_run()

    def stage(self, *, leave_free_bytes: int = 0) -> "LocalStagedObject":
        """Begin a new object; ``StorageFull`` if less than the headroom and ``leave_free_bytes`` is free."""
        if self._lock < 0:
            raise ValueError("the object store is closed")
        require_headroom = partial(self._require_free, self._headroom_bytes + leave_free_bytes)
        require_headroom()
        return LocalStagedObject(self._run, require_headroom)

    def commit(self, staged: StagedObject) -> None:
        """Make one finished object durable under its identifier."""
        self.commit_many([staged])

    def commit_many(self, staged: Sequence[StagedObject]) -> None:
        """Make finished objects durable: each file, then the names, then each folder once."""
        ours = [self._ours(one) for one in staged]
        self._make_durable(ours)
        moved: list[Path] = []
        try:
            for one in ours:
                target = self._path(one.object_id)
                self._make_folder(target.parent)
                if target.exists():
                    raise FileExistsError(one.object_id)
                one.move_to(target)
                moved.append(target)
            for folder in sorted({target.parent for target in moved}):
                durable.fsync_folder(folder)
            durable.fsync_folder(self._run)
        except BaseException:
            # All or none: nobody will learn the keys of those that were moved.
            for target in moved:
                target.unlink()
            raise

    def open(self, object_id: str, object_key: bytes) -> SealedReader:
        """Open a committed object; ``ObjectDamaged`` if it is missing or fails its seal."""
        return _open_sealed(self._path(object_id), object_key, object_id)

    def delete(self, object_id: str) -> bool:
        """Remove an object durably; False if it was not there."""
        path = self._path(object_id)
        try:
            os.unlink(path)
        except FileNotFoundError:
            return False
        durable.fsync_folder(path.parent)
        return True

    def room(self) -> Room:
        """How much room the disk has."""
        status = os.statvfs(self._staging)
        return Room(
            total_bytes=status.f_blocks * status.f_frsize,
            free_bytes=status.f_bavail * status.f_frsize,
            reserved_bytes=self._headroom_bytes,
        )

    def list_ids(self) -> Iterator[str]:
        """The identifiers of all committed objects, in no particular order."""
        for path in self._object_paths():
            yield path.name

    def sweep(
        self,
        known_ids: Callable[[Sequence[str]], AbstractSet[str]],
        older_than_seconds: float,
        most_orphans: int | None = MOST_ORPHANS,
    ) -> SweepReport:
        """Remove uploads that died half-way, and old objects that no row points to."""
        staged_removed = self._sweep_staging()
        latest = time.time() - older_than_seconds
        old = (path.name for path in self._object_paths() if _modified_at(path) < latest)
        orphans: list[str] = []
        while batch := list(islice(old, _IDS_PER_QUESTION)):
            known = known_ids(batch)
            orphans += [object_id for object_id in batch if object_id not in known]
        if most_orphans is not None and len(orphans) > most_orphans:
            return SweepReport(staged_removed, 0, len(orphans))
        removed = 0
        for at in range(0, len(orphans), _IDS_PER_QUESTION):
            batch = orphans[at : at + _IDS_PER_QUESTION]
            # Looking through all of them takes its time, and rows are written meanwhile.
            known = known_ids(batch)
            removed += sum(self.delete(object_id) for object_id in batch if object_id not in known)
        return SweepReport(staged_removed, removed, 0)

    def close(self) -> None:
        """Let go of the staging folder; what is still staged in it is lost."""
        if self._lock >= 0:
            self._waiting.shutdown()
            _remove_run(self._run)
            os.close(self._lock)
            self._lock = -1

    def _make_durable(self, staged: Sequence["LocalStagedObject"]) -> None:
        """Wait for several files at a time: the disk writes one journal for all who wait at the same moment."""
        waits = [self._waiting.submit(one.make_durable) for one in staged]
        wait(waits)  # all, also after a failure: what is then discarded is not in use any more
        for each in waits:
            each.result()

    def _begin_run(self) -> int:
        """Make this process's own staging folder, and lock it for as long as the process lives."""
        # Locked before it has the name that a sweep looks for, so that no sweep finds it unlocked.
        hidden = self._staging / f".{self._run.name}"
        durable.make_folder(hidden)
        lock = os.open(hidden / _IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.rename(hidden, self._run)
        return lock

    def _sweep_staging(self) -> int:
        removed = 0
        for run in list(self._staging.iterdir()):
            beginning = run.name.startswith(".") and _modified_at(run) > time.time() - 60
            if run == self._run or beginning or not run.is_dir():
                continue
            lock = os.open(run / _IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its process lives
            else:
                removed += _remove_run(run)
            finally:
                os.close(lock)
        return removed

    def _object_paths(self) -> Iterator[Path]:
        for path in self._objects.glob("*/*/*"):
            if _OBJECT_ID.fullmatch(path.name):
                yield path

    def _make_folder(self, folder: Path) -> None:
        """Make a folder for objects, once with waits for its name: whoever made it may have died before."""
        if folder in self._durable_folders:
            return
        durable.make_folder(folder)
        durable.fsync_folder(folder.parent)
        durable.fsync_folder(self._objects)
        if len(self._durable_folders) >= _FOLDERS_REMEMBERED:
            self._durable_folders.clear()
        self._durable_folders.add(folder)

    def _path(self, object_id: str) -> Path:
        if not _OBJECT_ID.fullmatch(object_id):
            raise ValueError("not the identifier of an object")
        return self._objects / object_id[:6] / object_id[6:8] / object_id

    def _ours(self, staged: StagedObject) -> "LocalStagedObject":
        if not isinstance(staged, LocalStagedObject) or not staged.is_in(self._run):
            raise ValueError("the object was staged in another store")
        return staged

    def _require_free(self, wanted_bytes: int) -> None:
        if self.room().free_bytes < wanted_bytes:
            raise StorageFull


class LocalStagedObject:
    """An object on its way in. Implements ``backend.ports.object_store.StagedObject``.

    Args:
        folder: The staging folder of this process.
        require_headroom: Asked now and then whether there is still room.
    """

    _BYTES_BETWEEN_QUESTIONS = 64 * 1024 * 1024

    def __init__(self, folder: Path, require_headroom: Callable[[], None]) -> None:
        self.object_id = new_id()
        self.object_key = os.urandom(KEY_BYTES)
        self._require_headroom = require_headroom
        self._written_since_asked = 0
        self._summary: StagedSummary | None = None
        self._path: Path | None = folder / self.object_id
        with durable.full_disk_is_a_refusal():
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # A file object, so that a forgotten staged object does not keep its descriptor for ever.
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        try:
            self._writer: SealedWriter | None = SealedWriter(
                self._take, self.object_key, self.object_id
            )
        except BaseException:
            self.discard()
            raise

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Add bytes; ``StorageFull`` (and discarded) if there is no room for them."""
        if self._writer is None or self._file.closed:
            raise ValueError("the object is finished or discarded")
        try:
            return self._writer.write(data)
        except BaseException:
            self.discard()
            raise

    def finish(self) -> StagedSummary:
        """Seal the last chunk; the file is closed but not yet waited for."""
        if self._summary is None:
            if self._writer is None or self._file.closed:
                raise ValueError("the object is discarded")
            try:
                self._summary = self._writer.finish()
            except BaseException:
                self.discard()
                raise
            self._file.close()
            self._writer = None  # its buffers would add up while thousands of files wait
        return self._summary

    def open(self) -> SealedReader:
        """Read back what was staged; only after ``finish`` and before it is committed or discarded."""
        return _open_sealed(self._finished_path(), self.object_key, self.object_id)

    def discard(self) -> None:
        """Remove it; does nothing once it is committed or discarded."""
        self._file.close()
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
            self._path = None

    def is_in(self, folder: Path) -> bool:
        """Whether it is staged in this folder and neither committed nor discarded."""
        return self._path is not None and self._path.parent == folder

    def make_durable(self) -> None:
        """Wait until its bytes are on the disk; a sweep counts its age from now, not from when it arrived."""
        path = self._finished_path()
        os.utime(path)
        durable.fsync_file(path)

    def move_to(self, target: Path) -> None:
        """Give it its final name."""
        with durable.full_disk_is_a_refusal():
            os.rename(self._finished_path(), target)
        self._path = None

    def _finished_path(self) -> Path:
        if self._path is None or self._summary is None:
            raise ValueError("the object is not finished, or no longer staged")
        return self._path

    def _take(self, sealed: bytes | memoryview) -> None:
        self._written_since_asked += len(sealed)
        if self._written_since_asked > self._BYTES_BETWEEN_QUESTIONS:
            self._written_since_asked = 0
            self._require_headroom()
        durable.write_all(self._file.fileno(), sealed)


class _File:
    """A local file as a source of sealed bytes; positions are given with each read."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self.size_bytes = os.fstat(self._descriptor).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        try:
            data = os.pread(self._descriptor, length, offset)
            while 0 < len(data) < length:
                more = os.pread(self._descriptor, length - len(data), offset + len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            raise ObjectDamaged("The stored file cannot be read from the disk.") from error
        return data

    def close(self) -> None:
        os.close(self._descriptor)


def _open_sealed(path: Path, object_key: bytes, object_id: str) -> SealedReader:
    try:
        source = _File(path)
    except FileNotFoundError:
        raise ObjectMissing from None
    return SealedReader(source, object_key, object_id)


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")  # gone meanwhile: nothing to sweep


def _remove_run(run: Path) -> int:
    """Remove a staging folder; returns how many objects it held."""
    removed = 0
    for path in list(run.iterdir()):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
            removed += path.name != _IN_USE
    with contextlib.suppress(OSError):
        run.rmdir()
    return removed
