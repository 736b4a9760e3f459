"""One table from stored value to display grey: modality, VOI, presentation and padding in a single step.

Applying the table to pixels lives in `rendering`; the choice of a window when nobody chose one, in `first_look`.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.core.errors import NotDisplayable
from backend.imaging.modality_lut import rescale_or_look_up
from backend.imaging.model import (
    FrameAttributes,
    LookupTable,
    Pixels,
    VoiFunction,
    Window,
    is_table_dtype,
    padding_range,
)
from backend.imaging.voi_lut import apply_lut, apply_window, ramp_ends

# A tie (x.5) that float64 misses by a hair still counts as a tie and is rounded up. The error this can make is a
# millionth of a grey level.
_TIE_TOLERANCE = 1e-6

# The P-values from which grey levels 1 to 255 are drawn, and the same as arguments of the logistic function.
_LEVEL_BEGINS = (np.arange(1, 256, dtype=np.float64) - (0.5 + _TIE_TOLERANCE)) / 255.0
_LOGITS = np.log(_LEVEL_BEGINS / (1.0 - _LEVEL_BEGINS))
_LEVELS = np.arange(256, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class DisplayChain:
    """The grey-scale chain of a frame under one window, and nothing that does not change its output.

    Slices of a series differ in many attributes that leave the table alone; this is what tables are remembered by.
    """

    rescale_slope: float
    rescale_intercept: float
    modality_lut: LookupTable | None
    voi: Window | LookupTable
    is_inverted: bool
    padding: tuple[float, float] | None

    @classmethod
    def of(cls, attributes: FrameAttributes, voi: Window | int, *, invert: bool) -> "DisplayChain":
        """The chain of a frame.

        Args:
            attributes: Of a grey frame.
            voi: A window, or the index of one of `attributes.voi_luts`.
            invert: The user's wish, on top of what the image asks for.

        Raises:
            InvalidWindow: The standard does not define the window.
            NotDisplayable: There is no VOI LUT with this index, or the rescale numbers are not finite.
        """
        chosen: Window | LookupTable
        if isinstance(voi, Window):
            voi.require_valid()
            chosen = voi
        elif 0 <= voi < len(attributes.voi_luts):
            chosen = attributes.voi_luts[voi].table
        else:
            raise NotDisplayable(f"This image has no VOI LUT number {voi + 1}. Choose a window.")
        slope, intercept = attributes.rescale_slope, attributes.rescale_intercept
        if not (math.isfinite(slope) and math.isfinite(intercept)):
            raise NotDisplayable("The rescale slope or intercept of this image is not a number.")
        return cls(
            rescale_slope=slope,
            rescale_intercept=intercept,
            modality_lut=attributes.modality_lut,
            voi=chosen,
            is_inverted=attributes.is_inverted != invert,
            padding=padding_range(attributes),
        )


def compose_display_lut(
    attributes: FrameAttributes, dtype: np.dtype[Any], voi: Window | int, *, invert: bool = False
) -> npt.NDArray[np.uint8]:
    """Compose the whole grey-scale chain into one table.

    Args:
        attributes: Of the frame.
        dtype: Of the stored values: 8 or 16 bit integers.
        voi: A window, or the index of one of `attributes.voi_luts`.
        invert: The user's wish, on top of what the image asks for.

    Returns:
        256 or 65536 grey levels, uint8, read-only. Signed stored values are looked up by the unsigned view of their
        two's complement. Background is 0 whatever the window and the inversion. Levels are rounded half up.

    Raises:
        InvalidWindow: The standard does not define the window.
        NotDisplayable: There is no VOI LUT with this index, or the dtype has too many values for a table.

    References:
        PS3.3 C.11.1 to C.11.6; PS3.4 N.2 (order of the steps).
    """
    if not is_table_dtype(dtype):
        raise NotDisplayable("Images of more than 16 bits are drawn without a table.")
    chain = DisplayChain.of(attributes, voi, invert=invert)
    return _compose(chain, dtype.itemsize * 8, dtype.kind == "i")


def apply_display_chain(stored_values: Pixels, chain: DisplayChain) -> npt.NDArray[np.uint8]:
    """Draw values of any real dtype without a table: the path of 32-bit and floating point images.

    Args:
        stored_values: Any shape. Not changed. NaN is background.
        chain: What to apply.

    Returns:
        Grey levels of the same shape, uint8, equal to what a table would give.
    """
    background = np.isnan(stored_values)
    if chain.padding is not None:
        background |= (stored_values >= chain.padding[0]) & (stored_values <= chain.padding[1])
    levels = _levels(_p_values(stored_values, chain))
    if chain.is_inverted:
        np.subtract(255, levels, out=levels)
    levels[background] = 0
    return levels


@lru_cache(maxsize=64)  # 64 tables of 64 KiB: 4 MiB at most
def _compose(chain: DisplayChain, bits: int, is_signed: bool) -> npt.NDArray[np.uint8]:
    """Make the table of a chain for 8 or 16 bit stored values."""
    first = -(2 ** (bits - 1)) if is_signed else 0
    count = 2**bits
    if isinstance(chain.voi, Window) and _has_steps(chain, chain.voi):
        table = _window_table(chain, chain.voi, first, count)
    else:
        table = _levels(_p_values(np.arange(first, first + count), chain))
    if chain.is_inverted:
        np.subtract(255, table, out=table)
    if chain.padding is not None:
        low, high = chain.padding
        table[max(math.ceil(low) - first, 0) : max(math.floor(high) - first + 1, 0)] = 0
    if is_signed:
        table = np.concatenate((table[-first:], table[:-first]))
    table.flags.writeable = False
    return table


def _p_values(stored_values: Pixels, chain: DisplayChain) -> npt.NDArray[np.float64]:
    """Modality and VOI steps for any values, straight from the standard."""
    modality_values = rescale_or_look_up(
        stored_values, chain.rescale_slope, chain.rescale_intercept, chain.modality_lut
    )
    if isinstance(chain.voi, Window):
        return apply_window(modality_values, chain.voi)
    return apply_lut(modality_values, chain.voi)


def _levels(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """P-values to grey levels, rounded half up; NaN becomes 0."""
    scaled = p_values * 255.0
    scaled += 0.5 + _TIE_TOLERANCE
    np.nan_to_num(scaled, copy=False)
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _has_steps(chain: DisplayChain, window: Window) -> bool:
    """Whether the steps between grey levels lie apart along the stored values.

    They do not where the window is a threshold, or nearly: a hair's breadth in the arithmetic would then turn black
    into white for a value that lies right on it.
    """
    if chain.modality_lut is not None or chain.rescale_slope == 0:
        return False
    low, high = ramp_ends(window)
    return high - low > 1e-6 * abs(chain.rescale_slope)


def _window_table(
    chain: DisplayChain, window: Window, first: int, count: int
) -> npt.NDArray[np.uint8]:
    """Grey levels of `count` ascending stored values from `first`.

    Every window rises, so a table is 256 runs of equal grey. Finding where the 255 steps are costs a twentieth of
    working out 65536 values, and a hand that drags a window needs a new table sixty times a second.
    """
    if window.function is VoiFunction.SIGMOID:
        steps = window.center + window.width / 4.0 * _LOGITS
    else:
        low, high = ramp_ends(window)
        steps = low + (high - low) * _LEVEL_BEGINS
    slope, intercept = chain.rescale_slope, chain.rescale_intercept
    with np.errstate(over="ignore"):
        stored_steps = (steps - intercept) / slope
    falls = slope < 0
    if falls:  # the same run lengths, counted from the other end
        stored_steps, first = -stored_steps, -(first + count - 1)
    positions = np.empty(257, np.int64)
    positions[0], positions[256] = 0, count
    positions[1:256] = np.clip(np.ceil(stored_steps) - first, 0, count)
    table = np.repeat(_LEVELS, np.diff(positions))
    return np.ascontiguousarray(table[::-1]) if falls else table
