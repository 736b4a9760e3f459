// How fast the line is, and what follows from it: how much may be under way, and how good a moving picture is.

const FEWEST_IN_FLIGHT = 2;
const MOST_IN_FLIGHT = 8;
const FRAME_MS = 1000 / 60;
const TIMES_KEPT = 24;

export class Pace {
  constructor() {
    this.roundTrips = [];
    this.answerMs = 0; // moving average of what an answer takes, rendering and sending included
  }

  /** A bare way there and back took so long. */
  timed(ms) {
    this.roundTrips.push(ms);
    if (this.roundTrips.length > TIMES_KEPT) this.roundTrips.shift();
  }

  /** An answer took so long, of which the server drew for so long. */
  answered(elapsedMs, renderMs) {
    this.timed(Math.max(0, elapsedMs - renderMs));
    this.answerMs = this.answerMs ? this.answerMs * 0.9 + elapsedMs * 0.1 : elapsedMs;
  }

  /** The round trip without the rendering, in milliseconds; the least of the last ones. */
  get roundTripMs() {
    return this.roundTrips.length ? Math.min(...this.roundTrips) : 0;
  }

  /** JPEG quality for a moving picture: lower where answers are slow. */
  get movingQuality() {
    if (this.answerMs > 110) return 50;
    return this.answerMs > 65 ? 65 : 85;
  }

  /** How many requests may be under way. */
  get limit() {
    const wanted = Math.ceil(this.roundTripMs / FRAME_MS) + 1;
    return Math.min(MOST_IN_FLIGHT, Math.max(FEWEST_IN_FLIGHT, wanted));
  }
}
