// How fast the line is, and what follows from it: how much may be under way, how good a moving picture can
// be, and how many pictures a second can come. Measures; sends nothing.

const FEWEST_IN_FLIGHT = 2;
const MOST_IN_FLIGHT = 12;
const FRAME_MS = 1000 / 60;
const TIMES_KEPT = 8;
// Of what the line can carry, moving pictures take so much: the rest is for everything else.
const SHARE = 0.8;
const FORGETS = 0.92;
// Until a few pictures have come, the line is taken for one of 32 Mbit/s: a hand that moves at once must not wait for a fine picture.
const PRIOR = { bytes: 32_000, ms: 8 };
const FAR_MS = 8;
// A picture that took many times as long as the line needs was heard late, by a page that was busy.
const LATE = 3;
export const BEST_QUALITY = 85;

/** Sizes of JPEG pictures of medicine by their quality, as parts of that at quality 85. */
const SIZES = [
  [85, 1], [75, 0.74], [65, 0.6], [55, 0.51], [45, 0.43], [35, 0.36], [25, 0.28],
];
const sizeAt = (quality) => SIZES.find(([step]) => quality >= step)?.[1] ?? SIZES.at(-1)[1];

export class Pace {
  constructor() {
    this.roundTrips = []; // of bare pings
    this.carriedBytes = PRIOR.bytes; // and how long the line was busy with them, older ones counting less and less
    this.busyMs = PRIOR.ms;
    this.pictureBytes = 0; // of a picture of the best quality
    this.renderMs = 0;
    this.heardAt = 0;
    this.quality = BEST_QUALITY;
  }

  /** A bare way there and back took so long. */
  timed(ms) {
    this.roundTrips.push(ms);
    if (this.roundTrips.length > TIMES_KEPT) this.roundTrips.shift();
  }

  /** Whether a picture has to be waited for, instead of being there as soon as it is asked for. */
  get isFar() {
    return this.roundTripMs >= FAR_MS;
  }

  /** A JPEG of a quality has come that cannot be timed: its size says how large others will be. */
  sized(octets, quality) {
    this.pictureBytes = mean(this.pictureBytes, octets / sizeAt(quality));
    this.quality = this.#quality();
  }

  /**
   * A picture has come.
   *
   * @param sent {sentAt, at, octets, renderMs, quality}: when it was asked for and came, its size, what the
   *   server took to draw it, and the quality of a JPEG (0 for what is no JPEG).
   */
  answered({ sentAt, at, octets, renderMs, quality }) {
    // The line was busy with it since the server had drawn it, or since the picture before had come.
    const began = Math.max(this.heardAt, sentAt + this.roundTripMs + renderMs);
    const busyMs = Math.min(Math.max(0, at - began), (LATE * octets) / this.bytesPerMs);
    this.heardAt = at;
    this.carriedBytes = this.carriedBytes * FORGETS + octets;
    this.busyMs = this.busyMs * FORGETS + busyMs;
    this.renderMs = mean(this.renderMs, renderMs);
    if (quality) this.pictureBytes = mean(this.pictureBytes, octets / sizeAt(quality));
    this.quality = this.#quality();
  }

  /** The round trip without rendering and pictures, in milliseconds; the least of the last ones. */
  get roundTripMs() {
    return this.roundTrips.length ? Math.min(...this.roundTrips) : 0;
  }

  /** What the line carries, in octets a millisecond. */
  get bytesPerMs() {
    return this.carriedBytes / Math.max(this.busyMs, 0.01);
  }

  /** JPEG quality for a moving picture: the best that comes sixty times a second. */
  get movingQuality() {
    return this.quality;
  }

  #quality() {
    const budget = this.bytesPerMs * FRAME_MS * SHARE;
    for (const [quality, size] of SIZES) {
      // Up only with room to spare, so that it does not waver.
      const wanted = quality > this.quality ? budget * 0.9 : budget;
      if (this.pictureBytes * size <= wanted) return quality;
    }
    return SIZES.at(-1)[0];
  }

  /** What a moving picture takes of the line, in milliseconds. */
  get pictureMs() {
    return (this.pictureBytes * sizeAt(this.quality)) / this.bytesPerMs;
  }

  /** How many moving pictures a second can come. */
  get picturesPerSecond() {
    return 1000 / Math.max(this.pictureMs, 1);
  }

  /** From the wish to the picture, in milliseconds. */
  get latencyMs() {
    return this.roundTripMs + this.renderMs + this.pictureMs;
  }

  /** How many requests may be under way: as many as a picture every sixtieth of a second needs, and the line holds. */
  get limit() {
    const forRate = Math.ceil(this.latencyMs / FRAME_MS) + 1;
    const forLine = Math.ceil((this.roundTripMs + this.renderMs) / Math.max(this.pictureMs, 1)) + 2;
    return Math.min(MOST_IN_FLIGHT, Math.max(FEWEST_IN_FLIGHT, Math.min(forRate, forLine)));
  }
}

const mean = (before, now) => (before ? before * 0.8 + now * 0.2 : now);
