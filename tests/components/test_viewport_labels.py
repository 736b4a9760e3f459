"""What stands over the image, run by Node."""

import pytest

from pacscribe_ui.text import VIEWPORT
from tests.components.node import calculate


def window_text(image: dict, window: list, presets=()) -> str:
    base = {"image": image, "window": window}
    return calculate("viewport_labels.js", [("windowText", [base, list(presets), VIEWPORT])])[0]


SUV = {"suv_factor": 2e-4, "suv_name": "SUVbw", "value_unit": "Bq/ml"}
SUV_0_5 = {"name": "suv-0-5", "window_center": 12500, "window_width": 25000}


@pytest.mark.parametrize(
    ("image", "window", "presets", "text"),
    [
        ({"value_unit": "HU"}, [40, 400], [], "C 40  W 400 HU"),
        (
            {"value_unit": "HU"},
            [-600, 1500],
            [{"name": "lung", "window_center": -600, "window_width": 1500}],
            "C -600  W 1500 HU  Lung",
        ),
        ({"value_unit": ""}, [300.25, 800], [], "C 300.25  W 800"),
        (SUV, [12500, 25000], [SUV_0_5], "C 2.5  W 5 SUVbw  SUV 0–5"),
        # As another viewport leads it there, with other last digits.
        (SUV, [12500.0000001, 25000], [SUV_0_5], "C 2.5  W 5 SUVbw  SUV 0–5"),
        (SUV, [12000, 24123], [SUV_0_5], "C 2.4  W 4.825 SUVbw"),
        ({"value_unit": "Bq/ml", "suv_factor": None, "suv_name": ""}, [12500, 25000], [], "C 12500  W 25000 Bq/ml"),
    ],
)  # fmt: skip
def test_a_window_is_written_in_the_unit_that_its_reader_thinks_in(image, window, presets, text):
    assert window_text(image, window, presets) == text


@pytest.mark.parametrize(
    ("compressions", "text"),
    [
        ([], "source lossy"),
        ([["ISO_10918_1", 10]], "source lossy: JPEG 10:1"),
        ([["ISO_15444_1", 20.03]], "source lossy: JPEG 2000 20:1"),
        ([["ISO_15444_15", None]], "source lossy: HTJ2K"),
        ([["", 7.27]], "source lossy: 7.3:1"),
        ([["ISO_14495_1", 2.0], ["ISO_10918_1", 5]], "source lossy: JPEG-LS 2:1, JPEG 5:1"),
        # A method of a later edition of the standard is better than none.
        ([["ISO_99999_1", 3]], "source lossy: ISO_99999_1 3:1"),
        ([["", None]], "source lossy"),
    ],
)
def test_what_an_image_has_lost_before_is_written_with_method_and_ratio(compressions, text):
    image = {"lossy_compressions": compressions}
    assert calculate("viewport_labels.js", [("lossyText", [image, VIEWPORT])]) == [text]


TURNS = [(rotation, mirrored) for rotation in (0, 90, 180, 270) for mirrored in (False, True)]


@pytest.mark.parametrize(("rotation", "is_mirrored"), TURNS)
def test_the_edge_of_a_breast_turns_with_the_letters_of_its_image(rotation, is_mirrored):
    """The letter P stands at the chest wall, however the image lies on the glass."""
    view = {"rotation": rotation, "is_mirrored": is_mirrored}
    for edge, orientation in {
        "right": ["P", "F"], "left": ["A", "F"], "bottom": ["L", "P"], "top": ["L", "A"],
    }.items():  # fmt: skip
        letters, turned = calculate(
            "viewport_geometry.js",
            [
                ("edgeLetters", [{"patient_orientation": orientation}, view]),
                ("turnedEdge", [edge, view]),
            ],
        )
        assert letters[turned] == "P"


def test_what_is_no_mammogram_has_no_such_edge():
    view = {"rotation": 90, "is_mirrored": True}
    assert calculate("viewport_geometry.js", [("turnedEdge", ["", view])]) == [""]
