// What the clock of a session decides, without a browser: when to ask the server, when to warn, when it is over.
// Times are milliseconds of a clock that never goes back.

export const WARN_BEFORE_MS = 60_000;
export const ASK_EVERY_MS = 30_000;
export const TELL_EVERY_MS = 60_000;

export class SessionClock {
  constructor() {
    this.idleEnds = Infinity;
    this.longestEnds = Infinity;
    this.toldAt = -Infinity;
    this.isKnown = false;
  }

  // What the server said: seconds left when the answer was asked for.
  heard({ idle_seconds, longest_seconds }, askedAt) {
    this.idleEnds = askedAt + idle_seconds * 1000;
    this.longestEnds = askedAt + longest_seconds * 1000;
    this.isKnown = true;
  }

  get ends() {
    return Math.min(this.idleEnds, this.longestEnds);
  }

  // `calm`, `idle` or `longest` (warn, for that reason), or `over`.
  phase(now) {
    if (!this.isKnown) return "calm";
    if (now >= this.ends) return "over";
    if (this.ends - now > WARN_BEFORE_MS) return "calm";
    return this.longestEnds <= this.idleEnds ? "longest" : "idle";
  }

  secondsLeft(now) {
    return Math.max(0, Math.ceil((this.ends - now) / 1000));
  }

  // Whether somebody's key or pointer is to be told to the server: once a minute, and never behind a warning,
  // which is answered with its button.
  tells(now) {
    if (this.phase(now) !== "calm" || now - this.toldAt < TELL_EVERY_MS) return false;
    this.toldAt = now;
    return true;
  }

  // When to look again: at the next warning, second or end, and at the server's time at least every half minute.
  wait(now) {
    const left = this.ends - now;
    if (left <= WARN_BEFORE_MS) return Math.min(1000, Math.max(0, left));
    return Math.min(ASK_EVERY_MS, left - WARN_BEFORE_MS);
  }
}
