"""What rendering needs to know about one frame, as plain numbers. No DICOM elements and no rendering live here."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from backend.core.errors import InvalidWindow, NotDisplayable

Pixels: TypeAlias = npt.NDArray[Any]

GREY_DTYPES = tuple(
    np.dtype(name)
    for name in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
)


# No unit needs larger numbers (counts of PET reach 1e8), and below it no step of the arithmetic can overflow.
LARGEST = 1e18


class VoiFunction(StrEnum):
    """How values inside a window are spread, VOI LUT Function (0028,1056)."""

    LINEAR = "linear"  # PS3.3 C.11.2.1.2.1
    LINEAR_EXACT = "linear-exact"  # PS3.3 C.11.2.1.3.2
    SIGMOID = "sigmoid"  # PS3.3 C.11.2.1.3.1


@dataclass(frozen=True, slots=True)
class Window:
    """A window in the unit of the modality values (HU for CT).

    Any numbers can be held, as files hold any numbers; `require_valid` says whether the standard defines it.
    """

    center: float
    width: float
    function: VoiFunction = VoiFunction.LINEAR

    @property
    def is_valid(self) -> bool:
        """Whether PS3.3 C.11.2.1.2 defines a window with these numbers."""
        if not (abs(self.center) <= LARGEST and abs(self.width) <= LARGEST):  # NaN fails as well
            return False
        return self.width >= 1 if self.function is VoiFunction.LINEAR else self.width > 0

    def require_valid(self) -> None:
        """Refuse numbers that the standard does not define.

        Raises:
            InvalidWindow: The width is below 1 (LINEAR) or not above 0 (the others), or a number is not finite
                or beyond 1e18.
        """
        if not self.is_valid:
            raise InvalidWindow


@dataclass(frozen=True, slots=True)
class NamedWindow:
    """A window that the file offers, with Window Center & Width Explanation (0028,1055); may be empty."""

    window: Window
    explanation: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A look-up table of a file: modality LUT, VOI LUT or one channel of a palette.

    Attributes:
        first_value: Input that the first entry is for; lower inputs take the first entry, inputs past the end the
            last one.
        values: Entries, shape (n,), uint16. Made read-only, never changed.
        bits: Bits of each entry as the descriptor says, 8 to 16; raised when an entry needs more.

    Raises:
        NotDisplayable: The table is empty.

    References:
        PS3.3 C.11.1.1.1 (modality), C.11.2.1.1 (VOI), C.7.6.3.1.5 (palette).
    """

    first_value: int
    values: npt.NDArray[np.uint16]
    bits: int
    _fingerprint: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Freeze the entries and take their fingerprint, so that tables made from them can be remembered."""
        values = np.array(self.values, dtype=np.uint16).reshape(-1)
        if values.size == 0:
            raise NotDisplayable(
                "A look-up table of this image is empty, so its grey values are unknown."
            )
        values.flags.writeable = False
        # A descriptor that promises fewer bits than the entries use would make the brightest entries wrap.
        bits = min(16, max(self.bits, int(values.max()).bit_length(), 1))
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "bits", bits)
        digest = hashlib.blake2b(values.tobytes(), digest_size=16)
        digest.update(f"{self.first_value}/{bits}".encode())
        object.__setattr__(self, "_fingerprint", digest.digest())

    def __eq__(self, other: object) -> bool:
        """Two tables are equal when they give the same output for every input."""
        return isinstance(other, LookupTable) and self._fingerprint == other._fingerprint

    def __hash__(self) -> int:
        """Hash of the entries, so that a table can be part of a cache key."""
        return hash(self._fingerprint)

    def apply(self, values: npt.ArrayLike) -> npt.NDArray[np.uint16]:
        """Look values up.

        Args:
            values: Any shape, any real dtype; numbers between two inputs are rounded half up. Not changed.

        Returns:
            Entries of the same shape, uint16.
        """
        inputs = np.asarray(values)
        last = self.values.size - 1
        if inputs.dtype.kind == "f":
            positions = np.floor(np.nan_to_num(inputs) + 0.5) - self.first_value
        else:
            positions = inputs.astype(np.int64) - self.first_value
        return np.asarray(np.take(self.values, np.clip(positions, 0, last).astype(np.intp)))


@dataclass(frozen=True, slots=True)
class NamedLut:
    """A VOI LUT that the file offers, with LUT Explanation (0028,3003); may be empty."""

    table: LookupTable
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class ShutterRectangle:
    """The first and last visible column and row, from 1."""

    left: float
    right: float
    upper: float
    lower: float


@dataclass(frozen=True, slots=True)
class ShutterCircle:
    """A circle in the patient is an ellipse in pixels that are not square: its half axes in rows and in columns."""

    center_row: float
    center_column: float
    radius_rows: float
    radius_columns: float


@dataclass(frozen=True, slots=True)
class Shutter:
    """What is to be seen of an image; the rest is covered. Numbers of rows and columns count from 1.

    Attributes:
        rows: Of the image at full resolution.
        columns: Likewise.
        rectangle: One of its shapes; of several, what lies in all of them is visible.
        circle: Likewise.
        polygon: (row, column) of each vertex, closed from the last to the first; empty for none.
        presentation_value: What covers grey images, a P-value from 0 (black) to 65535 (white).
        presentation_colour: What covers colour images, sRGB; None for the grey of `presentation_value`.

    References:
        PS3.3 C.7.6.11.
    """

    rows: int
    columns: int
    rectangle: ShutterRectangle | None = None
    circle: ShutterCircle | None = None
    polygon: tuple[tuple[float, float], ...] = ()
    presentation_value: int = 0
    presentation_colour: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class UptakeScale:
    """From what a PET measured to standard uptake values (SUV).

    Attributes:
        factor: SUV = modality value * factor; 1 where the file holds SUV already.
        name: Which SUV, for a reader: `SUVbw` (by body weight), `SUVlbm` (lean body mass), `SUVibw` (ideal weight).
    """

    factor: float
    name: str = "SUVbw"


@dataclass(frozen=True, slots=True)
class FrameAttributes:
    """Everything that rendering one frame needs, and nothing about a person.

    Attributes:
        rows: Height in pixels.
        columns: Width in pixels.
        samples_per_pixel: 1 for grey and palette, 3 for colour.
        photometric_interpretation: Of the decoded array: MONOCHROME1, MONOCHROME2, PALETTE COLOR or RGB.
        bits_stored: Bits in use of each stored value.
        is_signed: Whether stored values are two's complement.
        rescale_slope: Modality value = stored value * slope + intercept.
        rescale_intercept: See rescale_slope.
        modality_lut: Takes the place of slope and intercept when present.
        windows: Windows of the file in its order.
        voi_luts: VOI LUTs of the file in its order.
        presentation_lut_shape: `IDENTITY`, `INVERSE` or None.
        pixel_padding_value: Stored value that is background, None when not declared. Some writers give the unsigned
            reading of a signed value; both readings are understood.
        pixel_padding_range_limit: Other end of the background range, inclusive, None when only one value.
        palette: Red, green and blue tables of PALETTE COLOR.
        pixel_spacing_mm: Distance between (rows, columns), None when unknown.
        modality: Modality (0008,0060).
        rescale_type: Unit of the modality values: `HU`, `US`, ..., None when not given.
        is_lossy_source: Whether the image was compressed with loss before it came here.
        shutter: Display shutter, in pixels of the full resolution whatever the level.
        uptake: How modality values of a PET become SUV; None where that is not known.
    """

    rows: int
    columns: int
    samples_per_pixel: int = 1
    photometric_interpretation: str = "MONOCHROME2"
    bits_stored: int = 16
    is_signed: bool = False
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    modality_lut: LookupTable | None = None
    windows: tuple[NamedWindow, ...] = ()
    voi_luts: tuple[NamedLut, ...] = ()
    presentation_lut_shape: str | None = None
    pixel_padding_value: float | None = None
    pixel_padding_range_limit: float | None = None
    palette: tuple[LookupTable, LookupTable, LookupTable] | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    modality: str = ""
    rescale_type: str | None = None
    is_lossy_source: bool = False
    shutter: Shutter | None = None
    uptake: UptakeScale | None = None

    @property
    def is_colour(self) -> bool:
        """Whether the frame is drawn in colour, which has no window."""
        return self.samples_per_pixel == 3 or self.palette is not None

    @property
    def is_inverted(self) -> bool:
        """Whether low values are drawn bright, before the user's own wish.

        A Presentation LUT Shape, where there is one, decides: a MONOCHROME1 image that also says INVERSE means the
        same thing twice, and inverting twice would show it as its own negative.

        References:
            PS3.3 C.11.6, C.8.11.3.1.2, C.7.6.3.1.2.
        """
        if self.presentation_lut_shape in ("IDENTITY", "INVERSE"):
            return self.presentation_lut_shape == "INVERSE"
        return self.photometric_interpretation == "MONOCHROME1"


def is_table_dtype(dtype: np.dtype[Any]) -> bool:
    """Whether frames of this dtype are drawn with a table (8 and 16 bit integers)."""
    return dtype.kind in "ui" and dtype.itemsize <= 2


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class DecodedFrame:
    """One decoded frame.

    Attributes:
        stored_values: Grey and palette: (rows, columns), one of `GREY_DTYPES`, native byte order, before the modality
            LUT. Colour: (rows, columns, 3), uint8, RGB. In floating point frames NaN is background.
        attributes: What the numbers mean.
        level: 0 for full resolution, otherwise how often both sides were halved.
        automatic_window: Window found in the full frame when the file offers none, kept so that every level of a
            pyramid looks the same.

    Raises:
        NotDisplayable: Shape or dtype is none of the above.
    """

    stored_values: Pixels
    attributes: FrameAttributes
    level: int = 0
    automatic_window: Window | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that would be drawn wrongly rather than fail."""
        shape = (self.attributes.rows, self.attributes.columns)
        values = self.stored_values
        if self.attributes.samples_per_pixel == 3:
            fits = values.shape == (*shape, 3) and values.dtype == np.uint8
        else:
            fits = values.shape == shape and values.dtype in GREY_DTYPES
        if not fits or 0 in shape:
            raise NotDisplayable(
                f"The pixels do not fit the description of the image: {values.dtype} {values.shape} for "
                f"{self.attributes.rows} rows and {self.attributes.columns} columns."
            )


def padding_range(attributes: FrameAttributes) -> tuple[float, float] | None:
    """Stored values that are background, as an inclusive range in ascending order; None when none are declared.

    References:
        PS3.3 C.7.5.1.1.2 (Pixel Padding Value and Range Limit, before the modality LUT).
    """
    value, limit = attributes.pixel_padding_value, attributes.pixel_padding_range_limit
    if value is None or not np.isfinite(value):
        return None
    low, high = sorted((value, value if limit is None else limit))
    if low < 0 <= high and not attributes.is_signed:
        # From below 0 to above it: what is below, no stored value has.
        return low, high
    ends = [_as_stored(end, attributes) for end in (low, high)]
    return min(ends), max(ends)


def _as_stored(value: float, attributes: FrameAttributes) -> float:
    """Read a padding value the way the stored values are read: 63536 in a signed 16-bit image is -2000.

    A value below zero in an unsigned image is the word of 16 bits that was meant; with fewer bits stored no pixel has it,
    and so it hides none.
    """
    bits = attributes.bits_stored
    if bits > 16 or value != int(value):
        return value
    if attributes.is_signed and value >= 2 ** (bits - 1):
        return value - (2**bits if value < 2**bits else 2**16)
    if not attributes.is_signed and value < 0:
        return value + 2**16
    return value
