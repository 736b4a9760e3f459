"""What the browser goes ahead with is what the viewer's state says a moment later."""

import json
import random
from dataclasses import asdict
from typing import Any

import pytest

from pacscribe_ui.commands import COMMANDS
from pacscribe_ui.state.viewer import ViewerState
from pacscribe_ui.state.viewer_layout import LAYOUTS, place_of
from pacscribe_ui.state.viewport_film import NO_FILM
from tests.components.node import calculate
from tests.state.viewer_pages import SECOND_SERIES, call, give, opened
from tests.viewing_hospital import CT_SERIES

# Everything that the browser goes ahead with.
AHEAD = (
    *("tool-window", "tool-pan", "tool-probe", "tool-region", "text", "text-none", "text-minimal", "anonymous"),
    *("smoothing", "magnifier", "cancel", "maximise", "viewport-next", "viewport-previous", "join", "lines"),
    *("cine", "cine-all", "cine-slower", "cine-faster", "cine-filed", "cine-loop", "cine-sweep", "cine-once"),
    *("cine-first", "cine-last", "cine-whole", "join-forget", "panel", "keys", "keys-change", "settings", "close"),
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
    state = opened(f"?layout=1x2&s1={CT_SERIES}&s2={SECOND_SERIES}&i1=3")
    pages, names = [], []
    # Each of them several times, and in many orders.
    for name in [name for _ in range(5) for name in chance.sample(AHEAD, len(AHEAD))]:
        index = chance.randint(1, 5)
        view = state.views[state.active]
        values = {"series_instance_uid": view.series_instance_uid, "image_index": index}
        call(state, "settle", state.active, values)
        pages.append(_page(state))
        give(state, name)
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
    keys, films = page.pop("keys"), page.pop("films")
    for index in range(LAYOUTS[page["layout"]]):
        place = place_of(page["layout"], index)
        key, film = keys.get(str(place), ""), films.get(str(place), asdict(NO_FILM))
        pane = page.pop(f"pane_{place}", {"key": key, "from": None})
        film = page.pop(f"film_{place}", film)
        assert (pane["key"], film) == (after["keys"][str(place)], after["films"][str(place)]), name
        if pane["from"] is not None:
            same = {"revision": 0, "film": None}
            assert {**pane["from"], **same} == {**after["seen"][str(index)], **same}
    unlike = {"keys", "films", "seen"}
    assert {key: value for key, value in page.items() if key not in unlike} == {
        key: value for key, value in after.items() if key not in unlike
    }, name


def test_settings_that_are_saved_go_ahead_as_the_state_follows_them(hospital):
    state = opened()
    give(state, "settings", "tool-zoom")
    for form in (
        {"tool": "", "text_level": "none", "smoothing": "sharp", "layout": "2x2"},
        {"tool": "scroll", "text_level": "full", "smoothing": "smooth", "wheel": "back"},
    ):
        page = _page(state)
        (changes,) = calculate("viewer_changes.js", [("preferred", [form])])
        call(state, "save_settings", form)
        assert {**page, **changes} == _page(state)


def test_a_browser_that_has_changed_the_layout_shows_and_swaps_what_it_has_laid_out(hospital):
    state = opened(f"?layout=2x2&s1={CT_SERIES}&s4={SECOND_SERIES}")
    page = _page(state)
    (laid,) = calculate("viewer_changes.js", [("changesBy", [page, "layout-2x3"])])
    page |= laid
    calls = [
        ("changesBy", [page, f"show-{SECOND_SERIES}"]),
        ("swapped", [page, 4, 0]),
        ("swapped", [page, 2, 0]),
        ("changesBy", [{**page, "active": 2}, "series-next"]),
    ]
    shown, swapped, with_empty, stepped = calculate("viewer_changes.js", calls)
    assert shown["pane_0"]["key"] == SECOND_SERIES
    assert (swapped["pane_4"]["key"], swapped["pane_0"]["key"]) == (CT_SERIES, SECOND_SERIES)
    assert (with_empty["pane_2"]["key"], with_empty["pane_0"]["key"]) == (CT_SERIES, "")
    assert stepped["pane_2"]["key"] == CT_SERIES


def test_a_larger_layout_shows_at_once_what_is_not_shown_yet_and_what_has_waited(hospital):
    state = opened(f"?layout=2x2&s1={CT_SERIES}&s4={SECOND_SERIES}&i4=3")
    give(state, "layout-1x1")
    (two,) = calculate("viewer_changes.js", [("changesBy", [_page(state), "layout-1x2"])])
    assert two["pane_1"] == {"key": SECOND_SERIES, "from": None}
    # There it is back in its old place, and does not have to be shown elsewhere.
    (four,) = calculate("viewer_changes.js", [("changesBy", [_page(state), "layout-2x2"])])
    assert not [name for name in four if name.startswith("pane_")]
    assert state.panes[4].view.image_index == 3


@pytest.mark.parametrize(
    ("given", "switches"),
    [
        ((), {"tool-window", "layout-1x1", f"show-{CT_SERIES}", "join", "cine-filed", "panel"}),
        (
            ("tool-pan", "layout-1x2", "viewport-next", "join", "lines", "smoothing", "magnifier"),
            {"tool-pan", "layout-1x2", f"show-{SECOND_SERIES}", "lines", "magnifier", "panel"}
            | {"cine-filed"},
        ),
        (
            ("cine", "cine-sweep", "cine-first", "panel"),
            {"tool-window", "layout-1x1", f"show-{CT_SERIES}", "join", "cine", "cine-sweep"}
            | {"cine-first"},
        ),
    ],
)  # fmt: skip
def test_a_button_is_pressed_while_what_it_switches_is_on(hospital, given, switches):
    state = opened()
    usual = {"smoothing"} if "smoothing" not in given else set()
    give(state, *given)
    names = [*AHEAD, "invert", "panel"]
    answers = calculate("viewer_changes.js", [("isOn", [_page(state), name]) for name in names])
    assert {name for name, on in zip(names, answers, strict=True) if on} == switches | usual
    assert None in answers  # series-next is none


def test_what_is_for_images_only_is_idle_where_only_videos_are_shown(hospital):
    names = [each.name for each in COMMANDS] + ["choose-as-stored"]
    of_image = {"choose-as-stored", "invert", "shutter", "overlay"}
    of_image |= {name for name in names if name.startswith(("preset-", "window-"))}
    of_images = {"tool-window", "tool-probe", "tool-region", "magnifier", "smoothing"}
    page = _page(opened(f"?layout=1x2&s1={CT_SERIES}&s2={SECOND_SERIES}"))
    page["cards"][1]["video_sop_instance_uid"] = "2.25.7"
    expected = [
        (page, set()),
        ({**page, "active": 1}, of_image),
        ({**page, "active": 1, "is_maximised": True}, of_image | of_images),
        ({**page, "active": 1, "keys": {"1": SECOND_SERIES}}, of_image | of_images),
        ({**page, "keys": {}}, set()),
    ]
    answers = calculate(
        "viewer_changes.js",
        [("isIdle", [page, name]) for page, _ in expected for name in names],
    )
    found = [answers[at : at + len(names)] for at in range(0, len(answers), len(names))]
    for idle, (_, those) in zip(found, expected, strict=True):
        assert {name for name, is_idle in zip(names, idle, strict=True) if is_idle} == those
