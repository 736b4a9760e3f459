"""The grey-scale chain of PS3.3 C.11 in float64, written from the printed paragraphs for tests alone.

It shares nothing with `backend.imaging`: no table, no shortcut, no rounding. What it is told is in the words of the standard.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """A look-up table: descriptor and data."""

    first_value_mapped: int
    entries: tuple[int, ...]
    bits: int


@dataclass(frozen=True)
class Voi:
    """Window Center, Window Width and VOI LUT Function."""

    center: float
    width: float
    function: str = "LINEAR"


@dataclass(frozen=True)
class Chain:
    """What a grey image says about its stored values, and whether the reader wants it inverted."""

    voi: Voi | Table
    modality_lut: Table | None = None
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    photometric_interpretation: str = "MONOCHROME2"
    presentation_lut_shape: str = ""
    padding: tuple[float, float] | None = None
    is_inverted_by_reader: bool = False


def look_up(table: Table, values: Values) -> Values:
    """C.11.1.1 and C.11.2.1.1: values below the first one mapped take the first entry, those above the last the last."""
    positions = np.clip(values - table.first_value_mapped, 0, len(table.entries) - 1)
    return np.array(table.entries, np.float64)[positions.astype(np.int64)]


def modality_values(stored: Values, chain: Chain) -> Values:
    """C.11.1.1: a Modality LUT, or slope and intercept."""
    if chain.modality_lut is not None:
        return look_up(chain.modality_lut, stored)
    return chain.rescale_slope * stored + chain.rescale_intercept


def voi_values(x: Values, voi: Voi | Table) -> Values:
    """C.11.2.1: output between ymin 0 and ymax 255."""
    if isinstance(voi, Table):
        return look_up(voi, x) / (2.0**voi.bits - 1.0) * 255.0
    c, w = voi.center, voi.width
    if voi.function == "SIGMOID":  # C.11.2.1.3.1
        with np.errstate(over="ignore"):
            return 255.0 / (1.0 + np.exp(-4.0 * (x - c) / w))
    if voi.function == "LINEAR_EXACT":  # C.11.2.1.3.2
        inside = ((x - c) / w + 0.5) * 255.0
        return np.where(x <= c - w / 2, 0.0, np.where(x > c + w / 2, 255.0, inside))
    with np.errstate(divide="ignore", invalid="ignore"):  # C.11.2.1.2.1
        inside = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255.0
    low, high = c - 0.5 - (w - 1) / 2, c - 0.5 + (w - 1) / 2
    return np.where(x <= low, 0.0, np.where(x > high, 255.0, inside))


def is_shown_inverted(chain: Chain) -> bool:
    """C.11.6 and C.8.11.3.1.2: the Presentation LUT Shape where there is one, else C.7.6.3.1.2: MONOCHROME1."""
    if chain.presentation_lut_shape:
        return chain.presentation_lut_shape == "INVERSE"
    return chain.photometric_interpretation == "MONOCHROME1"


def exact_levels(stored: npt.NDArray[np.generic], chain: Chain) -> Values:
    """Grey levels 0 to 255 before rounding; padding (C.7.5.1.1.2) is 0, whatever else is asked for."""
    values = stored.astype(np.float64)
    levels = voi_values(modality_values(values, chain), chain.voi)
    if is_shown_inverted(chain) != chain.is_inverted_by_reader:
        levels = 255.0 - levels
    if chain.padding is not None:
        low, high = chain.padding
        levels = np.where((values >= low) & (values <= high), 0.0, levels)
    return np.where(np.isnan(values), 0.0, levels)


def assert_agrees(drawn: npt.NDArray[np.uint8], exact: Values) -> None:
    """At most one level off, and none where the exact value is a whole level."""
    difference = np.abs(drawn.astype(np.float64) - exact)
    assert difference.max(initial=0.0) <= 1.0
    is_whole = np.abs(exact - np.rint(exact)) < 1e-9
    assert (difference[is_whole] < 1e-6).all()
