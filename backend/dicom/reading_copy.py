"""The reading copy of an instance: levels of its frames that are dear to make, packed so that they are quick to read.

Its octets are the packed levels, frame by frame, in the order of the levels; which is where is told by its index. Where
both are kept, and when a copy is made, is known in `backend.services.reading_copies`. The original is never touched.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.dicom.frames import (
    ReadRange,
    decode_stored_frame,
    pixel_checksum,
    with_profile,
)
from backend.dicom.inflating import inflated_file
from backend.dicom.plain import NotPlain, from_json, to_json
from backend.dicom.reading_header import ReadingHeader, StoredWindow
from backend.imaging.model import GREY_DTYPES, DecodedFrame, VoiFunction, Window
from backend.imaging.packing import NotPacked, pack, unpack
from backend.imaging.rendering import build_level, level_attributes
from backend.imaging.tiling import TILE_SIZE_PX, pyramid_levels

READING_COPY_VERSION = 3
"""Grows whenever the same file would give other levels; copies of an earlier version are then made anew."""

PLAIN_SYNTAXES = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
"""Transfer syntaxes whose pixels lie in the file as they are: only large images of these are dear."""

# A frame is slow to decode when it takes this much longer than reading numbers does, and so long that a hand feels it.
_SLOW_NANOSECONDS_PER_SAMPLE = 5.0
_SLOW_FRAME_SECONDS = 0.002
# A level is worth keeping when whoever looks at it first would wait so long for the whole image.
_SLOW_LEVEL_SECONDS = 0.015
# What is read hardly faster from a copy needs none.
_LEAST_GAIN = 2.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What making a level takes, measured in processor time.

    Attributes:
        level: Of the pyramid.
        samples: Of the full frame.
        making_seconds: From the octets of the original.
        reading_seconds: From the packed level.
    """

    level: int
    samples: int
    making_seconds: float
    reading_seconds: float


def is_dear(cost: Cost) -> bool:
    """Whether a level belongs into a copy."""
    if cost.making_seconds < _LEAST_GAIN * cost.reading_seconds:
        return False
    if cost.level:
        return cost.making_seconds >= _SLOW_LEVEL_SECONDS
    slow = max(_SLOW_FRAME_SECONDS, _SLOW_NANOSECONDS_PER_SAMPLE * 1e-9 * cost.samples)
    return cost.making_seconds >= slow


@dataclass(frozen=True, slots=True)
class PackedLevel:
    """One level of one frame; `dtype` is numpy's name of it."""

    level: int
    dtype: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class CopiedFrame:
    """The levels of one frame that belong into the copy, with what is known only from its pixels.

    Attributes:
        pixel_sha256: Of the full frame as it is stored, which is what was taken at ingest.
        window: The automatic window of the full frame; None where levels have none.
        levels: In ascending order; the same ones for every frame of an instance.
    """

    pixel_sha256: str
    window: StoredWindow | None
    levels: tuple[PackedLevel, ...]


def may_be_dear(header: ReadingHeader) -> bool:
    """Whether it is worth measuring: a small uncompressed frame is read as it is."""
    pixels = header.pixel_format
    is_small = max(pixels.rows, pixels.columns) <= TILE_SIZE_PX
    return bool(header.frame_index.fragments) or header.deflated is not None or not is_small


class Copying:
    """Packs the frames of one instance while somebody decodes them.

    Args:
        header: Of the instance.
        dear: Which levels belong into the copy; asked once, with what the first frame takes.
    """

    def __init__(self, header: ReadingHeader, dear: Callable[[Cost], bool] = is_dear) -> None:
        self._header = header
        self._dear = dear
        self._levels: tuple[int, ...] | None = None if may_be_dear(header) else ()

    @property
    def is_needless(self) -> bool:
        """Whether it has turned out that no level is dear."""
        return self._levels == ()

    def copied(
        self, stored: DecodedFrame, frame_index: int, decoding_seconds: float
    ) -> CopiedFrame | None:
        """A frame as it belongs into the copy; None if no level is dear.

        Args:
            stored: From `decode_stored_frame`.
            frame_index: From 0; the first frame comes first.
            decoding_seconds: Processor time that decoding it took.

        Raises:
            NotPacked: If a level cannot be packed.
        """
        if self.is_needless:
            return None
        frame = with_profile(self._header, stored, frame_index)
        if self._levels is None:
            made = _dear_levels(frame, decoding_seconds, self._dear)
            self._levels = tuple(level.level for level, _ in made)
        else:
            made = [_packed(build_level(frame, level)) for level in self._levels]
        return _copied(stored, made) if made else None


def copied_frames(
    header: ReadingHeader, read_range: ReadRange, dear: Callable[[Cost], bool] = is_dear
) -> Iterator[CopiedFrame]:
    """Decode every frame and pack its dear levels. What is packed is unpacked again and compared.

    Args:
        header: Of the instance.
        read_range: Gives octets of the stored file.
        dear: Which levels belong into the copy; asked with what the first frame took.

    Yields:
        Each frame in order; nothing if no level is dear.

    Raises:
        NotDisplayable: If a frame does not decode.
        NotPacked: If a level cannot be packed.
    """
    copying = Copying(header, dear)
    if copying.is_needless:
        return
    header, read_range, inflating_seconds = _inflated(header, read_range)
    for frame_index in range(header.number_of_frames):
        began = time.process_time()
        stored = decode_stored_frame(header, read_range, frame_index)
        # Of a deflated file everything before a frame is inflated with it: half the file, on average.
        decoding_seconds = time.process_time() - began + inflating_seconds / 2
        copied = copying.copied(stored, frame_index, decoding_seconds)
        if copied is None:
            return
        yield copied


@dataclass(frozen=True, slots=True)
class CopyIndex:
    """Where everything is in a copy, and what must hold for it to be used.

    Attributes:
        version: `READING_COPY_VERSION` when it was made.
        header_sha256: Of the reading header that it was made with.
        levels: The levels in it, ascending.
        dtypes: Of each of them.
        lengths: Octets of each packed level, frame by frame: 32-bit little-endian numbers.
        windows: For each frame the automatic window that its levels carry; empty where none carries one.
    """

    version: int
    header_sha256: str
    levels: tuple[int, ...]
    dtypes: tuple[str, ...]
    lengths: bytes
    windows: tuple[StoredWindow | None, ...] = ()


class IndexMaker:
    """Gathers the index of a copy while its frames go by."""

    def __init__(self) -> None:
        self._levels: tuple[int, ...] = ()
        self._dtypes: tuple[str, ...] = ()
        self._lengths: list[int] = []
        self._windows: list[StoredWindow | None] = []

    def add(self, frame: CopiedFrame) -> None:
        """The next frame.

        Raises:
            NotPacked: If it does not look like the frames before it.
        """
        levels = tuple(packed.level for packed in frame.levels)
        dtypes = tuple(packed.dtype for packed in frame.levels)
        if self._lengths and (levels, dtypes) != (self._levels, self._dtypes):
            raise NotPacked("The frames of the copy are not alike.")
        self._levels, self._dtypes = levels, dtypes
        self._lengths += [len(packed.octets) for packed in frame.levels]
        self._windows.append(frame.window)

    def to_bytes(self, header_octets: bytes) -> bytes:
        """The index as it is kept.

        Args:
            header_octets: The reading header of the instance, as it is kept.
        """
        lengths = np.array(self._lengths, dtype="<u4").tobytes()
        return to_json(
            CopyIndex(
                READING_COPY_VERSION,
                _digest(header_octets),
                self._levels,
                self._dtypes,
                lengths,
                tuple(self._windows) if any(self._windows) else (),
            )
        )


def index_for(index: bytes, header_octets: bytes) -> bytes:
    """The index of a copy whose instance has another reading header now, with which its frames are drawn the same.

    Raises:
        NotPlain: If it is no index.
    """
    return to_json(replace(from_json(CopyIndex, index), header_sha256=_digest(header_octets)))


def _digest(header_octets: bytes) -> str:
    return hashlib.sha256(header_octets).hexdigest()


class ReadingCopy:
    """A copy opened for reading.

    Args:
        index: As it is kept.
        header_octets: The reading header of the instance, as it is kept.
        header: The same, read.

    Raises:
        NotPlain: If the index is not one of this version that was made for this header.
    """

    def __init__(self, index: bytes, header_octets: bytes, header: ReadingHeader) -> None:
        read = from_json(CopyIndex, index)
        self._header = header
        self._lengths = np.frombuffer(read.lengths, dtype="<u4", count=len(read.lengths) // 4)
        self._offsets = np.concatenate(([0], np.cumsum(self._lengths, dtype=np.int64)))
        self._place = {level: place for place, level in enumerate(read.levels)}
        self._dtypes = [np.dtype(name) for name in read.dtypes if name in _DTYPE_NAMES]
        self._windows = tuple(_window(stored) for stored in read.windows)
        pixels = header.pixel_format
        fits = (
            read.version == READING_COPY_VERSION
            and read.header_sha256 == _digest(header_octets)
            and 0 < len(self._place) == len(read.levels) == len(self._dtypes) == len(read.dtypes)
            and self._place.keys() <= set(range(pyramid_levels(pixels.rows, pixels.columns)))
            and self._lengths.nbytes == len(read.lengths)
            and self._lengths.size == header.number_of_frames * len(read.levels)
            and len(read.windows) in (0, header.number_of_frames)
        )
        if not fits:
            raise NotPlain("The index of the reading copy does not fit the instance.")

    @property
    def size_bytes(self) -> int:
        """Octets of the whole copy."""
        return int(self._offsets[-1])

    def holds(self, level: int) -> bool:
        """Whether the copy has this level of each frame."""
        return level in self._place

    def frame(self, read_range: ReadRange, frame_index: int, level: int) -> DecodedFrame:
        """A level of a frame: exactly what `decode_frame` and `build_level` make.

        Args:
            read_range: Gives octets of the copy.
            frame_index: From 0.
            level: One that the copy `holds`.

        Raises:
            NotPacked: If the octets are not those of the level.
            NotDisplayable: If the level does not fit the description of the image.
        """
        place = self._place[level]
        position = frame_index * len(self._place) + place
        octets = read_range(int(self._offsets[position]), int(self._lengths[position]))
        dtype = self._dtypes[place]
        attributes = self._header.frame_attributes(frame_index)
        window = None
        if level:
            attributes = level_attributes(attributes, level, dtype)
            window = self._windows[frame_index] if self._windows else None
        shape: tuple[int, ...] = (attributes.rows, attributes.columns)
        if attributes.samples_per_pixel == 3:
            shape = (*shape, 3)
        return DecodedFrame(unpack(octets, dtype, shape), attributes, level, window)


_DTYPE_NAMES = {dtype.name for dtype in GREY_DTYPES}


def _window(stored: StoredWindow | None) -> Window | None:
    if stored is None:
        return None
    try:
        return Window(stored.center, stored.width, VoiFunction(stored.function))
    except ValueError as error:
        raise NotPlain("There is no such VOI LUT function.") from error


def _inflated(
    header: ReadingHeader, read_range: ReadRange
) -> tuple[ReadingHeader, ReadRange, float]:
    """Of a deflated file the inflated stream: its frames are read one after the other, and it is inflated but once for them."""
    if header.deflated is None:
        return header, read_range, 0.0
    began = time.process_time()
    stream = inflated_file(read_range, header.deflated)
    seconds = time.process_time() - began

    def read_inflated(offset: int, length: int) -> bytes:
        stream.seek(offset)
        return stream.read(length)

    return replace(header, deflated=None), read_inflated, seconds


def _dear_levels(
    frame: DecodedFrame, decoding_seconds: float, dear: Callable[[Cost], bool]
) -> list[tuple[DecodedFrame, PackedLevel]]:
    found = []
    rows, columns = frame.stored_values.shape[:2]
    for level in range(pyramid_levels(rows, columns)):
        began = time.process_time()
        made = build_level(frame, level)
        cost = Cost(
            level, frame.stored_values.size, decoding_seconds + time.process_time() - began, 0.0
        )
        if not dear(cost):  # not even if reading it took no time at all
            continue
        packed = _packed(made)
        began = time.process_time()
        unpack(packed[1].octets, made.stored_values.dtype, made.stored_values.shape)
        if dear(replace(cost, reading_seconds=time.process_time() - began)):
            found.append(packed)
    return found


def _copied(stored: DecodedFrame, made: Sequence[tuple[DecodedFrame, PackedLevel]]) -> CopiedFrame:
    window = next((level.automatic_window for level, _ in made if level.level), None)
    return CopiedFrame(
        pixel_sha256=pixel_checksum(stored),
        window=None
        if window is None
        else StoredWindow(window.center, window.width, window.function.value, ""),
        levels=tuple(packed for _, packed in made),
    )


def _packed(level: DecodedFrame) -> tuple[DecodedFrame, PackedLevel]:
    """A level and what it is packed to, which was unpacked and compared."""
    values = level.stored_values
    octets = pack(values)
    again = unpack(octets, values.dtype, values.shape)
    bits = f"u{values.dtype.itemsize}"  # not-a-number is equal to itself as bits only
    if not np.array_equal(again.view(bits), np.ascontiguousarray(values).view(bits)):
        raise NotPacked("The packed level is not the level.")
    return level, PackedLevel(level.level, values.dtype.name, octets)
