"""Opening a file: preamble, file meta, byte order, deflate, up to the pixel data. Attributes and pixels are read elsewhere.

The octets are untrusted. A length that a file claims is never believed further than the file reaches, inflating is
bounded, and what cannot be read ends as `Unreadable` with one sentence. Runs in the parsing process.
"""

import io
import re
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import BinaryIO, cast

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from backend.core.memory_file import MemoryFile
from backend.dicom.element_scan import scanned_dataset
from backend.dicom.inflating import CutShort, TooLarge, inflated_file

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
DEFLATED_LITTLE_ENDIAN = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"
MAX_INFLATED_BYTES = 1 << 30
UNDEFINED_LENGTH = 0xFFFFFFFF

NOT_DICOM = "This is not a DICOM file."
EMPTY = "The file is empty. Send it again."
CUT_SHORT = "The file is cut short: it ends before the data it announces. Send it again."

_PREAMBLE_BYTES = 128
_UID = re.compile(r"[0-9]+(\.[0-9]+){1,31}")
# Of what is no pixel data: a value larger than the first is passed over, and all together are no more than the second.
_LARGE_VALUE_BYTES = 16 << 20
_MOST_VALUE_BYTES = 128 << 20
_PASSED_OVER = (
    "The file holds a very large value besides its pixels; it is kept, but nothing in it is shown."
)
_SMALL_BYTES = 1 << 16
_PIXEL_DATA_TAGS = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00010: "PixelData",
}


class Unreadable(Exception):  # noqa: N818 - a reason, not a fault
    """A file that is not taken in; the message is one sentence for a user."""


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixel data element lies.

    Attributes:
        keyword: PixelData, FloatPixelData or DoubleFloatPixelData.
        value_representation: OB or OW; "" in implicit VR (OW then, PS3.5 A.1).
        value_offset: First octet of the value, in the file or, if deflated, in the inflated stream.
        value_length: In bytes; `UNDEFINED_LENGTH` where encapsulated.
    """

    keyword: str
    value_representation: str
    value_offset: int
    value_length: int


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A data set without its pixel data, and where that is.

    Attributes:
        dataset: All elements before the pixel data, undecoded.
        media_storage_sop_class_uid: (0002,0002), "" if absent.
        media_storage_sop_instance_uid: (0002,0003), "" if absent.
        transfer_syntax_uid: (0002,0010), or "" where the file does not say.
        is_little_endian: Byte order of the data set.
        pixel_element: None where there is no pixel data.
        stream: The file, or the inflated stream of a deflated one.
        stream_bytes: Its length.
        deflated: (offset, length) of the deflated stream in the file; None if it is not deflated.
        notes: What was tolerated.
    """

    dataset: Dataset
    media_storage_sop_class_uid: str
    media_storage_sop_instance_uid: str
    transfer_syntax_uid: str
    is_little_endian: bool
    pixel_element: PixelElement | None
    stream: BinaryIO
    stream_bytes: int
    deflated: tuple[int, int] | None
    notes: tuple[str, ...]

    def read_range(self, offset: int, length: int) -> bytes:
        """Octets of the stream for a decoder, fewer at its end. Those that lie in memory are not copied for it."""
        if isinstance(self.stream, MemoryFile):
            return cast(bytes, self.stream.view(offset, length))  # decoders take either
        self.stream.seek(offset)
        return self.stream.read(length)


class _BoundedReader:
    """Reads a stream without ever asking for more than it has, and without holding very large values.

    pydicom allocates what an element claims; a file of 1 kB may claim 4 GB, and one of 4 GB may mean it. Values that are
    passed over are empty. None of a sequence is: what it says of the frames must not be lost unseen.

    Attributes:
        stream: Without any limit.
        taken_bytes: How many octets were read and are kept.
        passed_over: Where the values begin that were not read.
        sequence: (offset, length) of the value of the sequence that comes next in the data set itself, if it is one.
    """

    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        self.stream = stream
        self._size_bytes = size_bytes
        self._read = stream.read
        self.taken_bytes = 0
        self.seek = stream.seek
        self.tell = stream.tell
        self.passed_over: set[int] = set()
        self.sequence = -1, -1

    def read(self, size: int) -> bytes:
        if size > _SMALL_BYTES:
            here = self.tell()
            is_sequence = (here, size) == self.sequence
            size = min(size, max(0, self._size_bytes - here))
            if size > _LARGE_VALUE_BYTES and not is_sequence:
                self.passed_over.add(here)
                self.seek(here + size)
                return b""
        self.took(size)
        return self._read(size)

    def took(self, size_bytes: int) -> None:
        """Count octets that are kept."""
        self.taken_bytes += size_bytes
        if self.taken_bytes > _MOST_VALUE_BYTES:
            raise Unreadable(
                "The file holds more than 128 MiB besides its pixels, which is more than is allowed."
            )


def open_file(source: BinaryIO) -> OpenedFile:
    """Read everything before the pixel data.

    Args:
        source: A seekable stream, PS3.10 with or without preamble.

    Raises:
        Unreadable: If this is empty or not a DICOM file, is cut short, or inflates to more than `MAX_INFLATED_BYTES`.
    """
    size_bytes = source.seek(0, io.SEEK_END)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = data_start(source)
        meta = _read_group(source, size_bytes, start, 0x0002, is_implicit=False)
        after_meta = source.tell()
        if _peek_group(source) == 0x0000:
            _read_group(source, size_bytes, after_meta, 0x0000, is_implicit=True)
            after_meta = source.tell()
        transfer_syntax_uid = _uid_of(meta, 0x00020010)
        if transfer_syntax_uid and not _UID.fullmatch(transfer_syntax_uid):
            raise Unreadable("The file is damaged: its transfer syntax is not a valid UID.")
        deflated = None
        stream = source
        if transfer_syntax_uid == DEFLATED_LITTLE_ENDIAN:
            deflated = after_meta, size_bytes - after_meta
            stream = inflated(source, deflated)
            size_bytes = stream.seek(0, io.SEEK_END)
            after_meta = stream.seek(0)
        is_implicit, is_little_endian, notes = encoding(transfer_syntax_uid, source, after_meta)
        dataset, pixel_element, further_notes = _read_until_pixels(
            stream, size_bytes, after_meta, is_implicit, is_little_endian
        )
    if any("End of file reached" in str(warning.message) for warning in caught):
        raise Unreadable(CUT_SHORT)
    if (
        not transfer_syntax_uid
        and pixel_element is not None
        and pixel_element.value_length != UNDEFINED_LENGTH
    ):
        transfer_syntax_uid = _native_syntax(is_implicit, is_little_endian)
    return OpenedFile(
        dataset=dataset,
        media_storage_sop_class_uid=_uid_of(meta, 0x00020002),
        media_storage_sop_instance_uid=_uid_of(meta, 0x00020003),
        transfer_syntax_uid=transfer_syntax_uid,
        is_little_endian=is_little_endian,
        pixel_element=pixel_element,
        stream=stream,
        stream_bytes=size_bytes,
        deflated=deflated,
        notes=notes + further_notes,
    )


def data_start(source: BinaryIO) -> int:
    """Where the first element is: after the preamble of PS3.10 7.1, or at 0 where a writer left it out."""
    source.seek(0)
    head = source.read(_PREAMBLE_BYTES + 4)
    if head[_PREAMBLE_BYTES:] == b"DICM":
        return _PREAMBLE_BYTES + 4
    if not head:
        raise Unreadable(EMPTY)
    if len(head) < 8:
        raise Unreadable(NOT_DICOM)
    group_little, element_little = struct.unpack("<HH", head[:4])
    group_big = struct.unpack(">H", head[:2])[0]
    is_text_like = head[4:6].isalpha() and head[4:6].isupper()
    is_first_group = group_little in (0x0002, 0x0008) and element_little < 0x1200
    if is_first_group and (is_text_like or struct.unpack("<I", head[4:8])[0] < 4096):
        return 0
    if group_big == 0x0008 and is_text_like:
        return 0
    raise Unreadable(NOT_DICOM)


def _peek_group(source: BinaryIO) -> int:
    position = source.tell()
    head = source.read(2)
    source.seek(position)
    return int.from_bytes(head, "little") if len(head) == 2 else -1


def _read_group(
    source: BinaryIO, size_bytes: int, start: int, group: int, is_implicit: bool
) -> Dataset:
    source.seek(start)
    if _peek_group(source) != group:
        return Dataset()
    reader = _BoundedReader(source, size_bytes)

    def is_of_other(tag: int) -> bool:
        return tag >> 16 != group

    def is_other_group(tag: BaseTag, _vr: str | None, _length: int) -> bool:
        return is_of_other(int(tag))

    return scanned_dataset(reader, is_implicit, True, is_of_other, is_other_group)


def _uid_of(meta: Dataset, tag: int) -> str:
    element = meta.get_item(tag) if tag in meta else None
    value = element.value if isinstance(element, RawDataElement) else None
    return value.decode("ascii", "replace").strip("\0 ") if isinstance(value, bytes) else ""


def inflated(source: BinaryIO, deflated: tuple[int, int]) -> BinaryIO:
    """The rest of the source, inflated, PS3.5 A.5."""

    def read_range(offset: int, length: int) -> bytes:
        source.seek(offset)
        return source.read(length)

    try:
        return inflated_file(read_range, deflated, MAX_INFLATED_BYTES)
    except CutShort:
        raise Unreadable(CUT_SHORT) from None
    except TooLarge:
        raise Unreadable(
            "The file inflates to more than 1 GiB, which is more than is allowed."
        ) from None
    except zlib.error as error:
        raise Unreadable("The deflated data of the file is damaged. Send it again.") from error


def encoding(
    transfer_syntax_uid: str, source: BinaryIO, start: int
) -> tuple[bool, bool, tuple[str, ...]]:
    """Whether VRs are implicit and bytes little endian, PS3.5 Annex A; a note where it had to be seen from the data."""
    if transfer_syntax_uid == IMPLICIT_LITTLE_ENDIAN:
        return True, True, ()
    if transfer_syntax_uid == EXPLICIT_BIG_ENDIAN:
        return False, False, ()
    if transfer_syntax_uid:
        return False, True, ()  # all others are explicit VR little endian, PS3.5 A.4
    source.seek(start)
    head = source.read(6)
    is_explicit = head[4:6].isalpha() and head[4:6].isupper()
    is_big = is_explicit and head[0] == 0 and head[1] != 0
    return (
        not is_explicit,
        not is_big,
        ("The file does not name its transfer syntax; it was seen from the data.",),
    )


def _native_syntax(is_implicit: bool, is_little_endian: bool) -> str:
    if is_implicit:
        return IMPLICIT_LITTLE_ENDIAN
    return EXPLICIT_LITTLE_ENDIAN if is_little_endian else EXPLICIT_BIG_ENDIAN


def _read_until_pixels(
    stream: BinaryIO, size_bytes: int, start: int, is_implicit: bool, is_little_endian: bool
) -> tuple[Dataset, PixelElement | None, tuple[str, ...]]:
    """All elements before the pixel data, where that is, and what was tolerated."""
    stream.seek(start)
    reader = _BoundedReader(stream, size_bytes)
    found: list[PixelElement] = []

    def is_pixel_data(tag: BaseTag, vr: str | None, length: int) -> bool:
        if length > _LARGE_VALUE_BYTES and _is_sequence(tag, vr):
            reader.sequence = stream.tell(), length
        keyword = _PIXEL_DATA_TAGS.get(int(tag))
        if keyword is None:
            return False
        found.append(PixelElement(keyword, vr or "", stream.tell(), length))
        return True

    try:
        dataset = scanned_dataset(
            reader, is_implicit, is_little_endian, _PIXEL_DATA_TAGS.__contains__, is_pixel_data
        )
    except RecursionError as error:
        raise Unreadable("The file nests its data too deeply to be read.") from error
    except (OSError, struct.error) as error:
        raise Unreadable(CUT_SHORT) from error
    _require_whole(dataset, size_bytes, reader.passed_over)
    notes = (_PASSED_OVER,) if reader.passed_over else ()
    if not found:
        return dataset, None, notes
    element = found[-1]
    if (
        element.value_length != UNDEFINED_LENGTH
        and element.value_offset + element.value_length > size_bytes
    ):
        raise Unreadable(CUT_SHORT)
    return dataset, element, notes


def _is_sequence(tag: BaseTag, vr: str | None) -> bool:
    if vr not in (None, "UN"):
        return vr == "SQ"
    try:
        return dictionary_VR(tag) == "SQ"
    except KeyError:
        return False


def _require_whole(dataset: Dataset, size_bytes: int, passed_over: set[int]) -> None:
    for element in dataset.values():  # undecoded, where iterating the Dataset would decode
        if not isinstance(element, RawDataElement) or element.length in (0, UNDEFINED_LENGTH):
            continue
        if element.value_tell in passed_over:
            if element.value_tell + element.length > size_bytes:
                raise Unreadable(CUT_SHORT)
            continue
        if element.value is not None and len(element.value) < element.length:
            raise Unreadable(CUT_SHORT)
