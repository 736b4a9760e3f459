"""Shutters, overlays and look-up tables of a file in the state of the viewer: chosen, in the address, and back again."""

from dataclasses import replace

import pytest

from pacscribe_ui.state.viewport_view import (
    ViewportView,
    from_parameters,
    of_series,
    settled,
    tabled,
    to_parameters,
    windowed,
)

VIEW = of_series("2.25.1")


def again(view: ViewportView) -> ViewportView:
    """The view that its own address asks for."""
    return from_parameters(to_parameters(view, 1), 1)


@pytest.mark.parametrize("name", ["is_shutter_lifted", "is_overlay_hidden"])
def test_what_hands_hide_and_show_is_kept_and_the_address_knows(name):
    values = {"series_instance_uid": "2.25.1", name: True}
    other = settled(VIEW, values)
    assert getattr(other, name) is True
    assert again(other) == other
    assert settled(other, values | {name: False}) == VIEW
    assert settled(other, values | {name: "no"}) == other


def test_all_marks_of_an_address_hold_together():
    view = replace(
        VIEW,
        is_mirrored=True,
        is_inverted=True,
        is_shutter_lifted=True,
        is_overlay_hidden=True,
    )
    assert again(view) == view


def test_a_table_takes_the_place_of_a_window_and_a_window_that_of_a_table():
    windowed_view = windowed(VIEW, 40, 400)
    with_table = tabled(windowed_view, 2)
    assert (with_table.window_center, with_table.voi_lut_number) == (None, 2)
    assert again(with_table) == with_table
    assert windowed(with_table, 40, 400).voi_lut_number is None


@pytest.mark.parametrize("text", ["voi-lut,", "voi-lut,0", "voi-lut,x"])
def test_an_address_with_no_such_table_asks_for_the_first(text):
    assert from_parameters({"s1": "2.25.1", "w1": text}, 1).voi_lut_number == 1


def test_what_hands_settle_keeps_the_table_until_they_drag_a_window():
    view = tabled(VIEW, 3)
    values = {"series_instance_uid": "2.25.1", "voi_lut_number": 3, "zoom": 2.0}
    assert settled(view, values) == replace(view, zoom=2.0)
    values |= {"voi_lut_number": None, "window_center": 40, "window_width": 400}
    assert settled(view, values).voi_lut_number is None
    assert settled(view, values).window_center == 40
