"""Look-up tables come out with the entries and the first input that the file means."""

import io
import struct

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID

from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.rendering import RenderParameters, render_display_values
from tests.dicom.opened_files import Opened
from tests.dicom_files import grey_ramp, image_dataset, written

COLOURS = ("Red", "Green", "Blue")


def attributes(dataset):
    parsed = parse_instance(io.BytesIO(written(dataset)))
    assert isinstance(parsed, ParsedInstance), parsed
    return parsed.attributes, parsed.reading_header


def frame_attributes(dataset):
    said, header = attributes(dataset)
    assert said.is_displayable, said.not_displayable_reason
    return ReadingHeader.from_bytes(header).frame_attributes(0)


def palette_image(descriptor, data, *, is_segmented=False, **elements):
    dataset = image_dataset(
        grey_ramp(4, 4, "uint8"), PhotometricInterpretation="PALETTE COLOR", **elements
    )
    prefix = "Segmented" if is_segmented else ""
    for colour in COLOURS:
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", descriptor)
        setattr(dataset, f"{prefix}{colour}PaletteColorLookupTableData", data)
    return dataset


def test_a_palette_of_16_bit_entries_is_read():
    entries = np.arange(16, dtype="<u2") * 4000
    frame = frame_attributes(palette_image([16, 3, 16], entries.tobytes()))
    for table in frame.palette:
        assert (table.first_value, table.bits) == (3, 16)
        np.testing.assert_array_equal(table.values, entries)


def test_a_palette_of_packed_8_bit_entries_is_read():
    entries = np.arange(16, dtype=np.uint8) * 15
    frame = frame_attributes(palette_image([16, 0, 8], entries.tobytes()))
    np.testing.assert_array_equal(frame.palette[1].values, entries)


def test_a_palette_of_65536_entries_says_0():
    entries = np.arange(65536, dtype="<u2")
    frame = frame_attributes(palette_image([0, 0, 16], entries.tobytes()))
    assert frame.palette[0].values.size == 65536


def test_a_segmented_palette_is_expanded():
    segments = struct.pack("<12H", 0, 2, 10, 20, 1, 5, 120, 1, 3, 60, 0, 1) + struct.pack("<H", 7)
    expected = [10, 20, 40, 60, 80, 100, 120, 100, 80, 60, 7]
    frame = frame_attributes(palette_image([11, 0, 16], segments, is_segmented=True))
    np.testing.assert_array_equal(frame.palette[2].values, expected)


def test_an_indirect_segment_repeats_earlier_ones():
    segments = struct.pack("<4H", 0, 2, 10, 20) + struct.pack("<3H", 1, 2, 40)
    segments += struct.pack("<4H", 2, 2, 0, 0)
    frame = frame_attributes(palette_image([8, 0, 16], segments, is_segmented=True))
    np.testing.assert_array_equal(frame.palette[0].values, [10, 20, 30, 40, 10, 20, 30, 40])


def test_entries_along_a_line_are_rounded_to_the_nearest():
    segments = struct.pack("<6H", 0, 1, 0, 1, 3, 10)
    frame = frame_attributes(palette_image([4, 0, 16], segments, is_segmented=True))
    np.testing.assert_array_equal(frame.palette[0].values, [0, 3, 7, 10])


def test_segments_of_8_bit_entries_are_octets():
    segments = bytes([0, 2, 10, 20, 1, 2, 40, 2, 2, 0, 0, 0, 0, 0])
    frame = frame_attributes(palette_image([8, 0, 8], segments, is_segmented=True))
    np.testing.assert_array_equal(frame.palette[0].values, [10, 20, 30, 40, 10, 20, 30, 40])


@pytest.mark.parametrize(
    ("descriptor", "data", "is_segmented"),
    [
        ([16, 0, 16], b"\0" * 20, False),
        ([16, 0, 40], b"\0" * 32, False),
        ([4, 0, 16], struct.pack("<4H", 2, 1, 0, 0), True),  # repeats itself
        ([4, 0, 16], struct.pack("<4H", 1, 4, 9, 0), True),  # a line from nowhere
        ([4, 0, 16], struct.pack("<4H", 9, 4, 9, 0), True),
        ([4, 0, 16], struct.pack("<2H", 0, 9), True),
    ],
)
def test_a_damaged_palette_is_not_shown(descriptor, data, is_segmented):
    said, _ = attributes(palette_image(descriptor, data, is_segmented=is_segmented))
    assert not said.is_displayable
    assert "look-up table" in said.not_displayable_reason


def lut_item(descriptor, data, **elements):
    item = Dataset()
    item.add_new(0x00283002, "SS" if min(descriptor) < 0 else "US", descriptor)
    item.add_new(0x00283006, "OW", data)
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def test_a_modality_table_is_read_with_its_unit():
    entries = np.arange(8, dtype="<u2") * 3
    item = lut_item([8, -4, 12], entries.tobytes(), ModalityLUTType="US")
    dataset = image_dataset(grey_ramp(2, 2, "int16"), ModalityLUTSequence=[item])
    frame = frame_attributes(dataset)
    assert frame.modality_lut.first_value == -4
    assert frame.rescale_type == "US"
    np.testing.assert_array_equal(frame.modality_lut.values, entries)


def test_a_voi_table_begins_below_zero_where_a_falling_slope_leads_there():
    entries = np.arange(16, dtype="<u2") * 17
    table = lut_item(
        [16, 65536 - 15, 8], entries.tobytes()
    )  # in implicit VR nothing says that this is -15
    dataset = image_dataset(
        grey_ramp(4, 4, "uint8"), RescaleSlope="-1", RescaleIntercept="0", VOILUTSequence=[table]
    )
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2")
    image = Opened(written(dataset))
    drawn = render_display_values(image.frame(), RenderParameters())
    np.testing.assert_array_equal(drawn.reshape(-1), entries[::-1])


def test_a_damaged_modality_table_is_not_shown():
    item = lut_item([8, 0, 12], b"\0" * 4)
    said, _ = attributes(image_dataset(grey_ramp(2, 2), ModalityLUTSequence=[item]))
    assert not said.is_displayable


def test_a_damaged_voi_table_is_left_out_with_a_note():
    good = lut_item([4, 0, 8], np.arange(4, dtype="<u2").tobytes(), LUTExplanation="Soft")
    items = [lut_item([8, 0, 12], b"\0" * 4), good]
    dataset = image_dataset(grey_ramp(2, 2), VOILUTSequence=items)
    frame = frame_attributes(dataset)
    assert [lut.explanation for lut in frame.voi_luts] == ["Soft"]
    assert any("VOI LUT" in note for note in attributes(dataset)[0].notes)


@pytest.mark.parametrize(
    ("presentation", "more", "is_told"),
    [
        ("COLOR", {"PhotometricInterpretation": "MONOCHROME2"}, True),
        ("MIXED", {"PhotometricInterpretation": "MONOCHROME2"}, True),
        ("MONOCHROME", {"PhotometricInterpretation": "MONOCHROME2"}, False),
        ("COLOR", {}, False),
    ],
    ids=["colour", "mixed", "grey", "a whole palette"],
)
def test_a_grey_image_with_colours_for_some_values_is_shown_grey_and_says_so(
    presentation, more, is_told
):
    entries = np.arange(16, dtype="<u2").tobytes()
    image = palette_image([16, 240, 16], entries, PixelPresentation=presentation)
    for keyword, value in more.items():
        setattr(image, keyword, value)
    said, header = attributes(image)
    told = "The file colours some values of this image by a supplemental palette; they are shown in grey."
    assert (told in said.notes) == is_told
    assert bool(ReadingHeader.from_bytes(header).palette) == (not more)


def test_a_colour_presentation_without_a_palette_says_nothing():
    said, _ = attributes(image_dataset(grey_ramp(), PixelPresentation="COLOR"))
    assert said.notes == ()
