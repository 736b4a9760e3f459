// The magnifier: pixels of the image at full resolution, under the window on the glass, where a pointer is.

import { TILE_SIZE_PX, imagePoint, matrix, visibleTiles } from "./viewport_geometry.js";
import { lookKey } from "./viewport_glass.js";
import { openPicture } from "./viewport_picture.js";
import { screenRatio } from "./viewport_ratio.js";
import { tileStream } from "./viewport_stream.js";

const SIDE_PX = 240;
const TIMES = 3;
const LEAST_ZOOM = 2; // device pixels per pixel of the image
const ABOVE_FINGER_PX = 150;
const MOST_TILES = 9;

export class Loupe {
  /**
   * @param engine The viewport's engine.
   * @param hud Where it is put.
   * @param words Sentences and labels of the user interface.
   */
  constructor(engine, hud, words) {
    Object.assign(this, { engine, hud, words });
    this.stream = tileStream();
    this.name = `${engine.name}:loupe`;
    this.generation = 0;
    this.look = "";
    this.tiles = new Map(); // "row/column" -> picture at full resolution, all of one look
    this.wanted = "";
    this.isOn = false; // by button
    this.isHeld = false; // by key
    this.pointer = null;
    this.root = document.createElement("div");
    this.root.className = "loupe";
    this.canvas = document.createElement("canvas");
    this.caption = document.createElement("span");
    this.root.append(this.canvas, this.caption);
  }

  get isShown() {
    return this.isOn || this.isHeld;
  }

  use(isOn) {
    this.isOn = isOn;
    this.follow();
  }

  hold(isHeld) {
    this.isHeld = isHeld;
    this.follow();
  }

  /** A pointer is at (x, y), device pixels of the box; above a finger, so that it does not hide what it shows. */
  hover(x, y, isFinger = false) {
    this.pointer = x === null ? null : { x, y, isFinger };
    if (this.isShown) this.follow();
  }

  /** Draw anew: the pointer has moved, or something was painted. */
  follow() {
    const { base, box, view } = this.engine;
    const isShown = Boolean(this.isShown && base && box.width);
    if (!isShown) {
      this.root.remove();
      this.#drop();
      return;
    }
    if (!this.root.isConnected) this.hud.append(this.root);
    const ratio = screenRatio();
    const at = this.pointer ?? { x: box.width / 2, y: box.height / 2, isFinger: false };
    this.#place(at, ratio);
    const zoom = Math.max(this.engine.zoom * TIMES, LEAST_ZOOM);
    const point = imagePoint(base.image, view, this.engine.zoom, box, at.x, at.y);
    const own = {
      ...view, pan_column_px: point.column - base.image.columns / 2, pan_row_px: point.row - base.image.rows / 2,
    };
    this.#ask(own, zoom);
    this.#draw(own, zoom);
  }

  close() {
    this.#drop();
    this.stream.forget(this.name);
    this.root.remove();
  }

  #place(at, ratio) {
    const { width, height } = this.engine.box;
    const within = (value, room) => Math.max(0, Math.min(value - SIDE_PX / 2, room / ratio - SIDE_PX));
    const x = within(at.x / ratio, width);
    const y = within(at.y / ratio - (at.isFinger ? ABOVE_FINGER_PX : 0), height);
    this.root.style.transform = `translate(${x.toFixed(0)}px, ${y.toFixed(0)}px)`;
    const side = Math.round(SIDE_PX * ratio);
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
  }

  #ask(view, zoom) {
    const { base } = this.engine;
    const look = lookKey(base.look);
    if (look !== this.look) this.#drop();
    this.look = look;
    if (base.level === 0 && base.fidelity === "lossless") return;
    const box = { width: this.canvas.width, height: this.canvas.height };
    const missing = visibleTiles(base.image, view, zoom, box, 0).filter(({ row, column }) => !this.tiles.has(`${row}/${column}`));
    const wanted = missing.map(({ row, column }) => `${row}/${column}`).join(" ");
    if (!missing.length || wanted === this.wanted) return;
    this.wanted = wanted;
    this.stream.ask({
      viewport: this.name, generation: (this.generation += 1),
      tiles: missing.map(({ row, column }) => ({
        ...this.engine.asking.tileOf(base.look), level: 0, row, column,
      })),
      onTile: (tile, answer) => this.#arrived(look, tile, answer),
      onError: () => { this.wanted = ""; },
    });
  }

  async #arrived(look, tile, answer) {
    const picture = await openPicture(answer).catch(() => null);
    if (!picture) return;
    if (look !== this.look || !this.isShown) {
      picture.close();
      return;
    }
    const key = `${tile.row}/${tile.column}`;
    this.tiles.get(key)?.close();
    this.tiles.set(key, picture);
    for (const [oldest, old] of this.tiles) {
      if (this.tiles.size <= MOST_TILES) break;
      old.close();
      this.tiles.delete(oldest);
    }
    this.follow();
  }

  #draw(view, zoom) {
    const { base, glass } = this.engine;
    const context = this.canvas.getContext("2d", { alpha: false });
    const box = { width: this.canvas.width, height: this.canvas.height };
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, box.width, box.height);
    context.setTransform(...matrix(base.image, view, zoom, box));
    context.imageSmoothingEnabled = glass.isSmooth;
    const factor = 2 ** base.level;
    context.drawImage(base.picture, 0, 0, base.picture.width * factor, base.picture.height * factor);
    for (const [key, picture] of this.tiles) {
      const [row, column] = key.split("/").map(Number);
      context.drawImage(picture, column * TILE_SIZE_PX, row * TILE_SIZE_PX);
    }
    const isBase = base.level === 0 && base.fidelity === "lossless";
    const seen = visibleTiles(base.image, view, zoom, box, 0);
    const isWhole = isBase || seen.every(({ row, column }) => this.tiles.has(`${row}/${column}`));
    const fidelity = this.words.fidelity[isWhole ? "lossless" : "preview"];
    this.caption.textContent = `${Math.round(zoom * 100)} % · ${fidelity}`;
    this.root.dataset.fidelity = isWhole ? "lossless" : "preview";
  }

  #drop() {
    for (const picture of this.tiles.values()) picture.close();
    this.tiles.clear();
    this.wanted = "";
    this.look = "";
  }
}
