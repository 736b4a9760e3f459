"""What one file says octet for octet as the file before it is not read again: the slices of a series mostly say the same.

A reading is kept with the elements that it looked at, those too that it found absent. It is what it would be again for as long as
none of them differs; else it is forgotten. How elements are read is in `elements`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydicom.dataelem import DataElement, RawDataElement

from backend.dicom.plain import AlikeWriter

Raw = dict[int, RawDataElement | DataElement]

# Besides tags, a reading may have looked at these; numbers below zero, which no tag is.
PRIVATE_CREATORS = ~0x10000
"""Which blocks of private elements are reserved."""
PLACES = ~0x10001
"""Where in the file something lies: what looked there is not kept."""
_CHARACTER_SET = 0x00080005


def whole_group(group: int) -> int:
    """Stands for whether there is any element of a group."""
    return ~group


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading some elements.

    Attributes:
        value: What was read; frozen, for it is shared.
        notes: What was noted on the way.
        arguments: What it was read with.
        looked_at: Tags, and what else stands for something that it rests on.
    """

    value: Any
    notes: tuple[str, ...]
    arguments: tuple[object, ...]
    looked_at: frozenset[int]


class Alike:
    """The readings of the file before. For one thread.

    Attributes:
        writer: Of its reading header.
    """

    def __init__(self) -> None:
        self.writer = AlikeWriter()
        self._raw: Raw = {}
        self._is_little_endian = True
        self._readings: dict[Callable[..., Any], Reading] = {}

    def begin(self, raw: Raw, is_little_endian: bool) -> None:
        """The next file: forget what it says otherwise.

        Args:
            raw: Its elements, undecoded.
            is_little_endian: Its byte order.
        """
        differing = _differing(self._raw, raw)
        if is_little_endian != self._is_little_endian or _CHARACTER_SET in differing:
            self._readings.clear()
        for read in [
            read
            for read, reading in self._readings.items()
            if not differing.isdisjoint(reading.looked_at)
        ]:
            del self._readings[read]
        self._raw, self._is_little_endian = raw, is_little_endian

    def forget(self) -> None:
        """Keep nothing: the next file is read as the first."""
        self._raw = {}
        self._readings.clear()

    def find(self, read: Callable[..., Any], arguments: tuple[object, ...]) -> Reading | None:
        """What `read` gave, if it would give it again."""
        reading = self._readings.get(read)
        return reading if reading is not None and reading.arguments == arguments else None

    def keep(self, read: Callable[..., Any], reading: Reading) -> None:
        """Keep what `read` gave."""
        if PLACES not in reading.looked_at:
            self._readings[read] = reading


def _differing(before: Raw, now: Raw) -> set[int]:
    """Tags whose elements are not the same, and what else differs with them."""
    differing = {tag for tag, element in now.items() if not _is_same(before.get(tag), element)}
    come_or_gone = before.keys() ^ now.keys()
    differing |= come_or_gone
    differing.update({whole_group(tag >> 16) for tag in come_or_gone})
    if any(tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF for tag in differing):
        differing.add(PRIVATE_CREATORS)
    return differing


def _is_same(
    before: RawDataElement | DataElement | None, now: RawDataElement | DataElement
) -> bool:
    """Whether VR and octets are; what pydicom has read already (of undefined length) is never known to be."""
    return (
        isinstance(now, RawDataElement)
        and isinstance(before, RawDataElement)
        and before.value == now.value
        and before.VR == now.VR
        and before.length == now.length
    )
