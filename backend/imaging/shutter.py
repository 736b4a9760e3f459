"""Which pixels of an image its display shutter covers, and with what. Where files describe one is known in `backend.dicom`.

Rows and columns are those of PS3.3 C.7.6.11: counted from 1, the upper left pixel is (1, 1).
"""

from itertools import pairwise
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from backend.core.bounded_cache import BoundedCache
from backend.imaging.model import Pixels, Shutter, ShutterCircle, ShutterRectangle
from backend.imaging.tiling import TILE_SIZE_PX

# Masks of the images that are being looked at; one of a mammogram takes 13 MiB.
_masks: BoundedCache[tuple[Shutter, int], npt.NDArray[np.bool_]] = BoundedCache(
    32 * 1024 * 1024, lambda mask: mask.nbytes
)


def covered(shutter: Shutter, level: int = 0) -> npt.NDArray[np.bool_]:
    """Which pixels are covered.

    Of several shapes the least part of the image stays visible. A pixel whose centre lies on an edge is visible.

    Args:
        shutter: The shutter.
        level: Of the pyramid; a pixel of a level is covered where all the pixels that it stands for are.

    Returns:
        Shape (rows, columns) of the level, True where covered; read-only.

    References:
        PS3.3 C.7.6.11 (Display Shutter Module).
    """
    key = (shutter, level)
    mask = _masks.get(key)
    if mask is None:
        visible = _visible(shutter)
        if level:
            factor = 2**level
            visible = np.logical_or.reduceat(visible, np.arange(0, shutter.rows, factor), axis=0)
            visible = np.logical_or.reduceat(visible, np.arange(0, shutter.columns, factor), axis=1)
        mask = ~visible
        mask.flags.writeable = False
        _masks.put(key, mask)
    return mask


def cover(
    display_values: npt.NDArray[np.uint8],
    shutter: Shutter,
    level: int,
    tile: tuple[int, int] | None,
) -> npt.NDArray[np.uint8]:
    """Put the shutter over a drawn level or a tile of it.

    What it covers takes the shutter's own value, which is a P-value and so knows no window and no inversion.

    Args:
        display_values: Grey levels or RGB. Not changed.
        shutter: The shutter.
        level: Of the pyramid.
        tile: (tile_row, tile_column) from 0, None for the whole level.

    Returns:
        The same shape, uint8: a copy.

    References:
        PS3.3 C.7.6.11: Shutter Presentation Value (0018,1622), Shutter Presentation Color CIELab Value (0018,1624).
    """
    mask = covered(shutter, level)
    if tile is not None:
        top, left = tile[0] * TILE_SIZE_PX, tile[1] * TILE_SIZE_PX
        rows, columns = display_values.shape[:2]
        mask = mask[top : top + rows, left : left + columns]
    result = display_values.copy()
    if result.ndim == 2:
        np.copyto(result, _grey(shutter), where=mask)
    else:
        colour = shutter.presentation_colour or (_grey(shutter),) * 3
        np.copyto(result, np.array(colour, np.uint8), where=mask[..., None])
    return result


def _grey(shutter: Shutter) -> np.uint8:
    """A P-value of 16 bits as a grey level, rounded half up."""
    return np.uint8((shutter.presentation_value * 255 + 32767) // 65535)


def _visible(shutter: Shutter) -> npt.NDArray[np.bool_]:
    visible = np.ones((shutter.rows, shutter.columns), np.bool_)
    if shutter.rectangle is not None:
        visible &= _in_rectangle(shutter.rectangle, visible.shape)
    if shutter.circle is not None:
        visible &= _in_circle(shutter.circle, visible.shape)
    if shutter.polygon:
        visible &= _in_polygon(shutter.polygon, visible.shape)
    return visible


def _in_rectangle(rectangle: ShutterRectangle, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    rows, columns = _numbers(shape)
    return np.asarray(
        (rows >= rectangle.upper)
        & (rows <= rectangle.lower)
        & (columns >= rectangle.left)
        & (columns <= rectangle.right)
    )


def _in_circle(circle: ShutterCircle, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    rows, columns = _numbers(shape)
    down = (rows - circle.center_row) / circle.radius_rows
    across = (columns - circle.center_column) / circle.radius_columns
    return np.asarray(down * down + across * across <= 1.0)


def _in_polygon(
    vertices: tuple[tuple[float, float], ...], shape: tuple[int, ...]
) -> npt.NDArray[np.bool_]:
    """Pixels whose centres are on an edge, or that an odd number of edges lies to the left of."""
    rows, columns = shape
    crossings = np.zeros((rows, columns + 1), np.bool_)
    on_edge = np.zeros((rows, columns + 1), np.bool_)
    for (row, column), (other_row, other_column) in pairwise((*vertices, vertices[0])):
        if row == other_row:
            if row == int(row) and 1 <= row <= rows:
                first, last = ceil(min(column, other_column)), floor(max(column, other_column))
                on_edge[int(row) - 1, max(first - 1, 0) : max(last, 0)] = True
            continue
        low, high = min(row, other_row), max(row, other_row)
        met = np.arange(max(ceil(low), 1), min(floor(high), rows) + 1)
        at = column + (met - row) * (other_column - column) / (other_row - row)
        # A column past the last stands for all that lie to the right of the image.
        places = np.clip(np.ceil(at) - 1, 0, columns).astype(np.intp)
        is_on = (at == np.ceil(at)) & (at >= 1)
        on_edge[met[is_on] - 1, places[is_on]] = True
        is_crossed = (
            met < high
        )  # where two edges meet, the end of one belongs to it and that of the other does not
        crossings[met[is_crossed] - 1, places[is_crossed]] ^= True
    return np.asarray((np.logical_xor.accumulate(crossings, axis=1) | on_edge)[:, :-1])


def _numbers(shape: tuple[int, ...]) -> tuple[Pixels, Pixels]:
    """Row and column numbers from 1, to be combined."""
    return np.arange(1, shape[0] + 1)[:, None], np.arange(1, shape[1] + 1)[None, :]
