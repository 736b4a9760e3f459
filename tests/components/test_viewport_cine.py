"""Which image of a film is due when, run by Node."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.components.node import calculate

FILM = {"speed": 1, "way": "", "first_index": None, "last_index": None}
FILED: dict[str, Any] = {
    "frame_time_ms": None,
    "frame_times_ms": [],
    "is_sweep": False,
    "first_index": 1,
    "last_index": None,
}


def cine(name: str, cases: list[list]) -> list[Any]:
    return calculate("viewport_cine.js", [(name, case) for case in cases])


def schedule(count: int, filed: dict | None = None, film: dict | None = None) -> dict:
    return cine("scheduleOf", [[{**FILED, **(filed or {})}, {**FILM, **(film or {})}, count]])[0]


def test_images_come_when_their_files_say():
    vector = schedule(4, {"frame_times_ms": [20, 60, 40, 40]})
    assert vector == {
        "indices": [1, 2, 3, 4],
        "starts": [0, 20, 80, 120],
        "total": 160,
        "way": "loop",
    }
    assert schedule(3, {"frame_time_ms": 40})["starts"] == [0, 40, 80]
    assert schedule(3)["starts"] == [0, 100, 200]  # no file says it


def test_back_and_forth_takes_each_way_as_long_and_shows_the_ends_once():
    swept = schedule(4, {"frame_times_ms": [20, 60, 40, 40], "is_sweep": True})
    assert swept["indices"] == [1, 2, 3, 4, 3, 2]
    assert swept["starts"] == [0, 20, 80, 120, 160, 220]
    assert swept["total"] == 240


def test_a_hand_decides_before_the_file():
    assert schedule(4, {"is_sweep": True}, {"way": "loop"})["indices"] == [1, 2, 3, 4]
    trimmed = {"first_index": 3, "last_index": 8}
    assert schedule(9, trimmed)["indices"] == [3, 4, 5, 6, 7, 8]
    assert schedule(9, trimmed, {"first_index": 5})["indices"] == [5, 6, 7, 8]
    assert schedule(9, trimmed, {"last_index": 4})["indices"] == [3, 4]
    assert schedule(3, {}, {"first_index": 7, "last_index": 9})["indices"] == [3]


@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.floats(1, 500), min_size=2, max_size=30),
    st.sampled_from(["loop", "sweep", "once"]),
    st.lists(st.floats(0, 60_000), min_size=1, max_size=40),
)
def test_the_step_is_the_one_whose_time_it_is(stays, way, times):
    made = schedule(len(stays), {"frame_times_ms": stays}, {"way": way})
    ends = [*made["starts"][1:], made["total"]]
    for at, answer in zip(times, cine("stepAt", [[made, at] for at in times]), strict=True):
        step = answer["step"]
        if way == "once" and at >= made["total"]:
            assert answer == {"step": len(stays) - 1, "isOver": True}
            continue
        assert not answer["isOver"]
        within = at % made["total"]
        assert made["starts"][step] - 1e-6 <= within <= ends[step] + 1e-6


@settings(max_examples=5, deadline=None)
@given(st.lists(st.floats(1, 500), min_size=2, max_size=20))
def test_a_sweep_moves_by_one_image_at_a_time_for_ever(stays):
    made = schedule(len(stays), {"frame_times_ms": stays}, {"way": "sweep"})
    around = [*made["indices"], made["indices"][0]]
    assert all(abs(after - before) == 1 for before, after in itertools.pairwise(around))


def test_what_is_said_of_the_speed_is_what_is_seen():
    as_wanted, slower, slow = cine("saidRate", [[25, 24.3], [25, 11.6], [1.25, 0.6]])
    assert as_wanted == {"wanted": 25, "measured": None}
    assert slower == {"wanted": 25, "measured": 12}
    assert slow == {"wanted": pytest.approx(1.3, abs=0.051), "measured": 0.6}


def test_twice_the_speed_asks_for_twice_the_images():
    made = schedule(4, {"frame_time_ms": 40})
    assert cine("rateOf", [[made, 1], [made, 2], [made, 0.25]]) == [25, 50, 6.25]
