"""Shutters, overlays and look-up tables of a file in the state of the viewer: chosen, in the address, and back again."""

from dataclasses import replace

import pytest

from backend.schemas.viewing import ImageDescription, SeriesDescription, WindowPreset
from pacscribe_ui.state.viewer_parts import window_choices
from pacscribe_ui.state.viewport_view import (
    ViewportView,
    from_parameters,
    of_series,
    settled,
    tabled,
    to_parameters,
    windowed,
)
from tests.components.node import calculate

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


def described(**more) -> SeriesDescription:
    image = ImageDescription(
        sop_instance_uid="2.25.2",
        frame_number=1,
        image_index=1,
        rows=10,
        columns=10,
        is_displayable=True,
        is_colour=False,
        window_center=None,
        window_width=None,
        voi_function="linear",
        windows=(WindowPreset("LUNG", -600, 1500), WindowPreset("BONE", 400, 2000)),
        spacing_row_mm=None,
        spacing_column_mm=None,
        spacing_basis="none",
        image_position=None,
        image_orientation=None,
        value_unit="",
        corner_text=(),
        is_lossy_source=False,
        note="",
        voi_luts=("NORMAL", ""),
    )
    return SeriesDescription(
        study_instance_uid="2.25.3",
        series_instance_uid="2.25.1",
        modality="MG",
        series_number="1",
        series_description="",
        presets=(),
        images=(replace(image, **more),),
        note="",
    )


def test_every_table_and_window_of_a_file_is_offered_by_its_name():
    choices = window_choices(described(), 1)
    assert [(choice.value, choice.label) for choice in choices][:4] == [
        ("table-1", "File: NORMAL"),
        ("table-2", "File: table 2"),
        ("file-1", "File: LUNG"),
        ("file-2", "File: BONE"),
    ]
    # The first table is what "as stored" shows; the key for the next look passes it over.
    assert [choice.is_other_look for choice in choices][:4] == [False, True, True, True]
    assert not any(choice.is_other_look for choice in choices[4:])


def test_windows_that_differ_between_images_say_whose_they_are():
    one = described()
    assert not any(choice.of_image for choice in window_choices(one, 1))
    other = replace(one.images[0], image_index=2, windows=(WindowPreset("LUNG", -500, 1400),))
    both = replace(one, images=(one.images[0], other))
    chosen = {choice.value: choice for choice in window_choices(both, 2)}
    assert (chosen["file-1"].window_center, chosen["file-1"].of_image) == (-500, 2)
    assert chosen["percentiles"].of_image == 0


def test_a_browser_that_has_scrolled_on_leaves_windows_of_another_image_to_the_state():
    choice = {"window_center": 40, "window_width": 400, "voi_function": "linear", "voi_lut_number": None,
              "is_measured": False, "is_other_look": True}  # fmt: skip
    choices = [
        {**choice, "value": "file-1", "shortcut": "", "of_image": 1},
        {**choice, "value": "lung", "shortcut": "2", "is_other_look": False, "of_image": 0},
    ]
    views = [
        {"image_index": index, "window_center": None, "voi_lut_number": None} for index in (1, 2)
    ]
    calls = [
        ("windowChosen", [choices, value, view]) for view in views for value in ("file-1", "lung")
    ]
    calls += [("windowOfKey", [choices, "0", view]) for view in views]
    asked = calculate("viewport_windows.js", calls)
    assert [each and each["window_center"] for each in asked] == [40, 40, None, 40, 40, None]


def test_a_choice_knows_the_view_that_has_chosen_it():
    first, second, lung, *_ = window_choices(described(), 1)
    assert second.is_shown_by(tabled(VIEW, 2))
    assert not first.is_shown_by(tabled(VIEW, 2))
    assert lung.is_shown_by(windowed(VIEW, -600, 1500))
    assert not any(choice.is_shown_by(VIEW) for choice in window_choices(described(), 1))
