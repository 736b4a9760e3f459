"""What an image is described with: windows, and the text in the corner."""

from dataclasses import replace

import numpy as np
import pytest

from backend.dicom.model import FrameGeometry, SpacingAttributes
from backend.dicom.reading_header import (
    READING_HEADER_VERSION,
    FrameDisplay,
    FrameIndex,
    PixelFormat,
    ReadingHeader,
)
from backend.imaging.model import FrameAttributes, LookupTable, NamedLut, NamedWindow, Window
from backend.services.corner_text import acquisition_text
from backend.services.series_description import DescribedInstance, breast_edge, file_windows
from tests.services.series_phantoms import image

HEADER = ReadingHeader(
    READING_HEADER_VERSION,
    "1.2.840.10008.1.2.1",
    1,
    PixelFormat("PixelData", 4, 4, 1, "MONOCHROME2", 0, 16, 16, 15, False, False, False),
    FrameIndex(0, 32),
    (FrameDisplay(),),
)
TABLE = NamedLut(LookupTable(-100, np.arange(4096, dtype=np.uint16), 12), "NORMAL")


def test_an_image_with_a_table_only_offers_its_range_to_start_from():
    (offered,) = file_windows(FrameAttributes(4, 4, voi_luts=(TABLE,)))
    # PS3.3 C.11.2.1.2.1: from center - 0.5 - (width - 1) / 2 to center - 0.5 + (width - 1) / 2.
    low = offered.window_center - 0.5 - (offered.window_width - 1) / 2
    high = offered.window_center - 0.5 + (offered.window_width - 1) / 2
    assert (low, high) == (-100, 3995)


def test_windows_of_the_file_come_before_the_range_of_a_table():
    attributes = FrameAttributes(
        4, 4, voi_luts=(TABLE,), windows=(NamedWindow(Window(40, 400), "SOFT"),)
    )
    assert [window.name for window in file_windows(attributes)] == ["SOFT"]


def test_an_image_without_either_offers_none():
    assert file_windows(FrameAttributes(4, 4)) == ()


def described(**said) -> dict[str, str]:
    """The corner text of an image whose file says these things."""
    attributes = image("1.1", 1, **said).attributes
    instance = DescribedInstance("1.1", attributes, HEADER, acquisition_text(attributes), {})
    return dict(instance.describe(1, 1, 6.0).corner_text)


def test_the_corner_says_what_sets_an_image_apart_and_how_far_the_next_slice_is():
    text = described(apart={"b_value": 1000.0, "trigger_time_ms": 31.5}, thickness=5.0)
    assert text == {"b": "1000 s/mm²", "Trigger": "31.5 ms", "Thickness": "5 mm", "Spacing": "6 mm"}


def test_an_estimated_magnification_is_told_where_it_was_used():
    def text(**spacing):
        return described(
            spacing=SpacingAttributes(estimated_radiographic_magnification_factor=1.8, **spacing)
        )

    assert text(imager_pixel_spacing_mm=(0.1, 0.1))["Magnification"] == "1.8"
    assert "Magnification" not in text(pixel_spacing_mm=(0.1, 0.1))


@pytest.mark.parametrize(
    ("orientation", "laterality", "edge"),
    [
        (("P", "L"), "R", "right"),
        (("A", "R"), "L", "left"),
        (("PR", "FL"), "L", "right"),  # what the file says of the image counts, not how it is hung
        (("F", "AR"), "L", "top"),
        (("L", "P"), "", "bottom"),
        ((), "L", "left"),
        ((), "R", "right"),
        (("L", "F"), "R", "right"),
        ((), "B", ""),
        ((), "", ""),
    ],
)
def test_the_breast_of_a_mammogram_is_where_its_chest_wall_is(orientation, laterality, edge):
    made = image("1.1", 1, acquisition={"image_laterality": laterality}).attributes
    mammogram = replace(
        made, series=replace(made.series, modality="MG"), patient_orientation=orientation
    )
    assert breast_edge(mammogram, FrameGeometry()) == edge
    assert breast_edge(replace(mammogram, series=made.series), FrameGeometry()) == ""


def test_direction_cosines_of_a_tomosynthesis_say_where_the_breast_is():
    made = image("1.1", 1, acquisition={"image_laterality": "L"}).attributes
    slices = replace(made, series=replace(made.series, modality="MG"))
    for cosines, edge in (
        ((0.0, 1.0, 0.0, 0.0, 0.0, -1.0), "right"),
        ((0.0, -1.0, 0.0, 0.0, 0.0, -1.0), "left"),
        ((1.0, 0.0, 0.0, 0.0, -0.9, 0.43), "top"),
    ):
        assert breast_edge(slices, FrameGeometry(image_orientation=cosines)) == edge
