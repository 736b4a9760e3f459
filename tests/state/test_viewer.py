"""What the viewer page remembers, asked of the real services: the study, its address, what is no command."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from backend.core.errors import Malformed
from pacscribe_ui.state import base
from tests.state.viewer_pages import SECOND_SERIES, call, give, opened
from tests.viewing_hospital import CT_SERIES, STUDY


def test_a_study_opens_with_its_first_series(hospital):
    state = opened()
    assert state.is_loaded
    assert state.trouble == ""
    assert [view.series_instance_uid for view in state.views] == [CT_SERIES]
    assert state.panes[0].series.first_sop_instance_uid
    assert state.patient_lines[0].startswith("Demo")


def test_a_study_of_others_is_refused_in_words_and_leaves_nothing(hospital):
    state = opened()
    base.remember_caller(hospital.stranger(), "")
    call(state, "open")
    call(state, "leave", "")  # the viewports went, where the words are now
    assert state.trouble
    assert not state.is_loaded
    assert state.study.patient_name == ""


def test_nothing_of_a_study_stays_when_its_page_is_left(hospital):
    state = opened()
    call(state, "leave", "2.25.999")  # late news of a page before this one
    assert state.is_loaded
    call(state, "leave", STUDY)
    assert not state.is_loaded
    assert state.study.patient_name == ""
    assert state.search == ""


def test_the_address_brings_back_layout_views_and_the_active_viewport(hospital):
    state = opened()
    give(state, "layout-1x2")
    call(state, "settle", 0, {"series_instance_uid": CT_SERIES, "image_index": 3, "zoom": 2.5})
    call(state, "choose_viewport", 1)
    turned = {"rotation": 90, "is_inverted": True}
    call(state, "settle", 1, {"series_instance_uid": SECOND_SERIES, **turned})
    give(state, "text", "panel", "maximise")
    again = opened(state.search)
    assert again.search == state.search
    assert [replace(view, revision=0) for view in again.views] == [
        replace(view, revision=0) for view in state.views
    ]
    assert (again.layout, again.active, again.is_maximised) == ("1x2", 1, True)
    assert (again.text_level, again.is_panel_open) == ("minimal", False)


def test_an_address_with_a_series_of_another_study_shows_the_first(hospital):
    state = opened("?layout=1x1&s1=2.25.999")
    assert [view.series_instance_uid for view in state.views] == [CT_SERIES]


def test_the_address_names_no_patient(hospital):
    state = opened()
    give(state, "layout-2x2")
    assert "Demo" not in state.search
    assert "D-1" not in state.search
    assert {name for name, _ in parse_qsl(state.search[1:])} == {"layout", "active", "s1", "s2"}


def test_a_touch_screen_scrolls_first_and_gives_the_images_the_room(hospital):
    state = opened()
    call(state, "start_with_touch")
    assert (state.tool, state.is_panel_open) == ("scroll", False)
    call(
        state, "open"
    )  # a page that is loaded again is read again, perhaps after the screen has spoken
    assert not state.is_panel_open
    asked = opened("?layout=1x1&report=1")
    call(asked, "start_with_touch")
    assert asked.is_panel_open


def test_what_is_no_command_viewport_or_series_changes_nothing(hospital):
    state = opened()
    before = (state.views, state.layout, state.active)
    with pytest.raises(Malformed):
        give(state, "delete-everything")
    call(state, "settle", 9, {"series_instance_uid": CT_SERIES})
    call(state, "settle", -1, {"series_instance_uid": CT_SERIES, "image_index": 4})
    call(state, "choose_viewport", 9)
    give(state, "layout-9x9")
    call(state, "show_series", 0, "2.25.999")
    give(state, "tool-erase")
    assert (state.views, state.layout, state.active, state.tool) == (*before, "window")


def test_a_link_is_asked_for_once_the_address_is_up_to_date(hospital):
    state = opened()
    give(state, "copy-link")
    assert state.link_serial == 1
