"""Stacks of real series, and what is said about them."""

import pytest

from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.services import stack_notes
from backend.services.stacks import SeriesStacks
from tests.dicom_files import SHARED
from tests.services.series_phantoms import Made, labels, series

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="shared data is not here")


def series_of(folder: str) -> dict[str, SeriesStacks]:
    """The stacks of every series in a folder that can be shown, by Series Instance UID."""
    found: dict[str, list[Made]] = {}
    modality: dict[str, str] = {}
    for path in sorted((SHARED / "dicom" / folder).rglob("*")):
        if not path.is_file():
            continue
        with path.open("rb") as file:
            parsed = parse_instance(file)
        if isinstance(parsed, ParsedInstance) and parsed.attributes.is_displayable:
            said = parsed.attributes.series
            found.setdefault(said.series_instance_uid, []).append(Made(parsed.attributes))
            modality[said.series_instance_uid] = said.modality
    return {uid: series(*made, modality=modality[uid]) for uid, made in found.items()}


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
