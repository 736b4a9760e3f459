"""Pyramids and tiles: sizes, cutting, downscaling by area. What a tile looks like lives in `rendering`."""

from math import ceil, floor, log2
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.imaging.model import Pixels

TILE_SIZE_PX = 512
# A whole level up to this many pixels is asked for as one picture; larger ones as tiles.
WHOLE_LEVEL_PIXELS = 1_250_000
MAX_LEVEL = 8  # a pixel of level 8 stands for 256 x 256; sums of more would not fit 32 bits

# Block sums are made for so many rows of output at once that they stay in the processor's cache.
_ROWS_AT_ONCE = 16


def pyramid_levels(rows: int, columns: int) -> int:
    """Number of levels, counting level 0: the last one fits one tile.

    Args:
        rows: Height at full resolution in pixels.
        columns: Width at full resolution in pixels.
    """
    levels = 1
    while max(level_shape(rows, columns, levels - 1)) > TILE_SIZE_PX:
        levels += 1
    return levels


def level_shape(rows: int, columns: int, level: int) -> tuple[int, int]:
    """(rows, columns) of a level: each halves both sides, rounded up."""
    factor = 2**level
    return ceil(rows / factor), ceil(columns / factor)


def level_within(rows: int, columns: int, longest_side_px: int) -> int:
    """The most detailed level, of at most `MAX_LEVEL`, whose longest side is not above a limit: for thumbnails."""
    level = 0
    while level < MAX_LEVEL and max(level_shape(rows, columns, level)) > longest_side_px:
        level += 1
    return level


def level_for_zoom(rows: int, columns: int, zoom: float) -> int:
    """The coarsest level that still has a pixel for every pixel of the screen.

    Args:
        rows: Height at full resolution in pixels.
        columns: Width at full resolution in pixels.
        zoom: Pixels of the screen for each pixel of the image, above 0.
    """
    wanted = floor(log2(1 / zoom) + 1e-6)
    return min(max(wanted, 0), pyramid_levels(rows, columns) - 1)


def whole_level(rows: int, columns: int, level: int) -> int:
    """The finest level, not finer than `level`, that comes as one picture."""
    last = pyramid_levels(rows, columns) - 1
    for candidate in range(level, last):
        level_rows, level_columns = level_shape(rows, columns, candidate)
        if level_rows * level_columns <= WHOLE_LEVEL_PIXELS:
            return candidate
    return last


def tile_grid(rows: int, columns: int, level: int) -> tuple[int, int]:
    """(rows, columns) of tiles at a level."""
    level_rows, level_columns = level_shape(rows, columns, level)
    return ceil(level_rows / TILE_SIZE_PX), ceil(level_columns / TILE_SIZE_PX)


def cut(level_array: Pixels, tile_row: int, tile_column: int) -> Pixels:
    """One tile of a level, smaller at the right and lower edge.

    Args:
        level_array: Shape (rows, columns) or (rows, columns, 3). Not changed.
        tile_row: From 0.
        tile_column: From 0.

    Returns:
        A view, not a copy.

    Raises:
        IndexError: There is no such tile.
    """
    top, left = tile_row * TILE_SIZE_PX, tile_column * TILE_SIZE_PX
    rows, columns = level_array.shape[:2]
    if not (0 <= top < rows and 0 <= left < columns):
        message = f"There is no tile in row {tile_row}, column {tile_column}."
        raise IndexError(message)
    return level_array[top : top + TILE_SIZE_PX, left : left + TILE_SIZE_PX]


def downscale_area(
    array: Pixels, factor: int, padding: tuple[float, float] | None = None
) -> Pixels:
    """Average blocks of factor x factor pixels, so that the image keeps its mean.

    Blocks at the right and lower edge average the pixels they have.

    Args:
        array: Shape (rows, columns) or (rows, columns, channels); integers up to 32 bits or floating point; NaN takes
            no part in an average. Not changed.
        factor: 1 or more.
        padding: Inclusive range of background values that take no part in an average; a block that holds nothing else
            is background.

    Returns:
        Shape (ceil(rows / factor), ceil(columns / factor), ...): integers of up to 16 bits keep their dtype, rounded
        half to even (half up would brighten each image by an eighth of a unit); others become float64, and a block of
        nothing but background becomes NaN there.

    Raises:
        ValueError: The factor is below 1, or so large that sums could overflow.
    """
    if not 1 <= factor <= 256:  # 65535 * 256 * 256 is the most that 32 bits hold
        message = f"An image cannot be made {factor} times smaller."
        raise ValueError(message)
    keeps_dtype = array.dtype.kind in "ui" and array.dtype.itemsize <= 2
    background = _background(array, padding)
    if background is None:
        counts: Pixels = _block_counts(array.shape, factor)
        means = _block_sums(array, factor) / counts
        if not keeps_dtype:
            return means
        np.rint(means, out=means)
        return _keep_out(means, padding, array.dtype)
    counts = _block_sums((~background).view(np.uint8), factor)
    sums = _block_sums(np.where(background, 0, array), factor)
    empty = counts == 0
    means = sums / np.where(empty, 1, counts)
    if not keeps_dtype:
        means[empty] = np.nan
        return means
    result = _keep_out(np.rint(means), padding, array.dtype)
    result[empty] = array.flat[
        background.argmax()
    ]  # a background value as the image itself writes it
    return result


def _background(array: Pixels, padding: tuple[float, float] | None) -> npt.NDArray[np.bool_] | None:
    """Where the background is; None when there is none, so that the usual case stays fast."""
    background = None
    if array.dtype.kind == "f":
        background = np.isnan(array)
    if padding is not None:
        low, high = padding
        inside = array == low if low == high else (array >= low) & (array <= high)
        background = inside if background is None else background | inside
    if background is None or not background.any():
        return None
    return background


def _keep_out(
    means: Pixels, padding: tuple[float, float] | None, dtype: np.dtype[np.integer[Any]]
) -> Pixels:
    """Give whole means their dtype; those that fall among the background values move to the nearest value outside."""
    if padding is not None:
        low, high = padding
        inside = (means >= low) & (means <= high)
        if inside.any():
            info = np.iinfo(dtype)
            below, above = np.ceil(low) - 1, np.floor(high) + 1
            is_below = (means - low < high - means) & (below >= info.min) | (above > info.max)
            means[inside] = np.where(is_below, below, above)[inside]
    return means.astype(dtype)


def _block_counts(shape: tuple[int, ...], factor: int) -> Pixels:
    """Number of pixels in each block; a plain number when all blocks are full."""
    rows, columns = shape[:2]
    if rows % factor == 0 and columns % factor == 0:
        return np.float64(factor * factor)  # type: ignore[return-value]
    heights = np.minimum(factor, rows - np.arange(0, rows, factor))
    widths = np.minimum(factor, columns - np.arange(0, columns, factor))
    counts = (heights[:, None] * widths[None, :]).astype(np.float64)
    return counts.reshape(counts.shape + (1,) * (len(shape) - 2))


def _block_sums(array: Pixels, factor: int) -> Pixels:
    """Exact sums of blocks: 32-bit whole numbers for sources of up to 16 bits, float64 for others."""
    rows, columns = array.shape[:2]
    dtype = np.float64
    if array.dtype.kind in "ui" and array.dtype.itemsize <= 2:
        dtype = np.int64 if factor > 128 else np.int32  # type: ignore[assignment]
    out_shape = (ceil(rows / factor), ceil(columns / factor), *array.shape[2:])
    result = np.empty(out_shape, dtype)
    for begin in range(0, out_shape[0], _ROWS_AT_ONCE):
        strip = array[begin * factor : (begin + _ROWS_AT_ONCE) * factor]
        sums = strip[0::factor].astype(dtype)
        for offset in range(1, min(factor, strip.shape[0])):
            part = strip[offset::factor]
            sums[: part.shape[0]] += part
        target = result[begin : begin + _ROWS_AT_ONCE]
        np.copyto(target, sums[:, 0::factor])
        for offset in range(1, min(factor, columns)):
            part = sums[:, offset::factor]
            target[:, : part.shape[1]] += part
    return result
