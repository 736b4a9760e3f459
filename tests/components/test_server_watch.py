"""A page whose server is away asks for it about once a second, and tells as soon as it answers."""

from tests.components.node import address, answer

# The server answers from one moment to another, on a clock that stands still but for timers.
_WATCHED = f"""
let now = 0;
let timers = [];
globalThis.setTimeout = (act, ms) => {{ const timer = {{ act, at: now + ms }}; timers.push(timer); return timer; }};
globalThis.clearTimeout = (timer) => {{ timers = timers.filter((each) => each !== timer); }};
globalThis.addEventListener = (_, act) => {{ globalThis.heard = act; }};
globalThis.dispatchEvent = () => told.push(now);
Math.random = () => given.chance;
const asked = [], told = [];
globalThis.fetch = async () => {{
  asked.push(now);
  if (now < given.back) throw new TypeError("nobody is there");
  return {{ ok: now < given.busy }};
}};
const {{ watchForServer }} = await import({address("server_watch.js")});
const stop = watchForServer();
while (timers.length && timers[0].at <= given.until) {{
  const [timer] = timers.splice(0, 1);
  now = timer.at;
  timer.act();
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}}
stop();
process.stdout.write(JSON.stringify({{ asked, told, left: timers.length }}));
"""


def watched(chance: float, back: int, busy: int = 99_000) -> dict[str, list[int]]:
    """When it asked and told, in ms, within 20 s."""
    return answer(_WATCHED, {"chance": chance, "back": back, "busy": busy, "until": 20_000})


def test_it_asks_about_once_a_second_and_tells_with_the_first_answer():
    for chance, seconds in ((0, 0.5), (0.5, 1.0), (1, 1.5)):
        seen = watched(chance, back=9_100)
        assert seen["asked"][:5] == [1000 * seconds * number for number in range(1, 6)]
        assert seen["told"][0] - 9_100 < 1000 * seconds
        assert seen["told"][0] in seen["asked"]


def test_a_server_that_answers_is_left_in_peace_though_the_line_does_not_come():
    seen = watched(0.5, back=0)
    assert seen["told"] == [1000, 6000, 11000, 16000]
    assert seen["left"] == 0


def test_one_that_says_that_something_is_wrong_with_it_is_not_back():
    assert watched(0.5, back=0, busy=0)["told"] == []
