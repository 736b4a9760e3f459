// A window from a part of the image: a rectangle that a hand draws, or what is visible. The server looks at
// the values; nothing of them is known here.

import { imagePoint } from "./viewport_geometry.js";
import { askWindow } from "./viewport_pixels.js";
import { screenRatio } from "./viewport_ratio.js";

const LEAST_PX = 4; // less is a slip of the hand

export class Region {
  /**
   * @param engine The viewport's engine.
   * @param hud Where the rectangle is drawn.
   * @param tell {refused(sentence), asks(isAsking)}: why there is no window, and whether one is awaited.
   */
  constructor(engine, hud, tell) {
    Object.assign(this, { engine, hud, tell });
    this.from = null;
    this.to = null;
    this.question = null; // the one whose answer is still wanted
    this.rectangle = document.createElement("div");
    this.rectangle.className = "region";
    this.rectangle.hidden = true;
    hud.append(this.rectangle);
  }

  /** A corner, in device pixels of the box. */
  begin(x, y) {
    this.from = this.to = { x, y };
  }

  /** The corner opposite. */
  move(x, y) {
    if (!this.from) return;
    this.to = { x, y };
    const ratio = screenRatio();
    const { style } = this.rectangle;
    style.left = `${Math.min(this.from.x, x) / ratio}px`;
    style.top = `${Math.min(this.from.y, y) / ratio}px`;
    style.width = `${Math.abs(this.from.x - x) / ratio}px`;
    style.height = `${Math.abs(this.from.y - y) / ratio}px`;
    this.rectangle.hidden = false;
  }

  cancel() {
    this.from = this.to = null;
    this.rectangle.hidden = true;
  }

  /** Take the window of what was drawn. */
  end() {
    const { from, to } = this;
    this.cancel();
    if (!from || Math.max(Math.abs(from.x - to.x), Math.abs(from.y - to.y)) < LEAST_PX) return;
    this.#take(from, to);
  }

  /** Take the window of what is visible. */
  takeVisible() {
    const { width, height } = this.engine.box;
    this.#take({ x: 0, y: 0 }, { x: width, y: height });
  }

  /** Take the window of all of the image that is wished for; the list of windows knows it again by its name. */
  takeWhole(spread) {
    const { engine } = this;
    const { series, image } = engine;
    const about = { study: series.study_instance_uid, look: { sop: image.sop_instance_uid, frame: image.frame_number } };
    this.#asked(about, { spread }, (window) => {
      engine.measured = { ...engine.measured, [spread]: window };
    });
  }

  /** Another window was chosen since: an answer that is still to come is not wanted any more. */
  forget() {
    this.#ask(null);
  }

  #ask(question) {
    this.question = question;
    this.tell.asks(question !== null);
  }

  #take(from, to) {
    const { engine } = this;
    const { base, view, zoom, box } = engine;
    if (!base) return;
    const corners = [from, to].map(({ x, y }) => imagePoint(base.image, view, zoom, box, x, y));
    const region = {
      top: Math.max(0, Math.floor(Math.min(...corners.map((point) => point.row)))),
      left: Math.max(0, Math.floor(Math.min(...corners.map((point) => point.column)))),
      bottom: Math.max(0, Math.min(base.image.rows, Math.ceil(Math.max(...corners.map((point) => point.row))))),
      right: Math.max(0, Math.min(base.image.columns, Math.ceil(Math.max(...corners.map((point) => point.column))))),
    };
    this.#asked(base, region, () => {});
  }

  async #asked(about, part, taken) {
    const { engine } = this;
    const question = {};
    this.#ask(question);
    const before = windowOf(engine.view);
    // Another image may be wished for meanwhile, whose window is not this one; or a hand has dragged one.
    const isWanted = () => this.question === question && windowOf(engine.view) === before
      && engine.image?.sop_instance_uid === about.look.sop && engine.image.frame_number === about.look.frame;
    try {
      const window = await askWindow(about, part);
      if (!isWanted()) return;
      taken(window);
      engine.setWindow(window);
    } catch (error) {
      if (isWanted()) this.tell.refused(error.sentence ?? "");
    } finally {
      if (this.question === question) this.#ask(null);
    }
  }

  close() {
    this.rectangle.remove();
  }
}

const windowOf = ({ window_center, window_width, voi_function, voi_lut_number }) =>
  [window_center, window_width, voi_function, voi_lut_number].join();
