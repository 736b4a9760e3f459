"""The object store as those see it who show and give out: an object that cannot be read is told, and looked at by a job."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from backend.core.bounded_cache import BoundedCache
from backend.core.errors import ObjectDamaged
from backend.core.redaction import described_exception
from backend.ports.object_store import ObjectReader, ObjectStore

_log = logging.getLogger(__name__)


class WatchedObjects:
    """Reads from a store. Implements `backend.ports.object_store.ReadableObjects`.

    Args:
        store: Where the objects are.
        suspect: Told each object that failed to be read; once, for a while.
    """

    def __init__(self, store: ObjectStore, suspect: Callable[[str], None]) -> None:
        self._store = store
        self._suspect = suspect
        self._told: BoundedCache[str, bool] = BoundedCache(1000)

    def open(self, object_id: str, object_key: bytes) -> ObjectReader:
        """See `ObjectStore.open`."""
        with self.watching(object_id):
            return _WatchedReader(self._store.open(object_id, object_key), self, object_id)

    def delete(self, object_id: str) -> bool:
        """See `ObjectStore.delete`."""
        return self._store.delete(object_id)

    @contextmanager
    def watching(self, object_id: str) -> Iterator[None]:
        """Tell of an object whose reading fails within the block."""
        try:
            yield
        except ObjectDamaged:
            self._tell(object_id)
            raise

    def _tell(self, object_id: str) -> None:
        if self._told.get(object_id):
            return
        self._told.put(object_id, True)
        try:
            self._suspect(object_id)
        except Exception as error:  # noqa: BLE001 - that it cannot be read is answered all the same
            self._told.discard(object_id)
            _log.error("A suspect object could not be told: %s", described_exception(error))


class _WatchedReader:
    """A reader that tells when it fails."""

    def __init__(self, reader: ObjectReader, watch: WatchedObjects, object_id: str) -> None:
        self._reader = reader
        self._watch = watch
        self._object_id = object_id

    @property
    def size_bytes(self) -> int:
        return self._reader.size_bytes

    def read_range(self, offset: int, length: int) -> bytes:
        with self._watch.watching(self._object_id):
            return self._reader.read_range(offset, length)

    def read_into(self, offset: int, view: memoryview) -> None:
        with self._watch.watching(self._object_id):
            self._reader.read_into(offset, view)

    def stream(self) -> IO[bytes]:
        return self._reader.stream()

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> "_WatchedReader":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
