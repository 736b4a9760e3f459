"""How the slices of a stack lie: which share a place, how far apart they are, what is missing, whether they are sheared.

Numbers in, numbers out; which images make a stack is decided in `backend.services.stacks`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.imaging.geometry import is_valid_orientation, slice_normal

SAME_PLACE_MM = 0.01

# Direction cosines of files are rounded to about six digits; slices within a tenth of a degree count as parallel.
_PARALLEL = math.cos(math.radians(0.1))
# A slice may lie this far off its even place, in parts of the usual distance or in mm: some makers round to 0.1 mm.
_EVEN = 0.05
_EVEN_MM = 0.06
# Neighbours count as the usual distance apart within this part of it, ...
_USUAL = 0.2
# ... if so many of them are; otherwise there is no usual distance.
_MOST = 0.6
# Farther than so many usual distances is a gap.
_GAP = 1.5
_SHEARED_DEGREES = 0.5
_STRAIGHT_MM = 0.1
_STRAIGHT = 0.02
# A plane is called oblique when its normal leans by more than this from an axis of the patient.
_OBLIQUE = math.cos(math.radians(10.0))


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where slices are missing.

    Attributes:
        after: Index of the slice before it, from 0.
        length_mm: From that slice to the next.
        missing: How many slices would fill it at the usual distance.
    """

    after: int
    length_mm: float
    missing: int


@dataclass(frozen=True, slots=True)
class StackMeasure:
    """How the slices of a stack lie.

    Attributes:
        slice_count: How many there are.
        spacing_mm: Usual distance between neighbours along the normal; None when there is none.
        is_even: Whether all neighbours outside gaps are that distance apart.
        gaps: Where slices are missing, in viewing order.
        shear_degrees: Angle between the normal and the direction in which the slices follow one another; 0 where they
            stand straight above one another, or do not follow a straight line at all.
    """

    slice_count: int
    spacing_mm: float | None = None
    is_even: bool = True
    gaps: tuple[Gap, ...] = ()
    shear_degrees: float = 0.0


def group_by_orientation(orientations: Sequence[Sequence[float] | None]) -> list[int]:
    """Number the orientations that are parallel alike, from 0 by first appearance; -1 for what is no orientation.

    References:
        PS3.3 C.7.6.2.1.1.
    """
    # An enhanced object may have a hundred thousand frames, each with an orientation of its own.
    known = np.empty((len(orientations), 6), np.float64)
    count = 0
    groups = []
    for orientation in orientations:
        if orientation is None or not is_valid_orientation(orientation):
            groups.append(-1)
            continue
        cosines = np.asarray(orientation, dtype=np.float64)
        alike = known[:count, :3] @ cosines[:3] >= _PARALLEL
        alike &= known[:count, 3:] @ cosines[3:] >= _PARALLEL
        if alike.any():
            groups.append(int(alike.argmax()))
            continue
        known[count] = cosines
        groups.append(count)
        count += 1
    return groups


def plane_name(image_orientation: Sequence[float]) -> str:
    """The anatomical plane that a slice lies in, or leans to: "axial", "oblique coronal"."""
    normal = np.abs(slice_normal(image_orientation))
    axis = int(np.argmax(normal))
    name = ("sagittal", "coronal", "axial")[axis]
    return name if normal[axis] >= _OBLIQUE else f"oblique {name}"


def along_normal(
    positions_mm: Sequence[Sequence[float]], image_orientation: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Position of each slice along the normal, in mm."""
    return np.asarray(
        np.asarray(positions_mm, dtype=np.float64) @ slice_normal(image_orientation),
        dtype=np.float64,
    )


def in_plane(
    positions_mm: Sequence[Sequence[float]], image_orientation: Sequence[float]
) -> list[tuple[float, float]]:
    """Position of the first pixel of each slice along row and column direction, in whole tenths of a mm."""
    axes = np.asarray(image_orientation, dtype=np.float64).reshape(2, 3)
    tenths = np.round(np.asarray(positions_mm, dtype=np.float64) @ axes.T, 1) + 0.0
    return [(float(across), float(down)) for across, down in tenths]


def places(along_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Which place each slice lies in, from 0 by rising position; slices within 0.01 mm share one."""
    order = np.argsort(along_mm, kind="stable")
    steps = np.diff(along_mm[order]) > SAME_PLACE_MM
    numbers = np.concatenate([[0], np.cumsum(steps)]).astype(np.intp)
    found = np.empty(len(along_mm), dtype=np.intp)
    found[order] = numbers
    return found


def measure_stack(
    positions_mm: Sequence[Sequence[float]], image_orientation: Sequence[float]
) -> StackMeasure:
    """Measure how the slices of a stack lie.

    Args:
        positions_mm: Image Position (Patient) of each slice, in viewing order: the positions along the normal rise or
            fall, without two in one place.
        image_orientation: Six direction cosines that all of them share.
    """
    if len(positions_mm) < 2:
        return StackMeasure(len(positions_mm))
    along = along_normal(positions_mm, image_orientation)
    shear = _shear_degrees(np.asarray(positions_mm, dtype=np.float64), along, image_orientation)
    steps = np.abs(np.diff(along))
    start = float(np.sort(steps)[(len(steps) - 1) // 2])
    usual = np.abs(steps - start) <= _USUAL * start
    if usual.mean() < _MOST:
        return StackMeasure(len(steps) + 1, is_even=False, shear_degrees=shear)
    spacing = float(steps[usual].mean())
    is_gap = steps > _GAP * spacing
    return StackMeasure(
        slice_count=len(steps) + 1,
        spacing_mm=spacing,
        is_even=all(_is_even(run, spacing) for run in _runs(along, is_gap)),
        gaps=tuple(
            Gap(int(after), float(steps[after]), round(float(steps[after]) / spacing) - 1)
            for after in np.flatnonzero(is_gap)
        ),
        shear_degrees=shear,
    )


def _runs(
    along: npt.NDArray[np.float64], is_gap: npt.NDArray[np.bool_]
) -> list[npt.NDArray[np.float64]]:
    return [
        np.asarray(run, dtype=np.float64) for run in np.split(along, np.flatnonzero(is_gap) + 1)
    ]


def _is_even(run: npt.NDArray[np.float64], spacing: float) -> bool:
    """Whether positions are those of an even grid, wherever it begins."""
    if len(run) < 2:
        return True
    numbers = np.arange(len(run), dtype=np.float64)
    slope, start = np.polyfit(numbers, run, 1)
    off = float(np.abs(run - (start + slope * numbers)).max())
    is_usual = abs(abs(float(slope)) - spacing) <= _USUAL * spacing
    return is_usual and off <= max(_EVEN * spacing, _EVEN_MM)


def _shear_degrees(
    positions: npt.NDArray[np.float64],
    along: npt.NDArray[np.float64],
    image_orientation: Sequence[float],
) -> float:
    normal = slice_normal(image_orientation)
    sideways = positions - np.outer(along, normal)
    whole = sideways[-1] - sideways[0]
    length = along[-1] - along[0]
    if not length:
        return 0.0
    share = (along - along[0]) / length
    off = sideways - sideways[0] - np.outer(share, whole)
    drift = float(np.linalg.norm(whole))
    if float(np.linalg.norm(off, axis=1).max()) > max(_STRAIGHT_MM, _STRAIGHT * drift):
        return 0.0
    degrees = math.degrees(math.atan2(drift, abs(length)))
    return degrees if degrees >= _SHEARED_DEGREES else 0.0
