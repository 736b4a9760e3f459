"""Overlay planes as one transparent layer over an image. It never becomes part of the image: hiding it shows all pixels.

Where files keep planes is known in `backend.dicom.overlays`; the colour of the layer, where it is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.core.errors import NotDisplayable
from backend.imaging.tiling import MAX_LEVEL

DRAWING_ALPHA = 255
REGION_ALPHA = 72


@dataclass(frozen=True, slots=True, eq=False)
class OverlayPlane:
    """One plane of one frame.

    Attributes:
        bits: Shape (rows, columns), bool.
        origin_row: Row of the image, from 1, that its first row lies on; may lie outside the image.
        origin_column: Likewise.
        is_region: Whether it marks a region of interest rather than being a drawing.
    """

    bits: npt.NDArray[np.bool_]
    origin_row: int = 1
    origin_column: int = 1
    is_region: bool = False


def draw_overlays(
    planes: Iterable[OverlayPlane], rows: int, columns: int, level: int = 0
) -> npt.NDArray[np.uint8]:
    """Draw planes over each other.

    Drawings are opaque. Regions let the image through, within an opaque outline. What lies outside the image is cut.

    Args:
        planes: Of one frame.
        rows: Of the image at full resolution.
        columns: Likewise.
        level: Of the pyramid: a pixel is drawn where one of those that it stands for is, so that thin lines stay.

    Returns:
        How opaque each pixel of the level is, 0 to 255, uint8.

    Raises:
        NotDisplayable: There is no such level.

    References:
        PS3.3 C.9.2 (Overlay Plane Module).
    """
    if not 0 <= level <= MAX_LEVEL:
        raise NotDisplayable("This image has no such level of detail.")
    layer = np.zeros((rows, columns), np.uint8)
    for plane in planes:
        top, left = plane.origin_row - 1, plane.origin_column - 1
        bits = plane.bits[max(-top, 0) :, max(-left, 0) :]
        target = layer[max(top, 0) :, max(left, 0) :]
        height, width = (min(a, b) for a, b in zip(bits.shape, target.shape, strict=True))
        alpha = _opacity(bits[:height, :width], is_region=plane.is_region)
        target = target[:height, :width]
        np.maximum(target, alpha, out=target)
    if level:
        factor = 2**level
        layer = np.maximum.reduceat(layer, np.arange(0, rows, factor), axis=0)
        layer = np.maximum.reduceat(layer, np.arange(0, columns, factor), axis=1)
    return layer


def _opacity(bits: npt.NDArray[np.bool_], *, is_region: bool) -> npt.NDArray[np.uint8]:
    if not is_region:
        return np.where(bits, DRAWING_ALPHA, 0).astype(np.uint8)
    padded = np.pad(bits, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    filled = np.where(bits, REGION_ALPHA, 0).astype(np.uint8)
    filled[bits & ~inner] = DRAWING_ALPHA
    return filled
