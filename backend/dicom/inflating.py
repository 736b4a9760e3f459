"""A deflated data set (PS3.5 A.5, a raw deflate stream) as a file that can be read anywhere, without holding all of it.

What its octets mean is known elsewhere.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from backend.core.range_file import RangeFile

_STEP_BYTES = 1 << 20
_KEPT_BYTES = 32 << 20

ReadRange = Callable[[int, int], bytes]


class CutShort(Exception):  # noqa: N818 - a reason, not a fault
    """The deflated octets end before their stream does."""


class TooLarge(Exception):  # noqa: N818 - a reason, not a fault
    """The stream inflates to more than is allowed."""


def inflated_steps(read_range: ReadRange, deflated: tuple[int, int]) -> Iterator[bytes]:
    """The inflated octets in steps of at most a mebibyte.

    Args:
        read_range: `read_range(offset, length)` gives those octets of the file.
        deflated: (offset, length) of the deflated stream in it.

    Raises:
        CutShort: If the file ends before the stream.
        zlib.error: If the stream is damaged.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    position, end = deflated[0], sum(deflated)
    while not inflater.eof:
        compressed = inflater.unconsumed_tail
        if not compressed:
            compressed = read_range(position, min(_STEP_BYTES, end - position))
            position += len(compressed)
        step = inflater.decompress(compressed, _STEP_BYTES)
        # All of the input may be consumed while output is still held back.
        if not compressed and not step and not inflater.eof:
            raise CutShort
        yield step


def inflated_file(
    read_range: ReadRange, deflated: tuple[int, int], most_bytes: int | None = None
) -> BinaryIO:
    """The inflated octets as a file: in memory if they are few, else inflated again while it is read.

    Args:
        read_range: See `inflated_steps`.
        deflated: Likewise.
        most_bytes: How many are allowed.

    Raises:
        CutShort: If the file ends before the stream.
        TooLarge: If there are more than `most_bytes`.
        zlib.error: If the stream is damaged.
    """
    kept = io.BytesIO()
    size_bytes = 0
    for step in inflated_steps(read_range, deflated):
        size_bytes += len(step)
        if most_bytes is not None and size_bytes > most_bytes:
            raise TooLarge
        if size_bytes <= _KEPT_BYTES:
            kept.write(step)
    if size_bytes <= _KEPT_BYTES:
        kept.seek(0)
        return kept
    return io.BufferedReader(
        RangeFile(size_bytes, _InflatedAgain(read_range, deflated)), _STEP_BYTES
    )


class _InflatedAgain:
    """Reads forward from where it was; for what lies before, it begins anew."""

    def __init__(self, read_range: ReadRange, deflated: tuple[int, int]) -> None:
        self._read_range = read_range
        self._deflated = deflated
        self._steps = inflated_steps(read_range, deflated)
        self._step = b""
        self._step_begins = 0

    def __call__(self, position: int, view: memoryview) -> int:
        if position < self._step_begins:
            self._steps = inflated_steps(self._read_range, self._deflated)
            self._step, self._step_begins = b"", 0
        while position >= self._step_begins + len(self._step):
            self._step_begins += len(self._step)
            self._step = next(self._steps)
        start = position - self._step_begins
        octets = self._step[start : start + len(view)]
        view[: len(octets)] = octets
        return len(octets)
