"""How one viewport shows its series: what hands make of it, and how it stands in the address and comes back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacscribe_ui.state.viewport_view import (
    ViewportView,
    from_parameters,
    of_series,
    settled,
    to_parameters,
    windowed,
)
from tests.state.viewer_pages import SECOND_SERIES
from tests.viewing_hospital import CT_SERIES

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
        },
    )
    assert moved.image_index == 12
    assert (moved.window_center, moved.window_width, moved.voi_function) == (50, 350.5, "sigmoid")
    assert (moved.zoom, moved.pan_column_px, moved.pan_row_px) == (2, 3, -4)
    assert (moved.rotation, moved.is_mirrored, moved.is_inverted) == (270, True, True)
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
