"""What a pixel holds, and the window of a region: numbers for the reader, from the pixels themselves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.core.errors import InvalidWindow, NotDisplayable
from backend.imaging.first_look import is_reachable, window_between
from backend.imaging.modality_lut import apply_modality_lut
from backend.imaging.model import DecodedFrame, Window, padding_range
from backend.imaging.palette_color_lut import apply_palette

# Percentiles of a region are taken from about this many pixels, as those of a whole image are.
_SAMPLE_PIXELS = 1_000_000


@dataclass(frozen=True, slots=True)
class PixelReading:
    """One pixel.

    Attributes:
        stored_value: As it is in the file; the index for a palette; None for other colours.
        modality_value: After the modality LUT; None for colour and where it is not a number.
        red_green_blue: Of colour; None for grey.
        is_background: Whether the file declares the value to be no part of the image.
        suv: Standard uptake value; None where it is not known.
    """

    stored_value: float | None
    modality_value: float | None
    red_green_blue: tuple[int, int, int] | None
    is_background: bool
    suv: float | None = None


def read_pixel(frame: DecodedFrame, row: int, column: int) -> PixelReading:
    """Read one pixel.

    Args:
        frame: A frame at full resolution. Not changed.
        row: From 0.
        column: From 0.

    Raises:
        NotDisplayable: The image has no such pixel.
    """
    attributes = frame.attributes
    if not (0 <= row < attributes.rows and 0 <= column < attributes.columns):
        raise NotDisplayable("This image has no such pixel.")
    value = frame.stored_values[row, column]
    if attributes.samples_per_pixel == 3:
        red, green, blue = (int(part) for part in value)
        return PixelReading(None, None, (red, green, blue), is_background=False)
    stored = float(value)
    if attributes.palette is not None:
        pixel = frame.stored_values[row : row + 1, column : column + 1]
        red, green, blue = (int(part) for part in apply_palette(pixel, attributes.palette)[0, 0])
        return PixelReading(stored, None, (red, green, blue), is_background=False)
    modality_value = float(apply_modality_lut(value, attributes))
    is_number, uptake = bool(np.isfinite(modality_value)), attributes.uptake
    return PixelReading(
        stored_value=stored if np.isfinite(stored) else None,
        modality_value=modality_value if is_number else None,
        red_green_blue=None,
        is_background=bool(_background(frame, np.asarray(value))),
        suv=modality_value * uptake.factor if uptake is not None and is_number else None,
    )


def window_of_region(
    frame: DecodedFrame,
    region: tuple[int, int, int, int] | None = None,
    percentiles: tuple[float, float] = (1.0, 99.0),
) -> Window:
    """The window that spreads what a region holds from black to white; background takes no part.

    Args:
        frame: A grey frame at full resolution. Not changed.
        region: (top, left, bottom, right) in pixels from 0, bottom and right excluded; what lies outside the image is
            left out. None for the whole image.
        percentiles: Of the modality values, which become black and white; (0, 100) for all of them.

    Raises:
        NotDisplayable: The image is in colour, which has no window.
        InvalidWindow: Nothing of the image is in the region, or it holds one value only.
    """
    if frame.attributes.is_colour:
        raise NotDisplayable("A colour image has no window.")
    stored_values = frame.stored_values
    if region is not None:
        top, left, bottom, right = (max(0, edge) for edge in region)
        stored_values = stored_values[top:bottom, left:right]
    if percentiles != (0.0, 100.0):
        step = 1
        while stored_values.size / (step * step) > _SAMPLE_PIXELS:
            step += 1
        stored_values = stored_values[::step, ::step]
    inside = stored_values[~_background(frame, stored_values)]
    if not inside.size:
        raise InvalidWindow("There is only background here, so there is no window to take from it.")
    modality_values = apply_modality_lut(inside, frame.attributes)
    modality_values = modality_values[is_reachable(modality_values)]
    if not modality_values.size:
        raise InvalidWindow("The values here are too large for a window to be taken from them.")
    # Values that occur, not values between them: whole numbers stay whole.
    ends = np.percentile(modality_values, percentiles, method="nearest")
    low, high = float(ends[0]), float(ends[1])
    if low == high:
        low, high = float(modality_values.min()), float(modality_values.max())
    if low == high:
        raise InvalidWindow(
            "All pixels here have the same value, so there is no window to take from them."
        )
    return window_between(low, high, frame)


def _background(frame: DecodedFrame, stored_values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where stored values are declared to be background, or are no numbers."""
    background = np.zeros(stored_values.shape, np.bool_)
    if stored_values.dtype.kind == "f":
        background |= ~np.isfinite(stored_values.astype(np.float64))
    padding = padding_range(frame.attributes)
    if padding is not None:
        background |= (stored_values >= padding[0]) & (stored_values <= padding[1])
    return background
