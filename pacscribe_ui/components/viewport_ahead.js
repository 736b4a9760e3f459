// What a viewport will probably want next: images in the direction of travel, and tiles around those in
// sight. Pure: says what, and asks nobody.

const RESTS_AHEAD = 16;
const RESTS_BEHIND = 6;
const LEAST_LEAD = 6;
const MOST_LEAD = 48;
const LEAD_MS = 450;
const RESTING_BYTES = 1_000_000;
const SPEED_OVER_MS = 300;

/** How fast a hand goes through a stack, and which way. */
export class Travel {
  constructor() {
    this.steps = []; // {at, images}
    this.direction = 1;
  }

  stepped(images, at) {
    if (!images) return;
    const direction = Math.sign(images);
    if (direction !== this.direction) this.steps = [];
    this.direction = direction;
    this.steps.push({ at, images: Math.abs(images) });
    this.#forget(at);
  }

  /** Images a second over the last moments. */
  speed(at) {
    this.#forget(at);
    if (!this.steps.length) return 0;
    const images = this.steps.reduce((sum, step) => sum + step.images, 0);
    return (1000 * images) / SPEED_OVER_MS;
  }

  #forget(at) {
    while (this.steps.length && at - this.steps[0].at > SPEED_OVER_MS) this.steps.shift();
  }
}

/**
 * How many images to fetch before and behind the one in sight: {ahead, behind}.
 *
 * @param line {latencyMs, picturesPerSecond, pictureBytes}: what the line can do.
 * @param speed Images a second that go by; 0 at rest.
 */
export function reach(line, speed) {
  if (!speed) {
    const fits = Math.floor(RESTING_BYTES / Math.max(line.pictureBytes, 1));
    const ahead = Math.min(RESTS_AHEAD, fits);
    return { ahead, behind: Math.max(0, Math.min(RESTS_BEHIND, fits - ahead)) };
  }
  // A hand that is faster than the line leaves images out: what is fetched ahead would come too late for it.
  if (speed > line.picturesPerSecond * 1.15) return { ahead: 0, behind: 0 };
  const lead = Math.ceil((speed * (line.latencyMs + LEAD_MS)) / 1000);
  return { ahead: Math.min(MOST_LEAD, Math.max(LEAST_LEAD, lead)), behind: 0 };
}

/**
 * The images around one, most wanted first: those in the direction of travel, then those behind.
 *
 * @param images Of the series, in viewing order.
 * @param at Index of the one in sight, from 1.
 * @param loops Whether the last is followed by the first (a film).
 */
export function imagesAhead(images, at, direction, { ahead, behind }, loops = false) {
  const count = images.length;
  const found = [];
  const take = (step) => {
    const index = loops ? ((((at - 1 + step) % count) + count) % count) + 1 : at + step;
    const image = images[index - 1];
    if (image?.is_displayable && index !== at && !found.includes(image)) found.push(image);
  };
  for (let step = 1; step <= ahead; step += 1) take(direction * step);
  for (let step = 1; step <= behind; step += 1) take(-direction * step);
  return found;
}

/** Tiles around those in sight, at the same level: [{row, column}], none that is in sight itself. */
export function tilesAround(seen, rows, columns, sidePx) {
  if (!seen.length) return [];
  const at = (name, pick) => pick(...seen.map((tile) => tile[name]));
  const [top, bottom] = [at("row", Math.min) - 1, at("row", Math.max) + 1];
  const [left, right] = [at("column", Math.min) - 1, at("column", Math.max) + 1];
  const found = [];
  for (let row = Math.max(0, top); row <= Math.min(bottom, Math.ceil(rows / sidePx) - 1); row += 1) {
    for (let column = Math.max(0, left); column <= Math.min(right, Math.ceil(columns / sidePx) - 1); column += 1) {
      const isRim = row === top || row === bottom || column === left || column === right;
      if (isRim) found.push({ row, column });
    }
  }
  return found;
}
