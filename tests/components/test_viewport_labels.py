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
