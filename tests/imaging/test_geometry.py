"""Where an image lies in the patient: letters, distances."""

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
    orientation_letters,
    pixel_aspect,
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


@pytest.mark.parametrize(
    ("pixel", "imager", "said", "expected"),
    [
        ((0.2, 0.1), None, {}, PhysicalSpacing(0.2, 0.1, SpacingBasis.UNSPECIFIED)),
        ((0.2, 0.1), None, {"magnification": 2.0}, PhysicalSpacing(0.2, 0.1, SpacingBasis.UNSPECIFIED)),
        ((0.2, 0.1), None, {"is_calibrated": True}, PhysicalSpacing(0.2, 0.1, SpacingBasis.CALIBRATED)),
        ((0.2, 0.2), (0.2, 0.2), {"is_calibrated": True}, PhysicalSpacing(0.2, 0.2, SpacingBasis.CALIBRATED)),
        (None, (0.2, 0.1), {"is_calibrated": True}, PhysicalSpacing(0.2, 0.1, SpacingBasis.IMAGER_SPACING)),
        (None, (0.2, 0.1), {"magnification": 2.0}, PhysicalSpacing(0.1, 0.05, SpacingBasis.ESTIMATED)),
        ((0.2, 0.2), (0.2, 0.2), {"magnification": 1.6}, PhysicalSpacing(0.125, 0.125, SpacingBasis.ESTIMATED)),
        ((0.15, 0.15), (0.2, 0.2), {"magnification": 1.6}, PhysicalSpacing(0.15, 0.15, SpacingBasis.CALIBRATED)),
        (None, (0.2, 0.2), {"magnification": 0.8}, PhysicalSpacing(0.2, 0.2, SpacingBasis.IMAGER_SPACING)),
        (None, (0.2, 0.2), {"magnification": 50.0}, PhysicalSpacing(0.2, 0.2, SpacingBasis.IMAGER_SPACING)),
        (None, None, {"magnification": 2.0}, NO_SPACING),
    ],
)  # fmt: skip
def test_a_distance_in_a_projection_says_in_which_plane_it_holds(pixel, imager, said, expected):
    chosen = choose_spacing(pixel, imager, is_projection=True, **said)
    assert chosen.basis is expected.basis
    assert chosen.row_mm == pytest.approx(expected.row_mm) if expected.row_mm else not chosen.row_mm
    assert chosen.column_mm == pytest.approx(expected.column_mm) if expected.column_mm else True


def test_pixels_that_are_not_square_are_not_drawn_square():
    assert pixel_aspect(PhysicalSpacing(0.5, 0.25, SpacingBasis.PIXEL_SPACING)) == 2.0
    assert pixel_aspect(NO_SPACING, (4, 3)) == 4 / 3
    assert pixel_aspect(NO_SPACING) == 1.0
    assert pixel_aspect(NO_SPACING, (0, 1)) == 1.0
