"""Overlay planes become one transparent layer that keeps every drawn pixel where it belongs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import NotDisplayable
from backend.imaging.overlays import DRAWING_ALPHA, REGION_ALPHA, OverlayPlane, draw_overlays

bits = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**81 - 1)).map(
    lambda drawn: np.array(
        [
            [drawn[2] >> (9 * row + column) & 1 for column in range(drawn[1])]
            for row in range(drawn[0])
        ],
        np.bool_,
    )
)
planes = st.builds(
    OverlayPlane, bits, origin_row=st.integers(-6, 12), origin_column=st.integers(-6, 12)
)


@given(st.lists(planes, max_size=3), st.integers(1, 10), st.integers(1, 10))
@settings(max_examples=50, deadline=None)
def test_a_drawing_lies_where_its_origin_says_and_is_cut_at_the_image(drawings, rows, columns):
    expected = np.zeros((rows, columns), int)
    for plane in drawings:
        for (row, column), is_set in np.ndenumerate(plane.bits):
            # PS3.3 C.9.2: the first point of the plane lies on the origin, counted from 1.
            on_row, on_column = plane.origin_row + row, plane.origin_column + column
            if is_set and 1 <= on_row <= rows and 1 <= on_column <= columns:
                expected[on_row - 1, on_column - 1] = DRAWING_ALPHA
    assert np.array_equal(draw_overlays(drawings, rows, columns), expected)


@given(planes, st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_thin_lines_stay_on_every_level(plane, level):
    full = draw_overlays([plane], 21, 19)
    small = draw_overlays([plane], 21, 19, level)
    side = 2**level
    for (row, column), alpha in np.ndenumerate(small):
        block = full[row * side : (row + 1) * side, column * side : (column + 1) * side]
        assert alpha == block.max()


def test_a_region_lets_the_image_through_within_its_outline():
    layer = draw_overlays([OverlayPlane(np.ones((4, 5), np.bool_), is_region=True)], 4, 5)
    assert (layer[1:-1, 1:-1] == REGION_ALPHA).all()
    assert (layer[[0, -1]] == DRAWING_ALPHA).all()
    assert (layer[:, [0, -1]] == DRAWING_ALPHA).all()


def test_a_level_that_does_not_exist_is_refused():
    with pytest.raises(NotDisplayable):
        draw_overlays([], 10, 10, 9)
