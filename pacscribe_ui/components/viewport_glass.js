// What is on the glass of one viewport: a whole image, tiles over it, and the truth about both in data
// attributes and paint marks. Knows no network, and asks for nothing.

import { AreaPainter } from "./viewport_area.js";
import { TILE_SIZE_PX, fitZoom, levelForZoom, matrix, visibleTiles } from "./viewport_geometry.js";
import { CornerText } from "./viewport_labels.js";
import { OverlayLayer } from "./viewport_overlay.js";

export const PAINT_MARK = "pacscribe.paint";
const MOST_TILES_KEPT = 48;
const MOST_MARKS = 4000;

let marks = 0;

/** What decides about the grey values of an image: equal keys, equal pixels. */
export const lookKey = (look) =>
  [look.sop, look.frame, look.window ? look.window.join(",") : "", look.invert, look.shutter].join("|");

export class Glass {
  /**
   * @param parts {root, canvas, layers, labels: {name: element}, live}: what is drawn on and written to.
   * @param words Sentences and labels of the user interface.
   * @param imageShown(index, count) Called when another image has come onto the glass.
   */
  constructor(parts, words, imageShown) {
    this.parts = parts;
    this.imageShown = imageShown;
    this.context = parts.canvas.getContext("2d", { alpha: false });
    this.overlay = new OverlayLayer(parts.layers);
    this.text = new CornerText(parts, words);
    this.box = { width: 0, height: 0 };
    // The whole image: {picture, look, level, fidelity, window, image, index, series, study}.
    this.base = null;
    this.tiles = new Map(); // "level/row/column" -> {picture, ...}, all of the base's look
    this.area = new AreaPainter(this.context); // of what rests, where it is smaller than it came
    this.written = {}; // data attributes as they stand on the root
    this.toldAt = 0;
    this.isSmooth = true; // whether enlarged pixels run into each other
    this.onPainted = () => {}; // what lies over the image follows it
    this.isGone = false;
  }

  resize(width, height) {
    this.area.forget();
    this.box = { width, height };
    this.parts.canvas.width = width;
    this.parts.canvas.height = height;
    this.overlay.resize(width, height);
  }

  /** Put a whole image onto the glass; tiles of another look leave it. */
  put(base) {
    if (!this.shows(base.look)) this.dropTiles();
    this.area.forget();
    this.base?.picture.close();
    this.base = base;
  }

  /** Change places with another glass: what was on each is drawn by the other with its next paint. */
  trade(other) {
    [this.base, other.base] = [other.base, this.base];
    [this.tiles, other.tiles] = [other.tiles, this.tiles];
    for (const each of [this, other]) {
      each.area.forget();
      if (!each.base) each.clear();
    }
  }

  /** Whether the image on the glass has this look. */
  shows(look) {
    return Boolean(this.base) && lookKey(this.base.look) === lookKey(look);
  }

  putTile(tile, picture, fidelity) {
    const key = `${tile.level}/${tile.row}/${tile.column}`;
    const there = this.tiles.get(key);
    if (there?.fidelity === "lossless" && fidelity !== "lossless") {
      picture.close();
      return;
    }
    this.area.forget();
    there?.picture.close();
    this.tiles.delete(key);
    this.tiles.set(key, { ...tile, picture, fidelity });
    for (const [oldest, { picture: old }] of this.tiles) {
      if (this.tiles.size <= MOST_TILES_KEPT) break;
      old.close();
      this.tiles.delete(oldest);
    }
  }

  /** How true the tile at a place is: `lossy`, `lossless`, or an empty text where there is none. */
  tileFidelity(level, row, column) {
    return this.tiles.get(`${level}/${row}/${column}`)?.fidelity ?? "";
  }

  dropTiles() {
    this.area.forget();
    for (const { picture } of this.tiles.values()) picture.close();
    this.tiles.clear();
  }

  /** Nothing is on the glass any more, and nothing is said about it. */
  clear() {
    this.base?.picture.close();
    this.base = null;
    this.dropTiles();
    this.#blacken();
    const { dataset } = this.parts.root;
    for (const key of Object.keys(this.written)) delete dataset[key];
    this.written = {};
    this.overlay.forget();
    this.text.clear();
    this.onPainted();
  }

  close() {
    this.isGone = true;
    this.overlay.forget();
    this.text.close();
    this.base?.picture.close();
    this.base = null;
    this.dropTiles();
  }

  /** Zoom on the glass, device pixels per image column, of an image under a view. */
  zoomOf(image, view) {
    return view.zoom ?? (image && this.box.width ? fitZoom(image, view, this.box) : 1);
  }

  /**
   * Draw what there is, and say what it is.
   *
   * @param view Where the image stands.
   * @param about {imageCount, label, note, presets}: of the stack.
   * @param isResting Whether no hand moves it: then each pixel of the glass is the mean of what it covers.
   */
  paint(view, about, isResting = false) {
    const { base, box } = this;
    if (!base || !box.width || this.isGone) return;
    const { image } = base;
    const zoom = this.zoomOf(image, view);
    this.#blacken();
    // One to one, an image pixel is a screen pixel: on the grid, and not smoothed.
    const isOneToOne = zoom === 1 && image.aspect === 1;
    const [a, b, c, d, e, f] = matrix(image, view, zoom, box);
    const place = [a, b, c, d, isOneToOne ? Math.round(e) : e, isOneToOne ? Math.round(f) : f];
    const fidelity = this.#fidelity(view, zoom);
    // The whole level is there, or every tile of it that is seen.
    const level = Math.min(base.level, levelForZoom(image.rows, image.columns, zoom));
    const isSmaller = Math.min(1, image.aspect) * zoom * 2 ** level < 1;
    const isToBeAveraged = isResting && isSmaller && fidelity === "lossless";
    // What is still being made of another place, or of a picture before, never comes over what is drawn now.
    if (!isToBeAveraged) this.area.forget();
    if (!isToBeAveraged || !this.#paintAverages(level, zoom, view, place)) this.#draw(zoom, place, isOneToOne);
    this.overlay.paint(base, view.is_overlay_hidden, zoom, place);
    this.#say(view, zoom, about, fidelity);
    this.onPainted();
  }

  // As browsers draw: fast.
  #draw(zoom, place, isOneToOne) {
    const { base, context } = this;
    const { image } = base;
    context.setTransform(...place);
    const factor = 2 ** base.level;
    // Pixels shown smaller than they are always run together: nearest would leave some of them out.
    context.imageSmoothingEnabled = !isOneToOne && (this.isSmooth || zoom * factor < 1);
    // Below a half, four neighbours are not all of a pixel, and fine lines would go lost between them. Levels spare an
    // image that, but for the coarsest.
    context.imageSmoothingQuality = zoom * factor < 0.5 ? "medium" : "low";
    context.drawImage(base.picture, 0, 0, base.picture.width * factor, base.picture.height * factor);
    const needed = levelForZoom(image.rows, image.columns, zoom);
    for (const tile of [...this.tiles.values()].sort((one, other) => other.level - one.level)) {
      // Finer ones that a closer look has left must not make a lossless glass lossy.
      if (tile.level < needed && tile.fidelity !== "lossless") continue;
      const scale = 2 ** tile.level;
      const side = TILE_SIZE_PX * scale;
      const { width, height } = tile.picture;
      context.drawImage(tile.picture, tile.column * side, tile.row * side, width * scale, height * scale);
    }
  }

  // Each device pixel the mean of what it covers; whether that is on the glass already.
  #paintAverages(level, zoom, view, place) {
    const { base, box } = this;
    const pieces = base.level === level ? [{ picture: base.picture, row: 0, column: 0 }] : this.#seenTiles(view, zoom, level);
    return this.area.paint(pieces, base.image, level, place, box);
  }

  #seenTiles(view, zoom, level) {
    return visibleTiles(this.base.image, view, zoom, this.box, level).map(({ row, column }) => ({
      picture: this.tiles.get(`${level}/${row}/${column}`).picture,
      row: row * TILE_SIZE_PX,
      column: column * TILE_SIZE_PX,
    }));
  }

  #blacken() {
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, this.box.width, this.box.height);
  }

  /** How true the glass is to the stored pixels under this window. */
  #fidelity(view, zoom) {
    const { base } = this;
    const needed = levelForZoom(base.image.rows, base.image.columns, zoom);
    if (base.level <= needed) return base.fidelity;
    const seen = visibleTiles(base.image, view, zoom, this.box, needed).map(({ row, column }) => this.tileFidelity(needed, row, column));
    if (!seen.every(Boolean)) return "preview";
    return seen.every((fidelity) => fidelity === "lossless") ? "lossless" : "lossy";
  }

  #say(view, zoom, about, fidelity) {
    const { base } = this;
    const truth = {
      studyInstanceUid: base.study, seriesInstanceUid: base.series, sopInstanceUid: base.look.sop,
      frameNumber: base.look.frame, imageIndex: base.index, imageCount: about.imageCount,
      windowCenter: base.window?.[0] ?? "", windowWidth: base.window?.[1] ?? "",
      zoom: Number(zoom.toFixed(4)), fidelity,
    };
    // Writing what already stands there would cost a style and layout pass at every image.
    const { dataset } = this.parts.root;
    for (const [key, value] of Object.entries(truth)) {
      if (this.written[key] !== value) dataset[key] = this.written[key] = value;
    }
    this.text.write({ truth, base, view, zoom, box: this.box, about });
    marks += 1;
    if (marks > MOST_MARKS) {
      performance.clearMarks(PAINT_MARK);
      marks = 0;
    }
    performance.mark(PAINT_MARK, { detail: truth });
    const at = truth.imageIndex * 1e6 + truth.imageCount;
    if (this.toldAt !== at) this.imageShown(truth.imageIndex, truth.imageCount);
    this.toldAt = at;
  }
}
