"""Finding the octets of each frame inside the pixel data element. Decoding them is done in `codecs`."""

import io
import struct
from typing import BinaryIO

from backend.dicom.elements import Elements
from backend.dicom.part10 import CUT_SHORT, UNDEFINED_LENGTH, OpenedFile, PixelElement, Unreadable
from backend.dicom.reading_header import FrameIndex, PixelFormat

MAX_FRAGMENTS = 1_000_000
_ITEM = 0xFFFEE000
_SEQUENCE_DELIMITER = 0xFFFEE0DD
_STREAM_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\xff\x0a", b"\x00\x00\x00\x0c")


class NotShown(Exception):  # noqa: N818 - a reason, not a fault
    """The file is kept, but its pixels cannot be shown; the message is one sentence for a user."""


def native_index(element: PixelElement, pixels: PixelFormat, number_of_frames: int) -> FrameIndex:
    """The index of uncompressed pixel data.

    Raises:
        NotShown: If the value is shorter than the frames it should hold.
    """
    bits = pixels.samples_per_frame * pixels.bits_allocated * number_of_frames
    if element.value_length < (bits + 7) // 8:
        raise NotShown(
            "The pixel data is shorter than its rows, columns and frames need, so it cannot be shown."
        )
    return FrameIndex(element.value_offset, element.value_length)


def encapsulated_index(opened: OpenedFile, elements: Elements, number_of_frames: int) -> FrameIndex:
    """The index of compressed pixel data, PS3.5 A.4: which fragments make up which frame.

    Raises:
        NotShown: If the fragments cannot be told apart by frame.
        Unreadable: If the file ends inside a fragment.
    """
    element = opened.pixel_element
    assert element is not None  # noqa: S101 - the caller has looked
    offsets, fragments = _items(opened.stream, element.value_offset, opened.stream_bytes)
    if not fragments:
        raise NotShown("The compressed pixel data is empty, so there is nothing to show.")
    frames = _grouped(opened.stream, offsets, fragments, elements, number_of_frames)
    if frames is None:
        raise NotShown(
            "The file does not say which parts of its compressed pixel data belong to which frame."
        )
    end = fragments[-1][0] + fragments[-1][1]
    return FrameIndex(element.value_offset, end - element.value_offset, frames)


def fragments_of(opened: OpenedFile) -> list[tuple[int, int]]:
    """(offset, length) of every fragment of encapsulated pixel data, whichever frame it belongs to.

    Raises:
        NotShown: If the pixel data is not built of fragments.
        Unreadable: If the file ends inside a fragment.
    """
    element = opened.pixel_element
    assert element is not None  # noqa: S101 - the caller has looked
    return _items(opened.stream, element.value_offset, opened.stream_bytes)[1]


def _items(
    stream: BinaryIO, start: int, size_bytes: int
) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
    """The basic offset table and the (offset, length) of each fragment."""
    fragments: list[tuple[int, int]] = []
    table: tuple[int, ...] = ()
    position = stream.seek(start)
    is_first = True
    while position + 8 <= size_bytes:
        group, number, length = struct.unpack("<HHI", stream.read(8))
        tag = group << 16 | number
        if tag == _SEQUENCE_DELIMITER:
            break
        if tag != _ITEM or length == UNDEFINED_LENGTH:
            raise NotShown(
                "The compressed pixel data is not built of fragments, so it cannot be shown."
            )
        position += 8
        if position + length > size_bytes:
            raise Unreadable(CUT_SHORT)
        if is_first and length <= 4 * MAX_FRAGMENTS:
            octets = stream.read(length)
            table = struct.unpack(f"<{length // 4}I", octets[: length // 4 * 4])
        elif not is_first:
            fragments.append((position, length))
        is_first = False
        if len(fragments) > MAX_FRAGMENTS:
            raise NotShown("The compressed pixel data has too many fragments to be shown.")
        position = stream.seek(position + length)
    return table, fragments


def _grouped(
    stream: BinaryIO,
    table: tuple[int, ...],
    fragments: list[tuple[int, int]],
    elements: Elements,
    number_of_frames: int,
) -> tuple[tuple[tuple[int, int], ...], ...] | None:
    if len(fragments) == number_of_frames:
        return tuple((fragment,) for fragment in fragments)
    if number_of_frames == 1 and len(table) <= 1:
        return (tuple(fragments),)
    if len(fragments) < number_of_frames:
        raise NotShown(
            "The compressed pixel data holds fewer frames than the file announces, so it cannot be shown."
        )
    filled = [fragment for fragment in fragments if fragment[1]]
    if len(filled) == number_of_frames:
        return tuple((fragment,) for fragment in filled)
    # Tables may be wrong, and which is the right one nobody knows: what the streams themselves show comes first.
    firsts = [
        order for order, (position, _) in enumerate(filled) if _starts_stream(stream, position)
    ]
    if len(firsts) == number_of_frames and firsts[0] == 0:
        return _split(filled, firsts, number_of_frames)
    starts = _starts(fragments)
    for offsets in (_extended_offsets(elements), table):
        if len(offsets) < number_of_frames or not starts.keys() >= set(offsets):
            continue
        firsts = [starts[offset] for offset in offsets]
        if firsts[0] == 0 and firsts == sorted(set(firsts)) and firsts[-1] < len(filled):
            return _split(filled, firsts, number_of_frames)
    return None


def _starts(fragments: list[tuple[int, int]]) -> dict[int, int]:
    """By the offset of each item: how many fragments with octets in them lie before it.

    Offsets count from the first octet of the item tag that follows the table, PS3.5 A.4.
    """
    base = fragments[0][0]
    starts = {}
    filled = 0
    for position, length in fragments:
        starts[position - base] = filled
        filled += bool(length)
    return starts


def _extended_offsets(elements: Elements) -> tuple[int, ...]:
    """Extended Offset Table (7FE0,0001), PS3.3 C.7.6.3.1.8.

    It is meant for frames of one fragment each, which need no table: where each of them lies is seen from the fragments,
    and so is its length (7FE0,0002). Some writers add it to frames of several fragments.
    """
    octets, _ = elements.octets("ExtendedOffsetTable")
    return struct.unpack(f"<{len(octets) // 8}Q", octets[: len(octets) // 8 * 8])


def _split(
    fragments: list[tuple[int, int]], firsts: list[int], number_of_frames: int
) -> tuple[tuple[tuple[int, int], ...], ...]:
    ends = [*firsts[1:], len(fragments)]
    frames = tuple(tuple(fragments[first:end]) for first, end in zip(firsts, ends, strict=True))
    return frames[:number_of_frames]


def _starts_stream(stream: BinaryIO, position: int) -> bool:
    stream.seek(position, io.SEEK_SET)
    return stream.read(4).startswith(_STREAM_STARTS)
