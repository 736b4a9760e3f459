// What the clock of a session decides, second by second. Run with the path of `session_clock.js`.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const { SessionClock, WARN_BEFORE_MS } = await import(pathToFileURL(process.argv[2]));
const MINUTE = 60_000;
const heard = (idle, longest, at = 0) => {
  const clock = new SessionClock();
  clock.heard({ idle_seconds: idle, longest_seconds: longest }, at);
  return clock;
};

const scenarios = {
  "before anything is heard it is calm and tells the server of hands": () => {
    const clock = new SessionClock();
    assert.equal(clock.phase(1e12), "calm");
    assert.ok(clock.tells(0));
  },
  "it warns a minute before, counts seconds, and is over at the end": () => {
    const clock = heard(15 * 60, 12 * 3600);
    assert.equal(clock.phase(15 * MINUTE - WARN_BEFORE_MS - 1), "calm");
    assert.equal(clock.phase(15 * MINUTE - WARN_BEFORE_MS), "idle");
    assert.equal(clock.secondsLeft(15 * MINUTE - 1500), 2);
    assert.equal(clock.phase(15 * MINUTE - 1), "idle");
    assert.equal(clock.phase(15 * MINUTE), "over");
    assert.equal(clock.secondsLeft(20 * MINUTE), 0);
  },
  "the end of the day is another warning": () => {
    assert.equal(heard(15 * 60, 30).phase(1000), "longest");
    assert.equal(heard(20, 30).phase(1000), "idle");
  },
  "hands are told once a minute, and never behind a warning": () => {
    const clock = heard(15 * 60, 12 * 3600);
    assert.ok(clock.tells(0));
    assert.ok(!clock.tells(MINUTE - 1));
    assert.ok(clock.tells(MINUTE));
    assert.ok(!clock.tells(14.5 * MINUTE));
  },
  "staying moves the end": () => {
    const clock = heard(15 * 60, 12 * 3600);
    assert.equal(clock.phase(14.5 * MINUTE), "idle");
    clock.heard({ idle_seconds: 15 * 60, longest_seconds: 11 * 3600 }, 14.6 * MINUTE);
    assert.equal(clock.phase(14.7 * MINUTE), "calm");
  },
  "it looks again at least every half minute, each second in the last minute, and at the end": () => {
    const clock = heard(15 * 60, 12 * 3600);
    assert.equal(clock.wait(0), 30_000);
    assert.equal(clock.wait(13.9 * MINUTE), 0.1 * MINUTE);
    assert.equal(clock.wait(14.5 * MINUTE), 1000);
    assert.equal(clock.wait(15 * MINUTE - 400), 400);
    assert.equal(clock.wait(16 * MINUTE), 0);
  },
};

for (const [name, run] of Object.entries(scenarios)) {
  run();
  console.log(`ok ${name}`);
}
