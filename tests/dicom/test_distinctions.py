"""What may set frames apart, as the standard and as makers write it, and where the planes of a dose grid lie."""

import io
import struct

import numpy as np
import pytest

from backend.dicom.model import FrameDistinction, InstanceAttributes, ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.plain import from_json, to_json
from tests.dicom_files import grey_ramp, image_dataset, item, written

ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"


def parsed(dataset):
    result = parse_instance(io.BytesIO(written(dataset)))
    assert isinstance(result, ParsedInstance), result
    return result.attributes


def with_private(creator, group, element, vr, value, implicit_vr=False):
    dataset = image_dataset(grey_ramp(), Modality="MR")
    block = dataset.private_block(group, creator, create=True)
    block.add_new(element, vr, value)
    octets = io.BytesIO()
    if implicit_vr:
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
    dataset.save_as(octets, enforce_file_format=True)
    result = parse_instance(io.BytesIO(octets.getvalue()))
    assert isinstance(result, ParsedInstance), result
    return result.attributes


MAKERS = [
    ("SIEMENS MR HEADER", 0x0019, 0x0C, "IS", "800", 800.0),
    ("GEMS_PARM_01", 0x0043, 0x39, "IS", ["1000", "8", "0", "0"], 1000.0),
    ("GEMS_PARM_01", 0x0043, 0x39, "IS", ["1000001250", "8", "0", "0"], 1250.0),
    ("Philips Imaging DD 001", 0x2001, 0x03, "FL", 50.0, 50.0),
    ("Image Private Header", 0x0065, 0x09, "FD", 600.0, 600.0),
    ("Philips Imaging DD 001", 0x2001, 0x03, "FL", -1.0, None),
    ("SOMEBODY ELSE", 0x0019, 0x0C, "IS", "800", None),
]


@pytest.mark.parametrize("implicit_vr", [False, True])
@pytest.mark.parametrize(("creator", "group", "element", "vr", "value", "expected"), MAKERS)
def test_b_values_are_read_where_each_maker_writes_them(
    creator, group, element, vr, value, expected, implicit_vr
):
    attributes = with_private(creator, group, element, vr, value, implicit_vr)
    assert attributes.frame_distinction(0).b_value == expected


def test_the_b_value_of_the_standard_comes_before_the_makers():
    dataset = image_dataset(grey_ramp(), Modality="MR", DiffusionBValue=0.0)
    dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "800")
    assert parsed(dataset).frame_distinction(0).b_value == 0


def test_a_private_element_of_unknown_representation_is_read_as_its_maker_writes_it():
    dataset = image_dataset(grey_ramp(), Modality="MR")
    block = dataset.private_block(0x2001, "Philips Imaging DD 001", create=True)
    block.add_new(0x03, "UN", struct.pack("<f", 700.0))
    assert parsed(dataset).frame_distinction(0).b_value == 700


def test_functional_groups_tell_the_frames_of_one_object_apart():
    dataset = image_dataset(grey_ramp())
    dataset.SOPClassUID, dataset.Modality = ENHANCED_MR, "MR"
    dataset.NumberOfFrames = 2
    dataset.PixelData = np.concatenate([grey_ramp(), grey_ramp()]).tobytes()
    dataset.DimensionIndexSequence = [
        item(DimensionIndexPointer=0x00209057),
        item(DimensionIndexPointer=0x00189082),
    ]
    dataset.SharedFunctionalGroupsSequence = [
        item(MRTimingAndRelatedParametersSequence=[item(FlipAngle=15.0)])
    ]
    dataset.PerFrameFunctionalGroupsSequence = [
        item(
            FrameContentSequence=[
                item(
                    TemporalPositionIndex=frame,
                    FrameAcquisitionNumber=frame + 6,
                    FrameAcquisitionDateTime="20260102101500.5",
                    DimensionIndexValues=[1, frame],
                    StackID="A",
                )
            ],
            MREchoSequence=[item(EffectiveEchoTime=frame * 20.0)],
            MRDiffusionSequence=[item(DiffusionBValue=frame * 500.0)],
            MRImageFrameTypeSequence=[
                item(FrameType=["ORIGINAL", "PRIMARY"], ComplexImageComponent="PHASE")
            ],
            CardiacSynchronizationSequence=[item(NominalCardiacTriggerDelayTime=frame * 30.0)],
        )
        for frame in (1, 2)
    ]
    attributes = parsed(dataset)
    assert attributes.frame_distinction(1) == FrameDistinction(
        image_type=("ORIGINAL", "PRIMARY"),
        complex_image_component="PHASE",
        echo_time_ms=40.0,
        flip_angle_degrees=15.0,
        b_value=1000.0,
        temporal_position=2,
        trigger_time_ms=60.0,
        acquisition_number=8,
        acquired_at="20260102101500.5",
        dimensions=(("effective echo time", 2),),
    )
    assert attributes.frame_distinction(0).b_value == 500
    assert attributes.frame_geometry(0).stack_id == "A"


def test_what_an_earlier_release_stored_is_still_read():
    attributes = parsed(image_dataset(grey_ramp()))
    stored = to_json(attributes)
    known = stored[: stored.index(b',"distinction":')] + b"}"
    assert from_json(InstanceAttributes, known).frame_distinction(0) == FrameDistinction()


def dose(offsets, position=(-10, -20, 30), orientation=(1, 0, 0, 0, 1, 0)):
    planes = np.stack([grey_ramp() for _ in range(3)])
    dataset = image_dataset(grey_ramp())
    dataset.PixelData = planes.tobytes()
    dataset.NumberOfFrames = 3
    dataset.Modality = "RTDOSE"
    dataset.ImagePositionPatient = list(position)
    dataset.ImageOrientationPatient = list(orientation)
    dataset.GridFrameOffsetVector = list(offsets)
    return parsed(dataset)


def planes_of(attributes):
    return [attributes.frame_geometry(frame).image_position_mm for frame in range(3)]


def test_planes_of_a_dose_lie_along_the_normal_from_its_position():
    assert planes_of(dose([0, 2.5, 5])) == [(-10, -20, 30), (-10, -20, 32.5), (-10, -20, 35)]
    assert planes_of(dose([0, 2, 4], orientation=(1, 0, 0, 0, 0, -1))) == [
        (-10, -20, 30),
        (-10, -18, 30),
        (-10, -16, 30),
    ]


def test_planes_of_a_dose_may_be_given_as_patient_coordinates_of_transverse_planes():
    assert planes_of(dose([30, 28, 26])) == [(-10, -20, 30), (-10, -20, 28), (-10, -20, 26)]


@pytest.mark.parametrize(
    "unclear",
    [
        {"offsets": [5, 7, 9]},
        {"offsets": [30, 32, 34], "orientation": (1, 0, 0, 0, 0, -1)},
        {"offsets": [30, 32, 34], "orientation": (1, 0, 0, 0, -1, 0)},
    ],
)
def test_planes_of_a_dose_that_contradict_its_position_are_not_used_and_said_so(unclear):
    attributes = dose(**unclear)
    assert planes_of(attributes) == [(-10, -20, 30)] * 3
    assert any("GridFrameOffsetVector" in note for note in attributes.notes)
