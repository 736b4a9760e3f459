"""The pieces of an upload as one object that can be read; nothing is copied. It stands in staging's place for archives."""

import io
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO

from backend.core.range_file import RangeFile
from backend.ports.object_store import ObjectReader, StagedSummary

_OPEN_PIECES = 8
_STEP_BYTES = 1 << 20


class JoinedPieces:
    """Implements `backend.ports.object_store.StagedObject` for what has arrived whole; it is only read.

    Args:
        openers: Opens each piece, in order.
        sizes_bytes: How large each is.
    """

    object_id = ""
    object_key = b""

    def __init__(
        self, openers: Sequence[Callable[[], ObjectReader]], sizes_bytes: Sequence[int]
    ) -> None:
        self._openers = openers
        self._sizes_bytes = sizes_bytes

    def write(self, data: bytes | bytearray | memoryview) -> int:  # noqa: ARG002 - the shape of what is staged
        """Never: it is whole."""
        raise ValueError("the upload is whole")

    def finish(self) -> StagedSummary:
        """Never: it has no checksum of its own."""
        raise ValueError("the pieces are finished one by one")

    def open(self) -> "JoinedReader":
        """Read it."""
        return JoinedReader(self._openers, self._sizes_bytes)

    def discard(self) -> None:
        """Nothing: the pieces are removed with their rows."""

    def chunks(self) -> Iterator[bytes]:
        """All octets, in order."""
        with self.open() as reader:
            for offset in range(0, reader.size_bytes, _STEP_BYTES):
                yield reader.read_range(offset, min(_STEP_BYTES, reader.size_bytes - offset))


class JoinedReader:
    """Implements `backend.ports.object_store.ObjectReader` over several objects; a few of them are open at a time."""

    def __init__(
        self, openers: Sequence[Callable[[], ObjectReader]], sizes_bytes: Sequence[int]
    ) -> None:
        self._openers = openers
        self._starts = [0]
        for size_bytes in sizes_bytes:
            self._starts.append(self._starts[-1] + size_bytes)
        self._open: OrderedDict[int, ObjectReader] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """Size of all pieces."""
        return self._starts[-1]

    def read_range(self, offset: int, length: int) -> bytes:
        """See `ObjectReader.read_range`."""
        if offset < 0 or length < 0 or offset + length > self.size_bytes:
            raise ValueError("the range does not lie inside the upload")
        parts = []
        with self._lock:
            while length:
                position = bisect_right(self._starts, offset) - 1
                begin = offset - self._starts[position]
                step = min(length, self._starts[position + 1] - offset)
                parts.append(self._piece(position).read_range(begin, step))
                offset, length = offset + step, length - step
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read_into(self, offset: int, view: memoryview) -> None:
        """See `ObjectReader.read_into`."""
        view[:] = self.read_range(offset, len(view))

    def stream(self) -> IO[bytes]:
        """See `ObjectReader.stream`."""
        return io.BufferedReader(RangeFile(self.size_bytes, self._read_into), 1 << 16)

    def close(self) -> None:
        """See `ObjectReader.close`."""
        with ExitStack() as stack, self._lock:
            for reader in self._open.values():
                stack.callback(reader.close)
            self._open.clear()

    def __enter__(self) -> "JoinedReader":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _read_into(self, position: int, view: memoryview) -> int:
        self.read_into(position, view)
        return len(view)

    def _piece(self, position: int) -> ObjectReader:
        reader = self._open.pop(position, None)
        if reader is None:
            reader = self._openers[position]()
            if len(self._open) >= _OPEN_PIECES:
                self._open.popitem(last=False)[1].close()
        self._open[position] = reader
        return reader
