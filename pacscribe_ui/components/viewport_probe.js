// The value under the pointer, and under a marker that fingers and keys can set. The number is the server's.

import { matrix, imagePoint } from "./viewport_geometry.js";
import { NewestOnly, askPixel, pixelText } from "./viewport_pixels.js";
import { screenRatio } from "./viewport_ratio.js";

const EVERY_MS = 100;
const SAY_AFTER_MS = 400;

export class Probe {
  /**
   * @param engine The viewport's engine.
   * @param parts {hud, text, live}: where the marker goes, the corner's line, what a screen reader hears.
   * @param words Sentences and labels of the user interface.
   */
  constructor(engine, parts, words) {
    Object.assign(this, { engine, parts, words });
    this.questions = new NewestOnly(EVERY_MS);
    this.pointer = null; // device pixels of the box, while a pointer is over the image
    this.pixel = null; // {row, column} of the marker, while the probe is the tool
    this.isTool = false;
    this.isWanted = true; // whether the text over the image is shown
    this.asked = "";
    this.timer = null;
    this.marker = document.createElement("div");
    this.marker.className = "probe-marker";
    this.marker.hidden = true;
    parts.hud.append(this.marker);
  }

  /** The probe becomes the tool, with a marker in the middle, or is one no longer. */
  use(isTool) {
    if (isTool === this.isTool) return;
    this.isTool = isTool;
    this.pixel = null;
    if (isTool) this.putAt(this.engine.box.width / 2, this.engine.box.height / 2);
    this.follow();
  }

  /** A pointer is over the image, or (null) has left it. */
  hover(x, y) {
    this.pointer = x === null ? null : { x, y };
    this.#ask();
  }

  /** Set the marker, in device pixels of the box. */
  putAt(x, y) {
    const { base, view, zoom, box } = this.engine;
    if (!base) return;
    const point = imagePoint(base.image, view, zoom, box, x, y);
    this.#put(Math.floor(point.row), Math.floor(point.column));
  }

  /** Move the marker on the glass by so many pixels of the image, whichever way it is turned. */
  moveBy(across, down) {
    const { base, view, zoom, box } = this.engine;
    if (!base || !this.pixel) return;
    const [a, b, c, d] = matrix(base.image, view, zoom, box);
    // Which step along a row or a column of the image goes that way on the glass.
    const columns = Math.sign(Math.round(a * across + b * down));
    const rows = Math.sign(Math.round(c * across + d * down));
    const far = Math.max(Math.abs(across), Math.abs(down));
    this.#put(this.pixel.row + rows * far, this.pixel.column + columns * far);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.parts.live.textContent = this.parts.text.textContent; }, SAY_AFTER_MS);
  }

  /** Something was painted: the marker stays on its pixel, the pointer where it is. */
  follow() {
    const { base, view, zoom, box } = this.engine;
    const isShown = Boolean(this.isTool && this.pixel && base);
    if (this.marker.hidden === isShown) this.marker.hidden = !isShown;
    if (isShown) {
      const ratio = screenRatio();
      const [a, b, c, d, e, f] = matrix(base.image, view, zoom, box);
      const column = this.pixel.column + 0.5;
      const row = this.pixel.row + 0.5;
      const x = (a * column + c * row + e) / ratio;
      const y = (b * column + d * row + f) / ratio;
      this.marker.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    }
    this.#ask();
  }

  close() {
    clearTimeout(this.timer);
    this.questions.forget();
    this.marker.remove();
  }

  #put(row, column) {
    const { rows, columns } = this.engine.base.image;
    const within = (value, count) => Math.min(count - 1, Math.max(0, value));
    this.pixel = { row: within(row, rows), column: within(column, columns) };
    this.follow();
  }

  /** The pixel that is asked for: the marker's, else the one under the pointer. */
  #place() {
    if (this.isTool && this.pixel) return this.pixel;
    if (!this.pointer || !this.isWanted) return null;
    const { base, view, zoom, box } = this.engine;
    const point = imagePoint(base.image, view, zoom, box, this.pointer.x, this.pointer.y);
    const { rows, columns } = base.image;
    const isInside = point.row >= 0 && point.column >= 0 && point.row < rows && point.column < columns;
    return isInside ? { row: Math.floor(point.row), column: Math.floor(point.column) } : null;
  }

  #ask() {
    const { base, isMoving } = this.engine;
    // What moves is not read: a number for every image that goes by would take the line from the images.
    const place = base && !isMoving ? this.#place() : null;
    if (!place) {
      this.questions.forget();
      this.#show("", "");
      return;
    }
    const key = [base.look.sop, base.look.frame, place.row, place.column].join("/");
    if (key === this.asked) return;
    this.asked = key;
    this.questions.ask(async () => {
      let text = "";
      try {
        text = pixelText(await askPixel(base, place.row, place.column), this.words.pixel);
      } catch (error) {
        text = error.sentence ?? "";
      }
      // Meanwhile the pointer may have gone on: the number of another pixel is not shown.
      if (this.asked === key) this.#show(text, key);
    });
  }

  #show(text, key) {
    this.asked = key;
    if (this.parts.text.textContent !== text) this.parts.text.textContent = text;
  }
}
