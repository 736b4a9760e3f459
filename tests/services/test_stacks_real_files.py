"""Stacks of real series, and what is said about them."""

import random
from functools import cache

import numpy as np
import pytest

from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.services import stack_notes
from backend.services.stacks import SeriesStacks
from tests.dicom_files import SHARED
from tests.services.series_phantoms import Made, labels, series

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="shared data is not here")


@cache
def files_of(folder: str) -> dict[str, list[Made]]:
    """What can be shown of every series in a folder, by Series Instance UID."""
    found: dict[str, list[Made]] = {}
    for path in sorted((SHARED / "dicom" / folder).rglob("*")):
        if not path.is_file():
            continue
        with path.open("rb") as file:
            parsed = parse_instance(file)
        if isinstance(parsed, ParsedInstance) and parsed.attributes.is_displayable:
            uid = parsed.attributes.series.series_instance_uid
            found.setdefault(uid, []).append(Made(parsed.attributes))
    return found


def stacked(made: list[Made]) -> SeriesStacks:
    return series(*made, modality=made[0].attributes.series.modality)


def series_of(folder: str) -> dict[str, SeriesStacks]:
    """The stacks of every series in a folder, by Series Instance UID."""
    return {uid: stacked(made) for uid, made in files_of(folder).items()}


def only(folder: str) -> SeriesStacks:
    (stacks,) = series_of(folder).values()
    return stacks


def test_the_tilt_of_a_head_is_measured_as_the_file_states_it():
    (stack,) = only("ct_head_ge_tilt").stacks
    assert stack.measure is not None
    assert stack.measure.shear_degrees == pytest.approx(18.5, abs=0.05)  # Gantry/Detector Tilt 18.5
    assert "sheared by 18.5°" in stack.note
    # 4 mm at the base of the skull, 7 mm above it.
    assert stack_notes.UNEVEN in stack.note
    assert stack_notes.told(stack.measure, None, 18.5) == ""


def test_a_slice_that_is_missing_in_a_long_series_is_noticed():
    brain = series_of("mr_brain_4series")
    (long,) = (stacks for stacks in brain.values() if stacks.image_count == 175)
    assert long.stacks[0].note == "There is a gap of 2 mm after image 114: one slice is missing."
    assert all(len(stacks.stacks) == 1 for stacks in brain.values())


def test_an_even_ct_is_one_stack_of_which_nothing_is_said():
    (stack,) = only("rt_breast").stacks
    assert (len(stack.images), stack.note) == (98, "")
    assert stack.measure is not None
    assert stack.measure.spacing_mm == pytest.approx(3.0)


@pytest.mark.parametrize("folder", ["rt_breast", "ct_head_ge_tilt", "mr_brain_4series"])
def test_slices_come_along_their_normal_in_whatever_order_the_files_come(folder: str):
    for made in files_of(folder).values():
        shuffled = random.Random(7).sample(made, len(made))
        (stack,) = stacked(shuffled).stacks
        files = {each.uid: each.attributes for each in made}
        in_order = [files[uid] for uid, _ in stack.images]
        assert len(in_order) == len(made)
        positions = np.array([file.geometry.image_position_mm for file in in_order])
        row, column = np.array(in_order[0].geometry.image_orientation).reshape(2, 3)
        steps = np.diff(positions @ np.cross(row, column))
        assert (steps > 0.5).all() or (steps < -0.5).all()
        # Which of the two ways is that in which the numbers rise.
        numbers = [file.instance_number for file in in_order]
        assert numbers[0] <= numbers[-1]


def test_the_planes_of_localizers_are_stacks():
    found = [labels(stacks) for stacks in series_of("dicomdir_pydicom").values()]
    assert found.count(["coronal", "sagittal", "axial"]) == 2
    assert found.count(["sagittal", "coronal"]) == 1


def test_frames_of_an_enhanced_object_in_one_place_stay_one_film():
    for stacks in series_of("enhanced_mr_frag").values():
        (stack,) = stacks.stacks
        assert [frame for _, frame in stack.images] == list(range(1, 20))
        assert stack.note == ""


def test_two_frames_of_an_enhanced_localizer_are_two_planes():
    assert labels(only("enhanced_ct")) == ["sagittal", "coronal"]


def test_segments_of_one_object_are_told_apart():
    found = [labels(stacks) for stacks in series_of("seg_liver_ct").values()]
    assert [f"segment {number}" for number in (1, 2, 3, 4, 5)] in found
