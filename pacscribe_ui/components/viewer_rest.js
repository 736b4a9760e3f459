// When to look at what comes in quick succession: once it rests, and while it does not, now and then. Knows no React.

const REST_MS = 150;
const LONGEST_MS = 1000;

export class Rest {
  #look;
  #clock;
  #timer = null;
  #lookedAt;

  /**
   * @param look Does it.
   * @param clock {now(), after(act, ms), never(timer)}: ms since some moment, and timers.
   */
  constructor(look, clock) {
    this.#look = look;
    this.#clock = clock;
    this.#lookedAt = clock.now();
  }

  /** It has been looked at, whoever wanted to: what was waited for is over. */
  looked() {
    this.#clock.never(this.#timer);
    this.#timer = null;
    this.#lookedAt = this.#clock.now();
  }

  /** One more has come. */
  came() {
    this.#clock.never(this.#timer);
    if (this.#clock.now() - this.#lookedAt >= LONGEST_MS) this.#look();
    else this.#timer = this.#clock.after(this.#look, REST_MS);
  }
}

/** The browser's. */
export const CLOCK = {
  now: () => performance.now(),
  after: (act, ms) => setTimeout(act, ms),
  never: (timer) => clearTimeout(timer),
};
