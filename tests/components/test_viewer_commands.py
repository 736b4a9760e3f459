"""One table of commands for keys, buttons, menus and the sheet: it has no gaps, and the script reads keys as it writes them."""

from pathlib import Path

import pytest

from pacscribe_ui.commands import (
    COMMANDS,
    GESTURES,
    changeable,
    changed_keys,
    command,
    key_table,
    keys_now,
    sheet,
    shown_key,
    shown_keys,
    why_not,
    with_key,
)
from pacscribe_ui.components.viewer_toolbar import viewer_toolbar
from pacscribe_ui.components.viewport import CommandButton
from pacscribe_ui.state.viewer import _PAGE_COMMANDS, ViewerState
from pacscribe_ui.text import Viewer
from tests.components.node import address, answer

# What later work will use: these keys do nothing yet, and are not on the sheet.
RESERVED = ("X", "L", "A", "B", "E", "Q", "F", "G", "Shift+A", ".", ",", "K", "Delete")
# Keys that browsers keep for themselves.
BROWSERS_OWN = ("Ctrl+W", "Ctrl+N", "Ctrl+T", "Ctrl+R", "F5", "F11", "Alt+ArrowLeft", "Ctrl+Tab")


def local_commands() -> set[str]:
    """Commands that the browser carries out by itself."""
    names = answer(
        f"const {{ LOCAL }} = await import({address('viewport_commands.js')});"
        "process.stdout.write(JSON.stringify(Object.keys(LOCAL)));"
    )
    return set(names) | {"menu", "full-screen"}


def test_each_command_has_its_own_name_and_keys():
    names = [each.name for each in COMMANDS]
    keys = [key for each in COMMANDS for key in each.keys]
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)


def test_keys_of_browsers_and_of_later_work_stay_free():
    keys = {key for each in COMMANDS for key in each.keys}
    assert not keys & set(RESERVED)
    assert not keys & set(BROWSERS_OWN)


def test_every_command_is_carried_out_by_somebody():
    local = local_commands()
    for each in COMMANDS:
        in_state = each.name.partition("-")[0] in _PAGE_COMMANDS
        assert (each.name in local) or in_state, each.name
    assert local <= {each.name for each in COMMANDS}


def test_every_word_for_a_command_or_gesture_is_used():
    named = {each.name for each in COMMANDS if not each.name.startswith("preset-")} | {"preset-0"}
    assert set(Viewer.COMMANDS) == named
    assert set(Viewer.COMMAND_ROWS) == {each.row for each in COMMANDS if each.row}
    assert set(Viewer.GESTURES) == {each.name for each in GESTURES}
    assert set(Viewer.COMMAND_SECTIONS) == {each.section for each in COMMANDS}


def test_the_sheet_holds_every_key_and_every_gesture():
    rows = [(row.shown, row.meaning) for section in sheet({}) for row in section.rows]
    for each in COMMANDS:
        if not each.keys:
            continue
        meaning = Viewer.COMMAND_ROWS[each.row] if each.row else each.label
        found = [keys for keys, text in rows if text == meaning]
        key = each.keys[0] if each.row != "presets" else "1"
        held, _, last = key.rpartition("+") if len(key) > 1 else ("", "", key)
        assert any(held in keys and shown_key(last) in keys for keys in found), each.name
    assert {Viewer.GESTURES[each.name] for each in GESTURES} <= set(rows)


def test_what_is_held_with_several_keys_is_written_once():
    assert shown_keys(["Ctrl+ArrowLeft", "Ctrl+ArrowRight"]) == "Ctrl+ ← →"
    assert shown_keys(["R", "Shift+R"]) == "R  Shift+R"
    assert shown_keys(["+", "-"]) == "+ -"
    assert shown_keys([str(number) for number in range(1, 10)]) == "1 … 9"


FREE = (
    *("K", "Shift+K", "é", "+", "/", "Shift+Space", "Delete", "Shift+Delete", "Insert"),
    *("ArrowUp", "Ctrl+ArrowUp", "Ctrl+Shift+ArrowUp", "PageDown", "Ж"),
)
REFUSED = (
    *BROWSERS_OWN,
    *(
        "Tab",
        "Shift+Tab",
        "F1",
        "F12",
        "Ctrl+1",
        "Ctrl++",
        "Ctrl+Shift+T",
        "Ctrl+PageDown",
    ),
    *("Alt+K", "Meta+K", "Ctrl+Space", "Unidentified", "", "Ctrl+", " "),
)


@pytest.mark.parametrize("key", FREE)
def test_a_key_that_browsers_leave_to_pages_can_be_a_command_s(key):
    given = with_key("mirror", key, {})
    assert keys_now(given)["mirror"] == (key,)


@pytest.mark.parametrize("key", REFUSED)
def test_a_key_that_browsers_keep_is_refused_in_one_sentence_and_does_not_count_where_it_is_kept(
    key,
):
    assert "stays with the browser" in why_not("mirror", key, {})
    assert keys_now({"mirror": key})["mirror"] == ("H",)


def test_a_key_of_another_command_is_refused_by_the_name_of_that_command():
    assert why_not("mirror", "I", {}) == (
        "I is “Invert grey values”: press another key, or give that command another one first."
    )
    for key in ("5", "0", "Escape", "ContextMenu"):
        assert "for everybody" in why_not("mirror", key, {})
    # Its own is free to it, and what another has given up.
    assert why_not("mirror", "H", {}) == ""
    assert why_not("mirror", "I", {"invert": "K"}) == ""
    assert "“Invert grey values”" in why_not("mirror", "K", {"invert": "K"})


def test_two_commands_change_places_over_a_third_key():
    own: dict[str, str] = {}
    for name, key in (("mirror", "K"), ("invert", "H"), ("mirror", "I")):
        assert why_not(name, key, own) == ""
        own = with_key(name, key, own)
    assert (keys_now(own)["mirror"], keys_now(own)["invert"]) == (("I",), ("H",))
    assert changed_keys(own) == {"mirror": ["I"], "invert": ["H"]}


def test_the_usual_key_is_none_of_one_s_own():
    assert with_key("mirror", "H", {"mirror": "K", "cine": "Y"}) == {"cine": "Y"}


def test_what_is_kept_never_gives_a_key_to_two_commands():
    kept = {
        "mirror": "K",
        "invert": "K",  # given twice
        "cine": "R",  # the usual key of another command, as a later release may have it
        "text": "5",  # of everybody
        "cancel": "Q",  # fixed
        "no-such-command": "Z",
    }
    now = keys_now(kept)
    keys = [key for each in now.values() for key in each]
    assert len(set(keys)) == len(keys)
    assert (now["mirror"], now["invert"], now["cine"]) == (("K",), ("I",), ("R",))
    assert (now["rotate-right"], now["text"], now["cancel"]) == ((), ("T",), ("Escape",))


def test_the_sheet_and_the_list_show_the_keys_of_one_s_own():
    own = {"mirror": "K", "cine": "R"}
    rows = {row.meaning: row.shown for section in sheet(own) for row in section.rows}
    assert rows["Flip left and right, top and bottom"] == "K V"
    assert rows["Rotate right, left"] == "Shift+R"
    listed = {row.name: row for section in changeable(own) for row in section.rows}
    assert set(listed) == {each.name for each in COMMANDS if not each.is_fixed}
    assert (listed["mirror"].shown, listed["mirror"].is_own) == ("K", True)
    assert (listed["rotate-right"].shown, listed["rotate-right"].is_own) == ("None", True)
    assert (listed["cine-loop"].shown, listed["cine-loop"].is_own) == ("None", False)


def test_the_page_s_script_takes_one_s_own_keys_in_place_of_the_usual_ones():
    own = {"mirror": "K", "cine": "R"}
    found = answer(
        f"const {{ byKey }} = await import({address('viewport_keys.js')});"
        "process.stdout.write(JSON.stringify(Object.fromEntries(byKey(...given))));",
        [key_table(), changed_keys(own)],
    )
    assert found == {key: name for name, keys in keys_now(own).items() for key in keys}


@pytest.mark.parametrize("gesture", GESTURES, ids=lambda gesture: gesture.name)
def test_every_gesture_has_a_twin_by_key_or_button(gesture):
    buttons = buttons_of_the_bar()
    assert gesture.twins
    for twin in gesture.twins:
        assert command(twin).keys or twin in buttons, f"{gesture.name} needs {twin}"


def buttons_of_the_bar() -> set[str]:
    """Commands that a button of the bar or its menu gives."""
    found: set[str] = set()
    waiting = [viewer_toolbar(ViewerState.own_keys_shown)]
    while waiting:
        each = waiting.pop()
        waiting += each.children
        if isinstance(each, CommandButton):
            found.add(str(each.name).strip('"'))
    return found


def test_every_common_command_has_a_button_too():
    buttons = buttons_of_the_bar()
    missing = {each.name for each in COMMANDS if each.is_common} - buttons
    # A double click makes a viewport large; the text's levels are a list.
    assert missing <= {"maximise", "text"}


def test_the_page_is_told_every_key():
    assert {key for row in key_table() for key in row["keys"]} == {
        key for each in COMMANDS for key in each.keys
    }


@pytest.mark.parametrize(
    ("press", "written"),
    [
        ({"key": "r", "code": "KeyR"}, "R"),
        ({"key": "R", "code": "KeyR"}, "R"),  # Caps Lock
        ({"key": "R", "code": "KeyR", "shiftKey": True}, "Shift+R"),
        ({"key": "к", "code": "KeyR"}, "R"),  # a Cyrillic keyboard
        ({"key": "é", "code": "Digit2"}, "é"),
        ({"key": "?", "code": "Slash", "shiftKey": True}, "?"),
        ({"key": "+", "code": "BracketRight"}, "+"),  # a German keyboard
        ({"key": "+", "code": "Equal", "shiftKey": True}, "+"),  # an American one
        ({"key": "1", "code": "Digit1", "shiftKey": True}, "1"),  # a French one
        ({"key": " ", "code": "Space"}, "Space"),
        ({"key": " ", "code": "Space", "shiftKey": True}, "Shift+Space"),
        ({"key": "[", "code": "Digit8", "ctrlKey": True, "altKey": True}, "["),  # AltGr
        ({"key": "[", "code": "Digit5", "altKey": True}, "["),  # a German keyboard of a Mac
        ({"key": "k", "code": "KeyK", "altKey": True}, "Alt+K"),
        ({"key": "1", "code": "Digit1", "altKey": True}, "Alt+1"),
        ({"key": "r", "code": "KeyR", "metaKey": True}, "Meta+R"),
        ({"key": "ArrowLeft", "ctrlKey": True, "shiftKey": True}, "Ctrl+Shift+ArrowLeft"),
        ({"key": "w", "code": "KeyW", "ctrlKey": True}, "Ctrl+W"),
    ],
)
def test_a_key_press_is_written_as_in_the_table(press, written):
    found = answer(
        f"const {{ combination }} = await import({address('viewport_keys.js')});"
        "process.stdout.write(JSON.stringify(combination(given)));",
        press,
    )
    assert found == written


def test_every_key_is_tried_out_in_a_browser():
    path = Path(__file__).parent.parent / "browser" / "test_viewer_keys.py"
    tried = path.read_text("utf-8")
    for each in COMMANDS:
        kind = each.name.partition("-")[0]
        if each.keys and kind not in {"tool", "preset"}:
            assert f'"{each.name}":' in tried, f"try out {each.name} in {path.name}"


UPRIGHT = {
    "zoom": 2.0, "pan_column_px": 3, "pan_row_px": 4, "window_center": 40, "window_width": 80,
    "voi_function": "sigmoid", "rotation": 0, "is_mirrored": False, "is_inverted": False, "image_index": 5,
    "voi_lut_number": 2, "is_shutter_lifted": False, "is_overlay_hidden": False,
}  # fmt: skip


def changed(*names: str) -> dict:
    """The upright view after commands, one after another."""
    return answer(
        f"const {{ CHANGES }} = await import({address('viewport_commands.js')});"
        "let [view, names] = given;"
        "for (const name of names) view = { ...view, ...CHANGES[name](view) };"
        "process.stdout.write(JSON.stringify(view));",
        [UPRIGHT, list(names)],
    )


def test_four_quarter_turns_and_two_flips_bring_the_image_back():
    assert changed(*["rotate-right"] * 4) == UPRIGHT
    assert changed(*["rotate-left"] * 4) == UPRIGHT
    assert changed("mirror", "mirror", "flip-vertical", "flip-vertical") == UPRIGHT
    assert changed("mirror", "rotate-right", "rotate-left", "mirror") == UPRIGHT


def test_flipping_both_ways_is_half_a_turn():
    assert changed("mirror", "flip-vertical") == changed("rotate-right", "rotate-right")


def test_a_mirrored_image_turns_right_on_the_glass_as_well():
    # Turned after the mirror it must look as if the mirrored picture itself were turned: M R(-90) = R(90) M.
    view = changed("mirror", "rotate-right")
    assert (view["rotation"], view["is_mirrored"]) == (270, True)


def test_reset_keeps_the_image_and_takes_everything_else_back():
    view = changed("rotate-right", "mirror", "invert", "one-to-one", "shutter", "overlay", "reset")
    assert view == {
        "zoom": None, "pan_column_px": 0, "pan_row_px": 0, "window_center": None, "window_width": None,
        "voi_function": "linear", "rotation": 0, "is_mirrored": False, "is_inverted": False, "image_index": 5,
        "voi_lut_number": None, "is_shutter_lifted": False, "is_overlay_hidden": False,
    }  # fmt: skip


def test_a_shutter_and_an_overlay_go_and_come_back():
    gone = changed("shutter", "overlay")
    assert gone == UPRIGHT | {"is_shutter_lifted": True, "is_overlay_hidden": True}
    assert changed("shutter", "overlay", "shutter", "overlay") == UPRIGHT


def test_fitting_and_one_to_one_leave_the_window_alone():
    assert changed("fit")["window_center"] == 40
    assert (changed("fit")["zoom"], changed("one-to-one")["zoom"]) == (None, 1)
