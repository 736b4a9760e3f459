"""The octets of one video stream: the fragments of the pixel data, end to end, as one range that can be read anywhere."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from backend.core.errors import ObjectDamaged

ReadRange = Callable[[int, int], bytes]


class JoinedFragments:
    """A stream that lies in several places of a stored file.

    Args:
        read_range: `read_range(offset, length)` gives those octets of the stored file, fewer only at its end.
        fragments: (offset, length) of each part in the file, in order.
    """

    def __init__(self, read_range: ReadRange, fragments: Sequence[tuple[int, int]]) -> None:
        self._read_range = read_range
        self._fragments = fragments
        self._starts = list(accumulate((length for _, length in fragments), initial=0))

    @property
    def size_bytes(self) -> int:
        """Length of the whole stream."""
        return self._starts[-1]

    def read(self, offset: int, length: int) -> bytes:
        """The octets `[offset, offset + length)`, as far as there are any.

        Raises:
            ValueError: If offset or length is negative.
            ObjectDamaged: If the file holds less than its fragments promise.
        """
        if offset < 0 or length < 0:
            raise ValueError("a range starts at 0 or later and has no negative length")
        end = min(offset + length, self.size_bytes)
        parts = []
        at = bisect_right(self._starts, offset) - 1
        while offset < end:
            start, (place, size) = self._starts[at], self._fragments[at]
            wanted = min(end, start + size) - offset
            octets = self._read_range(place + offset - start, wanted) if wanted else b""
            if len(octets) != wanted:
                raise ObjectDamaged
            parts.append(octets)
            offset += wanted
            at += 1
        return b"".join(parts)
