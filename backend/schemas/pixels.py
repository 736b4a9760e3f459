"""Questions about pixel values of the viewer, and their answers."""

from dataclasses import dataclass
from enum import StrEnum


class Spread(StrEnum):
    """How the window of a region is taken from its values."""

    PERCENTILES = "percentiles"  # 1 to 99
    FULL = "full"  # lowest to highest


@dataclass(frozen=True, slots=True)
class PixelPlace:
    """A pixel of an image at full resolution.

    Attributes:
        sop_instance_uid: The instance.
        frame_number: From 1.
        row: From 0.
        column: From 0.
    """

    sop_instance_uid: str
    frame_number: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class PixelValue:
    """What a pixel holds.

    Attributes:
        row: From 0.
        column: From 0.
        stored_value: As it is in the file; None for RGB.
        modality_value: In `unit`; None for colour.
        unit: `HU`, `Bq/ml` or another unit; empty when the file does not say.
        red_green_blue: Of colour, 0 to 255; None for grey.
        is_background: Whether the file declares the value to be no part of the image.
        suv: The standard uptake value; None where it is not known.
        suv_name: Which SUV: `SUVbw`, `SUVlbm` or `SUVibw`; empty likewise.
    """

    row: int
    column: int
    stored_value: float | None
    modality_value: float | None
    unit: str
    red_green_blue: tuple[int, int, int] | None
    is_background: bool
    suv: float | None = None
    suv_name: str = ""


@dataclass(frozen=True, slots=True)
class RegionAsk:
    """A part of an image whose window is asked for.

    Attributes:
        sop_instance_uid: The instance.
        frame_number: From 1.
        region: (top, left, bottom, right) in pixels from 0, bottom and right excluded; None for the whole image.
        spread: How the window is taken.
    """

    sop_instance_uid: str
    frame_number: int = 1
    region: tuple[int, int, int, int] | None = None
    spread: Spread = Spread.PERCENTILES


@dataclass(frozen=True, slots=True)
class RegionWindow:
    """The window of a region, in the unit of the modality values."""

    window_center: float
    window_width: float
    voi_function: str
