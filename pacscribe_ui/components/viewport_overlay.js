// The overlay planes of one viewport's image, on a canvas of their own over that of the image, which keeps
// the very pixels that the server drew. Fetches the planes itself; knows no gesture.

import { levelForZoom, wholeLevel } from "./viewport_geometry.js";

const ASK_AFTER_MS = 60; // of rest: a hand that scrolls asks for no planes on its way
const MOST_KEPT = 24;

export class OverlayLayer {
  /** @param host Element over the image's canvas that lets every touch through; its CSS colour is that of the planes. */
  constructor(host) {
    this.host = host;
    this.canvas = null; // made for the first image that has planes: most have none
    this.box = { width: 0, height: 0 };
    this.layers = new Map(); // "study/sop/frame/level" -> ImageBitmap, the least recently used first
    this.shown = null; // {key, place, level}: what the image on the glass asks for
    this.asked = null; // {key, stop}: the request under way
    this.timer = null;
  }

  resize(width, height) {
    this.box = { width, height };
    if (this.canvas) this.#fit();
  }

  /**
   * Lay the planes over what was just painted.
   *
   * @param base The image on the glass: {study, look, image}.
   * @param isHidden Whether the reader wants to see it without.
   * @param zoom Device pixels per image column.
   * @param place Canvas matrix from image pixels to device pixels: exactly the image's own.
   */
  paint(base, isHidden, zoom, place) {
    const { image, look, study } = base;
    if (!image.has_overlay || isHidden) {
      this.clear();
      return;
    }
    const { rows, columns } = image;
    const level = wholeLevel(rows, columns, levelForZoom(rows, columns, zoom));
    const key = `${study}/${look.sop}/${look.frame}/${level}`;
    this.shown = { key, place, level };
    if (!this.canvas) {
      this.canvas = document.createElement("canvas");
      this.context = this.canvas.getContext("2d");
      this.#fit();
      this.host.append(this.canvas);
    }
    this.#draw();
    if (!this.layers.has(key)) this.#askSoon({ key, study, sop: look.sop, frame: look.frame, level });
  }

  /** Nothing lies over the image any more. */
  clear() {
    this.shown = null;
    this.#giveUp();
    this.canvas?.remove();
    this.canvas = null;
  }

  /** Another study, or none: nothing of this one stays. */
  forget() {
    this.clear();
    for (const layer of this.layers.values()) layer.close();
    this.layers.clear();
  }

  #fit() {
    this.canvas.width = this.box.width;
    this.canvas.height = this.box.height;
  }

  // Planes of another image are never left standing: until those of this one are there, there are none.
  #draw() {
    const { context, shown } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.box.width, this.box.height);
    const layer = shown && this.layers.get(shown.key);
    if (!layer) {
      delete this.canvas.dataset.shows;
      return;
    }
    const factor = 2 ** shown.level;
    context.setTransform(...shown.place);
    context.imageSmoothingEnabled = shown.place[0] ** 2 + shown.place[1] ** 2 < 1;
    context.drawImage(layer, 0, 0, layer.width * factor, layer.height * factor);
    this.canvas.dataset.shows = shown.key;
  }

  #askSoon(wish) {
    if (this.asked?.key === wish.key) return;
    this.#giveUp();
    this.asked = { key: wish.key, stop: new AbortController() };
    this.timer = setTimeout(() => this.#ask(wish, this.asked), ASK_AFTER_MS);
  }

  async #ask({ key, study, sop, frame, level }, asked) {
    const path = `/api/v1/studies/${study}/instances/${sop}/frames/${frame}/overlay.png?level=${level}`;
    try {
      const response = await fetch(path, { signal: asked.stop.signal });
      if (!response.ok) return;
      const picture = await createImageBitmap(await response.blob());
      this.#keep(key, await tinted(picture, getComputedStyle(this.host).color));
      picture.close();
    } catch {
      // Given up for another image, or the line is lost, which the viewport says; the next paint asks again.
      return;
    } finally {
      if (this.asked === asked) this.asked = null;
    }
    if (this.shown?.key === key) this.#draw();
  }

  #keep(key, layer) {
    this.layers.get(key)?.close();
    this.layers.delete(key);
    this.layers.set(key, layer);
    for (const [oldest, old] of this.layers) {
      if (this.layers.size <= MOST_KEPT) break;
      old.close();
      this.layers.delete(oldest);
    }
  }

  #giveUp() {
    clearTimeout(this.timer);
    this.asked?.stop.abort();
    this.asked = null;
  }
}

// What comes is white and as opaque as the planes are; the page decides the colour.
async function tinted(picture, colour) {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = colour;
  context.fillRect(0, 0, picture.width, picture.height);
  return canvas.transferToImageBitmap();
}
