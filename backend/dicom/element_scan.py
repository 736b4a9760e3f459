"""The elements of a data set, undecoded, as pydicom reads them, but quicker where nothing is odd about them.

Most elements are a tag, a length and so many octets. They are cut out of a block of the stream here; each that is anything else
(of undefined length, of an unknown VR, larger than the block) is read by pydicom, which thus also decides about all that is
wrong with it. What comes out is what pydicom alone would give. Limits are those of the reader that is handed in.
"""

import struct
from collections.abc import Callable, MutableSequence
from functools import lru_cache
from typing import BinaryIO, Protocol, cast

from pydicom.charset import convert_encodings, default_encoding
from pydicom.dataelem import (
    DataElement,
    RawDataElement,
    convert_raw_data_element,
    empty_value_for_VR,
)
from pydicom.dataset import Dataset
from pydicom.filereader import data_element_generator, read_dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import EXPLICIT_VR_LENGTH_16, EXPLICIT_VR_LENGTH_32

_BLOCK_BYTES = 1 << 16
_SHORT_BYTES = 64
_CHARACTER_SET = 0x00080005
_EXPLICIT = struct.Struct("<HH2sH")
_IMPLICIT = struct.Struct("<HHL")
_LENGTH = struct.Struct("<L")
# Whether there are 4 octets of length behind the first 8, and what stands for an empty value, PS3.5 7.1.2.
_Form = tuple[str, bool, bytes | None]
_FORMS: dict[bytes, _Form] = {
    vr.encode("ascii"): (str(vr), vr in EXPLICIT_VR_LENGTH_32, cast("bytes | None", empty_value_for_VR(vr, raw=True)))
    for vr in EXPLICIT_VR_LENGTH_16 | EXPLICIT_VR_LENGTH_32
}  # fmt: skip
_EMPTY_IMPLICIT = cast("bytes | None", empty_value_for_VR(None, raw=True))

Found = dict[BaseTag, RawDataElement | DataElement]
Stop = Callable[[BaseTag, str | None, int], bool]


class _ForPydicom(Exception):  # noqa: N818 - a reason, not a fault
    """Something that concerns the whole of the data set is odd."""


class Reader(Protocol):
    """A stream of untrusted octets with limits.

    Attributes:
        taken_bytes: How many octets were read of it and are kept.
    """

    taken_bytes: int

    @property
    def stream(self) -> BinaryIO:
        """Without the limits."""
        ...

    def took(self, size_bytes: int) -> None:
        """Count octets that were read from the stream and are kept."""
        ...


def scanned_dataset(
    reader: Reader,
    is_implicit: bool,
    is_little_endian: bool,
    stops: Callable[[int], bool],
    stop_when: Stop,
) -> Dataset:
    """All elements from where the reader stands up to the first that stops it.

    Args:
        reader: Where they are read from.
        is_implicit: Whether VRs are implicit.
        is_little_endian: Byte order.
        stops: Whether an element of this tag may stop it.
        stop_when: Whether it does; asked with tag, VR and length, the reader standing at its value.

    Returns:
        The data set, with nothing decoded. The reader stands at the element that stopped it.

    Raises:
        Exception: Whatever pydicom raises, and the reader.
    """
    start, taken_bytes = reader.stream.tell(), reader.taken_bytes
    if is_little_endian and _looks(reader.stream, start) == is_implicit:
        try:
            return _Scan(reader, is_implicit, stops, stop_when).dataset()
        except (_ForPydicom, EOFError, NotImplementedError):
            # At the last two, which its own reading of an element raises, pydicom ends a data set with what it has.
            reader.taken_bytes = taken_bytes
    reader.stream.seek(start)
    return read_dataset(cast(BinaryIO, reader), is_implicit, is_little_endian, stop_when=stop_when)


def _looks(stream: BinaryIO, start: int) -> bool | None:
    """Whether the first element looks as if its VR were implicit, whatever the file says; None if there is none."""
    head = stream.read(6)
    stream.seek(start)
    if len(head) < 6:
        return None
    return not (0x40 < head[4] < 0x5B and 0x40 < head[5] < 0x5B)


class _Scan:
    def __init__(
        self, reader: Reader, is_implicit: bool, stops: Callable[[int], bool], stop_when: Stop
    ) -> None:
        self._reader = reader
        self._stream = reader.stream
        self._is_implicit = is_implicit
        self._stops = stops
        self._stop_when = stop_when
        self._found: Found = {}
        self._encodings: MutableSequence[str] | str = default_encoding
        self._has_stopped = False

    def dataset(self) -> Dataset:
        cut = self._cut_implicit if self._is_implicit else self._cut_explicit
        position = self._stream.tell()
        block, begin = b"", position
        while True:
            if position >= begin + len(block):
                self._stream.seek(position)
                block, begin = self._stream.read(_BLOCK_BYTES), position
            at = cut(block, position - begin, begin)
            self._reader.took(begin + at - position)
            self._stream.seek(begin + at)
            if self._has_stopped or not self._has_other():
                break
            position = self._stream.tell()
        dataset = Dataset(self._found, parent_encoding=default_encoding)
        dataset.set_original_encoding(self._is_implicit, True, self._encodings)
        return dataset

    def _has_other(self) -> bool:
        """Let pydicom read one element; False if there is none, or it is the one to stop at."""
        elements = data_element_generator(
            cast(BinaryIO, self._reader), self._is_implicit, True, self._stop_when, encoding=self._encodings
        )  # fmt: skip
        element = next(elements, None)
        if element is None:
            return False
        self._found[element.tag] = element
        if element.tag == _CHARACTER_SET:
            if not isinstance(element, RawDataElement):
                raise _ForPydicom  # a sequence names no character set
            self._encodings = list(_encodings_of(element.VR, element.value))
        return True

    def _cut_explicit(self, block: bytes, at: int, begin: int) -> int:
        """Cut plain elements out of a block that lies at `begin` in the stream; gives where the first other one is."""
        found, stops, unpack = self._found, self._stops, _EXPLICIT.unpack_from
        end_of_heads = len(block) - 12
        while at <= end_of_heads:
            group, number, code, length = unpack(block, at)
            tag = group << 16 | number
            form = _FORMS.get(code)
            if form is None or tag == _CHARACTER_SET:
                return at
            vr, is_long, empty = form
            first = at + 8
            if is_long:
                (length,) = _LENGTH.unpack_from(block, first)
                first = at + 12
            end = first + length
            if end > len(block) or stops(tag):
                self._ask_to_stop(tag, vr, length, begin + first)
                return at
            key = BaseTag(tag)
            value = block[first:end] if length else empty
            found[key] = RawDataElement(key, vr, length, value, begin + first, False, True)
            at = end
        return at

    def _ask_to_stop(self, tag: int, vr: str | None, length: int, value_tell: int) -> None:
        """Ask whether this element, which is not cut, is the one to stop at, the stream standing at its value."""
        if self._stops(tag):
            self._stream.seek(value_tell)
            self._has_stopped = self._stop_when(BaseTag(tag), vr, length)

    def _cut_implicit(self, block: bytes, at: int, begin: int) -> int:
        found, stops, unpack = self._found, self._stops, _IMPLICIT.unpack_from
        end_of_heads = len(block) - 8
        while at <= end_of_heads:
            group, number, length = unpack(block, at)
            tag = group << 16 | number
            first = at + 8
            end = first + length
            if group == 0xFFFE or tag == _CHARACTER_SET:
                return at
            if end > len(block) or stops(tag):
                self._ask_to_stop(tag, None, length, begin + first)
                return at
            key = BaseTag(tag)
            value = block[first:end] if length else _EMPTY_IMPLICIT
            found[key] = RawDataElement(key, None, length, value, begin + first, True, True)
            at = end
        return at


def _encodings_of(vr: str | None, value: bytes | None) -> tuple[str, ...]:
    """Python's names for the character sets of a data set, as pydicom finds them."""
    is_short = value is None or len(value) <= _SHORT_BYTES
    return (
        _remembered_encodings(vr, value)
        if is_short
        else _remembered_encodings.__wrapped__(vr, value)
    )


@lru_cache(maxsize=64)
def _remembered_encodings(vr: str | None, value: bytes | None) -> tuple[str, ...]:
    tag = BaseTag(_CHARACTER_SET)
    element = RawDataElement(tag, vr, len(value or b""), value, 0, vr is None, True)
    return tuple(convert_encodings(convert_raw_data_element(element).value))
