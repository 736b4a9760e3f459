"""Which images of a series belong together, in which order, and how each stack is called."""

import io
import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.dicom.model import FrameDistinction, FrameGeometry
from backend.dicom.parsing import parse_instance
from backend.services import stack_notes
from backend.services.stacks import stacks_of
from tests.dicom_files import grey_ramp, image_dataset, item, written
from tests.services.series_phantoms import (
    AXIAL,
    CORONAL,
    SAGITTAL,
    Made,
    image,
    labels,
    placed,
    series,
    uids,
)


def at(z: float) -> tuple[float, float, float]:
    return (0.0, 0.0, float(z))


def grid(places, kinds):
    """One image for each place and kind, numbered place by place; kinds are keywords of `image`."""
    numbers = itertools.count(1)
    return [
        image(f"{kind}.{z}", next(numbers), at(z), **keywords)
        for z in range(places)
        for kind, keywords in enumerate(kinds)
    ]


# -- one stack -----------------------------------------------------------------------------------


def test_slices_of_one_direction_are_one_stack_and_files_are_not_asked():
    made = [image(f"1.{z}", z + 1, at(z)) for z in range(5)]

    def never():
        raise AssertionError("the places tell everything")

    (stack,) = stacks_of(placed(made), never).stacks
    assert (stack.stack_id, stack.label, stack.note) == ("", "", "")
    assert [uid for uid, _ in stack.images] == [f"1.{z}" for z in range(5)]


def test_slices_run_in_the_direction_in_which_numbers_rise():
    made = [image(f"1.{z}", 9 - z, at(z)) for z in range(5)]
    assert uids(series(*made)) == [["1.4", "1.3", "1.2", "1.1", "1.0"]]


def test_acquired_interleaved_slices_still_come_by_place():
    order = [0, 2, 4, 1, 3]
    made = [image(f"1.{z}", number, at(z)) for number, z in enumerate(order, start=1)]
    assert uids(series(*made)) == [["1.0", "1.1", "1.2", "1.3", "1.4"]]


def test_images_that_lie_nowhere_come_by_number():
    made = [image(f"1.{n}", n, None, None) for n in (3, 1, 2)]
    (stack,) = series(*made).stacks
    assert [uid for uid, _ in stack.images] == ["1.1", "1.2", "1.3"]
    assert stack.measure is None


# -- what splits a series ------------------------------------------------------------------------


def apart(**values):
    return {"apart": values}


def acquired(**values):
    return {"acquisition": values}


def said(**values):
    return values


SPLITS = {
    "echo times": ([acquired(echo_time_ms=20.0), acquired(echo_time_ms=80.0)], ["TE 20 ms", "TE 80 ms"]),
    "echo numbers": ([apart(echo_number=1), apart(echo_number=2)], ["echo 1", "echo 2"]),
    "b-values": (
        [apart(b_value=1000.0), apart(b_value=0.0), apart(b_value=500.0)],
        ["b 0", "b 500", "b 1000"],
    ),
    "directions": (
        [apart(gradient_direction=(1.0, 0.0, 0.0)), apart(gradient_direction=(0.0, 1.0, 0.0))],
        ["direction 1", "direction 2"],
    ),
    "image types": (
        [said(image_type=("ORIGINAL", "PRIMARY", "M")), said(image_type=("ORIGINAL", "PRIMARY", "P"))],
        ["magnitude", "phase image"],
    ),
    "water and fat": (
        [said(image_type=("DERIVED", "PRIMARY", "WATER")), said(image_type=("DERIVED", "PRIMARY", "FAT"))],
        ["water", "fat"],
    ),
    "derived among original": (
        [said(image_type=("ORIGINAL", "PRIMARY")), said(image_type=("DERIVED", "SECONDARY"))],
        ["original primary", "derived secondary"],
    ),
    "parts of complex numbers": (
        [apart(complex_image_component="REAL"), apart(complex_image_component="IMAGINARY")],
        ["real", "imaginary"],
    ),
    "temporal positions": (
        [said(temporal_position_identifier=2), said(temporal_position_identifier=1)],
        ["phase 1 of 2", "phase 2 of 2"],
    ),
    "cardiac phases": (
        [apart(cardiac_phase_percent=70.0), apart(cardiac_phase_percent=35.0)],
        ["phase 35 %", "phase 70 %"],
    ),
    "acquisitions": ([said(acquisition_number=3), said(acquisition_number=4)], ["acquisition 3", "acquisition 4"]),
    "sizes": ([said(rows=64, columns=64), said(rows=128, columns=128)], ["64 × 64", "128 × 128"]),
    "frames of reference": (
        [said(frame_of_reference_uid="2.25.1"), said(frame_of_reference_uid="2.25.2")],
        ["frame of reference 1", "frame of reference 2"],
    ),
    "thicknesses": ([said(thickness=1.0), said(thickness=5.0)], ["1 mm slices", "5 mm slices"]),
    "kernels": (
        [acquired(convolution_kernel="B31s"), acquired(convolution_kernel="B70s")],
        ["kernel B31s", "kernel B70s"],
    ),
    "tube voltages": ([acquired(kvp=80.0), acquired(kvp=140.0)], ["80 kV", "140 kV"]),
    "inversion times": ([acquired(inversion_time_ms=100.0), acquired(inversion_time_ms=900.0)], ["TI 100 ms", "TI 900 ms"]),
    "segments": (
        [
            apart(dimensions=(("referenced segment number", 1),)),
            apart(dimensions=(("referenced segment number", 2),)),
        ],
        ["segment 1", "segment 2"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SPLITS)
def test_images_of_one_place_are_split_by_what_sets_them_apart(what):
    kinds, expected = SPLITS[what]
    stacks = series(*grid(4, kinds))
    assert labels(stacks) == expected
    for stack in stacks.stacks:
        assert [uid.split(".")[1] for uid, _ in stack.images] == ["0", "1", "2", "3"]
        assert len({uid.split(".")[0] for uid, _ in stack.images}) == 1
        assert stack.note == ""


def test_what_differs_without_a_clash_splits_nothing():
    made = [image(f"1.{z}", z, at(z), acquisition_number=z, acquisition={"kvp": 80.0 + z}) for z in range(6)]  # fmt: skip
    assert labels(series(*made)) == [""]


def test_what_differs_from_slice_to_slice_is_not_taken_for_the_reason():
    """Acquisition numbers are all different here: only the echo explains why two images lie in one place."""
    numbers = itertools.count(1)
    made = [
        image(
            f"{te}.{z}",
            n := next(numbers),
            at(z),
            acquisition={"echo_time_ms": te},
            acquisition_number=n,
        )
        for z in range(4)
        for te in (15.0, 90.0)
    ]
    assert labels(series(*made)) == ["TE 15 ms", "TE 90 ms"]


def test_two_reasons_split_twice():
    kinds = [
        {"acquisition": {"echo_time_ms": te}, "temporal_position_identifier": phase}
        for te in (10.0, 20.0)
        for phase in (1, 2, 3)
    ]
    assert labels(series(*grid(3, kinds))) == [
        f"TE {te} ms · phase {phase} of 3" for te in (10, 20) for phase in (1, 2, 3)
    ]


def test_diffusion_has_one_image_without_and_several_with_gradient_at_each_place():
    kinds = [apart(b_value=0.0)] + [
        apart(b_value=1000.0, gradient_direction=direction)
        for direction in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    ]
    assert labels(series(*grid(3, kinds))) == [
        "b 0",
        "b 1000 · direction 1",
        "b 1000 · direction 2",
        "b 1000 · direction 3",
    ]


def test_three_planes_of_a_localizer_are_three_stacks():
    made = [
        image(f"{plane}.{n}", 3 * plane + n, (n, n, n), orientation)
        for plane, orientation in enumerate((SAGITTAL, CORONAL, AXIAL))
        for n in (1, 2, 3)
    ]
    stacks = series(*made)
    assert labels(stacks) == ["sagittal", "coronal", "axial"]
    assert [stack.stack_id for stack in stacks.stacks] == ["sagittal", "coronal", "axial"]


def test_two_oblique_stacks_of_one_plane_are_told_apart():
    def oblique(angle):
        return (1.0, 0.0, 0.0, 0.0, math.cos(angle), math.sin(angle))

    made = [
        image(f"{disc}.{n}", 10 * disc + n, (0.0, 0.0, 40.0 * disc + 4 * n), oblique(angle))
        for disc, angle in enumerate((0.3, 0.4))
        for n in (1, 2, 3)
    ]
    assert labels(series(*made)) == ["oblique axial 1", "oblique axial 2"]


def test_slices_that_turn_around_an_axis_stay_together():
    made = [
        image(f"1.{n}", n, (0.0, 0.0, 0.0), (math.cos(n / 4), math.sin(n / 4), 0.0, 0.0, 0.0, -1.0))
        for n in range(8)
    ]
    (stack,) = series(*made).stacks
    assert stack.note == stack_notes.several_directions(8)


def test_volumes_that_follow_a_moving_head_stay_together():
    def turned(volume):
        return (1.0, 0.0, 0.0, 0.0, math.cos(volume / 100), math.sin(volume / 100))

    made = [
        image(f"{volume}.{z}", 10 * volume + z, at(4 * z), turned(volume))
        for volume in range(41)
        for z in range(3)
    ]
    (stack,) = series(*made).stacks
    assert stack.note == stack_notes.several_directions(41)
    assert [uid for uid, _ in stack.images] == [one.uid for one in made]


def test_stations_side_by_side_are_stacks_of_their_own():
    made = [
        image(f"{station}.{y}", 10 * station + y, (0.0, float(y), -300.0 * station), CORONAL)
        for station in range(3)
        for y in range(4)
    ]
    stacks = series(*made)
    assert labels(stacks) == ["station 1 of 3", "station 2 of 3", "station 3 of 3"]
    assert [stack.stack_id for stack in stacks.stacks] == ["station-1", "station-2", "station-3"]


def test_images_without_a_position_do_not_disturb_the_others():
    made = [image(f"1.{z}", z + 1, at(z)) for z in (2, 0, 1)] + [image("2.1", 9, None, None)]
    stacks = series(*made)
    assert labels(stacks) == ["axial", "without position"]
    assert uids(stacks) == [["1.0", "1.1", "1.2"], ["2.1"]]


def test_two_reconstructions_beside_one_another_are_two_stacks():
    thin = [image(f"1.{n}", n, at(n), thickness=1.0) for n in range(20)]
    thick = [image(f"5.{n}", 100 + n, at(5 * n + 0.4), thickness=5.0) for n in range(4)]
    stacks = series(*thin, *thick)
    assert labels(stacks) == ["1 mm slices", "5 mm slices"]
    assert [stack.note for stack in stacks.stacks] == ["", ""]


def test_phases_that_lie_a_little_beside_one_another_are_phases():
    made = [
        image(f"{phase}.{z}", 10 * phase + z, at(5 * z + 0.2 * phase), acquisition_number=phase)
        for phase in (1, 2)
        for z in range(6)
    ]
    assert labels(series(*made)) == ["acquisition 1", "acquisition 2"]


def test_thin_slices_below_thicker_ones_stay_one_stack():
    heights = [4 * n for n in range(8)] + [28 + 7 * n for n in range(1, 8)]
    made = [
        image(f"1.{n}", n, at(z), thickness=4.0 if z <= 28 else 7.0) for n, z in enumerate(heights)
    ]
    (stack,) = series(*made).stacks
    assert stack.note == stack_notes.UNEVEN


# -- time ----------------------------------------------------------------------------------------


def timed(places, phases, step=7, **more):
    """A dynamic series in which only the time of acquisition differs, from slice to slice as well."""
    return [
        image(
            f"{phase}.{z}",
            phase * places + z + 1,
            at(z),
            acquisition_date="20260102",
            acquisition_time=f"{100000 + phase * step * 100 + z:06d}",
            **more,
        )
        for phase in range(phases)
        for z in range(places)
    ]


def test_a_dynamic_series_is_split_by_the_turn_at_which_each_place_was_imaged():
    stacks = series(*timed(places=6, phases=3))
    assert labels(stacks) == ["phase 1 of 3", "phase 2 of 3", "phase 3 of 3"]
    assert uids(stacks)[1] == [f"1.{z}" for z in range(6)]


def test_an_unfinished_last_phase_is_a_phase():
    stacks = series(*timed(places=6, phases=3)[:-2])
    assert [len(stack.images) for stack in stacks.stacks] == [6, 6, 4]


def test_very_many_phases_are_a_film_for_each_place():
    made = [
        image(f"{phase}.{z}", 100 * z + phase, at(z), temporal_position_identifier=phase)
        for z in range(3)
        for phase in range(1, 51)
    ]
    stacks = series(*made)
    assert labels(stacks) == ["slice 1 of 3", "slice 2 of 3", "slice 3 of 3"]
    assert uids(stacks)[2] == [f"{phase}.2" for phase in range(1, 51)]


def test_very_many_phases_of_very_many_places_are_one_stack_place_by_place():
    made = [
        image(f"{phase}.{z}", 41 * phase + z, at(z), temporal_position_identifier=phase)
        for z in range(41)
        for phase in range(1, 42)
    ]
    (stack,) = series(*made).stacks
    assert stack.note == stack_notes.one_place_after_another(41)
    assert [uid for uid, _ in stack.images[:42]] == [f"{p}.0" for p in range(1, 42)] + ["1.1"]


def test_a_beating_heart_is_a_film_for_each_place_though_its_trigger_times_jitter():
    made = [
        image(f"{phase}.{z}", 100 * z + phase, at(z), apart={"trigger_time_ms": 30.0 * phase + z})
        for z in range(4)
        for phase in range(20)
    ]
    stacks = series(*made)
    assert labels(stacks) == [f"slice {n} of 4" for n in (1, 2, 3, 4)]
    assert uids(stacks)[1] == [f"{phase}.1" for phase in range(20)]


def test_phases_of_the_heart_with_many_slices_are_stacks_of_slices():
    made = [
        image(f"{phase}.{z}", 100 * phase + z, at(z), apart={"cardiac_phase_percent": 10.0 * phase})
        for z in range(30)
        for phase in range(10)
    ]
    assert labels(series(*made)) == [f"phase {10 * phase} %" for phase in range(10)]


def test_one_place_again_and_again_is_one_film_in_the_order_of_time():
    made = timed(places=1, phases=5)
    renumbered = [
        replace(one, attributes=replace(one.attributes, instance_number=9 - at))
        for at, one in enumerate(made)
    ]
    (stack,) = series(*renumbered).stacks
    assert [uid for uid, _ in stack.images] == [f"{phase}.0" for phase in range(5)]
    assert stack.note == ""


# -- objects of several frames -------------------------------------------------------------------


def frames_at(*positions, orientation=AXIAL, stack_ids=None):
    return tuple(
        FrameGeometry(position, orientation, stack_id=stack_ids[n] if stack_ids else "")
        for n, position in enumerate(positions)
    )


def test_frames_of_an_enhanced_object_are_ordered_by_place():
    (stack,) = series(image("1.1", 1, frames=frames_at(at(0), at(4), at(2)))).stacks
    assert [frame for _, frame in stack.images] == [1, 3, 2]


def test_frames_of_an_enhanced_object_are_split_like_images():
    apart_from = tuple(FrameDistinction(b_value=b) for b in (0.0, 800.0) for _ in range(3))
    stacks = series(
        image("1.1", 1, frames=frames_at(*map(at, (0, 1, 2)) , *map(at, (0, 1, 2))), frames_apart=apart_from)
    )  # fmt: skip
    assert labels(stacks) == ["b 0", "b 800"]
    assert [[frame for _, frame in stack.images] for stack in stacks.stacks] == [
        [1, 2, 3],
        [4, 5, 6],
    ]


def enhanced(*frames):
    """The file of an enhanced object with these functional groups, a frame each, as it is read when it comes in."""
    dataset = image_dataset(grey_ramp(), NumberOfFrames=len(frames), InstanceNumber=1)
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.4.1", "MR"
    dataset.PixelData = grey_ramp().tobytes() * len(frames)
    dataset.SharedFunctionalGroupsSequence = [
        item(PlaneOrientationSequence=[item(ImageOrientationPatient=list(AXIAL))])
    ]
    dataset.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=[item(ImagePositionPatient=list(at(z)))], **groups)
        for z, groups in frames
    ]
    return Made(parse_instance(io.BytesIO(written(dataset))).attributes)


def diffusion(b_value):
    return {"MRDiffusionSequence": [item(DiffusionBValue=float(b_value))]}


def phase(percent):
    said = item(NominalPercentageOfCardiacPhase=float(percent))
    return {"CardiacSynchronizationSequence": [said]}


def turn(number):
    return {"FrameContentSequence": [item(TemporalPositionIndex=number)]}


def echo(time_ms):
    return {"MREchoSequence": [item(EffectiveEchoTime=float(time_ms))]}


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([diffusion(1000), diffusion(0)], ["b 0", "b 1000"]),
        ([phase(70), phase(35)], ["phase 35 %", "phase 70 %"]),
        ([turn(2), turn(1)], ["phase 1 of 2", "phase 2 of 2"]),
        ([echo(80), echo(20)], ["TE 20 ms", "TE 80 ms"]),
    ],
    ids=["b-values", "cardiac phases", "temporal positions", "echoes"],
)
def test_frames_of_one_file_are_split_by_what_its_functional_groups_say(groups, expected):
    file = enhanced(*((z, each) for each in groups for z in (4, 0, 2)))
    stacks = series(file)
    assert labels(stacks) == expected
    assert [[frame for _, frame in stack.images] for stack in stacks.stacks] == [
        [5, 6, 4],
        [2, 3, 1],
    ]


def test_stacks_that_an_enhanced_object_names_are_stacks():
    places = [at(z) for z in (0, 1, 2, 100, 101, 102)]
    stacks = series(
        image("1.1", 1, frames=frames_at(*places, stack_ids=["L", "L", "L", "R", "R", "R"]))
    )
    assert labels(stacks) == ["stack L", "stack R"]
    assert [stack.note for stack in stacks.stacks] == ["", ""]


def test_a_film_stays_one():
    film = image("1.1", 1, frames=frames_at(*[at(0)] * 30))
    (stack,) = series(film).stacks
    assert [frame for _, frame in stack.images] == list(range(1, 31))
    assert stack.is_cine
    assert stack.note == ""


def test_several_films_of_a_series_are_stacks_of_their_own_and_its_stills_another():
    nowhere = FrameGeometry()
    made = [image("1.1", 1, None, None, frames=(nowhere,) * 3), image("1.2", 2, None, None)]
    made += [image("1.3", 3, None, None, frames=(nowhere,) * 4), image("1.4", 4, None, None)]
    stacks = series(*made, modality="US")
    assert labels(stacks) == ["clip 1", "single images", "clip 3"]
    assert [len(stack.images) for stack in stacks.stacks] == [3, 2, 4]


# -- when nothing explains it --------------------------------------------------------------------


def test_images_in_one_place_that_nothing_sets_apart_come_by_number_with_a_note():
    made = [image(f"1.{n}", n, at(n % 3)) for n in range(6)]
    (stack,) = series(*made).stacks
    assert [uid for uid, _ in stack.images] == [f"1.{n}" for n in range(6)]
    assert stack.note == stack_notes.SAME_PLACE


def test_a_single_image_sent_twice_does_not_undo_the_order_of_the_others():
    made = [image(f"1.{z}", z + 1, at(z)) for z in range(12)] + [image("2.3", 99, at(3))]
    (stack,) = series(*made).stacks
    assert [uid for uid, _ in stack.images][2:6] == ["1.2", "1.3", "2.3", "1.4"]
    assert stack.note == "One image lies in the same place as another."


def test_what_an_earlier_release_stored_is_split_by_what_it_had():
    """No distinction was stored then; echo times, image types and times were."""
    kinds = [acquired(echo_time_ms=20.0), acquired(echo_time_ms=80.0)]
    made = grid(3, kinds)
    assert all(one.attributes.distinction == FrameDistinction() for one in made)
    assert labels(series(*made)) == ["TE 20 ms", "TE 80 ms"]


# -- names in addresses --------------------------------------------------------------------------


def test_a_stack_is_found_by_its_name_and_the_first_one_without():
    stacks = series(*grid(2, [apart(b_value=0.0), apart(b_value=1000.0)]))
    assert stacks.find("") is stacks.stacks[0]
    assert stacks.find("b-1000") is stacks.stacks[1]
    assert stacks.find("b-50") is None


def test_the_name_of_a_phase_stays_when_another_phase_arrives():
    two = series(*grid(3, [said(temporal_position_identifier=n) for n in (1, 2)]))
    three = series(*grid(3, [said(temporal_position_identifier=n) for n in (1, 2, 3)]))
    assert [stack.stack_id for stack in two.stacks] == ["phase-1", "phase-2"]
    assert [stack.stack_id for stack in three.stacks] == ["phase-1", "phase-2", "phase-3"]


# -- whatever a file says ------------------------------------------------------------------------

numbers = st.one_of(st.none(), st.integers(0, 2))
positions = st.one_of(
    st.none(), st.tuples(*[st.sampled_from([0.0, 0.004, 1.0, 2.5]) for _ in range(3)])
)


@st.composite
def anything(draw):
    made = []
    for n in range(draw(st.integers(1, 12))):
        frames = draw(st.integers(1, 3))
        orientation = draw(st.sampled_from([AXIAL, CORONAL, SAGITTAL, None, (0.0,) * 6]))
        made.append(
            image(
                f"1.{n}",
                draw(numbers),
                draw(positions),
                orientation,
                apart={
                    "b_value": draw(st.sampled_from([None, 0.0, 1000.0])),
                    "echo_number": draw(numbers),
                    "trigger_time_ms": draw(st.sampled_from([None, 1.0, 30.0])),
                    "dimensions": draw(st.sampled_from([(), (("label", 1),), (("label", 2),)])),
                },
                frames=tuple(FrameGeometry(draw(positions), orientation) for _ in range(frames))
                if frames > 1
                else (),
                acquisition_number=draw(numbers),
                image_type=draw(st.sampled_from([(), ("M",), ("P", ""), ("M", "ÄØ" * 40)])),
                content_time=draw(st.sampled_from(["", "10", "11"])),
            )
        )
    return made


@settings(max_examples=100, deadline=None)
@given(anything())
def test_every_image_belongs_to_exactly_one_stack_whatever_the_files_say(made):
    stacks = series(*made)
    for stack in stacks.stacks:
        assert all(character in "abcdefghijklmnopqrstuvwxyz0123456789.-" for character in stack.stack_id)  # fmt: skip
    again = series(*reversed(made))
    assert again == stacks
