"""A view that was made on one screen stands on another: the same part of the image at the same size in CSS pixels."""

import pytest

from tests.components.node import calculate

MODULE = "viewport_ratio.js"


def on_screen(zoom: float | None, made_on: float | None, seen_on: float) -> dict:
    view = {"zoom": zoom, "zoom_ratio": made_on, "pan_column_px": 12, "rotation": 90}
    (found,) = calculate(MODULE, [("onScreen", [view, seen_on])])
    assert (found["pan_column_px"], found["rotation"]) == (12, 90)
    return found


@pytest.mark.parametrize("seen_on", [1, 1.25, 2, 3])
@pytest.mark.parametrize("made_on", [1, 1.5, 2])
def test_an_image_is_as_large_in_css_pixels_on_every_screen(made_on, seen_on):
    found = on_screen(1.5, made_on, seen_on)
    assert found["zoom"] / seen_on == pytest.approx(1.5 / made_on)
    assert found["zoom_ratio"] == seen_on


@pytest.mark.parametrize("ratio", [1, 1.1, 1.25, 4 / 3, 2.625])
def test_on_a_screen_of_the_same_ratio_nothing_is_calculated(ratio):
    # One to one is exactly one to one, or it would not be drawn on the grid of the screen.
    assert on_screen(1, ratio, ratio)["zoom"] == 1


def test_a_zoom_that_names_no_screen_is_for_the_one_that_shows_it():
    assert on_screen(1.5, None, 2) == on_screen(1.5, 2, 2)


def test_a_fitted_image_is_fitted_on_every_screen():
    assert on_screen(None, 2, 1)["zoom"] is None


def test_a_zoom_stays_within_what_there_is():
    assert on_screen(60, 1, 3)["zoom"] == 64
    assert on_screen(0.011, 2, 1)["zoom"] == 0.01
