"""Several viewports on the viewer page: layouts and places, films, links and lines."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from pacscribe_ui.state.viewport_film import Film
from tests.state.viewer_pages import SECOND_SERIES, call, give, opened
from tests.viewing_hospital import CT_SERIES


def test_new_viewports_show_what_is_not_shown_yet(hospital):
    state = opened()
    give(state, "layout-2x2")
    assert [view.series_instance_uid for view in state.views] == [CT_SERIES, SECOND_SERIES, "", ""]


def test_keys_step_through_series_and_viewports(hospital):
    state = opened()
    give(state, "series-next")
    assert state.active_key == SECOND_SERIES
    give(state, "series-next")
    assert state.active_key == SECOND_SERIES
    give(state, "series-previous")
    assert state.active_key == CT_SERIES
    give(state, "layout-1x2")
    give(state, "viewport-next")
    assert state.active == 1
    give(state, "viewport-next")
    assert state.active == 0


def test_only_a_stack_plays_and_each_viewport_by_itself(hospital):
    state = opened()
    give(state, "layout-1x2")
    give(state, "cine", "cine-faster", "cine-sweep")
    assert state.views[0].film == Film(is_playing=True, speed=1.5, way="sweep")
    call(state, "choose_viewport", 1)
    give(state, "cine")
    assert [view.film.is_playing for view in state.views] == [True, False]
    call(state, "show_series", 1, CT_SERIES)
    call(state, "play_in", 1)
    give(state, "cine-all")
    assert not any(view.film.is_playing for view in state.views)
    give(state, "cine-all")
    assert all(view.film.is_playing for view in state.views)
    call(state, "film_ended", 0)
    assert [view.film.is_playing for view in state.views] == [False, True]
    give(state, "cancel")
    assert not any(view.film.is_playing for view in state.views)


def test_a_film_begins_and_ends_where_a_hand_says_and_the_address_says_it_again(hospital):
    state = opened()
    call(state, "settle", 0, {"series_instance_uid": CT_SERIES, "image_index": 2})
    give(state, "cine-first")
    call(state, "settle", 0, {"series_instance_uid": CT_SERIES, "image_index": 4})
    give(state, "cine-last", "cine-once", "cine-slower", "cine")
    assert "c1=0.75,once,2,4" in state.search
    again = opened(state.search)
    assert again.views[0].film == replace(state.views[0].film, is_playing=False)
    give(again, "cine-whole", "cine-filed", "cine-faster")
    assert again.views[0].film == Film()


def test_links_and_lines_are_switches_that_the_address_keeps(hospital):
    state = opened()
    assert state.is_linked
    assert not state.has_lines
    give(state, "join", "lines")
    again = opened(state.search)
    assert not again.is_linked
    assert again.has_lines
    give(again, "join", "lines")
    assert {"link", "lines"}.isdisjoint(name for name, _ in parse_qsl(again.search[1:]))


def test_a_link_by_hand_is_measured_in_the_browser_and_kept_in_the_address(hospital):
    state = opened()
    give(state, "layout-1x2")
    give(state, "join")
    call(state, "link_by_hand", [[0, 0, 0], [1.5, -2, 14]], 3)
    assert (state.is_linked, state.heard) == (True, 3)
    assert [view.link_offset_mm for view in state.views] == [(0, 0, 0), (1.5, -2, 14)]
    again = opened(state.search)
    assert [view.link_offset_mm for view in again.views] == [(0, 0, 0), (1.5, -2, 14)]
    call(again, "show_series", 1, CT_SERIES)
    assert again.views[1].link_offset_mm is None
    give(again, "join-forget")
    assert again.views[0].link_offset_mm is None


def test_where_nothing_can_be_linked_nothing_is(hospital):
    state = opened()
    call(state, "link_by_hand", [])
    assert state.views[0].link_offset_mm is None


@pytest.mark.parametrize("offsets", [["far"], [[1, 2]], [[1, 2, "x"]], [[1, 2, float("nan")]], [5]])
def test_what_is_no_offset_links_nothing(hospital, offsets):
    state = opened()
    call(state, "link_by_hand", offsets)
    assert state.views[0].link_offset_mm is None


def test_linked_viewports_settle_at_once(hospital):
    state = opened()
    give(state, "layout-1x2")
    call(state, "show_series", 1, CT_SERIES)
    moves = [
        {"index": 0, "series_instance_uid": CT_SERIES, "image_index": 3},
        {"index": 1, "series_instance_uid": CT_SERIES, "image_index": 4},
        {"index": 7, "series_instance_uid": CT_SERIES, "image_index": 5},
        {"index": [], "series_instance_uid": CT_SERIES},
        {},
    ]
    call(state, "settle_together", moves)
    assert [view.image_index for view in state.views] == [3, 4]


def test_viewports_change_places_and_the_moved_one_stays_active(hospital):
    state = opened()
    give(state, "layout-2x2")
    before = state.views
    call(state, "swap_viewports", 0, 3)
    assert state.active == 3
    assert [view.series_instance_uid for view in state.views] == ["", SECOND_SERIES, "", CT_SERIES]
    assert state.views[3].revision > max(view.revision for view in before)
    give(state, "swap-next")
    assert state.active == 0
    assert state.views[0].series_instance_uid == CT_SERIES
    call(state, "swap_viewports", 0, 9)
    assert state.views[0].series_instance_uid == CT_SERIES


def test_a_layout_that_shrinks_and_grows_again_brings_every_view_back(hospital):
    state = opened()
    give(state, "layout-2x2")
    call(state, "show_series", 3, CT_SERIES)
    call(state, "settle", 3, {"series_instance_uid": CT_SERIES, "image_index": 4, "zoom": 2.5})
    kept = state.views[3]
    give(state, "layout-1x1")
    assert (state.active, len(state.views)) == (0, 1)
    # The browser knows of what waits, so that a larger layout brings it back at once.
    assert (state.panes[4].view, state.page.keys[4]) == (kept, CT_SERIES)
    give(state, "layout-3x3")
    assert len(state.views) == 9
    assert state.views[4] == kept
    assert list(state.panes) == list(range(9))


def test_a_large_viewport_leaves_the_others_waiting_behind_it(hospital):
    state = opened()
    give(state, "layout-1x2")
    call(state, "maximise", 1)
    assert (state.is_maximised, state.active) == (True, 1)
    call(state, "maximise", 1)
    assert (state.is_maximised, state.active, len(state.views)) == (False, 1, 2)
