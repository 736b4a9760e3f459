"""The line to the server's pixels, run by Node against a server that answers when told and a line that is lost and found."""

from pathlib import Path

import pytest

from tests.components.node import address, answer, calculate, scenario_names, told

SCENARIOS = Path(__file__).parent / "viewport_stream_scenarios.mjs"
NAMES = scenario_names(SCENARIOS)


@pytest.mark.parametrize("name", NAMES)
def test_on_the_line(name: str) -> None:
    problem = told(SCENARIOS, "viewport_stream.js")[name]
    assert not problem, problem


def test_every_scenario_was_run() -> None:
    assert len(NAMES) >= 14
    assert set(told(SCENARIOS, "viewport_stream.js")) == set(NAMES)


# ---------------------------------------------------------------- what will be wanted next

STACK = [{"is_displayable": True, "number": number} for number in range(1, 101)]
LOOPBACK = {"latencyMs": 5, "picturesPerSecond": 400, "pictureBytes": 50_000}
SLOW = {"latencyMs": 60, "picturesPerSecond": 70, "pictureBytes": 50_000}


def ahead(*given) -> list[int]:
    (images,) = calculate("viewport_ahead.js", [("imagesAhead", [STACK, *given])])
    return [image["number"] for image in images]


def test_images_ahead_lie_in_the_direction_of_travel_nearest_first():
    assert ahead(50, 1, {"ahead": 3, "behind": 2}) == [51, 52, 53, 49, 48]
    assert ahead(50, -1, {"ahead": 3, "behind": 2}) == [49, 48, 47, 51, 52]
    assert ahead(99, 1, {"ahead": 3, "behind": 1}) == [100, 98]
    assert ahead(99, 1, {"ahead": 3, "behind": 0}, True) == [100, 1, 2]


def test_images_that_cannot_be_shown_are_not_fetched():
    images = [*STACK[:2], {"is_displayable": False, "number": 3}, STACK[3]]
    (found,) = calculate(
        "viewport_ahead.js", [("imagesAhead", [images, 1, 1, {"ahead": 3, "behind": 0}])]
    )
    assert [image["number"] for image in found] == [2, 4]


def test_a_hand_that_outruns_the_line_is_not_followed_and_a_large_image_fetches_few():
    resting, scrolling, outrun, large = calculate(
        "viewport_ahead.js",
        [
            ("reach", [SLOW, 0]),
            ("reach", [SLOW, 60]),
            ("reach", [SLOW, 120]),
            ("reach", [{**SLOW, "pictureBytes": 300_000}, 0]),
        ],
    )
    assert resting == {"ahead": 16, "behind": 4}
    assert scrolling["ahead"] >= 30
    assert outrun == {"ahead": 0, "behind": 0}
    assert large == {"ahead": 3, "behind": 0}


def test_tiles_around_those_in_sight_are_within_the_image():
    (tiles,) = calculate(
        "viewport_ahead.js",
        [
            (
                "tilesAround",
                [
                    [{"row": row, "column": column} for row in (0, 1) for column in (1, 2)],
                    4096,
                    2048,
                    512,
                ],
            )
        ],
    )
    assert {(tile["row"], tile["column"]) for tile in tiles} == {
        (0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (2, 3), (0, 3), (1, 3),
    }  # fmt: skip


# ---------------------------------------------------------------- the pace of the line


def pace(
    round_trip_ms: float, bytes_per_ms: float, count: int = 60, late_ms: float = 0
) -> dict[str, float]:
    """What the pace becomes on a line of that kind, with pictures of 52 kB at the best quality.

    Args:
        round_trip_ms: Of the line.
        bytes_per_ms: What it carries.
        count: How many pictures came.
        late_ms: How much too late every fourth is heard.
    """
    program = f"""
      const {{ Pace }} = await import({address("viewport_pace.js")});
      const pace = new Pace();
      for (let ping = 0; ping < 3; ping += 1) pace.timed({round_trip_ms});
      const sizes = {{ 85: 1, 75: 0.74, 65: 0.6, 55: 0.51, 45: 0.43, 35: 0.36, 25: 0.28 }};
      let free = 0;
      let now = 0;
      for (let number = 0; number < {count}; number += 1) {{
        const quality = pace.movingQuality;
        const octets = 52000 * sizes[quality];
        free = Math.max(free, now + {round_trip_ms} + 3) + octets / {bytes_per_ms};
        const at = free + (number % 4 ? 0 : {late_ms});
        pace.answered({{ sentAt: now, at, octets, renderMs: 3, quality }});
        now = Math.max(now + 1000 / 60, free - 60);
      }}
      process.stdout.write(JSON.stringify({{
        quality: pace.movingQuality, limit: pace.limit, rate: Math.round(pace.picturesPerSecond),
      }}));
    """
    return answer(program)


def test_a_fast_line_has_the_best_quality_and_few_requests_under_way():
    fast = pace(1, 50_000)
    assert (fast["quality"], fast["limit"]) == (85, 2)
    assert fast["rate"] > 500


def test_a_slow_line_has_the_quality_that_comes_sixty_times_a_second():
    slow = pace(40, 2_500)
    assert 55 <= slow["quality"] <= 75
    assert 4 <= slow["limit"] <= 6
    assert slow["rate"] >= 60


def test_a_busy_page_is_not_taken_for_a_slow_line():
    assert pace(1, 50_000, late_ms=60)["quality"] == 85
    assert pace(40, 2_500, late_ms=60)["quality"] >= 35


def test_a_very_slow_line_keeps_few_requests_under_way_however_long_the_way():
    very_slow = pace(80, 300)
    assert very_slow["quality"] == 25
    assert very_slow["limit"] <= 5
