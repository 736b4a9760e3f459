"""What the viewer page remembers, asked of the real services; and how a view changes and stands in the address."""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reflex.istate.data import RouterData

from backend import bootstrap
from backend.core.errors import InvalidWindow, Malformed
from backend.schemas.preferences import ViewerPreferences
from backend.services import known_stacks
from pacscribe_ui.state import base
from pacscribe_ui.state.viewer import ViewerState
from pacscribe_ui.state.viewer_layout import LAYOUTS, place_of
from pacscribe_ui.state.viewer_look import Habits
from pacscribe_ui.state.viewer_windows import AS_STORED, OWN_WINDOW
from pacscribe_ui.state.viewport_film import Film
from pacscribe_ui.state.viewport_view import (
    ViewportView,
    from_parameters,
    of_series,
    settled,
    to_parameters,
    windowed,
)
from tests.components.node import calculate
from tests.pet_files import FACTOR, PET_SERIES, pet_slice
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital, ct_slice, dicom_file

SECOND_SERIES = "2.25.1002"
SR_SERIES = "2.25.1003"
ECHOES = "2.25.1009"
OWN_WINDOWS = "2.25.1010"
SR_CLASS = "1.2.840.10008.5.1.4.1.1.88.11"
VIEW = of_series(CT_SERIES)


def six_digits(least: float, most: float):
    """Numbers as an address writes them."""
    return st.floats(least, most).map(lambda value: float(f"{value:.6g}"))


numbers = six_digits(-3000, 3000)
views = st.builds(
    ViewportView,
    series_instance_uid=st.just(CT_SERIES),
    stack_id=st.sampled_from(["", "b-1000", "te-4.6-ms"]),
    image_index=st.integers(1, 5000),
    zoom=st.none() | six_digits(0.02, 60),
    zoom_ratio=st.none() | six_digits(0.5, 4),
    pan_column_px=numbers,
    pan_row_px=numbers,
    rotation=st.sampled_from([0, 90, 180, 270]),
    is_mirrored=st.booleans(),
    is_inverted=st.booleans(),
).map(lambda view: replace(view, zoom_ratio=None) if view.zoom is None else view)


# ---------------------------------------------------------------- a view


windows = st.tuples(st.floats(-1e18, 1e18), st.floats(1, 1e18))


@given(views, st.none() | windows)
def test_an_address_brings_back_the_view_it_was_made_from_to_the_last_digit_of_its_window(
    view, window
):
    if window is not None:
        view = replace(view, window_center=window[0], window_width=window[1])
    assert from_parameters(to_parameters(view, 2), 2) == view


@pytest.mark.parametrize(
    "parameters",
    [
        {"i1": "0"},
        {"i1": "many"},
        {"w1": "40,0,linear"},
        {"w1": "40,0.5,linear"},
        {"w1": "nan,400,linear"},
        {"w1": "40,400,cubic"},
        {"w1": "40"},
        {"z1": "inf"},
        {"z1": "-1"},
        {"p1": "3"},
        {"p1": "1e400,2"},
        {"r1": "45"},
        {"f1": "xyz"},
    ],
)
def test_nonsense_in_an_address_is_the_default(parameters):
    assert from_parameters({"s1": CT_SERIES, **parameters}, 1) == VIEW


def test_a_zoom_stands_in_the_address_with_the_screen_that_it_is_for_if_it_is_known():
    zoomed = settled(VIEW, {"series_instance_uid": CT_SERIES, "zoom": 1.5, "zoom_ratio": 2})
    assert to_parameters(zoomed, 1)["z1"] == "1.5,2"
    # As links were written before: for whichever screen shows them.
    older = from_parameters({"s1": CT_SERIES, "z1": "1.5"}, 1)
    assert (older.zoom, older.zoom_ratio) == (1.5, None)
    assert to_parameters(older, 1)["z1"] == "1.5"
    for nonsense in ("1.5,0", "1.5,-1", "1.5,nan", "1.5,1e9", "1.5,2,3"):
        assert from_parameters({"s1": CT_SERIES, "z1": nonsense}, 1) == older


def test_only_windows_that_the_standard_defines_are_taken():
    assert windowed(VIEW, 40, 1, "linear") is not None
    assert windowed(VIEW, 40, 0.5, "linear") is None
    assert windowed(VIEW, 0.5, 0.5, "linear-exact") is not None
    assert windowed(VIEW, 0.5, 0, "sigmoid") is None
    assert windowed(VIEW, float("nan"), 400) is None


def test_settled_values_are_kept_without_a_new_revision():
    moved = settled(
        replace(VIEW, revision=7),
        {
            "series_instance_uid": CT_SERIES,
            "image_index": 12,
            "window_center": 50,
            "window_width": 350.5,
            "voi_function": "sigmoid",
            "zoom": 2,
            "pan_column_px": 3,
            "pan_row_px": -4,
            "rotation": 270,
            "is_mirrored": True,
            "is_inverted": True,
            "shown_center": 50,
            "shown_width": 350.5,
        },
    )
    assert moved.image_index == 12
    assert (moved.window_center, moved.window_width, moved.voi_function) == (50, 350.5, "sigmoid")
    assert (moved.zoom, moved.pan_column_px, moved.pan_row_px) == (2, 3, -4)
    assert (moved.rotation, moved.is_mirrored, moved.is_inverted) == (270, True, True)
    assert (moved.shown_center, moved.shown_width) == ("50", "350.5")
    assert moved.revision == 7


def test_what_hands_have_not_moved_stays_as_a_command_has_set_it():
    view = replace(VIEW, image_index=12, window_center=500.0, window_width=2000.0, revision=7)
    moved = settled(view, {"series_instance_uid": CT_SERIES, "hand_serial": 3, "zoom": 2})
    assert moved == replace(view, zoom=2.0, hand_serial=3)
    moved = settled(
        moved, {"series_instance_uid": CT_SERIES, "hand_serial": 4, "window_center": None}
    )
    assert (moved.window_center, moved.hand_serial) == (500.0, 4)


def test_values_of_another_series_come_too_late():
    late = {"series_instance_uid": SECOND_SERIES, "image_index": 12}
    assert settled(VIEW, late) is VIEW


def test_values_of_another_stack_of_the_series_come_too_late():
    shown = replace(VIEW, stack_id="b-0")
    late = {"series_instance_uid": CT_SERIES, "stack_id": "b-1000", "image_index": 12}
    assert settled(shown, late) is shown
    assert settled(shown, {**late, "stack_id": "b-0"}).image_index == 12


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("image_index", "window_center", "window_width", "voi_function", "zoom"),
                *("pan_row_px", "rotation", "is_mirrored", "is_inverted"),
            ]
        ),
        st.none() | st.text(max_size=5) | st.integers() | st.floats() | st.lists(st.integers()),
    )
)
def test_whatever_a_browser_sends_the_view_stays_one(values):
    moved = settled(VIEW, {"series_instance_uid": CT_SERIES, **values})
    assert moved.image_index >= 1
    assert moved.window_width is None or moved.window_width >= 1 or moved.voi_function != "linear"
    assert moved.rotation in (0, 90, 180, 270)
    assert {type(moved.rotation), type(moved.is_mirrored)} == {int, bool}
    assert moved.zoom is None or 0.01 <= moved.zoom <= 64
    assert from_parameters(to_parameters(moved, 1), 1).series_instance_uid == CT_SERIES


# ---------------------------------------------------------------- the page


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path)
    hospital.take_in(
        *[
            ct_slice(
                float(5 * number),
                number,
                SeriesDescription="Axial",
                WindowCenter=[50, 500],
                WindowWidth=[350, 2000],
            )
            for number in range(1, 6)
        ],
        dicom_file(
            np.full((32, 32), 7, np.uint16),
            series_instance_uid=SECOND_SERIES,
            SeriesNumber=2,
            Modality="MR",
        ),
    )
    bootstrap.use(hospital.services)
    person = hospital.sign_in()
    base.remember_caller(person.caller, person.cookie)
    yield hospital
    base.remember_caller(None, "")
    bootstrap.use(None)
    hospital.close()


def _call(state: ViewerState, name: str, *arguments: Any) -> Any:
    return asyncio.run(getattr(ViewerState, name).fn(state, *arguments))


def _open(search: str = "", study: str = STUDY) -> ViewerState:
    state = ViewerState(_reflex_internal_init=True)
    state.router = RouterData.from_router_data(
        {
            "pathname": "/viewer/[study_instance_uid]",
            "asPath": f"/viewer/{study}{search}",
            "headers": {},
        }
    )
    _call(state, "open")
    return state


def _scroll(state: ViewerState, image_index: int) -> None:
    """What the browser tells once a hand has scrolled the first viewport."""
    _call(state, "settle", 0, {"series_instance_uid": CT_SERIES, "image_index": image_index})


def _commands(state: ViewerState, *names: str) -> None:
    for name in names:
        _call(state, "command", name)


def test_a_study_opens_with_its_first_series(hospital):
    state = _open()
    assert state.is_loaded
    assert state.trouble == ""
    assert [view.series_instance_uid for view in state.views] == [CT_SERIES]
    assert state.panes[0].series.first_sop_instance_uid
    assert state.patient_lines[0].startswith("Demo")


def test_a_study_of_others_is_refused_in_words_and_leaves_nothing(hospital):
    state = _open()
    base.remember_caller(hospital.stranger(), "")
    _call(state, "open")
    assert state.trouble
    assert not state.is_loaded
    assert state.study.patient_name == ""


def test_nothing_of_a_study_stays_when_its_page_is_left(hospital):
    state = _open()
    _call(state, "leave", "2.25.999")  # late news of a page before this one
    assert state.is_loaded
    _call(state, "leave", STUDY)
    assert not state.is_loaded
    assert state.study.patient_name == ""
    assert state.search == ""


def test_the_address_brings_back_layout_views_and_the_active_viewport(hospital):
    state = _open()
    _commands(state, "layout-1x2")
    _call(state, "settle", 0, {"series_instance_uid": CT_SERIES, "image_index": 3, "zoom": 2.5})
    _call(state, "choose_viewport", 1)
    turned = {"rotation": 90, "is_inverted": True}
    _call(state, "settle", 1, {"series_instance_uid": SECOND_SERIES, **turned})
    _commands(state, "text", "panel", "maximise")
    again = _open(state.search)
    assert again.search == state.search
    assert [replace(view, revision=0) for view in again.views] == [
        replace(view, revision=0) for view in state.views
    ]
    assert (again.layout, again.active, again.is_maximised) == ("1x2", 1, True)
    assert (again.text_level, again.is_panel_open) == ("minimal", False)


def test_an_address_with_a_series_of_another_study_shows_the_first(hospital):
    state = _open("?layout=1x1&s1=2.25.999")
    assert [view.series_instance_uid for view in state.views] == [CT_SERIES]


def test_the_address_names_no_patient(hospital):
    state = _open()
    _commands(state, "layout-2x2")
    assert "Demo" not in state.search
    assert "D-1" not in state.search
    assert {name for name, _ in parse_qsl(state.search[1:])} == {"layout", "active", "s1", "s2"}


def test_windows_of_the_file_and_of_the_modality_are_offered_once_the_series_is_known(hospital):
    state = _open()
    _call(state, "described", 0, CT_SERIES)
    assert [choice.value for choice in state.window_choices][:3] == [
        "file-1",
        "file-2",
        "soft-tissue",
    ]
    assert "lung" in [choice.value for choice in state.window_choices]
    _commands(state, "preset-2")
    assert state.window_choice == "lung"
    assert (state.views[0].window_center, state.views[0].window_width) == (-600, 1500)
    _commands(state, "preset-0")
    assert state.window_choice == AS_STORED
    assert state.views[0].window_center is None
    _commands(state, "preset-0")
    assert (state.views[0].window_center, state.views[0].window_width) == (500, 2000)
    _commands(state, "preset-0")
    assert state.window_choice == AS_STORED


def test_windows_of_the_file_are_those_of_the_image_that_was_scrolled_to(hospital):
    hospital.take_in(
        *[
            ct_slice(
                float(number),
                number,
                series_instance_uid=OWN_WINDOWS,
                SeriesNumber=8,
                WindowCenter=10 * number,
            )
            for number in (1, 2, 3)
        ]
    )
    state = _open(f"?layout=1x1&s1={OWN_WINDOWS}")
    _call(state, "described", 0, OWN_WINDOWS)
    _commands(state, "choose-file-1")
    assert state.views[0].window_center == 10
    _call(state, "settle", 0, {"series_instance_uid": OWN_WINDOWS, "image_index": 3})
    assert state.window_choice == OWN_WINDOW
    _commands(state, "choose-file-1")
    assert state.views[0].window_center == 30
    assert state.window_choice == "file-1"


def test_a_pet_is_windowed_in_suv(hospital):
    hospital.take_in(pet_slice(4.0, 1))
    state = _open(f"?layout=1x1&s1={PET_SERIES}")
    _call(state, "described", 0, PET_SERIES)
    assert [(choice.label, choice.shortcut) for choice in state.window_choices][:6] == [
        (f"SUV 0–{upper}", str(key)) for key, upper in enumerate((5, 3, 7, 8, 10, 15), start=1)
    ]
    assert not {"soft-tissue", "lung"} & {choice.value for choice in state.window_choices}
    _commands(state, "preset-3")
    view = state.views[0]
    assert state.window_choice == "suv-0-7"
    assert view.window_width * FACTOR == pytest.approx(7, rel=1e-4)
    # The fields for numbers are in SUV as well, whatever the window is in.
    shown = {"shown_center": view.window_center, "shown_width": view.window_width}
    _call(state, "settle", 0, {"series_instance_uid": PET_SERIES, **shown})
    assert (state.shown_window, state.window_scale.unit) == (("3.5", "7"), "SUVbw")
    _call(state, "write_window", {"center": "0.4", "width": "0.8"})
    view = state.views[0]
    assert view.window_center * FACTOR == pytest.approx(0.4, rel=1e-4)
    assert (view.window_width * FACTOR, view.voi_function) == (
        pytest.approx(0.8, rel=1e-4),
        "linear-exact",
    )
    # What another viewport led it to differs in the last digits, and is the same range.
    first = state.window_choices[0]
    near = replace(
        view,
        window_center=first.window_center * (1 + 1e-12),
        window_width=first.window_width * (1 - 1e-12),
    )
    assert state.window_choices[0].is_shown_by(near)
    assert not state.window_choices[1].is_shown_by(near)


def test_a_pet_without_suv_has_no_windows_in_suv_and_fields_in_its_own_unit(hospital):
    hospital.take_in(pet_slice(4.0, 1, CorrectedImage="DECY"))
    state = _open(f"?layout=1x1&s1={PET_SERIES}")
    _call(state, "described", 0, PET_SERIES)
    assert [choice.value for choice in state.window_choices] == ["percentiles", "full"]
    _call(state, "write_window", {"center": "2", "width": "4"})
    assert (state.views[0].window_center, state.views[0].window_width) == (2, 4)
    assert state.window_scale.unit == "Bq/ml"


def test_no_hounsfield_windows_for_mr(hospital):
    state = _open(f"?layout=1x1&s1={SECOND_SERIES}")
    _call(state, "described", 0, SECOND_SERIES)
    assert [(choice.value, choice.shortcut) for choice in state.window_choices] == [
        ("percentiles", "1"),
        ("full", "2"),
    ]
    before = state.views
    _commands(state, "preset-3", "preset-9")
    assert state.views == before
    # The image holds one value only: no window is better than a wrong one.
    with pytest.raises(InvalidWindow):
        _commands(state, "preset-2")
    assert state.views == before


def test_windows_taken_from_the_image_are_known_again(hospital):
    state = _open()
    _call(state, "described", 0, CT_SERIES)
    _scroll(state, 2)
    _commands(state, "choose-full")
    # The second slice holds 10 and 110 HU.
    view = state.views[0]
    assert (view.window_center, view.window_width, view.voi_function) == (60.5, 101, "linear")
    assert state.window_choice == "full"
    _scroll(state, 3)
    _commands(state, "choose-full")
    assert state.views[0].window_center == 65.5


def test_a_window_is_written_in_numbers_or_refused_in_words(hospital):
    state = _open()
    _call(state, "write_window", {"center": "55", "width": "333"})
    assert state.window_choice == OWN_WINDOW
    assert (state.views[0].window_center, state.views[0].window_width) == (55, 333)
    for form in ({"center": "a", "width": "1"}, {"center": "1", "width": "0.2"}, {}):
        with pytest.raises(Malformed):
            _call(state, "write_window", form)
    assert state.views[0].window_width == 333


def test_a_button_changes_the_revision_and_a_hand_does_not(hospital):
    state = _open()
    before = state.views[0].revision
    _scroll(state, 2)
    assert state.views[0].revision == before
    _commands(state, "preset-0")
    assert (state.views[0].revision, state.views[0].image_index) == (before + 1, 2)


@pytest.fixture
def echoes(hospital):
    """A further series of two echoes, three slices each."""
    hospital.take_in(
        *[
            ct_slice(z, 2 * n + echo, series_instance_uid=ECHOES, EchoTime=echo * 20.0, SeriesNumber=9)
            for n, z in enumerate((0, 2, 4))
            for echo in (1, 2)
        ]
    )  # fmt: skip
    return [f"{ECHOES}/te-20-ms", f"{ECHOES}/te-40-ms"]


def test_each_stack_of_a_series_has_a_card_and_a_place_in_the_address(hospital, echoes):
    state = _open()
    cards = [card for card in state.cards if card.series_instance_uid == ECHOES]
    assert [(card.key, card.stack_label, card.image_count) for card in cards] == [
        (echoes[0], "TE 20 ms", 3),
        (echoes[1], "TE 40 ms", 3),
    ]
    _commands(state, f"show-{echoes[1]}")
    assert state.active_key == echoes[1]
    assert "k1=te-40-ms" in state.search
    again = _open(state.search)
    assert again.active_key == echoes[1]


@pytest.mark.parametrize("stack", ["", "te-999-ms", "../../x"])
def test_an_address_without_a_known_stack_opens_the_first_of_its_series(hospital, echoes, stack):
    state = _open(f"?s1={ECHOES}&k1={stack}&i1=2")
    assert state.active_key == echoes[0]
    assert state.views[0].image_index == 2


def test_stacks_that_are_found_later_take_their_places(hospital, echoes, monkeypatch):
    monkeypatch.setattr(known_stacks, "_FRAMES_ORDERED_AT_OPENING", 1)
    state = _open()
    assert not state.study.is_whole
    _commands(state, f"show-{ECHOES}")
    assert state.active_key == ECHOES
    _call(state, "complete")
    assert state.study.is_whole
    assert state.active_key == echoes[0]
    assert [card.key for card in state.cards if card.series_instance_uid == ECHOES] == echoes


def test_what_is_dear_to_divide_is_divided_after_the_first_image(hospital, echoes, monkeypatch):
    monkeypatch.setattr(known_stacks, "_OBJECTS_READ_AT_OPENING", 5)
    state = _open()
    assert not state.study.is_whole
    assert ECHOES in [card.key for card in state.cards]
    _call(state, "complete")
    assert [card.key for card in state.cards if card.series_instance_uid == ECHOES] == echoes


def test_an_address_finds_its_stack_in_a_study_too_large_to_be_looked_through(
    hospital, echoes, monkeypatch
):
    monkeypatch.setattr(known_stacks, "_FRAMES_ORDERED_AT_OPENING", 1)
    state = _open(f"?s1={ECHOES}&k1=te-40-ms")
    assert not state.study.is_whole
    assert state.active_key == echoes[1]


def test_there_is_no_image_after_the_last(hospital):
    state = _open()
    _scroll(state, 99)
    _call(state, "write_window", {"center": "40", "width": "80"})
    assert state.views[0].image_index == 5


def test_new_viewports_show_what_is_not_shown_yet(hospital):
    state = _open()
    _commands(state, "layout-2x2")
    assert [view.series_instance_uid for view in state.views] == [CT_SERIES, SECOND_SERIES, "", ""]


def test_keys_step_through_series_and_viewports(hospital):
    state = _open()
    _commands(state, "series-next")
    assert state.active_key == SECOND_SERIES
    _commands(state, "series-next")
    assert state.active_key == SECOND_SERIES
    _commands(state, "series-previous")
    assert state.active_key == CT_SERIES
    _commands(state, "layout-1x2")
    _commands(state, "viewport-next")
    assert state.active == 1
    _commands(state, "viewport-next")
    assert state.active == 0


def test_only_a_stack_plays_and_each_viewport_by_itself(hospital):
    state = _open()
    _commands(state, "layout-1x2")
    _commands(state, "cine", "cine-faster", "cine-sweep")
    assert state.views[0].film == Film(is_playing=True, speed=1.5, way="sweep")
    assert state.speed_text == "1.5 ×"
    _call(state, "choose_viewport", 1)
    _commands(state, "cine")
    assert [view.film.is_playing for view in state.views] == [True, False]
    _call(state, "show_series", 1, CT_SERIES)
    _call(state, "play_in", 1)
    _commands(state, "cine-all")
    assert not any(view.film.is_playing for view in state.views)
    _commands(state, "cine-all")
    assert all(view.film.is_playing for view in state.views)
    _call(state, "film_ended", 0)
    assert [view.film.is_playing for view in state.views] == [False, True]
    _commands(state, "cancel")
    assert not any(view.film.is_playing for view in state.views)


def test_a_film_begins_and_ends_where_a_hand_says_and_the_address_says_it_again(hospital):
    state = _open()
    _call(state, "settle", 0, {"series_instance_uid": CT_SERIES, "image_index": 2})
    _commands(state, "cine-first")
    _call(state, "settle", 0, {"series_instance_uid": CT_SERIES, "image_index": 4})
    _commands(state, "cine-last", "cine-once", "cine-slower", "cine")
    assert "c1=0.75,once,2,4" in state.search
    again = _open(state.search)
    assert again.views[0].film == replace(state.views[0].film, is_playing=False)
    _commands(again, "cine-whole", "cine-filed", "cine-faster")
    assert again.views[0].film == Film()


def test_links_and_lines_are_switches_that_the_address_keeps(hospital):
    state = _open()
    assert state.is_linked
    assert not state.has_lines
    _commands(state, "join", "lines")
    again = _open(state.search)
    assert not again.is_linked
    assert again.has_lines
    _commands(again, "join", "lines")
    assert {"link", "lines"}.isdisjoint(name for name, _ in parse_qsl(again.search[1:]))


def test_a_link_by_hand_is_measured_in_the_browser_and_kept_in_the_address(hospital):
    state = _open()
    _commands(state, "layout-1x2")
    _commands(state, "join", "join-here")
    assert state.hand_serial == 1
    _call(state, "link_by_hand", [[0, 0, 0], [1.5, -2, 14]])
    assert state.is_linked
    assert [view.link_offset_mm for view in state.views] == [(0, 0, 0), (1.5, -2, 14)]
    again = _open(state.search)
    assert [view.link_offset_mm for view in again.views] == [(0, 0, 0), (1.5, -2, 14)]
    _call(again, "show_series", 1, CT_SERIES)
    assert again.views[1].link_offset_mm is None
    _commands(again, "join-forget")
    assert again.views[0].link_offset_mm is None


def test_where_nothing_can_be_linked_nothing_is(hospital):
    state = _open()
    _call(state, "link_by_hand", [])
    assert state.views[0].link_offset_mm is None


@pytest.mark.parametrize("offsets", [["far"], [[1, 2]], [[1, 2, "x"]], [[1, 2, float("nan")]], [5]])
def test_what_is_no_offset_links_nothing(hospital, offsets):
    state = _open()
    _call(state, "link_by_hand", offsets)
    assert state.views[0].link_offset_mm is None


def test_linked_viewports_settle_at_once(hospital):
    state = _open()
    _commands(state, "layout-1x2")
    _call(state, "show_series", 1, CT_SERIES)
    moves = [
        {"index": 0, "series_instance_uid": CT_SERIES, "image_index": 3},
        {"index": 1, "series_instance_uid": CT_SERIES, "image_index": 4},
        {"index": 7, "series_instance_uid": CT_SERIES, "image_index": 5},
        {"index": [], "series_instance_uid": CT_SERIES},
        {},
    ]
    _call(state, "settle_together", moves)
    assert [view.image_index for view in state.views] == [3, 4]


def test_viewports_change_places_and_the_moved_one_stays_active(hospital):
    state = _open()
    _commands(state, "layout-2x2")
    before = state.views
    _call(state, "swap_viewports", 0, 3)
    assert state.active == 3
    assert [view.series_instance_uid for view in state.views] == ["", SECOND_SERIES, "", CT_SERIES]
    assert state.views[3].revision > max(view.revision for view in before)
    _commands(state, "swap-next")
    assert state.active == 0
    assert state.views[0].series_instance_uid == CT_SERIES
    _call(state, "swap_viewports", 0, 9)
    assert state.views[0].series_instance_uid == CT_SERIES


def test_a_layout_that_shrinks_and_grows_again_brings_every_view_back(hospital):
    state = _open()
    _commands(state, "layout-2x2")
    _call(state, "show_series", 3, CT_SERIES)
    _call(state, "settle", 3, {"series_instance_uid": CT_SERIES, "image_index": 4, "zoom": 2.5})
    kept = state.views[3]
    _commands(state, "layout-1x1")
    assert (state.active, len(state.views)) == (0, 1)
    _commands(state, "layout-3x3")
    assert len(state.views) == 9
    assert state.views[4] == kept
    assert [pane.place for pane in state.panes] == list(range(9))


def test_a_large_viewport_leaves_the_others_waiting_behind_it(hospital):
    state = _open()
    _commands(state, "layout-1x2")
    _call(state, "maximise", 1)
    assert [pane.is_shown for pane in state.panes] == [False, True]
    _call(state, "maximise", 1)
    assert [pane.is_shown for pane in state.panes] == [True, True]


def test_a_touch_screen_scrolls_first_and_gives_the_images_the_room(hospital):
    state = _open()
    _call(state, "start_with_touch")
    assert (state.tool, state.is_panel_open) == ("scroll", False)
    _call(
        state, "open"
    )  # a page that is loaded again is read again, perhaps after the screen has spoken
    assert not state.is_panel_open
    asked = _open("?layout=1x1&report=1")
    _call(asked, "start_with_touch")
    assert asked.is_panel_open


def test_what_is_no_command_viewport_or_series_changes_nothing(hospital):
    state = _open()
    before = (state.views, state.layout, state.active)
    with pytest.raises(Malformed):
        _commands(state, "delete-everything")
    _call(state, "settle", 9, {"series_instance_uid": CT_SERIES})
    _call(state, "settle", -1, {"series_instance_uid": CT_SERIES, "image_index": 4})
    _call(state, "choose_viewport", 9)
    _commands(state, "layout-9x9")
    _call(state, "show_series", 0, "2.25.999")
    _commands(state, "tool-erase", "preset-x")
    assert (state.views, state.layout, state.active, state.tool) == (*before, "window")


# ---------------------------------------------------------------- how somebody looks


def test_text_goes_through_its_four_levels_and_the_address_keeps_it(hospital):
    state = _open()
    seen = []
    for _ in range(4):
        _commands(state, "text")
        seen.append(state.text_level)
    assert seen == ["minimal", "none", "anonymous", "full"]
    _commands(state, "text-none")
    assert "text=none" in state.search
    assert _open(state.search).text_level == "none"
    _commands(state, "text-everything")
    assert state.text_level == "none"


def test_anonymous_leaves_nothing_that_names_the_patient_or_the_place(hospital):
    state = _open()
    _commands(state, "text", "anonymous")
    assert state.is_anonymous
    written = " ".join([*state.patient_lines, *state.study_lines])
    study = state.study
    for secret in (
        study.patient_name,
        study.patient_id,
        study.patient_birth_date,
        study.accession_number,
        study.institution_name,
    ):
        assert not secret or secret not in written
    assert study.study_date in written
    _commands(state, "anonymous")
    assert state.text_level == "minimal"
    assert state.patient_lines[0] == study.patient_name


def test_smoothing_is_on_until_it_is_switched_off_and_the_address_keeps_it(hospital):
    state = _open()
    assert state.habits.is_smooth
    assert "smooth" not in state.search
    _commands(state, "smoothing")
    assert not _open(state.search).habits.is_smooth


def test_escape_puts_down_what_is_only_there_for_a_moment(hospital):
    state = _open()
    _commands(state, "tool-zoom", "tool-probe", "tool-region", "magnifier")
    assert (state.tool, state.habits.is_magnifying) == ("region", True)
    _commands(state, "cancel")
    assert (state.tool, state.habits.is_magnifying) == ("zoom", False)
    _commands(state, "cancel")
    assert state.tool == "zoom"


def test_a_link_is_asked_for_once_the_address_is_up_to_date(hospital):
    state = _open()
    _commands(state, "copy-link")
    assert state.link_serial == 1
    assert _call(state, "command", "link-copied") is not None
    assert _call(state, "command", "link-refused") is not None


def test_settings_of_the_account_hold_when_a_study_is_opened_afresh(hospital):
    state = _open()
    _commands(state, "settings")
    assert state.is_settings_open
    form = {
        "tool": "scroll",
        "text_level": "minimal",
        "smoothing": "sharp",
        "layout": "1x2",
        "slider_side": "left",
        "wheel": "back",
    }
    _call(state, "save_settings", form)
    assert not state.is_settings_open
    assert (state.tool, state.text_level, state.layout) == ("scroll", "minimal", "1x1")
    again = _open()
    assert (again.tool, again.text_level, again.layout) == ("scroll", "minimal", "1x2")
    assert again.habits == Habits(is_smooth=False, slider_side="left", wheel_step=-1)
    _call(again, "start_with_touch")
    assert again.tool == "scroll"


def test_keys_of_one_s_own_are_kept_with_the_account_and_survive_other_settings(hospital):
    state = _open()
    assert (state.own_keys, state.keys_sheet) == ({}, [])
    _commands(state, "keys")
    usual = state.keys_sheet
    _call(state, "change_keys", True)
    assert usual != state.keys_sheet
    _call(state, "choose_key", "invert", "K")
    _call(state, "choose_key", "cine", "ArrowUp")
    assert state.keys_trouble.startswith("↑ is “Previous image”")
    assert state.own_keys == {"invert": ["K"]}
    _call(state, "choose_key", "cine", "I")
    assert (state.keys_trouble, state.own_keys_shown) == ("", {"invert": "K", "cine": "I"})
    _call(state, "close_keys")
    assert (state.is_keys_open, state.is_changing_keys, state.keys_sheet) == (False, False, [])
    _call(state, "save_settings", {"tool": "pan", "keys": [["invert", "Q"]]})
    again = _open()
    assert again.own_keys == {"invert": ["K"], "cine": ["I"]}
    _call(again, "reset_keys")
    assert _open().own_keys == {}
    assert _open().preferences.tool == "pan"


@pytest.mark.parametrize("name", ["cancel", "preset-3", "no-such-command", ""])
def test_keys_that_are_the_same_for_everybody_cannot_be_changed(hospital, name):
    state = _open()
    with pytest.raises(Malformed):
        _call(state, "choose_key", name, "K")
    assert state.own_keys == {}


# Everything that the browser goes ahead with.
AHEAD = (
    *("tool-window", "tool-pan", "tool-probe", "tool-region", "text", "text-none", "text-minimal", "anonymous"),
    *("smoothing", "magnifier", "cancel", "maximise", "viewport-next", "viewport-previous", "join", "lines"),
    *("cine", "cine-all", "cine-slower", "cine-faster", "cine-filed", "cine-loop", "cine-sweep", "cine-once"),
    *("cine-first", "cine-last", "cine-whole", "join-forget"),
    *("series-next", "series-previous", "swap-next", "swap-previous"),
    *(f"show-{key}" for key in (CT_SERIES, SECOND_SERIES, "2.25.999")),
    *(f"layout-{layout}" for layout in LAYOUTS),
)  # fmt: skip


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _page(state: ViewerState) -> dict[str, Any]:
    """What the browser goes ahead from."""
    seen = {str(index): asdict(view) for index, view in enumerate(state.views)}
    cards = [asdict(card) for card in state.cards]
    return _plain({**asdict(state.page), "cards": cards, "seen": seen})


def test_what_the_browser_goes_ahead_with_is_what_the_state_says_a_moment_later(hospital):
    chance = random.Random(7)
    state = _open(f"?layout=1x2&s1={CT_SERIES}&s2={SECOND_SERIES}&i1=3")
    pages, names = [], []
    # Each of them several times, and in many orders.
    for name in [name for _ in range(5) for name in chance.sample(AHEAD, len(AHEAD))]:
        index = chance.randint(1, 5)
        view = state.views[state.active]
        values = {"series_instance_uid": view.series_instance_uid, "image_index": index}
        _call(state, "settle", state.active, values)
        pages.append(_page(state))
        _commands(state, name)
        names.append((name, _page(state)))
    changes = calculate(
        "viewer_changes.js",
        [("changesBy", [page, name]) for page, (name, _) in zip(pages, names, strict=True)],
    )
    assert {name for (name, _), change in zip(names, changes, strict=True) if change} == {
        name for name in AHEAD if name != "join-forget"
    }
    for page, change, (name, after) in zip(pages, changes, names, strict=True):
        _assert_is_what_the_state_says({**page, **change}, after, name)


def _assert_is_what_the_state_says(page: dict, after: dict, name: str) -> None:
    for index, (key, film) in enumerate(zip(page.pop("keys"), page.pop("films"), strict=True)):
        place = place_of(page["layout"], index)
        pane = page.pop(f"pane_{place}", {"key": key, "from": None})
        film = page.pop(f"film_{place}", film)
        # What viewports show that another layout has brought is the state's to say.
        if pane["key"] is None:
            assert name.startswith("layout")
            continue
        assert (pane["key"], film) == (after["keys"][index], after["films"][index]), name
        if pane["from"] is not None:
            same = {"revision": 0, "film": None}
            assert {**pane["from"], **same} == {**after["seen"][str(index)], **same}
    unlike = {"keys", "films", "seen"}
    assert {key: value for key, value in page.items() if key not in unlike} == {
        key: value for key, value in after.items() if key not in unlike
    }, name


def test_a_browser_that_has_changed_the_layout_shows_series_and_swaps_as_far_as_it_knows(hospital):
    state = _open(f"?layout=2x2&s1={CT_SERIES}&s4={SECOND_SERIES}")
    page = _page(state)
    (laid,) = calculate("viewer_changes.js", [("changesBy", [page, "layout-2x3"])])
    page |= laid
    assert page["keys"] == [CT_SERIES, None, None, None, SECOND_SERIES, None]
    shown, swapped, unknown, stepped = calculate(
        "viewer_changes.js",
        [
            ("changesBy", [page, f"show-{SECOND_SERIES}"]),
            ("swapped", [page, 4, 0]),
            ("swapped", [page, 2, 0]),
            ("changesBy", [{**page, "active": 2}, "series-next"]),
        ],
    )
    assert shown["pane_0"]["key"] == SECOND_SERIES
    assert (swapped["pane_4"]["key"], swapped["pane_0"]["key"]) == (CT_SERIES, SECOND_SERIES)
    assert (unknown, stepped) == ({}, {})


def test_an_address_wins_over_settings_also_by_what_it_leaves_out(hospital):
    state = _open()
    link = state.search
    _call(state, "save_settings", {"text_level": "none", "smoothing": "sharp", "layout": "2x2"})
    linked = _open(link)
    assert (linked.text_level, linked.is_smooth, linked.layout) == ("full", True, "1x1")
    assert linked.search == link


def test_what_is_no_setting_is_the_usual(hospital):
    state = _open()
    _call(state, "save_settings", {"tool": "saw", "layout": "9x99", "wheel": ["back"], "more": "x"})
    assert state.preferences == ViewerPreferences()
    _commands(state, "settings")
    _call(state, "close_settings")
    assert not state.is_settings_open
