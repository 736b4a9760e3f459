"""What stands around the images is looked at once they rest; while they do not, once a second."""

from itertools import pairwise

from tests.components.node import address, answer

# A wheel that brings a picture each 16 ms, on a clock that the test moves; `given` is what happens when.
_LOOKS = f"""
const {{ Rest }} = await import({address("viewer_rest.js")});
let now = 5000;
let timers = [];
const clock = {{
  now: () => now,
  after: (act, ms) => {{ const timer = {{ act, at: now + ms }}; timers.push(timer); return timer; }},
  never: (timer) => {{ timers = timers.filter((each) => each !== timer); }},
}};
const looks = [];
const rest = new Rest(() => {{ rest.looked(); looks.push(now - 5000); }}, clock);
for (let at = 0; at <= given.until; at += 1) {{
  now = 5000 + at;
  for (const timer of timers.filter((each) => each.at <= now)) {{ clock.never(timer); timer.act(); }}
  if (given.looked.includes(at)) rest.looked();
  if (at <= given.wheel && at % 16 === 0) rest.came();
}}
process.stdout.write(JSON.stringify(looks));
"""


def looks(wheel: int, until: int, looked: list[int] | None = None) -> list[int]:
    """When it is looked, in ms; the wheel turns for so long."""
    return answer(_LOOKS, {"wheel": wheel, "until": until, "looked": looked or []})


def test_nothing_is_looked_at_until_pictures_rest_and_then_once():
    assert looks(wheel=800, until=5000) == [800 + 150]


def test_while_they_do_not_rest_it_is_looked_once_a_second():
    seen = looks(wheel=4000, until=6000)
    assert len(seen) == 4
    assert all(1000 <= later - earlier <= 1016 for earlier, later in pairwise([0, *seen[:-1]]))
    assert seen[-1] == 4000 + 150


def test_what_was_looked_at_for_another_reason_is_not_looked_at_again():
    assert looks(wheel=0, until=2000, looked=[100]) == []
    # And a second begins anew with it.
    assert looks(wheel=1600, until=1600, looked=[800]) == []
