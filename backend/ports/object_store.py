"""The shape of a store of sealed objects; where the bytes lie is in ``backend.adapters.object_store_*``.

Every object has its own random key, made when it is staged. The key is kept wrapped under
its study's data key (``backend.ports.keyring``) beside the row that points to the object.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import IO, Protocol

# More than this a few crashes do not leave.
MOST_ORPHANS = 1000


@dataclass(frozen=True, slots=True)
class StagedSummary:
    """What a finished staged object is made of.

    Attributes:
        sha256: Lower-case hexadecimal SHA-256 of the bytes as they were written.
        size_bytes: How many bytes were written.
        head: The first few of them, which tell what kind of file it is.
    """

    sha256: str
    size_bytes: int
    head: bytes


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep found.

    Attributes:
        staged_removed: Leftovers of uploads that nobody is writing any more, removed.
        orphans_removed: Objects that no row points to, removed.
        orphans_kept: Objects that no row points to, kept because they were too many to be
            leftovers of a crash: then the database is more likely to be the wrong one.
    """

    staged_removed: int
    orphans_removed: int
    orphans_kept: int


@dataclass(frozen=True, slots=True)
class Room:
    """The place where objects lie.

    Attributes:
        total_bytes: Its size.
        free_bytes: What is left of it.
        reserved_bytes: With less than this left, no new object is taken.
    """

    total_bytes: int
    free_bytes: int
    reserved_bytes: int


class ObjectReader(Protocol):
    """An opened object. ``read_range`` may be called from several threads at a time."""

    @property
    def size_bytes(self) -> int:
        """Size of the object's own bytes, without the seal."""
        ...

    def read_range(self, offset: int, length: int) -> bytes:
        """The bytes ``[offset, offset + length)``, each chunk of them verified.

        Raises:
            ValueError: If the range does not lie inside the object.
            ObjectDamaged: If the stored bytes fail their seal.
        """
        ...

    def read_into(self, offset: int, view: memoryview) -> None:
        """`read_range` of as many bytes as fill ``view``, put there; what was put there before an error means nothing."""
        ...

    def stream(self) -> IO[bytes]:
        """A seekable file over the object, for `zipfile` and parsers. Closing it keeps the reader open."""
        ...

    def close(self) -> None:
        """Release the file. A closed reader can be closed again."""
        ...

    def __enter__(self) -> "ObjectReader": ...

    def __exit__(self, *exception: object) -> None: ...


class StagedObject(Protocol):
    """An object on its way in: sealed while it is written, readable, and not yet there for others."""

    @property
    def object_id(self) -> str:
        """The identifier it will have in the store."""
        ...

    @property
    def object_key(self) -> bytes:
        """The key that opens it: 32 bytes, held in memory only until the caller has wrapped it."""
        ...

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Add bytes; returns how many (always all of them).

        Raises:
            StorageFull: If there is no room; the staged object is then discarded.
            ValueError: If it is finished or discarded.
        """
        ...

    def finish(self) -> StagedSummary:
        """Seal the last chunk. Calling it again gives the same answer."""
        ...

    def open(self) -> ObjectReader:
        """Read back what was staged; only after ``finish``."""
        ...

    def discard(self) -> None:
        """Remove it. Does nothing once it is committed or discarded."""
        ...


class ReadableObjects(Protocol):
    """As much of a store as those need who show what is in it."""

    def open(self, object_id: str, object_key: bytes) -> ObjectReader:
        """See `ObjectStore.open`."""
        ...

    def delete(self, object_id: str) -> bool:
        """See `ObjectStore.delete`."""
        ...


class ObjectStore(Protocol):
    """Keeps sealed objects. An object is whole and durable, or it is not there."""

    def stage(self, *, leave_free_bytes: int = 0) -> StagedObject:
        """Begin a new object.

        Args:
            leave_free_bytes: What must stay free beside the reserved headroom, for objects that can be made again.

        Raises:
            StorageFull: If less than that is free.
        """
        ...

    def commit(self, staged: StagedObject) -> None:
        """Make one finished object durable under its identifier; the same as ``commit_many([staged])``."""
        ...

    def commit_many(self, staged: Sequence[StagedObject]) -> None:
        """Make finished objects durable, with as few waits for the disk as the promise allows.

        When it returns, the objects survive a loss of power. Only then may a row that points to
        them be committed, and only after that may anything be acknowledged.

        Raises:
            StorageFull: If there is no room. What was not yet committed stays staged.
        """
        ...

    def open(self, object_id: str, object_key: bytes) -> ObjectReader:
        """Open an object; its length is verified at once, each chunk when it is read.

        Raises:
            ObjectMissing: If it is not there.
            ObjectDamaged: If it is cut, exchanged, or sealed with another key.
        """
        ...

    def delete(self, object_id: str) -> bool:
        """Remove an object durably; False if it was not there."""
        ...

    def room(self) -> Room:
        """How much room there is."""
        ...

    def list_ids(self) -> Iterator[str]:
        """The identifiers of all committed objects, in no particular order."""
        ...

    def sweep(
        self,
        known_ids: Callable[[Sequence[str]], AbstractSet[str]],
        older_than_seconds: float,
        most_orphans: int | None = MOST_ORPHANS,
    ) -> SweepReport:
        """Remove what crashes left behind.

        Args:
            known_ids: Given some identifiers, those of them that a row points to.
            older_than_seconds: Objects younger than this are left alone: their row may be
                on its way.
            most_orphans: With more orphans than this, none is removed; None for no bound.
        """
        ...
