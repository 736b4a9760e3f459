"""Which frame of a video is shown when, run by Node, against plain arithmetic."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.components.node import calculate

MODULE = "viewport_video_clock.js"


def even(count: int, step: float) -> dict:
    return {"count": count, "step": step, "times": None}


def uneven(stays: list[float]) -> dict:
    times = [sum(stays[:at]) for at in range(len(stays))]
    return {"count": len(times), "step": sum(stays) / len(stays), "times": times}


clocks = st.builds(even, st.integers(1, 500), st.sampled_from([1 / 25, 1 / 29.97, 1 / 60, 0.5])) | st.lists(
    st.floats(0.004, 2), min_size=1, max_size=60
).map(uneven)  # fmt: skip


def every_frame(clock: dict, *names: str) -> list[tuple]:
    frames = range(1, clock["count"] + 1)
    answers = calculate(MODULE, [(name, [clock, frame]) for name in names for frame in frames])
    return list(zip(*[iter(answers)] * len(frames), strict=True))


@settings(max_examples=15)
@given(clock=clocks)
def test_every_frame_is_found_again_by_its_time(clock):
    begins, middles = every_frame(clock, "timeOf", "middleOf")
    frames = list(range(1, clock["count"] + 1))
    found = calculate(MODULE, [("frameBeginningAt", [clock, time]) for time in begins])
    assert found == frames
    assert calculate(MODULE, [("frameDuring", [clock, time]) for time in middles]) == frames
    assert calculate(MODULE, [("frameDuring", [clock, time]) for time in begins]) == frames


@settings(max_examples=15)
@given(clock=clocks, off=st.floats(-0.4, 0.4))
def test_a_browser_may_round_the_time_of_a_frame(clock, off):
    (begins,) = every_frame(clock, "timeOf")
    ends = [*begins[1:], begins[-1] + clock["step"]]
    starts = [begins[0] - clock["step"], *begins[:-1]]
    rounded = [
        begin + off * (min(end - begin, begin - before))
        for before, begin, end in zip(starts, begins, ends, strict=True)
    ]
    found = calculate(MODULE, [("frameBeginningAt", [clock, time]) for time in rounded])
    assert found == list(range(1, clock["count"] + 1))


@settings(max_examples=15)
@given(clock=clocks, seconds=st.floats(-10, 5000))
def test_no_time_is_outside_of_the_film(clock, seconds):
    for frame in calculate(
        MODULE, [("frameBeginningAt", [clock, seconds]), ("frameDuring", [clock, seconds])]
    ):
        assert 1 <= frame <= clock["count"]


@pytest.mark.parametrize(
    ("said", "duration", "count", "step"),
    [
        ({"frame_count": 50, "frame_seconds": 0.04, "frame_times_seconds": []}, 2, 50, 0.04),
        ({"frame_count": 50, "frame_seconds": 0, "frame_times_seconds": []}, 2, 50, 0.04),
        ({"frame_count": 0, "frame_seconds": 0, "frame_times_seconds": []}, 3, 1, 3),
        ({"frame_count": 0, "frame_seconds": 0, "frame_times_seconds": []}, None, 1, 1),
    ],
)
def test_what_the_stream_does_not_say_is_taken_from_its_length(said, duration, count, step):
    (clock,) = calculate(MODULE, [("clockOf", [said, duration])])
    assert clock["count"] == count
    assert clock["step"] == pytest.approx(step)
    assert clock["times"] is None


def test_times_are_said_for_people():
    said = calculate(MODULE, [("timeText", [each]) for each in (0, 0.04, 61.999, 59.999, 3725.5)])
    assert said == ["0:00.00", "0:00.04", "1:02.00", "1:00.00", "1:02:05.50"]
