"""From modality values to P-values between 0 and 1: windows and VOI LUTs. Inversion lives in `display_lut`."""

import numpy as np
import numpy.typing as npt

from backend.imaging.model import LookupTable, VoiFunction, Window


def apply_window(modality_values: npt.ArrayLike, window: Window) -> npt.NDArray[np.float64]:
    """Spread the values inside a window over 0 to 1.

    Args:
        modality_values: Values after the modality LUT, any shape, any real dtype. Not changed.
        window: The window, in the same unit as `modality_values`.

    Returns:
        P-values of the same shape, float64: 0.0 at or below the window, 1.0 above it, NaN for NaN. A LINEAR window of
        width 1 is a threshold at center - 0.5.

    Raises:
        InvalidWindow: The standard does not define this window.

    References:
        PS3.3 C.11.2.1.2.1 (LINEAR), C.11.2.1.3.1 (SIGMOID), C.11.2.1.3.2 (LINEAR_EXACT).
    """
    window.require_valid()
    values = np.asarray(modality_values, dtype=np.float64)
    if window.function is VoiFunction.SIGMOID:
        # 1 / (1 + exp(-4z)) written as a hyperbolic tangent, which cannot overflow.
        return np.asarray(0.5 + 0.5 * np.tanh(2.0 * ((values - window.center) / window.width)))
    low, high = ramp_ends(window)
    if high == low:
        threshold = np.where(values > low, 1.0, 0.0)
        return np.where(np.isnan(values), np.nan, threshold)
    with np.errstate(over="ignore"):  # far above the window is white, however far
        return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0))


def ramp_ends(window: Window) -> tuple[float, float]:
    """Modality values at which a LINEAR or LINEAR_EXACT window reaches black and white.

    The LINEAR formula ((x - (c - 0.5)) / (w - 1) + 0.5) is the straight line between these two ends.
    """
    if window.function is VoiFunction.LINEAR:
        half = (window.width - 1.0) / 2.0
        return window.center - 0.5 - half, window.center - 0.5 + half
    return window.center - window.width / 2.0, window.center + window.width / 2.0


def apply_lut(modality_values: npt.ArrayLike, table: LookupTable) -> npt.NDArray[np.float64]:
    """Apply a VOI LUT.

    Args:
        modality_values: Values after the modality LUT, any shape, any real dtype. Not changed.
        table: The VOI LUT.

    Returns:
        P-values of the same shape, float64, 0.0 to 1.0: entry / (2 ** bits - 1).

    References:
        PS3.3 C.11.2.1.1.
    """
    return table.apply(modality_values) / float(2**table.bits - 1)
