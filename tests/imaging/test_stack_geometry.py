"""How slices lie: which are parallel, which share a place, what is missing, whether they are sheared."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backend.imaging.stack_geometry import (
    Gap,
    along_normal,
    group_by_orientation,
    measure_stack,
    places,
    plane_name,
)

AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)


def at(*heights):
    return [(3.0, 4.0, float(z)) for z in heights]


def rotation(angles):
    """A rotation of space by three angles around the axes: an oracle that shares no code with the module."""
    a, b, c = angles
    around_z = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    around_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    around_x = np.array([[1, 0, 0], [0, math.cos(c), -math.sin(c)], [0, math.sin(c), math.cos(c)]])
    return around_z @ around_y @ around_x


angles = st.tuples(*[st.floats(-3, 3)] * 3)


@settings(max_examples=50, deadline=None)
@given(angles, st.floats(0.5, 10), st.integers(2, 40), st.floats(-30, 30), st.booleans())
def test_spacing_and_shear_are_found_however_the_stack_is_turned(
    turned, spacing, count, lean, falls
):
    """A stack along z that leans by some degrees, turned in space as a whole."""
    assume(abs(abs(lean) - 0.5) > 1e-3)  # where a lean begins to be said
    turn = rotation(turned)
    step = np.array([0.0, spacing * math.tan(math.radians(lean)), spacing])
    positions = [turn @ (step * n + (5, 6, 7)) for n in range(count)]
    orientation = (*turn[:, 0], *turn[:, 1])
    measure = measure_stack(positions[::-1] if falls else positions, orientation)
    assert measure.spacing_mm == pytest.approx(spacing, rel=1e-6)
    assert measure.is_even
    assert measure.gaps == ()
    assert measure.shear_degrees == pytest.approx(abs(lean) if abs(lean) >= 0.5 else 0, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(0, 59), min_size=40), st.floats(0.6, 8), st.booleans())
def test_every_missing_slice_is_counted_where_it_is_missing(there, spacing, falls):
    heights = [spacing * n for n in sorted(there, reverse=falls)]
    measure = measure_stack(at(*heights), AXIAL)
    numbers = sorted(there, reverse=falls)
    expected = [
        (after, abs(numbers[after + 1] - numbers[after]) - 1)
        for after in range(len(numbers) - 1)
        if abs(numbers[after + 1] - numbers[after]) > 1
    ]
    usual = sum(abs(b - a) == 1 for a, b in itertools.pairwise(numbers))
    if usual >= 0.6 * (len(numbers) - 1):
        assert [(gap.after, gap.missing) for gap in measure.gaps] == expected
        assert measure.is_even
    else:
        assert (measure.spacing_mm, measure.is_even) == (None, False)


def test_a_gap_says_where_and_how_long_it_is():
    measure = measure_stack(at(0, 2, 4, 6, 12, 14), AXIAL)
    assert measure.gaps == (Gap(after=3, length_mm=6.0, missing=2),)
    assert measure.spacing_mm == 2


@pytest.mark.parametrize("heights", [(0, 2, 9), (0, 2, 4.3, 6, 8), (0, 4, 8, 9, 16, 23, 30)])
def test_slices_that_are_not_even_are_not_called_even(heights):
    assert not measure_stack(at(*heights), AXIAL).is_even


def test_positions_rounded_to_a_tenth_of_a_millimetre_are_even():
    heights = [round(0.625 * n, 1) for n in range(100)]
    measure = measure_stack(at(*heights), AXIAL)
    assert measure.is_even
    assert measure.spacing_mm == pytest.approx(0.625, abs=0.001)


def test_slices_beside_one_another_without_a_line_are_not_called_sheared():
    positions = [(0, 0, 0), (20, 0, 1), (-5, 3, 2), (8, 0, 3)]
    assert measure_stack(positions, AXIAL).shear_degrees == 0


def test_one_slice_has_no_spacing():
    measure = measure_stack(at(5), AXIAL)
    assert (measure.slice_count, measure.spacing_mm, measure.is_even) == (1, None, True)


@settings(max_examples=50, deadline=None)
@given(angles, st.permutations(range(12)), st.floats(0.5, 10))
def test_places_are_numbered_along_the_normal(turned, shuffle, spacing):
    turn = rotation(turned)
    positions = [turn @ np.array([1.0, 2.0, spacing * n]) for n in shuffle]
    orientation = (*turn[:, 0], *turn[:, 1])
    assert list(places(along_normal(positions, orientation))) == list(shuffle)


def test_what_lies_within_a_hundredth_of_a_millimetre_shares_a_place():
    assert list(places(np.array([5.0, 0.0, 0.004, 5.02, 0.0]))) == [1, 0, 0, 2, 0]


def test_parallel_orientations_share_a_group_and_nonsense_has_none():
    rounded = (0.999999, 0.0001, 0, -0.0001, 0.999999, 0)
    flipped = (1, 0, 0, 0, -1, 0)
    given_ones = [AXIAL, CORONAL, rounded, None, (1, 0, 0, 1, 0, 0), flipped, CORONAL]
    assert group_by_orientation(given_ones) == [0, 1, 0, -1, -1, 2, 1]


@pytest.mark.parametrize(
    ("orientation", "name"),
    [
        (AXIAL, "axial"),
        (CORONAL, "coronal"),
        (SAGITTAL, "sagittal"),
        ((1, 0, 0, 0, -1, 0), "axial"),
        ((1, 0, 0, 0, math.cos(0.1), math.sin(0.1)), "axial"),
        ((1, 0, 0, 0, math.cos(0.4), math.sin(0.4)), "oblique axial"),
        ((math.cos(0.4), math.sin(0.4), 0, 0, 0, -1), "oblique coronal"),
    ],
)
def test_planes_have_their_anatomical_names(orientation, name):
    assert plane_name(orientation) == name
