"""Which window an image is shown with before anybody has chosen one. Presets to choose from live in `presets`."""

from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from backend.imaging.modality_lut import apply_modality_lut, has_whole_values, is_hounsfield
from backend.imaging.model import (
    LARGEST,
    DecodedFrame,
    FrameAttributes,
    VoiFunction,
    Window,
    is_table_dtype,
    padding_range,
)
from backend.imaging.shutter import covered
from backend.imaging.uptake import FIRST_RANGE, window_of_range

SOFT_TISSUE = Window(center=40.0, width=400.0)

# Percentiles are taken from about this many pixels: enough to be the same on every visit, fast on a mammogram.
_SAMPLE_PIXELS = 1_000_000

# 8-bit pictures of these modalities hold measured values or numbers of segments; of all others, grey levels meant for a
# screen.
_NUMBERING_MODALITIES = frozenset({"CT", "MR", "PT", "NM", "SEG"})


# Percentiles of a mammogram take milliseconds; as long as a frame is kept anywhere, its window is not worked out again.
_remembered: WeakKeyDictionary[DecodedFrame, Window] = WeakKeyDictionary()


def first_look(frame: DecodedFrame) -> Window | int | None:
    """Choose what the image is shown with first.

    In this order: the first VOI LUT of the file; its first window that the standard defines; soft tissue where the
    values really are Hounsfield units, SUV 0 to 5 where they become SUV; the whole range of 8-bit screen grey levels; percentiles 1 to 99 of the
    pixels that are not background.

    Args:
        frame: Any frame. Levels of a pyramid give the answer of their full frame.

    Returns:
        A window, the index of a VOI LUT (0), or None for colour, which has no window.
    """
    attributes = frame.attributes
    if attributes.is_colour:
        return None
    if attributes.voi_luts:
        return 0
    for named in attributes.windows:
        if named.window.is_valid:
            return named.window
    return automatic_window(frame)


def automatic_window(frame: DecodedFrame) -> Window:
    """The window for a grey image whose file offers none; see `first_look`.

    A constant image gets the whole range of its stored values, so that black stays black.

    Args:
        frame: A grey frame.

    Returns:
        A window that the standard defines.
    """
    if frame.automatic_window is not None:
        return frame.automatic_window
    window = _remembered.get(frame)
    if window is None:
        window = _remembered[frame] = _work_out(frame)
    return window


def _work_out(frame: DecodedFrame) -> Window:
    """The automatic window, from the pixels."""
    attributes = frame.attributes
    if _holds_screen_levels(frame):
        return window_between(0.0, 2.0**attributes.bits_stored - 1, frame)
    values = _foreground_sample(frame)
    low, high = _percentiles(values, frame)
    if is_hounsfield(attributes) and _shows_something(SOFT_TISSUE, low, high):
        return SOFT_TISSUE
    if attributes.uptake is not None:
        usual = window_of_range(attributes.uptake, *FIRST_RANGE)
        if _shows_something(usual, low, high):
            return usual
    if low < high:
        return window_between(low, high, frame)
    return _whole_range(frame, low)


def _holds_screen_levels(frame: DecodedFrame) -> bool:
    """Whether stored values are grey levels of a screen (captured screens, ultrasound, masks), not measurements."""
    attributes = frame.attributes
    return (
        frame.stored_values.dtype.kind == "u"
        and not attributes.is_signed
        and attributes.bits_stored in (1, 8)
        and attributes.modality_lut is None
        and attributes.rescale_slope == 1
        and attributes.rescale_intercept == 0
        and (attributes.bits_stored == 1 or attributes.modality not in _NUMBERING_MODALITIES)
    )


def _foreground_sample(frame: DecodedFrame) -> npt.NDArray[np.generic]:
    """Stored values of an even sample of the pixels that are neither background nor covered; all when all are."""
    values = frame.stored_values
    step = 1
    while values.size / (step * step) > _SAMPLE_PIXELS:
        step += 1
    sample = values[::step, ::step].reshape(-1)
    keep = np.ones(sample.shape, np.bool_)
    if frame.attributes.shutter is not None:
        keep = ~covered(frame.attributes.shutter, frame.level)[::step, ::step].reshape(-1)
    padding = padding_range(frame.attributes)
    if padding is not None:
        keep &= (sample < padding[0]) | (sample > padding[1])
    if sample.dtype.kind == "f":
        keep &= np.isfinite(sample)
    foreground = sample[keep]
    return foreground if foreground.size else np.nan_to_num(sample, posinf=0.0, neginf=0.0)


def _percentiles(
    stored_values: npt.NDArray[np.generic], frame: DecodedFrame
) -> tuple[float, float]:
    """1st and 99th percentile in modality values; the extremes when these two are the same; 0 where no window reaches."""
    attributes = frame.attributes
    if is_table_dtype(stored_values.dtype):
        # A histogram finds the same values as sorting, several times faster. The modality LUT need not rise with
        # the stored values, so it is applied to the values that occur before they are put in order.
        unsigned = stored_values.view(f"u{stored_values.dtype.itemsize}")
        histogram = np.bincount(unsigned)
        present = np.flatnonzero(histogram)
        stored = present.astype(unsigned.dtype).view(stored_values.dtype)
        modality_values = apply_modality_lut(stored, attributes)
        order = np.argsort(modality_values, kind="stable")
        order = order[is_reachable(modality_values[order])]
        if not order.size:
            return 0.0, 0.0
        ascending, counts = modality_values[order], histogram[present][order]
        reached = np.cumsum(counts) / counts.sum()
        low, high = (ascending[np.searchsorted(reached, part)] for part in (0.01, 0.99))
        extremes = ascending[0], ascending[-1]
    else:
        modality_values = apply_modality_lut(stored_values, attributes)
        modality_values = modality_values[is_reachable(modality_values)]
        if not modality_values.size:
            return 0.0, 0.0
        low, high = np.percentile(modality_values, (1, 99))
        extremes = modality_values.min(), modality_values.max()
    if low == high:
        low, high = extremes
    return float(low), float(high)


def is_reachable(modality_values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether a window can hold values and others like them.

    No measurement is beyond; writers of floating point put the largest number of its type where they have none.
    """
    return np.abs(modality_values) <= LARGEST / 4


def _shows_something(window: Window, low: float, high: float) -> bool:
    """Whether a window overlaps the values at all."""
    half = window.width / 2
    return high > window.center - half and low < window.center + half


def window_between(low: float, high: float, frame: DecodedFrame) -> Window:
    """The window that turns `low` black and `high` white.

    LINEAR, as files use it, where modality values are whole numbers: its width counts these. Of others, such as optical
    densities from 0 to 3.5, LINEAR_EXACT has the width that a reader expects.
    """
    if high - low >= 1 and has_whole_values(frame):
        return Window(center=(low + high + 1) / 2, width=high - low + 1)
    return Window(center=(low + high) / 2, width=high - low, function=VoiFunction.LINEAR_EXACT)


def _whole_range(frame: DecodedFrame, value: float) -> Window:
    """A window for a constant image: everything its stored values could be."""
    if not is_table_dtype(frame.stored_values.dtype):
        return Window(center=value, width=max(abs(value), 1.0), function=VoiFunction.LINEAR_EXACT)
    ends = apply_modality_lut(np.array(_stored_ends(frame.attributes)), frame.attributes)
    ends = np.clip(ends, -LARGEST / 4, LARGEST / 4)
    if ends[0] == ends[1]:
        return Window(center=value, width=1.0, function=VoiFunction.LINEAR_EXACT)
    return window_between(float(ends.min()), float(ends.max()), frame)


def _stored_ends(attributes: FrameAttributes) -> tuple[int, int]:
    """Lowest and highest value that the stored bits can hold."""
    if attributes.is_signed:
        return -(2 ** (attributes.bits_stored - 1)), 2 ** (attributes.bits_stored - 1) - 1
    return 0, 2**attributes.bits_stored - 1
