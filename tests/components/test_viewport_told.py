"""Hands and the page's state change one view: whoever was later wins, and only for what they have changed."""

import pytest

from tests.components.node import address, answer

_BEGIN = f"""
const {{ Told }} = await import({address("viewport_told.js")});
const VIEW = {{
  image_index: 1, window_center: null, window_width: null, voi_function: "linear", voi_lut_number: null, zoom: null,
  zoom_ratio: 1, pan_column_px: 0, pan_row_px: 0, is_inverted: false, hand_serial: 0,
}};
const BRAIN = {{ window_center: 40, window_width: 80 }};
const BONE = {{ window_center: 500, window_width: 2000 }};
const KEYS = Object.keys(VIEW).filter((key) => key !== "hand_serial");
const told = new Told();
const glass = {{ ...VIEW }};
told.begin(glass);
const moves = (values) => Object.assign(glass, values);
const tells = () => {{ const news = told.news(glass); return {{ ...news, hand_serial: told.send(news) }}; }};
// The state's word comes: a change of its own, with what it has heard of hands.
const comes = (values) => {{
  const view = {{ ...VIEW, ...values }};
  told.heard(view.hand_serial);
  const changes = told.changes(glass, view, KEYS);
  Object.assign(glass, changes);
  told.agree(changes);
  return changes;
}};
const say = (value) => process.stdout.write(JSON.stringify(value));
"""


def after(program: str) -> object:
    return answer(_BEGIN + program)


def test_only_what_a_hand_has_moved_is_told_and_a_window_is_told_whole():
    assert after("say(told.news(glass))") == {}
    assert after("moves({image_index: 5}); say(told.news(glass))") == {"image_index": 5}
    assert after("moves({window_width: 80}); say(told.news(glass))") == {
        "window_center": None,
        "window_width": 80,
        "voi_function": "linear",
        "voi_lut_number": None,
    }


def test_what_was_told_is_not_told_again():
    assert after("moves({image_index: 5}); tells(); say(told.news(glass))") == {}


def test_what_the_state_has_set_is_not_told_to_it():
    # It would undo what the state has set since.
    assert after("comes(BRAIN); say(told.news(glass))") == {}


@pytest.mark.parametrize("heard", [True, False])
def test_a_window_of_the_state_comes_onto_the_glass_beside_what_a_hand_has_moved(heard: bool):
    # Whether the state's word has been made before or after it heard of the hand.
    program = f"""
    moves({{image_index: 5}});
    const {{ hand_serial }} = tells();
    comes({{ ...BRAIN, ...({str(heard).lower()} ? {{ image_index: 5, hand_serial }} : {{}}) }});
    say([glass.image_index, glass.window_center, told.news(glass)]);
    """
    assert after(program) == [5, 40, {}]


def test_a_window_that_a_hand_drags_is_not_undone_by_a_word_that_was_made_before_it():
    dragged = (
        "moves(BONE); comes(BRAIN); say([glass.window_center, told.news(glass).window_center])"
    )
    assert after(dragged) == [500, 500]
    let_go = "moves(BONE); tells(); comes({image_index: 3}); say([glass.window_center, glass.image_index])"
    assert after(let_go) == [500, 3]


def test_a_window_that_the_state_sets_after_a_hand_replaces_the_hand_s():
    program = """
    moves(BONE);
    const { hand_serial } = tells();
    comes({ ...BRAIN, hand_serial });
    say([glass.window_center, glass.window_width, told.news(glass)]);
    """
    assert after(program) == [40, 80, {}]


def test_the_first_look_after_a_hand_is_taken_though_the_state_has_said_it_before():
    # The word between, with the hand's window, has never reached the page by itself.
    program = """
    moves(BONE);
    const { hand_serial } = tells();
    comes({ hand_serial });
    say([glass.window_center, glass.window_width]);
    """
    assert after(program) == [None, None]


def test_a_state_that_begins_anew_is_told_what_differs():
    program = "moves({zoom: 2, image_index: 4}); tells(); told.begin({...VIEW, image_index: 4}); say(told.news(glass))"
    assert after(program) == {
        "zoom": 2,
        "zoom_ratio": 1,
        "pan_column_px": 0,
        "pan_row_px": 0,
    }


def test_views_that_change_places_keep_their_numbers():
    program = "const other = new Told(); other.begin(VIEW); say(told.send({}) < other.send({}))"
    assert after(program) is True
