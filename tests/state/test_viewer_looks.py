"""Shutters, overlays and look-up tables of a file in the state of the viewer: chosen, in the address, and back again."""

import asyncio
from dataclasses import asdict, replace

import pytest

from backend.core.errors import Malformed
from backend.schemas.viewing import ImageDescription, SeriesDescription, WindowPreset
from pacscribe_ui.state.viewer import ViewerState
from pacscribe_ui.state.viewer_parts import WindowScale, window_choices
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


def _descriptions() -> dict[str, SeriesDescription]:
    """Tables, windows that differ from image to image, presets, colour, and nothing at all."""
    one = described()
    other = replace(one.images[0], image_index=2, windows=(WindowPreset("LUNG", -500, 1400),))
    presets = (
        WindowPreset("brain", 40, 80, shortcut="5"),
        WindowPreset("wide", 40, 4000, "linear-exact"),
    )
    return {
        "tables": one,
        "windows of each": replace(one, images=(one.images[0], other)),
        "presets": replace(one, presets=presets),
        "many": described(windows=tuple(WindowPreset(str(n), n, 10 + n) for n in range(12))),
        "first look": described(voi_luts=(), windows=(WindowPreset("A", 40.0, 80.0),), window_center=40.0, window_width=80.0),
        "colour": described(is_colour=True, windows=(), voi_luts=()),
        "nothing": replace(one, images=()),
    }  # fmt: skip


def test_the_list_that_the_browser_chooses_from_is_the_one_that_the_state_offers():
    asked = [
        (description, index)
        for description in _descriptions().values()
        for index in range(1, len(description.images) + 2)
    ]
    found = calculate(
        "viewport_windows.js",
        [("windowChoices", [asdict(description), index]) for description, index in asked],
    )
    for (description, index), choices in zip(asked, found, strict=True):
        offered = [asdict(choice) for choice in window_choices(description, index)]
        assert choices == [
            {key: value for key, value in choice.items() if key != "label"} for choice in offered
        ]


def test_a_browser_that_has_scrolled_on_chooses_from_the_windows_of_the_image_it_shows():
    both = asdict(_descriptions()["windows of each"])
    choices = calculate("viewport_windows.js", [("windowChoices", [both, n]) for n in (1, 2)])
    view = {"window_center": None, "voi_lut_number": None}
    calls = [("windowChosen", [each, "file-1", view]) for each in choices]
    calls += [("windowChosen", [choices[0], value, view]) for value in ("full", "no-such")]
    *filed, measured, unknown = calculate("viewport_windows.js", calls)
    assert [each["window_center"] for each in filed] == [
        both["images"][at]["windows"][0]["window_center"] for at in (0, 1)
    ]
    # The server has to look at the image for the one; and there is no other.
    assert (measured, unknown) == (None, {})


@pytest.mark.parametrize(
    "scale", [WindowScale("HU"), WindowScale("SUVbw", 0.0123), WindowScale("SUVbw"), WindowScale()]
)
@pytest.mark.parametrize("voi_function", ["linear", "linear-exact", "sigmoid"])
@pytest.mark.parametrize(
    "written",
    [("40", "400"), (" 2.5", "0.5 "), ("0", "1"), ("-600", "0"), ("40", "-3"), ("1e19", "80"), ("40", ""), ("x", "3")],
)  # fmt: skip
def test_a_window_in_numbers_is_the_same_to_the_browser_and_the_state(
    scale: WindowScale, voi_function: str, written: tuple[str, str]
):
    has_factor = scale.factor != 1
    image = {
        "value_unit": "Bq/ml" if has_factor else scale.unit,
        "suv_name": scale.unit if has_factor else "",
        "suv_factor": scale.factor if has_factor else None,
    }
    view = {"voi_function": voi_function}
    (found,) = calculate("viewport_windows.js", [("windowWritten", [image, view, *written])])
    state = ViewerState(_reflex_internal_init=True)
    state.window_scale, state.views = scale, [replace(VIEW, voi_function=voi_function)]
    try:
        asyncio.run(ViewerState.write_window.fn(state, {"center": written[0], "width": written[1]}))
    except Malformed:
        assert found is None
        return
    made = state.views[0]
    assert found == {
        "window_center": made.window_center,
        "window_width": made.window_width,
        "voi_function": made.voi_function,
        "voi_lut_number": None,
    }


def test_a_choice_knows_the_view_that_has_chosen_it():
    first, second, lung, *_ = window_choices(described(), 1)
    assert second.is_shown_by(tabled(VIEW, 2))
    assert not first.is_shown_by(tabled(VIEW, 2))
    assert lung.is_shown_by(windowed(VIEW, -600, 1500))
    assert not any(choice.is_shown_by(VIEW) for choice in window_choices(described(), 1))
