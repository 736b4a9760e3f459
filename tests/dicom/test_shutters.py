"""What a file says about its display shutter is applied, or left out with a sentence; never guessed."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from backend.imaging.model import ShutterCircle, ShutterRectangle
from backend.imaging.rendering import RenderParameters, render_display_values
from tests.dicom.opened_files import Opened, opened
from tests.dicom_files import grey_ramp, image_dataset, written

RECTANGLE = {
    "ShutterShape": "RECTANGULAR",
    "ShutterLeftVerticalEdge": "3",
    "ShutterRightVerticalEdge": "20",
    "ShutterUpperHorizontalEdge": "2",
    "ShutterLowerHorizontalEdge": "9",
}
CIRCLE = {
    "ShutterShape": "CIRCULAR",
    "CenterOfCircularShutter": [8, 12],
    "RadiusOfCircularShutter": "6",
}
POLYGON = {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 1, 1, 24, 16, 12]}


def shutter_of(**elements):
    image = opened(grey_ramp(16, 24), **elements)
    return image.frame().attributes.shutter, image.attributes.notes


def test_all_shapes_of_a_file_are_applied_at_once():
    shutter, notes = shutter_of(
        **RECTANGLE | CIRCLE | POLYGON | {"ShutterShape": ["RECTANGULAR", "CIRCULAR", "POLYGONAL"]},
        ShutterPresentationValue=4369,
    )
    assert shutter.rectangle == ShutterRectangle(left=3, right=20, upper=2, lower=9)
    assert shutter.circle == ShutterCircle(
        center_row=8, center_column=12, radius_rows=6, radius_columns=6
    )
    assert shutter.polygon == ((1, 1), (1, 24), (16, 12))
    assert shutter.presentation_value == 4369
    assert notes == ()


def test_pixels_outside_are_replaced_and_those_inside_are_not():
    image = opened(grey_ramp(16, 24), **RECTANGLE)
    drawn = render_display_values(image.frame(), RenderParameters())
    plain = render_display_values(image.frame(), RenderParameters(with_shutter=False))
    # Rows 2 to 9 and columns 3 to 20, counted from 1 (PS3.3 C.7.6.11).
    assert np.array_equal(drawn[1:9, 2:20], plain[1:9, 2:20])
    drawn[1:9, 2:20] = 0
    assert not drawn.any()


@pytest.mark.parametrize(
    "elements",
    [
        {"PixelSpacing": [2.0, 1.0]},
        {"PixelAspectRatio": [2, 1]},
        {"ImagerPixelSpacing": [0.2, 0.1]},
    ],
    ids=["spacing", "aspect ratio", "imager spacing"],
)
def test_a_circle_stays_one_where_pixels_are_not_square(elements):
    shutter, _ = shutter_of(**CIRCLE, **elements)
    # The radius counts pixels along a row; these are half as wide as high.
    assert (shutter.circle.radius_rows, shutter.circle.radius_columns) == (3, 6)


def test_each_frame_may_have_its_own():
    frames = np.stack([grey_ramp(16, 24)] * 3)
    dataset = image_dataset(frames[0], NumberOfFrames=3, **POLYGON)
    dataset.PixelData = frames.tobytes()
    per_frame = []
    for own in (RECTANGLE, CIRCLE, {}):
        group, item = Dataset(), Dataset()
        for keyword, value in own.items():
            setattr(item, keyword, value)
        if own:
            group.FrameDisplayShutterSequence = Sequence([item])
        per_frame.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(per_frame)
    image = Opened(written(dataset))
    first, second, third = (image.frame(index).attributes.shutter for index in range(3))
    assert (first.rectangle is not None, first.circle, first.polygon) == (True, None, ())
    assert (second.rectangle, second.circle is not None, second.polygon) == (None, True, ())
    assert third.polygon


@pytest.mark.parametrize(
    ("elements", "word"),
    [
        ({**RECTANGLE, "ShutterLowerHorizontalEdge": ""}, "incompletely"),
        ({**CIRCLE, "RadiusOfCircularShutter": "0"}, "incompletely"),
        ({**CIRCLE, "CenterOfCircularShutter": [8]}, "incompletely"),
        ({**POLYGON, "VerticesOfThePolygonalShutter": [1, 1, 5, 5]}, "incompletely"),
        ({**POLYGON, "VerticesOfThePolygonalShutter": [1, 1, 5, 5, 9, 2147483647]}, "incompletely"),
        ({**CIRCLE, "PixelSpacing": ["1e-150", "1e150"]}, "incompletely"),
        ({"ShutterShape": "BITMAP"}, "not known"),
        ({**RECTANGLE, "ShutterRightVerticalEdge": "1"}, "whole image"),
    ],
)
def test_a_shutter_that_cannot_be_applied_is_told_and_hides_nothing(elements, word):
    shutter, notes = shutter_of(**elements)
    assert shutter is None
    assert len(notes) == 1
    assert word in notes[0]


def test_of_several_shapes_those_are_applied_that_are_whole():
    shutter, notes = shutter_of(
        **RECTANGLE
        | CIRCLE
        | {"ShutterShape": ["RECTANGULAR", "CIRCULAR"]}
        | {"RadiusOfCircularShutter": ""}
    )
    assert shutter.rectangle is not None
    assert shutter.circle is None
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("lab", "rgb"),
    [
        ((0, 32896, 32896), (0, 0, 0)),
        ((65535, 32896, 32896), (255, 255, 255)),
        ((35579, 53664, 50858), (255, 0, 0)),
    ],
    ids=["black", "white", "red"],
)
def test_the_colour_over_a_colour_image_is_converted_to_srgb(lab, rgb):
    values = np.zeros((16, 24, 3), np.uint8)
    image = opened(values, **RECTANGLE, ShutterPresentationColorCIELabValue=list(lab))
    drawn = render_display_values(image.frame(), RenderParameters())
    # L* 54.29, a* 80.81, b* 69.89 is the red of sRGB under D50; encoded by PS3.3 C.10.7.1.1.
    assert np.abs(drawn[0, 0].astype(int) - rgb).max() <= 2
