"""How somebody looks at images: text, smoothing, tools, keys and settings of their own, on the viewer page."""

import pytest

from backend.core.errors import Malformed
from backend.schemas.preferences import ViewerPreferences
from pacscribe_ui.commands import changeable, sheet
from pacscribe_ui.state.viewer_look import Habits
from tests.state.viewer_pages import SECOND_SERIES, call, give, opened
from tests.viewing_hospital import CT_SERIES


def test_text_goes_through_its_four_levels_and_the_address_keeps_it(hospital):
    state = opened()
    seen = []
    for _ in range(4):
        give(state, "text")
        seen.append(state.text_level)
    assert seen == ["minimal", "none", "anonymous", "full"]
    give(state, "text-none")
    assert "text=none" in state.search
    assert opened(state.search).text_level == "none"
    give(state, "text-everything")
    assert state.text_level == "none"


def test_anonymous_leaves_nothing_that_names_the_patient_or_the_place(hospital):
    state = opened()
    give(state, "text", "anonymous")
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
    give(state, "anonymous")
    assert state.text_level == "minimal"
    assert state.patient_lines[0] == study.patient_name


def test_smoothing_is_on_until_it_is_switched_off_and_the_address_keeps_it(hospital):
    state = opened()
    assert state.habits.is_smooth
    assert "smooth" not in state.search
    give(state, "smoothing")
    assert not opened(state.search).habits.is_smooth


def test_escape_puts_down_what_is_only_there_for_a_moment(hospital):
    state = opened()
    give(state, "tool-zoom", "tool-probe", "tool-region", "magnifier")
    assert (state.tool, state.habits.is_magnifying) == ("region", True)
    give(state, "cancel")
    assert (state.tool, state.habits.is_magnifying) == ("zoom", False)
    give(state, "cancel")
    assert state.tool == "zoom"


def test_settings_of_the_account_hold_when_a_study_is_opened_afresh(hospital):
    state = opened()
    give(state, "settings")
    assert state.dialog == "settings"
    form = {
        "tool": "scroll",
        "text_level": "minimal",
        "smoothing": "sharp",
        "layout": "1x2",
        "slider_side": "left",
        "wheel": "back",
    }
    call(state, "save_settings", form, 5)
    assert (state.dialog, state.heard) == ("", 5)
    assert (state.tool, state.text_level, state.layout) == ("scroll", "minimal", "1x1")
    again = opened()
    assert (again.tool, again.text_level, again.layout) == ("scroll", "minimal", "1x2")
    assert [view.series_instance_uid for view in again.views] == [CT_SERIES, SECOND_SERIES]
    assert again.habits == Habits(is_smooth=False, slider_side="left", wheel_step=-1)
    call(again, "start_with_touch")
    assert again.tool == "scroll"


def test_keys_of_one_s_own_are_kept_with_the_account_and_survive_other_settings(hospital):
    state = opened()
    assert (state.own_keys, state.own_sheet, state.own_changeable) == ({}, [], [])
    give(state, "keys", "keys-change")
    assert state.dialog == "changing-keys"
    call(state, "choose_key", "invert", "K")
    call(state, "choose_key", "cine", "ArrowUp")
    assert state.keys_trouble.startswith("↑ is “Previous image”")
    assert state.own_keys == {"invert": ["K"]}
    call(state, "choose_key", "cine", "I")
    assert (state.keys_trouble, state.own_keys_shown) == ("", {"invert": "K", "cine": "I"})
    assert state.own_sheet == sheet({"invert": "K", "cine": "I"})
    assert state.own_changeable == changeable({"invert": "K", "cine": "I"})
    give(state, "keys-change")
    assert state.dialog == "keys"
    give(state, "close")
    assert state.dialog == ""
    call(state, "save_settings", {"tool": "pan", "keys": [["invert", "Q"]]})
    again = opened()
    assert again.own_keys == {"invert": ["K"], "cine": ["I"]}
    call(again, "reset_keys")
    assert opened().own_keys == {}
    assert opened().preferences.tool == "pan"


@pytest.mark.parametrize("name", ["cancel", "preset-3", "no-such-command", ""])
def test_keys_that_are_the_same_for_everybody_cannot_be_changed(hospital, name):
    state = opened()
    with pytest.raises(Malformed):
        call(state, "choose_key", name, "K")
    assert state.own_keys == {}


def test_an_address_wins_over_settings_also_by_what_it_leaves_out(hospital):
    state = opened()
    link = state.search
    call(state, "save_settings", {"text_level": "none", "smoothing": "sharp", "layout": "2x2"})
    linked = opened(link)
    assert (linked.text_level, linked.is_smooth, linked.layout) == ("full", True, "1x1")
    assert linked.search == link


def test_what_is_no_setting_is_the_usual(hospital):
    state = opened()
    call(state, "save_settings", {"tool": "saw", "layout": "9x99", "wheel": ["back"], "more": "x"})
    assert state.preferences == ViewerPreferences()
    give(state, "settings", "close")
    assert state.dialog == ""
