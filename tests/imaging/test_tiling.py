"""Pyramids and tiles: sizes, cutting, and averages that keep the mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backend.imaging.tiling import (
    TILE_SIZE_PX,
    cut,
    downscale_area,
    level_shape,
    level_within,
    pyramid_levels,
    tile_grid,
)

sides = st.integers(1, 40)
dtypes = st.sampled_from(["uint8", "int8", "uint16", "int16", "int32", "uint32", "float32"])


@st.composite
def pictures(draw):
    dtype = np.dtype(draw(dtypes))
    shape = (draw(sides), draw(sides))
    if dtype.kind == "f":
        elements = st.floats(-1000, 1000, width=32)
        return draw(hnp.arrays(dtype, shape, elements=elements))
    return draw(hnp.arrays(dtype, shape))


def block_by_block(array, factor, keep=None):
    """Means of blocks, one block at a time; NaN where nothing is kept."""
    rows, columns = -(-array.shape[0] // factor), -(-array.shape[1] // factor)
    result = np.full((rows, columns, *array.shape[2:]), np.nan)
    for row in range(rows):
        for column in range(columns):
            area = np.s_[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
            block = array[area].astype(np.float64)
            if keep is None:
                result[row, column] = block.mean(axis=(0, 1))
            elif keep[area].any():
                result[row, column] = block[keep[area]].mean()
    return result


@given(pictures(), st.sampled_from([1, 2, 3, 4, 8, 16, 64]))
def test_each_pixel_is_the_mean_of_its_area(array, factor):
    before = array.copy()
    result = downscale_area(array, factor)
    exact = block_by_block(array, factor)
    assert np.array_equal(array, before)
    if array.dtype.kind in "ui" and array.dtype.itemsize <= 2:
        assert result.dtype == array.dtype
        assert np.array_equal(result, np.rint(exact).astype(array.dtype))
    else:
        assert np.allclose(result, exact, rtol=1e-12, atol=1e-6)


@given(hnp.arrays("uint8", st.tuples(sides, sides, st.just(3))), st.sampled_from([2, 3, 4, 8, 16]))
def test_colours_are_averaged_channel_by_channel(array, factor):
    assert np.array_equal(downscale_area(array, factor), np.rint(block_by_block(array, factor)))


@given(pictures(), st.sampled_from([2, 4, 8]), st.integers(0, 60), st.integers(0, 60))
def test_background_does_not_bleed_into_an_average(array, factor, low, span):
    padding = (float(low), float(low + span))
    keep = (array < padding[0]) | (array > padding[1])
    result = downscale_area(array, factor, padding).astype(np.float64)
    exact = block_by_block(array, factor, keep)
    empty = np.isnan(exact)
    inside = (result >= padding[0]) & (result <= padding[1])
    if array.dtype.kind == "f" or array.dtype.itemsize > 2:
        assert np.isnan(result[empty]).all() or not (~keep).any()
        assert np.allclose(result[~empty], exact[~empty], rtol=1e-12, atol=1e-6)
        return
    assert inside[empty].all()
    limits = np.iinfo(array.dtype)
    if padding[0] > limits.min or padding[1] < limits.max:
        assert not inside[~empty].any()
    untouched = ~empty & ((np.rint(exact) < padding[0]) | (np.rint(exact) > padding[1]))
    assert np.array_equal(result[untouched], np.rint(exact)[untouched])


@pytest.mark.parametrize(("stored", "mean"), [([20, 90], 49), ([49, 90], 81), ([0, 110], 49)])
def test_an_average_among_the_background_values_moves_to_the_nearest_outside(stored, mean):
    assert downscale_area(np.array([stored], np.uint8), 2, (50.0, 80.0)).tolist() == [[mean]]


def test_the_mean_of_a_noisy_image_is_kept_at_every_level():
    noise = np.random.default_rng(7).integers(0, 4096, (1024, 1024)).astype(np.uint16)
    for factor in (2, 4, 8, 16):
        # Rounding half up instead of half to even would show here as a rise of up to an eighth.
        standard_error = 0.29 / np.sqrt((1024 // factor) ** 2)
        assert abs(downscale_area(noise, factor).mean() - noise.mean()) < 5 * standard_error


def test_the_brightest_sixteen_bit_image_does_not_wrap():
    for value in (65535, 40001):  # sums of the first that wrap would come out as 65535 again
        bright = np.full((256, 300), value, np.uint16)
        assert (downscale_area(bright, 256) == value).all()
    dark = np.full((256, 300), -32768, np.int16)
    assert (downscale_area(dark, 128) == -32768).all()


@pytest.mark.parametrize("factor", [0, -1, 257])
def test_an_absurd_factor_is_refused(factor):
    with pytest.raises(ValueError, match="times smaller"):
        downscale_area(np.zeros((4, 4), np.uint8), factor)


def test_not_a_number_takes_no_part_in_an_average():
    array = np.array([[1, np.nan, np.nan, np.nan], [3, 2, np.nan, np.nan]], np.float64)
    result = downscale_area(array, 2)
    assert result[0, 0] == 2
    assert np.isnan(result[0, 1])


@given(st.integers(1, 1400), st.integers(1, 1400))
def test_tiles_put_together_are_the_whole(rows, columns):
    array = (np.add.outer(np.arange(rows) * 7, np.arange(columns)) % 65521).astype(np.uint16)
    tile_rows, tile_columns = tile_grid(rows, columns, 0)
    whole = np.block(
        [[cut(array, row, column) for column in range(tile_columns)] for row in range(tile_rows)]
    )
    assert np.array_equal(whole, array)


@given(st.integers(1, 40000), st.integers(1, 40000))
def test_the_last_level_fits_one_tile_and_the_one_before_does_not(rows, columns):
    levels = pyramid_levels(rows, columns)
    assert max(level_shape(rows, columns, levels - 1)) <= TILE_SIZE_PX
    assert levels == 1 or max(level_shape(rows, columns, levels - 2)) > TILE_SIZE_PX


def test_a_small_image_has_one_level():
    assert pyramid_levels(512, 512) == 1
    assert pyramid_levels(513, 2) == 2
    assert pyramid_levels(4096, 3328) == 4


def test_odd_sizes_are_rounded_up():
    assert level_shape(1025, 7, 1) == (513, 4)
    assert level_shape(1025, 7, 2) == (257, 2)


def test_a_thumbnail_is_the_most_detailed_level_that_fits():
    assert level_within(512, 512, 128) == 2
    assert level_within(513, 100, 128) == 3
    assert level_within(90, 128, 128) == 0


@pytest.mark.parametrize("tile", [(-1, 0), (0, -1), (2, 0), (0, 1)])
def test_a_tile_outside_the_image_does_not_exist(tile):
    with pytest.raises(IndexError):
        cut(np.zeros((1024, 512), np.uint8), *tile)


def test_a_tile_is_a_view_of_the_level():
    array = np.zeros((600, 600), np.uint16)
    assert np.shares_memory(cut(array, 1, 1), array)
    assert cut(array, 1, 1).shape == (88, 88)
