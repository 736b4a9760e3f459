"""The reading header: all that decoding and drawing a frame needs, so that a stored file is never parsed again.

It is made once, in the parsing process, and kept beside the object. What it is filled from is in `pixel_description`,
what is done with it in `frames`.
"""

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from backend.dicom.plain import AlikeReader, AlikeWriter, NotPlain, from_json, to_json
from backend.imaging.icc_profile import palette_to_srgb
from backend.imaging.model import (
    FrameAttributes,
    LookupTable,
    NamedLut,
    NamedWindow,
    Shutter,
    UptakeScale,
    VoiFunction,
    Window,
)
from backend.imaging.palette_color_lut import Palette
from backend.imaging.uptake import LIKELY_FACTORS

READING_HEADER_VERSION = 3
"""Grows whenever the same file would give another header; those of earlier versions are then read anew from their files.

1: until standard uptake values and methods of lossy compressions were read. 2: with them. 3: with a VOI LUT that begins
below zero because the rescale slope is negative.
"""

HEADER_BEGINNING = b'{"version":%d,' % READING_HEADER_VERSION
"""What the octets of every header of this version begin with, so that others are found without being read."""


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A look-up table; `entries` are 16-bit little-endian words."""

    first_value: int
    bits: int
    entries: bytes

    def as_lookup_table(self) -> LookupTable:
        """The table as `imaging` takes it."""
        values = np.frombuffer(self.entries, dtype="<u2").astype(np.uint16)
        return LookupTable(self.first_value, values, self.bits)


@dataclass(frozen=True, slots=True)
class StoredVoiLut:
    """A VOI LUT of the file with its explanation."""

    table: StoredTable
    explanation: str


@dataclass(frozen=True, slots=True)
class StoredWindow:
    """A window of the file with its explanation; `function` is a value of `VoiFunction`."""

    center: float
    width: float
    function: str
    explanation: str


@dataclass(frozen=True, slots=True)
class LossyCompression:
    """One compression with loss that an image has gone through, PS3.3 C.7.6.1.1.5.

    Attributes:
        method: Defined term of Lossy Image Compression Method (0028,2114), as `ISO_10918_1`; empty where not known.
        ratio: How many times smaller it made the pixels (0028,2112); None where not known.
    """

    method: str = ""
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class FrameDisplay:
    """What may differ from frame to frame: the way from stored to modality values, windows, spacing, shutter.

    `icc_profile` is the place of the frame's profile in `ReadingHeader.icc_profiles`, None where its colours are sRGB.
    """

    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    rescale_type: str | None = None
    modality_lut: StoredTable | None = None
    windows: tuple[StoredWindow, ...] = ()
    voi_luts: tuple[StoredVoiLut, ...] = ()
    pixel_spacing_mm: tuple[float, float] | None = None
    shutter: Shutter | None = None
    icc_profile: int | None = None


@dataclass(frozen=True, slots=True)
class StoredOverlay:
    """An overlay plane of the file, PS3.3 C.9.2, and where its bits are.

    Attributes:
        rows: Height of the plane.
        columns: Width of the plane.
        origin_row: Row of the image, from 1, at which the plane begins; may lie outside the image.
        origin_column: Likewise.
        is_region: Whether it marks a region of interest rather than being a drawing.
        name: Its label, else its description; may be empty.
        first_frame: Number of the frame, from 1, that the first of its own frames belongs to.
        number_of_frames: How many frames of its own it has; None for one that belongs to all frames of the image.
        bit_position: Which bit of the stored pixels it is; None where it has octets of its own.
        offset: Where these are, in the file or, if deflated, in the inflated stream.
        length: Their number.
        is_word_swapped: Whether they are 16-bit big-endian words, PS3.5 8.1.2.
    """

    rows: int
    columns: int
    origin_row: int
    origin_column: int
    is_region: bool
    name: str
    first_frame: int
    number_of_frames: int | None
    bit_position: int | None
    offset: int
    length: int
    is_word_swapped: bool

    def frame_of(self, frame_index: int) -> int | None:
        """Which of its own frames, from 0, belongs to a frame of the image; None where none does."""
        if self.number_of_frames is None:
            return 0
        own = frame_index + 1 - self.first_frame
        return own if 0 <= own < self.number_of_frames else None


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the stored values lie in the octets, PS3.3 C.7.6.3 and PS3.5 8.

    Attributes:
        keyword: PixelData (integers), FloatPixelData or DoubleFloatPixelData.
        rows: Height.
        columns: Width.
        samples_per_pixel: 1 or 3.
        photometric_interpretation: As the file says.
        planar_configuration: 0 colour by pixel, 1 colour by plane.
        bits_allocated: 1, 8, 16, 32 or 64.
        bits_stored: Bits in use.
        high_bit: The most significant of them.
        is_signed: Two's complement.
        is_big_endian: Byte order of native values.
        is_word_swapped: 8-bit values in 16-bit big-endian words (OW), PS3.5 A.3.
    """

    keyword: str
    rows: int
    columns: int
    samples_per_pixel: int
    photometric_interpretation: str
    planar_configuration: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    is_big_endian: bool
    is_word_swapped: bool

    @property
    def samples_per_frame(self) -> int:
        """Stored samples of one native frame; 4:2:2 chroma is stored for every second column (C.7.6.3.1.2)."""
        pixels = self.rows * self.columns
        if self.photometric_interpretation in ("YBR_FULL_422", "YBR_PARTIAL_422"):
            return 2 * pixels
        return pixels * self.samples_per_pixel


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """Where the octets of each frame are, in the file or, if deflated, in the inflated stream.

    Attributes:
        value_offset: Start of the pixel data value.
        value_length: Its length in bytes.
        fragments: For encapsulated data: (offset, length) of each fragment of each frame. Empty for native data,
            where frames follow one another without a gap.
    """

    value_offset: int
    value_length: int
    fragments: tuple[tuple[tuple[int, int], ...], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ReadingHeader:
    """All that decoding and drawing the frames of one instance needs. Holds nothing about a person.

    Attributes:
        version: `READING_HEADER_VERSION` when it was made.
        transfer_syntax_uid: How the pixels are encoded.
        number_of_frames: At least 1.
        pixel_format: How values lie in the octets.
        displays: The different ways in which frames are drawn.
        display_of_frame: For each frame, which of `displays`; empty where there is only one.
        palette: Red, green and blue table of PALETTE COLOR, else empty.
        icc_profiles: ICC profiles of its colours, where they are not sRGB.
        overlays: Overlay planes.
        lossy_compressions: What it has lost by, in the order in which it was done; empty where nothing is known of it.
        deflated: (offset, length) of the deflated stream in the file, None where the file is not deflated.

    The other fields are those of `backend.imaging.model.FrameAttributes`.
    """

    GONE: ClassVar[frozenset[str]] = frozenset({"lossy_ratio"})

    version: int
    transfer_syntax_uid: str
    number_of_frames: int
    pixel_format: PixelFormat
    frame_index: FrameIndex
    displays: tuple[FrameDisplay, ...]
    display_of_frame: tuple[int, ...] = ()
    palette: tuple[StoredTable, ...] = ()
    presentation_lut_shape: str | None = None
    pixel_padding_value: float | None = None
    pixel_padding_range_limit: float | None = None
    modality: str = ""
    is_lossy_source: bool = False
    deflated: tuple[int, int] | None = None
    icc_profiles: tuple[bytes, ...] = ()
    overlays: tuple[StoredOverlay, ...] = ()
    uptake: UptakeScale | None = None
    lossy_compressions: tuple[LossyCompression, ...] = ()

    def to_bytes(self, writer: AlikeWriter | None = None) -> bytes:
        """Versioned JSON, UTF-8.

        Args:
            writer: For whoever writes many headers of one series.
        """
        return to_json(self) if writer is None else writer.write(self).encode()

    @classmethod
    def from_bytes(
        cls, octets: bytes, reader: "AlikeReader[ReadingHeader] | None" = None
    ) -> "ReadingHeader":
        """The inverse of `to_bytes`.

        Args:
            octets: What `to_bytes` gave.
            reader: For whoever reads many headers of one series.

        Raises:
            NotPlain: If these are not the octets of a reading header of this version or an earlier one.
        """
        header = from_json(cls, octets) if reader is None else reader.read(octets)
        if not 1 <= header.version <= READING_HEADER_VERSION:
            raise NotPlain(f"The reading header has version {header.version}.")
        _require_consistent(header)
        return header

    def draws_like(self, other: "ReadingHeader") -> bool:
        """Whether frames of both have the same `frame_attributes`; where their octets lie does not matter.

        Headers from one `AlikeReader` share what is equal, so that this is quick where it is mostly true.
        """
        return all(
            getattr(self, name) is getattr(other, name)
            or getattr(self, name) == getattr(other, name)
            for name in _DRAWN
        )

    def display(self, frame_index: int) -> FrameDisplay:
        """How frame `frame_index` (from 0) is drawn.

        Raises:
            IndexError: If there is no such frame.
        """
        if not 0 <= frame_index < self.number_of_frames:
            raise IndexError(frame_index)
        return self.displays[self.display_of_frame[frame_index] if self.display_of_frame else 0]

    def icc_profile(self, frame_index: int) -> bytes | None:
        """The profile of a frame's colours; None where they are sRGB."""
        index = self.display(frame_index).icc_profile
        return None if index is None else self.icc_profiles[index]

    def frame_overlays(self, frame_index: int) -> tuple[StoredOverlay, ...]:
        """The overlay planes that belong to frame `frame_index` (from 0)."""
        return tuple(
            overlay for overlay in self.overlays if overlay.frame_of(frame_index) is not None
        )

    def _frame_palette(self, frame_index: int) -> Palette | None:
        if not self.palette:
            return None
        red, green, blue = (table.as_lookup_table() for table in self.palette)
        profile = self.icc_profile(frame_index)
        return (
            (red, green, blue) if profile is None else palette_to_srgb((red, green, blue), profile)
        )

    def frame_attributes(self, frame_index: int) -> FrameAttributes:
        """What rendering needs to know about frame `frame_index` (from 0), without reading its pixels.

        Raises:
            IndexError: If there is no such frame.
        """
        display = self.display(frame_index)
        pixels = self.pixel_format
        return FrameAttributes(
            rows=pixels.rows,
            columns=pixels.columns,
            samples_per_pixel=pixels.samples_per_pixel,
            photometric_interpretation="RGB"
            if pixels.samples_per_pixel == 3
            else pixels.photometric_interpretation,
            bits_stored=8 if pixels.samples_per_pixel == 3 else pixels.bits_stored,
            is_signed=pixels.is_signed,
            rescale_slope=display.rescale_slope,
            rescale_intercept=display.rescale_intercept,
            modality_lut=display.modality_lut.as_lookup_table() if display.modality_lut else None,
            windows=tuple(
                NamedWindow(
                    Window(stored.center, stored.width, VoiFunction(stored.function)),
                    stored.explanation,
                )
                for stored in display.windows
            ),
            voi_luts=tuple(
                NamedLut(lut.table.as_lookup_table(), lut.explanation) for lut in display.voi_luts
            ),
            presentation_lut_shape=self.presentation_lut_shape,
            pixel_padding_value=self.pixel_padding_value,
            pixel_padding_range_limit=self.pixel_padding_range_limit,
            palette=self._frame_palette(frame_index),
            pixel_spacing_mm=display.pixel_spacing_mm,
            modality=self.modality,
            rescale_type=display.rescale_type,
            is_lossy_source=self.is_lossy_source,
            shutter=display.shutter,
            uptake=self.uptake,
        )


_DRAWN = tuple(
    field.name
    for field in fields(ReadingHeader)
    if field.name not in ("version", "transfer_syntax_uid", "frame_index", "deflated", "overlays")
)


def _require_consistent(header: ReadingHeader) -> None:
    """Refuse a header whose parts do not fit each other: it decides what is read from the store."""
    pixels, index, frames = header.pixel_format, header.frame_index, header.number_of_frames
    functions = {window.function for display in header.displays for window in display.windows}
    least, most = LIKELY_FACTORS
    is_consistent = (
        frames >= 1
        and 1 <= pixels.rows <= 65535
        and 1 <= pixels.columns <= 65535
        and pixels.samples_per_pixel in (1, 3)
        and pixels.bits_allocated in (1, 8, 16, 32, 64)
        and 1 <= pixels.bits_stored <= pixels.high_bit + 1 <= pixels.bits_allocated
        and len(header.displays) >= 1
        and len(header.display_of_frame) in (0, frames)
        and all(0 <= display < len(header.displays) for display in header.display_of_frame)
        and len(header.palette) in (0, 3)
        and len(index.fragments) in (0, frames)
        and index.value_offset >= 0
        and all(
            offset >= 0 and length >= 0 for frame in index.fragments for offset, length in frame
        )
        and functions <= {function.value for function in VoiFunction}
        and all(_fits(display, header) for display in header.displays)
        and all(_is_possible(overlay) for overlay in header.overlays)
        and (header.uptake is None or least <= header.uptake.factor <= most)
    )
    if not is_consistent:
        raise NotPlain("The reading header contradicts itself.")


def _fits(display: FrameDisplay, header: ReadingHeader) -> bool:
    shutter, profile = display.shutter, display.icc_profile
    size = header.pixel_format.rows, header.pixel_format.columns
    return (shutter is None or (shutter.rows, shutter.columns) == size) and (
        profile is None or 0 <= profile < len(header.icc_profiles)
    )


def _is_possible(overlay: StoredOverlay) -> bool:
    frames = 1 if overlay.number_of_frames is None else overlay.number_of_frames
    bits = 0 if overlay.bit_position is not None else frames * overlay.rows * overlay.columns
    return (
        1 <= overlay.rows <= 65535
        and 1 <= overlay.columns <= 65535
        and frames >= 1
        and overlay.offset >= 0
        and 8 * overlay.length >= bits
    )
