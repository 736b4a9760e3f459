"""What is said about the geometry of a stack."""

import pytest

from backend.imaging.stack_geometry import Gap, StackMeasure
from backend.services.stack_notes import UNEVEN, measured, told

EVEN = StackMeasure(slice_count=30, spacing_mm=5.0)


def gapped(*gaps: Gap, slice_count: int = 30) -> StackMeasure:
    return StackMeasure(slice_count=slice_count, spacing_mm=5.0, gaps=gaps)


def test_nothing_is_said_where_nothing_is_odd():
    assert measured(EVEN) == ""
    assert told(EVEN, 5.0, 0.0) == ""
    assert told(EVEN, None, None) == ""


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (gapped(Gap(13, 10.0, 1)), "There is a gap of 10 mm after image 14: one slice is missing."),
        (
            gapped(Gap(2, 10.0, 1), Gap(13, 15.0, 2)),
            "There are 2 gaps, the largest of 15 mm after image 14: 3 slices are missing in all.",
        ),
        (gapped(Gap(0, 202.5, 161), slice_count=4), "There is a gap of 202.5 mm after image 1."),
        (StackMeasure(3, is_even=False), UNEVEN),
        (
            StackMeasure(3, 4.0, shear_degrees=18.46),
            "The slices are sheared by 18.5°, as by a tilted gantry.",
        ),
    ],
)
def test_what_the_places_tell_is_one_sentence(measure, sentence):
    assert measured(measure) == sentence


def test_a_tilt_is_said_once():
    sheared = StackMeasure(3, 4.0, shear_degrees=18.46)
    assert told(sheared, 4.0, -18.5) == ""
    assert told(EVEN, 5.0, -18.5) == "The file says that the gantry was tilted by 18.5°."


def test_slices_that_overlap_are_said_to_and_slices_that_do_not_are_not():
    assert told(EVEN, 7.5, None) == "The slices overlap: 7.5 mm thick, 5 mm apart."
    assert told(EVEN, 4.0, None) == ""
