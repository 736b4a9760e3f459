"""Where an image lies in the patient: orientation letters, distance between pixels.

Numbers in, numbers out; where DICOM writes them is known in `backend.dicom`, how slices lie in `stack_geometry`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

_LARGEST_MAGNIFICATION = 10.0

# A direction names a second or third letter when it leans that way by more than 10 degrees.
_OBLIQUE = math.sin(math.radians(10.0))


class SpacingBasis(StrEnum):
    """What a distance in mm rests on."""

    PIXEL_SPACING = (
        "pixel spacing"  # in the patient: cross-sections, or as the file says without more
    )
    IMAGER_SPACING = (
        "imager spacing"  # at the detector: the body part is smaller, by an unknown factor
    )
    ESTIMATED = (
        "estimated magnification"  # at the detector, divided by the factor that the file estimates
    )
    CALIBRATED = "calibrated"  # corrected to the body part, by a marker or by geometry
    UNSPECIFIED = (
        "unspecified plane"  # of a projection, whether at the detector or in the body is not said
    )
    REGIONS = "ultrasound regions"  # the calibration of all regions of an ultrasound image
    REGIONS_DIFFER = (
        "regions differ"  # no measuring in mm: what is true of one region is wrong in the next
    )
    NONE = "none"  # no measuring in mm


@dataclass(frozen=True, slots=True)
class PhysicalSpacing:
    """Distance between pixel centres; None when it is not known."""

    row_mm: float | None
    column_mm: float | None
    basis: SpacingBasis


NO_SPACING = PhysicalSpacing(None, None, SpacingBasis.NONE)


@dataclass(frozen=True, slots=True)
class EdgeLetters:
    """Which way the patient lies at each edge of the picture, as `L`, `PR`, `AFL`; empty when not known."""

    left: str
    right: str
    top: str
    bottom: str


def is_valid_orientation(image_orientation: Sequence[float] | None) -> bool:
    """Whether six numbers are two perpendicular unit vectors, within 1 %.

    References:
        PS3.3 C.7.6.2.1.1 (Image Orientation (Patient)).
    """
    if image_orientation is None or len(image_orientation) != 6:
        return False
    cosines = np.asarray(image_orientation, dtype=np.float64)
    if not np.isfinite(cosines).all():
        return False
    row, column = cosines[:3], cosines[3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    return bool(
        all(abs(length - 1.0) < 0.01 for length in lengths) and abs(float(row @ column)) < 0.01
    )


def slice_normal(image_orientation: Sequence[float]) -> npt.NDArray[np.float64]:
    """Unit vector across the slice: row direction times column direction.

    Args:
        image_orientation: Six direction cosines, for which `is_valid_orientation` holds.

    Returns:
        Shape (3,), float64, in the patient's coordinates.

    References:
        PS3.3 C.7.6.2.1.1.
    """
    cosines = np.asarray(image_orientation, dtype=np.float64)
    normal = np.cross(cosines[:3], cosines[3:])
    return np.asarray(normal / np.linalg.norm(normal))


def orientation_letters(direction: Sequence[float] | npt.NDArray[np.float64]) -> str:
    """Name a direction in the patient: `L` left, `R` right, `P` back, `A` front, `H` head, `F` feet.

    Args:
        direction: (x, y, z) in the patient's coordinates, any length above 0.

    Returns:
        One letter, or up to three, strongest first, when the direction is oblique by more than 10 degrees; empty for
        a direction of no length.

    References:
        PS3.3 C.7.6.1.1.1 (Patient Orientation), C.7.6.2.1.1.
    """
    vector = np.asarray(direction, dtype=np.float64)
    length = float(np.linalg.norm(vector))
    if not math.isfinite(length) or length == 0:
        return ""
    unit = vector / length
    letters = ""
    for axis in np.argsort(-np.abs(unit), kind="stable"):
        if abs(unit[axis]) > _OBLIQUE:
            letters += ("LPH" if unit[axis] > 0 else "RAF")[axis]
    return letters


def edge_letters(
    image_orientation: Sequence[float] | None,
    *,
    rotation_degrees: int = 0,
    flip_horizontal: bool = False,
    flip_vertical: bool = False,
) -> EdgeLetters:
    """Letters for the four edges of a picture that is turned and flipped.

    The picture is first rotated clockwise, then flipped on the screen, as a presentation state does.

    Args:
        image_orientation: Six direction cosines; None or nonsense gives no letters.
        rotation_degrees: 0, 90, 180 or 270, clockwise.
        flip_horizontal: Whether left and right on the screen change places.
        flip_vertical: Whether top and bottom on the screen change places.

    Raises:
        ValueError: The rotation is not a multiple of 90 degrees.

    References:
        PS3.3 C.10.6 (rotation and horizontal flip), C.7.6.2.1.1.
    """
    if rotation_degrees % 90:
        message = f"An image cannot be rotated by {rotation_degrees} degrees."
        raise ValueError(message)
    if image_orientation is None or not is_valid_orientation(image_orientation):
        return EdgeLetters("", "", "", "")
    cosines = np.asarray(image_orientation, dtype=np.float64)
    right, bottom = cosines[:3], cosines[3:]
    for _ in range(rotation_degrees // 90 % 4):
        # After a quarter turn clockwise, what was at the top is at the right, and what was at the right is below.
        right, bottom = -bottom, right
    if flip_horizontal:
        right = -right
    if flip_vertical:
        bottom = -bottom
    return EdgeLetters(
        left=orientation_letters(-right),
        right=orientation_letters(right),
        top=orientation_letters(-bottom),
        bottom=orientation_letters(bottom),
    )


def choose_spacing(
    pixel_spacing_mm: Sequence[float] | None,
    imager_pixel_spacing_mm: Sequence[float] | None,
    *,
    is_projection: bool = False,
    is_calibrated: bool = False,
    magnification: float | None = None,
) -> PhysicalSpacing:
    """Choose the distance between pixels, and say what it rests on.

    Args:
        pixel_spacing_mm: Pixel Spacing (0028,0030): (between rows, between columns).
        imager_pixel_spacing_mm: Imager Pixel Spacing (0018,1164), at the detector.
        is_projection: Whether the image is a projection, in which a place has no one distance from the detector.
        is_calibrated: Whether Pixel Spacing Calibration Type (0028,0A02) says that Pixel Spacing has been calibrated.
        magnification: Estimated Radiographic Magnification Factor (0018,1114), source to detector by source to object.

    Returns:
        Pixel Spacing where there is one. Beside an Imager Pixel Spacing it is a calibration when the two differ, and
        the same distance at the detector when they do not; alone in a projection it may be either, which is said.
        Distances at the detector are shrunk to the body part where the file estimates by how much, and only then: the
        factor depends on where in the body one measures. A factor below 1 is none, because no object is behind the
        detector.

    References:
        PS3.3 10.7.1.1 to 10.7.1.3 (Pixel Spacing, its calibration and its order of values), C.8.7.5 (X-Ray Acquisition).
    """
    pixel = _positive_pair(pixel_spacing_mm)
    imager = _positive_pair(imager_pixel_spacing_mm)
    if pixel is not None and is_calibrated:
        return PhysicalSpacing(*pixel, SpacingBasis.CALIBRATED)
    if imager is None:
        if pixel is None:
            return NO_SPACING
        basis = SpacingBasis.UNSPECIFIED if is_projection else SpacingBasis.PIXEL_SPACING
        return PhysicalSpacing(*pixel, basis)
    if pixel is not None and not _is_same(pixel, imager):
        return PhysicalSpacing(*pixel, SpacingBasis.CALIBRATED)
    if magnification is not None and 1.0 <= magnification <= _LARGEST_MAGNIFICATION:
        row, column = imager
        return PhysicalSpacing(row / magnification, column / magnification, SpacingBasis.ESTIMATED)
    return PhysicalSpacing(*imager, SpacingBasis.IMAGER_SPACING)


def _is_same(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-4) for a, b in zip(one, other, strict=True))


def pixel_aspect(
    spacing: PhysicalSpacing, pixel_aspect_ratio: Sequence[float] | None = None
) -> float:
    """Height of a pixel on the screen divided by its width.

    Args:
        spacing: From `choose_spacing`; decides when it is known.
        pixel_aspect_ratio: Pixel Aspect Ratio (0028,0034): (vertical, horizontal).

    Returns:
        1.0 for square pixels and when nothing is known.

    References:
        PS3.3 C.7.6.3.1.7 (Pixel Aspect Ratio).
    """
    if spacing.row_mm is not None and spacing.column_mm is not None:
        return spacing.row_mm / spacing.column_mm
    ratio = _positive_pair(pixel_aspect_ratio)
    return 1.0 if ratio is None else ratio[0] / ratio[1]


def _positive_pair(values: Sequence[float] | None) -> tuple[float, float] | None:
    """Two finite numbers above 0, or None: a spacing of 0 is as good as none."""
    if values is None or len(values) != 2:
        return None
    first, second = float(values[0]), float(values[1])
    if not (math.isfinite(first) and math.isfinite(second) and first > 0 and second > 0):
        return None
    return first, second
