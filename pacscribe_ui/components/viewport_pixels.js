// Questions to the server about the numbers behind an image. One is under way at a time, and the newest wins.

const path = (base) =>
  `/api/v1/studies/${base.study}/instances/${base.look.sop}/frames/${base.look.frame}`;

async function asked(address, query) {
  const response = await fetch(`${address}?${new URLSearchParams(query)}`);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error("refused"), { sentence: answer.error ?? "" });
  return answer;
}

/** What a pixel of the image on the glass holds: {stored_value, modality_value, unit, red_green_blue, is_background}. */
export const askPixel = (base, row, column) => asked(`${path(base)}/pixel`, { row, column });

/** The window of a region {top, left, bottom, right} of an image, or of all of it by a {spread}: {window_center, window_width, voi_function}. */
export const askWindow = (base, part) => asked(`${path(base)}/window`, part);

/** Runs one question at a time, at most one every so often; of those that wait, the newest is asked. */
export class NewestOnly {
  constructor(everyMs) {
    this.everyMs = everyMs;
    this.waiting = null;
    this.isBusy = false;
  }

  /** @param work Returns a promise; what comes of it is the work's own affair. */
  ask(work) {
    this.waiting = work;
    if (!this.isBusy) this.#next();
  }

  forget() {
    this.waiting = null;
  }

  async #next() {
    const work = this.waiting;
    this.waiting = null;
    if (!work) return;
    this.isBusy = true;
    await Promise.allSettled([work(), new Promise((done) => setTimeout(done, this.everyMs))]);
    this.isBusy = false;
    this.#next();
  }
}

/** A number as it is read aloud: at most six digits that count. */
export const plainNumber = (value) => String(Number(Number(value).toPrecision(6)));

/**
 * A pixel in words: "32 HU (stored 1056) · row 13, column 35"; rows and columns from 1, as PS3.3 counts them. Of a PET both
 * what was measured and its SUV: "4.2 SUVbw · 15200 Bq/ml (stored 304) · ...".
 *
 * @param pixel The server's answer.
 * @param words {stored, background, row, column}.
 */
export function pixelText(pixel, words) {
  const { stored_value: stored, modality_value: value, unit, red_green_blue: colour, suv } = pixel;
  const place = `${words.row} ${pixel.row + 1}, ${words.column} ${pixel.column + 1}`;
  const parts = [];
  if (colour) parts.push(`R ${colour[0]} G ${colour[1]} B ${colour[2]}`);
  const hasSuv = typeof suv === "number";
  if (hasSuv) parts.push(`${Number(suv.toPrecision(4))} ${pixel.suv_name}`);
  // Values that are SUV already are not said twice.
  if (value !== null && value !== suv) parts.push(`${hasSuv ? "· " : ""}${plainNumber(value)} ${unit}`.trim());
  if (stored !== null && stored !== value) parts.push(`(${words.stored} ${plainNumber(stored)})`);
  if (pixel.is_background) parts.push(words.background);
  return `${parts.join(" ")} · ${place}`;
}
