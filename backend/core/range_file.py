"""A file over anything that gives ranges of octets. Wrapped in `io.BufferedReader` it can be read like any other."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class RangeFile(io.RawIOBase):
    """A seekable file to read.

    Args:
        size_bytes: How many octets there are.
        read_into: `read_into(position, view)` puts octets from there into `view`, at least one and not past the end, and
            says how many.
    """

    def __init__(self, size_bytes: int, read_into: Callable[[int, memoryview], int]) -> None:
        self._size_bytes = size_bytes
        self._read_into = read_into
        self._position = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where it is read next."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go there; past the end is nothing to read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}
        position = base[whence] + offset
        if position < 0:
            raise ValueError("a position before the beginning")
        self._position = position
        return position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read some; 0 at the end."""
        view = memoryview(buffer).cast("B")[: max(0, self._size_bytes - self._position)]
        count = self._read_into(self._position, view) if view else 0
        self._position += count
        return count
