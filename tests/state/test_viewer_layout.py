"""Which view stands where when layouts change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacscribe_ui.state.viewer_layout import (
    LAYOUTS,
    filled,
    kept_active,
    place_of,
    relaid,
    swapped,
)
from pacscribe_ui.state.viewport_film import (
    SPEEDS,
    WAYS,
    Film,
    changed,
    from_parameters,
    to_parameter,
)
from pacscribe_ui.state.viewport_view import ViewportView, of_series

layouts = st.sampled_from(sorted(LAYOUTS))


def views_of(layout: str) -> list[ViewportView]:
    return [of_series(f"2.25.{index}") for index in range(LAYOUTS[layout])]


@given(layouts, st.lists(layouts, max_size=5))
def test_through_whatever_layouts_every_view_comes_back_to_its_place(first, others):
    views, waiting, before = views_of(first), {}, first
    for layout in [*others, first]:
        views, waiting = relaid(views, waiting, before, layout)
        assert len(views) == LAYOUTS[layout]
        before = layout
    assert views == views_of(first)
    assert waiting == {}


@given(layouts)
def test_no_two_viewports_have_the_same_place(layout):
    places = [place_of(layout, index) for index in range(LAYOUTS[layout])]
    assert len(set(places)) == len(places)
    assert set(places) <= set(range(9))


def test_a_column_keeps_what_was_in_it():
    views, waiting = relaid(views_of("2x2"), {}, "2x2", "2x1")
    assert [view.series_instance_uid for view in views] == ["2.25.0", "2.25.2"]
    assert sorted(waiting) == [1, 4]


@pytest.mark.parametrize(
    ("active", "before", "after", "expected"),
    [
        (3, "2x2", "3x3", 4),
        (3, "2x2", "1x2", 1),
        (3, "2x2", "2x1", 1),
        (8, "3x3", "1x1", 0),
        (2, "1x3", "3x2", 1),
    ],
)
def test_the_active_viewport_stays_active_or_its_neighbour_is(active, before, after, expected):
    assert kept_active(active, before, after) == expected


def test_places_are_changed_by_two():
    views = views_of("1x3")
    changed_places = swapped(views, 0, 2)
    assert [view.series_instance_uid for view in changed_places] == ["2.25.2", "2.25.1", "2.25.0"]
    assert changed_places[0].revision == changed_places[2].revision == 1
    assert changed_places[1] == views[1]


def test_empty_viewports_are_filled_with_what_is_not_shown():
    offered = [of_series("2.25.0"), of_series("2.25.7")]
    views = filled([of_series("2.25.0"), ViewportView(), ViewportView()], offered)
    assert [view.series_instance_uid for view in views] == ["2.25.0", "2.25.7", ""]


films = st.builds(
    Film,
    speed=st.sampled_from(SPEEDS),
    way=st.sampled_from(WAYS),
    first_index=st.none() | st.integers(1, 50),
    last_index=st.none() | st.integers(51, 900),
)


@given(films)
def test_an_address_brings_back_the_film_it_was_made_from(film):
    assert from_parameters({"c1": to_parameter(film)}, "c1") == film


@pytest.mark.parametrize(
    "text", ["", "2", "5,,,", "1,backwards,,", "1,,0,", "1,,5,5", "1,,x,²", ",,,99999999999"]
)
def test_nonsense_about_a_film_is_the_default(text):
    assert from_parameters({"c1": text}, "c1") == Film()


def test_speeds_end_at_a_quarter_and_at_four_times():
    film = Film()
    for _ in range(9):
        film = changed(film, "faster", 1)
    assert film.speed == 4
    for _ in range(9):
        film = changed(film, "slower", 1)
    assert film.speed == 0.25


def test_a_range_never_ends_before_it_begins():
    film = changed(changed(Film(), "first", 8), "last", 4)
    assert (film.first_index, film.last_index) == (None, 4)
    film = changed(film, "first", 6)
    assert (film.first_index, film.last_index) == (6, None)


def test_what_is_no_command_changes_no_film():
    assert changed(Film(), "backwards", 3) == Film()
