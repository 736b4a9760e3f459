"""What goes with a frame: its windows, rescale, place and checksum, as its file says, and nothing that it does not say."""

import itertools
import json

import imagecodecs
import numpy as np
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from backend.core.errors import InvalidWindow
from backend.dicom.frames import pixel_checksum
from backend.dicom.plain import NotPlain
from backend.dicom.reading_header import READING_HEADER_VERSION, LossyCompression, ReadingHeader
from backend.imaging.first_look import automatic_window, first_look
from backend.imaging.modality_lut import value_unit
from backend.imaging.model import VoiFunction, Window
from backend.imaging.pixel_reading import read_pixel
from backend.imaging.rendering import RenderParameters, render_display_values
from backend.imaging.voi_lut import apply_window
from tests.dicom.opened_files import GREY_16, JPEG_BASELINE, JPEG_LS, Opened, compressed, opened
from tests.dicom_files import grey_ramp, image_dataset, item, written


def test_windows_and_rescale_are_those_of_the_file():
    image = opened(
        grey_ramp(dtype="int16"),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2",
        Modality="CT",
        RescaleSlope="2",
        RescaleIntercept="-1024",
        WindowCenter=["40", "600", "5"],
        WindowWidth=["80", "2800", "0"],
        WindowCenterWidthExplanation=["Brain", "Bone", "Broken"],
    )
    attributes = image.frame().attributes
    assert (attributes.rescale_slope, attributes.rescale_intercept) == (2, -1024)
    assert attributes.rescale_type == "HU"
    named = [(one.explanation, one.window.center, one.window.width) for one in attributes.windows]
    assert named == [("Brain", 40, 80), ("Bone", 600, 2800)]
    assert any("window" in note for note in image.attributes.notes)


def test_of_countless_windows_the_first_are_offered_and_that_is_said():
    windows = {"WindowCenter": list(range(500)), "WindowWidth": [2] * 500}
    image = opened(grey_ramp(), **windows)
    centers = [one.window.center for one in image.frame().attributes.windows]
    assert centers == list(range(64))
    assert "The file has more than 64 windows; the others are not used." in image.attributes.notes


@pytest.mark.parametrize(
    ("function", "width", "is_defined"),
    [
        ("LINEAR", 1.0, True),
        ("LINEAR", 0.5, False),
        ("LINEAR_EXACT", 0.5, True),
        ("SIGMOID", 0.5, True),
        *itertools.product(("LINEAR", "LINEAR_EXACT", "SIGMOID"), (0.0, -80.0), (False,)),
    ],
)
def test_a_width_below_one_follows_the_rule_of_its_function_in_a_file_and_by_hand(
    function: str, width: float, is_defined: bool
):
    # PS3.3 C.11.2.1.2.1: at least 1; C.11.2.1.3: greater than 0.
    image = opened(
        grey_ramp(), WindowCenter="1000", WindowWidth=str(width), VOILUTFunction=function
    )
    frame = image.frame()
    by_hand = Window(1000, width, VoiFunction(function.lower().replace("_", "-")))
    if is_defined:
        by_hand.require_valid()
        assert first_look(frame) == by_hand
        assert not image.attributes.notes
        shown = render_display_values(frame, RenderParameters())
        grey = apply_window(frame.stored_values, by_hand) * 255
        assert np.abs(shown - grey).max() <= 0.5
        return
    with pytest.raises(InvalidWindow):
        by_hand.require_valid()
    assert image.attributes.notes == ("A window of the file has an invalid width; it is not used.",)
    assert first_look(frame) == automatic_window(frame)


@pytest.mark.parametrize(
    "elements",
    [
        {"RescaleSlope": "0", "RescaleIntercept": "-1024"},
        {"RescaleSlope": "1"},
        {"RescaleIntercept": "-1024"},
    ],
)
def test_half_a_rescale_gives_no_unit(elements):
    image = opened(grey_ramp(), SOPClassUID="1.2.840.10008.5.1.4.1.1.2", Modality="CT", **elements)
    attributes = image.frame().attributes
    assert (attributes.rescale_slope, attributes.rescale_intercept) == (1, 0)
    assert attributes.rescale_type is None
    assert image.attributes.notes


def test_a_dose_is_scaled_to_its_unit():
    image = opened(
        grey_ramp(2, 4, "uint32"),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.481.2",
        Modality="RTDOSE",
        DoseGridScaling="0.0025",
        DoseUnits="GY",
    )
    reading = read_pixel(image.frame(), 1, 3)
    assert (reading.stored_value, reading.modality_value) == (7, 7 * 0.0025)
    assert value_unit(image.frame().attributes) == "GY"


@pytest.mark.parametrize(
    ("dtype", "keyword", "syntax"),
    [
        ("int16", "PixelPadding", ExplicitVRLittleEndian),
        ("int16", "PixelPadding", ImplicitVRLittleEndian),
        ("int32", "PixelPadding", ImplicitVRLittleEndian),
        ("float32", "FloatPixelPadding", ExplicitVRLittleEndian),
        ("float64", "DoubleFloatPixelPadding", ExplicitVRLittleEndian),
    ],
)
def test_background_is_what_the_file_declares_from_one_end_to_the_other(dtype, keyword, syntax):
    values = np.array([[-2001, -2000, -1995, -1990, -1989, 5]]).astype(dtype)
    dataset = image_dataset(values)
    if keyword != "PixelPadding":
        del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
        setattr(dataset, keyword.replace("Padding", "Data"), values.tobytes())
    setattr(dataset, f"{keyword}Value", -2000)
    setattr(dataset, f"{keyword}RangeLimit", -1990)
    dataset.file_meta.TransferSyntaxUID = syntax
    frame = Opened(written(dataset)).frame()
    background = [read_pixel(frame, 0, column).is_background for column in range(values.size)]
    assert background == [False, True, True, True, False, False]


def test_each_frame_of_an_enhanced_image_has_its_own_transform():
    groups = [
        item(
            PixelValueTransformationSequence=[
                item(RescaleSlope=str(slope), RescaleIntercept="-5", RescaleType="US")
            ],
            FrameVOILUTSequence=[item(WindowCenter=str(10 * slope), WindowWidth="20")],
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, slope])],
        )
        for slope in (1, 2, 2)
    ]
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.75], SliceThickness="2")],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
    )
    frames = np.stack([grey_ramp()] * 3)
    dataset = image_dataset(frames[0], NumberOfFrames=3)
    dataset.PixelData = frames.tobytes()
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = groups
    image = Opened(written(dataset))
    slopes = [image.header.frame_attributes(index).rescale_slope for index in range(3)]
    assert slopes == [1, 2, 2]
    assert image.header.frame_attributes(2).windows[0].window.center == 20
    assert image.header.frame_attributes(0).pixel_spacing_mm == (0.5, 0.75)
    assert len(image.header.displays) == 2
    places = [image.attributes.frame_geometry(index) for index in range(3)]
    assert [place.image_position_mm for place in places] == [(0, 0, 1), (0, 0, 2), (0, 0, 2)]
    assert {place.image_orientation for place in places} == {(1, 0, 0, 0, 1, 0)}


def test_spacing_and_orientation_may_differ_from_frame_to_frame():
    orientations = [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1)]
    spacings = [(0.5, 0.75), (1.5, 2.5)]
    dataset = image_dataset(grey_ramp(), NumberOfFrames=2)
    dataset.PixelData = grey_ramp().tobytes() * 2
    dataset.SharedFunctionalGroupsSequence = [item()]
    dataset.PerFrameFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=[item(PixelSpacing=list(spacing))],
            PlaneOrientationSequence=[item(ImageOrientationPatient=list(orientation))],
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, 0])],
        )
        for spacing, orientation in zip(spacings, orientations, strict=True)
    ]
    image = Opened(written(dataset))
    places = [image.attributes.frame_geometry(index) for index in range(2)]
    assert [place.image_orientation for place in places] == orientations
    assert [place.pixel_spacing_mm for place in places] == spacings
    drawn = [image.header.frame_attributes(index).pixel_spacing_mm for index in range(2)]
    assert drawn == spacings


def test_lossy_compression_of_the_past_is_told():
    image = opened(grey_ramp(), LossyImageCompression="01")
    assert image.attributes.is_lossy_source
    assert image.frame().attributes.is_lossy_source


@pytest.mark.parametrize(
    ("methods", "ratios", "said"),
    [
        ("ISO_10918_1", "10.5", [("ISO_10918_1", 10.5)]),
        (["ISO_10918_1", "ISO_15444_1"], ["10", "2.5"], [("ISO_10918_1", 10), ("ISO_15444_1", 2.5)]),
        ("ISO_10918_1", ["10", "2"], [("ISO_10918_1", 10), ("", 2)]),
        (["ISO_10918_1", "ISO_15444_1"], "10", [("ISO_10918_1", 10), ("ISO_15444_1", None)]),
        (None, "10", [("", 10)]),
        ("ISO_10918_1", "0", [("ISO_10918_1", None)]),
        (None, None, []),
    ],
)  # fmt: skip
def test_methods_and_ratios_of_lossy_compressions_are_told_in_their_order(methods, ratios, said):
    elements = {
        "LossyImageCompressionMethod": methods,
        "LossyImageCompressionRatio": ratios,
    }
    given = {keyword: value for keyword, value in elements.items() if value is not None}
    header = opened(grey_ramp(), LossyImageCompression="01", **given).header
    assert [(each.method, each.ratio) for each in header.lossy_compressions] == said
    assert opened(grey_ramp(), **given).header.lossy_compressions == ()


def test_a_method_that_the_file_does_not_name_is_that_of_its_encoding():
    stream = imagecodecs.jpeg8_encode(GREY_16.astype(np.uint8), 90)
    image = compressed(
        GREY_16.astype(np.uint8), JPEG_BASELINE, [stream], LossyImageCompressionRatio=["3", "7"]
    )
    assert image.header.lossy_compressions == (
        LossyCompression("", 3),
        LossyCompression("ISO_10918_1", 7),
    )


def test_the_checksum_follows_the_values_only():
    native = opened(GREY_16)
    packed = compressed(GREY_16, JPEG_LS, [imagecodecs.jpegls_encode(GREY_16)])
    assert native.parsed.frame_checksums == packed.parsed.frame_checksums
    assert pixel_checksum(native.frame()) == native.parsed.frame_checksums[0]
    changed = GREY_16.copy()
    changed[3, 4] ^= 1
    assert opened(changed).parsed.frame_checksums != native.parsed.frame_checksums


@pytest.mark.parametrize(
    ("elements", "word"),
    [
        ({"PhotometricInterpretation": None}, "Photometric Interpretation"),
        ({"PhotometricInterpretation": "CMYK"}, "Photometric Interpretation"),
        ({"PhotometricInterpretation": "RGB"}, "samples per pixel"),
        ({"PixelRepresentation": None}, "signed"),
        ({"BitsStored": None}, "Bits Stored"),
        ({"BitsStored": 17}, "Bits Stored"),
        ({"BitsAllocated": 12}, "Bits Allocated"),
        ({"HighBit": 3}, "High Bit"),
        ({"Rows": None}, "rows and columns"),
        ({"Rows": 17}, "shorter"),
        ({"NumberOfFrames": 2}, "shorter"),
        ({"Rows": 65535, "Columns": 65535}, "512 MiB"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette"),
    ],
)
def test_what_is_missing_is_not_guessed(elements, word):
    attributes = opened(grey_ramp(), **elements).attributes
    assert not attributes.is_displayable
    assert word in attributes.not_displayable_reason
    assert attributes.not_displayable_reason.count(".") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"number_of_frames": 0},
        {"version": 0},
        {"version": READING_HEADER_VERSION + 1},
        {"displays": []},
        {"display_of_frame": [7]},
        {"pixel_format": {"bits_stored": 40}},
        {"frame_index": {"value_offset": -1}},
    ],
)
def test_a_reading_header_that_contradicts_itself_is_refused(change):
    plain = json.loads(opened(grey_ramp()).parsed.reading_header)
    for key, value in change.items():
        plain[key] = plain[key] | value if isinstance(value, dict) else value
    with pytest.raises(NotPlain):
        ReadingHeader.from_bytes(json.dumps(plain).encode())
