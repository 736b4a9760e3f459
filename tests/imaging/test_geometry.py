"""Where images lie in the patient: order, letters, distances."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.imaging.geometry import (
    NO_SPACING,
    EdgeLetters,
    PhysicalSpacing,
    SpacingBasis,
    choose_spacing,
    edge_letters,
    is_valid_orientation,
    order_slices,
    orientation_letters,
    pixel_aspect,
    slice_normal,
)

AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
quarter_turns = st.sampled_from([0, 90, 180, 270])


def test_an_axial_image_is_seen_from_the_feet():
    assert edge_letters(AXIAL) == EdgeLetters(left="R", right="L", top="A", bottom="P")


def test_a_coronal_image_is_seen_from_the_front():
    assert edge_letters(CORONAL) == EdgeLetters(left="R", right="L", top="H", bottom="F")


def test_a_sagittal_image_looks_to_the_left_of_the_screen():
    assert edge_letters(SAGITTAL) == EdgeLetters(left="A", right="P", top="H", bottom="F")


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (90, EdgeLetters(left="P", right="A", top="R", bottom="L")),
        (180, EdgeLetters(left="L", right="R", top="P", bottom="A")),
        (270, EdgeLetters(left="A", right="P", top="L", bottom="R")),
        (360, EdgeLetters(left="R", right="L", top="A", bottom="P")),
    ],
)
def test_letters_turn_clockwise_with_the_picture(degrees, expected):
    assert edge_letters(AXIAL, rotation_degrees=degrees) == expected


def test_a_flip_changes_two_letters_of_what_is_on_the_screen():
    assert edge_letters(AXIAL, flip_horizontal=True) == EdgeLetters("L", "R", "A", "P")
    assert edge_letters(AXIAL, flip_vertical=True) == EdgeLetters("R", "L", "P", "A")
    assert edge_letters(AXIAL, rotation_degrees=90, flip_horizontal=True) == EdgeLetters(
        left="A", right="P", top="R", bottom="L"
    )


@given(quarter_turns, st.booleans(), st.booleans())
def test_letters_are_those_of_a_picture_really_turned_and_flipped(rotation, horizontal, vertical):
    # Each pixel of a small picture carries its position in the patient; the picture is turned by numpy.
    rows, columns = np.mgrid[0:5, 0:5]
    picture = np.stack((columns, rows, np.zeros_like(rows)), axis=-1).astype(float)
    picture = np.rot90(picture, k=-rotation // 90)  # numpy counts anticlockwise
    if horizontal:
        picture = picture[:, ::-1]
    if vertical:
        picture = picture[::-1]
    letters = edge_letters(
        AXIAL, rotation_degrees=rotation, flip_horizontal=horizontal, flip_vertical=vertical
    )
    assert letters.right == orientation_letters(picture[2, 4] - picture[2, 0])
    assert letters.left == orientation_letters(picture[2, 0] - picture[2, 4])
    assert letters.bottom == orientation_letters(picture[4, 2] - picture[0, 2])
    assert letters.top == orientation_letters(picture[0, 2] - picture[4, 2])


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        ((1, 0, 0), "L"),
        ((-1, 0, 0), "R"),
        ((0, 1, 0), "P"),
        ((0, -1, 0), "A"),
        ((0, 0, 1), "H"),
        ((0, 0, -1), "F"),
        ((0.9, 0.4, 0), "LP"),
        ((-0.4, 0.9, 0), "PR"),
        ((-0.7, -0.6, 0.4), "RAH"),
        ((0.99, 0.1, 0), "L"),  # 6 degrees: not worth a second letter
        ((0, 0, 0), ""),
        ((float("nan"), 0, 0), ""),
    ],
)
def test_oblique_directions_name_the_strongest_first(direction, letters):
    assert orientation_letters(direction) == letters


@pytest.mark.parametrize(
    "orientation",
    [None, (), (1, 0, 0, 0, 1), (0, 0, 0, 0, 0, 0), (1, 0, 0, 1, 0, 0), (2, 0, 0, 0, 1, 0)],
)
def test_no_letters_are_claimed_without_a_true_orientation(orientation):
    assert not is_valid_orientation(orientation)
    assert edge_letters(orientation) == EdgeLetters("", "", "", "")


def test_rounded_cosines_are_a_true_orientation():
    assert is_valid_orientation((0.9986, 0.0523, 0, -0.0523, 0.9986, 0))


def test_a_picture_is_turned_by_quarters_only():
    with pytest.raises(ValueError, match="rotated"):
        edge_letters(AXIAL, rotation_degrees=45)


def test_slices_are_put_in_order_of_position_not_of_number():
    positions = [(0, 0, z) for z in (5.0, -2.5, 0.0, 2.5)]
    result = order_slices(positions, [AXIAL] * 4)
    assert result is not None
    assert result.order == (1, 2, 3, 0)
    assert result.positions_mm == (-2.5, 0.0, 2.5, 5.0)
    assert result.is_regular
    assert result.spacing_mm == 2.5


@given(st.permutations(range(12)), st.floats(0, 60), st.floats(0.5, 10))
def test_order_and_spacing_are_found_under_any_tilt(shuffle, tilt_degrees, spacing):
    tilt = math.radians(tilt_degrees)
    orientation = (1, 0, 0, 0, math.cos(tilt), -math.sin(tilt))
    normal = slice_normal(orientation)
    positions = [tuple(normal * spacing * number + (3, 4, 5)) for number in shuffle]
    result = order_slices(positions, [orientation] * 12)
    assert result is not None
    assert [shuffle[index] for index in result.order] == list(range(12))
    assert result.is_regular
    assert result.spacing_mm == pytest.approx(spacing)


def test_equal_positions_keep_their_order_and_claim_no_spacing():
    result = order_slices([(0, 0, 1), (0, 0, 0), (0, 0, 1), (0, 0, 0)], [AXIAL] * 4)
    assert result is not None
    assert result.order == (1, 3, 0, 2)
    assert not result.is_regular
    assert result.spacing_mm is None


def test_a_missing_slice_is_noticed():
    result = order_slices([(0, 0, z) for z in (0, 1, 2, 4, 5)], [AXIAL] * 5)
    assert result is not None
    assert not result.is_regular


def test_one_slice_has_no_spacing():
    result = order_slices([(0, 0, 0)], [AXIAL])
    assert result is not None
    assert (result.is_regular, result.spacing_mm) == (False, None)


@pytest.mark.parametrize(
    ("positions", "orientations"),
    [
        ([], []),
        ([(0, 0, 0), None], [AXIAL, AXIAL]),
        ([(0, 0, 0), (0, 0, 1)], [AXIAL, CORONAL]),
        ([(0, 0, 0), (0, 0, 1)], [AXIAL, None]),
        ([(0, 0, 0), (0, 0, float("nan"))], [AXIAL, AXIAL]),
        ([(0, 0, 0), (0, 0, 1)], [AXIAL]),
        ([(0, 0, 0), (0, 0, 1)], [AXIAL, (1, 0, 0, 0, -1, 0)]),
    ],
)
def test_no_order_is_claimed_where_slices_are_not_parallel(positions, orientations):
    assert order_slices(positions, orientations) is None


@pytest.mark.parametrize(
    ("pixel", "imager", "expected"),
    [
        ((0.5, 0.4), None, PhysicalSpacing(0.5, 0.4, SpacingBasis.PIXEL_SPACING)),
        (None, (0.2, 0.2), PhysicalSpacing(0.2, 0.2, SpacingBasis.IMAGER_SPACING)),
        ((0.2, 0.2), (0.2, 0.2), PhysicalSpacing(0.2, 0.2, SpacingBasis.IMAGER_SPACING)),
        ((0.18, 0.18), (0.2, 0.2), PhysicalSpacing(0.18, 0.18, SpacingBasis.CALIBRATED)),
        ((0, 0), (0.2, 0.2), PhysicalSpacing(0.2, 0.2, SpacingBasis.IMAGER_SPACING)),
        ((-1, 1), None, NO_SPACING),
        ((float("nan"), 1), None, NO_SPACING),
        ((0.5,), None, NO_SPACING),
        (None, None, NO_SPACING),
    ],
)
def test_a_distance_says_what_it_rests_on(pixel, imager, expected):
    assert choose_spacing(pixel, imager) == expected


def test_pixels_that_are_not_square_are_not_drawn_square():
    assert pixel_aspect(PhysicalSpacing(0.5, 0.25, SpacingBasis.PIXEL_SPACING)) == 2.0
    assert pixel_aspect(NO_SPACING, (4, 3)) == 4 / 3
    assert pixel_aspect(NO_SPACING) == 1.0
    assert pixel_aspect(NO_SPACING, (0, 1)) == 1.0
