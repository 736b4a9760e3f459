// What the viewports of a page do together: follow the one that hands move, and show each other's reference lines.
// Everything happens in the browser, at once; the page's state is told when all of them rest.

import { matrix } from "./viewport_geometry.js";
import { drawLines, referenceLines } from "./viewport_lines.js";
import { followedImage, followedPlace, followedWindow, linkOf, middlePoint } from "./viewport_links.js";
import { areParallel, heightMm, minus, planeOf, plus } from "./viewport_space.js";

const ROUNDING_MM = 0.05;
const planes = new WeakMap(); // description -> planes of its images

/** Planes of all images of a described stack. */
function planesOf(description) {
  if (!planes.has(description)) planes.set(description, description.images.map(planeOf));
  return planes.get(description);
}

const side = (engine) => ({
  image: engine.image, frame: engine.description?.frame_of_reference_uid ?? "", offset: engine.view?.link_offset_mm ?? null,
});
const isReady = (engine) => Boolean(engine?.description && engine.view && engine.image);

// Whether what is on the glass is of the stack that was asked for: until it comes, the last image bridges the wait.
const isOwn = (engine) => Boolean(engine?.base) && engine.base.stack === engine.series?.key;

const isOfOneStack = (one, other) =>
  one?.series_instance_uid === other.series_instance_uid && one.stack_id === other.stack_id;

export class Together {
  /** @param engines Map of the viewports' engines by their index. */
  constructor(engines) {
    this.engines = engines;
    this.active = 0;
    this.isLinked = false;
    this.hasLines = false;
    this.told = null;
    this.moves = new Map();
  }

  /** @param settings {active, isLinked, hasLines, onSettled(index, values), onSettledTogether(moves)}. */
  set(settings) {
    Object.assign(this, settings);
    this.draw();
  }

  // ------------------------------------------------------------ following

  /** The link between two viewports, or null. */
  link(one, other) {
    if (!this.isLinked || one === other || !isReady(one) || !isReady(other)) return null;
    return linkOf(side(one), side(other));
  }

  /**
   * A hand has moved a viewport: those that are linked with it follow.
   *
   * @param leader Its engine.
   * @param kind "image", "place" or "window".
   */
  moved(leader, kind) {
    if (!this.isLinked || !isReady(leader)) return;
    const shown = {
      image: leader.image, view: leader.view, zoom: leader.zoom, stored: leader.storedWindow,
      modality: leader.description.modality,
    };
    for (const follower of this.engines.values()) {
      const link = this.link(leader, follower);
      if (link) follower.follow(this.#changes(kind, shown, follower, link.offset), leader);
    }
  }

  #changes(kind, leader, follower, offset) {
    if (kind === "image") {
      if (follower.isPlaying) return null;
      const found = followedImage(leader, planesOf(follower.description), offset, follower.view.image_index);
      return found && { image_index: found.image_index };
    }
    if (kind === "place") return followedPlace(leader, follower.image, offset);
    return followedWindow(leader, {
      image: follower.image, stored: follower.storedWindow, modality: follower.description.modality,
    });
  }

  /**
   * How far apart the viewports lie that can be linked with the active one only by hand: for each index the offset
   * in mm, or null where there is nothing to link; null as a whole where there is no viewport to be linked.
   */
  offsetsByHand() {
    const active = this.engines.get(this.active);
    const plane = isReady(active) && planeOf(active.image);
    if (!plane) return null;
    const here = middlePoint(active.image, active.view);
    const frame = side(active).frame;
    const offsets = [];
    let isAny = false;
    for (const [index, engine] of this.engines) {
      const itsPlane = isReady(engine) && planeOf(engine.image);
      offsets[index] = null;
      if (!itsPlane || !areParallel(plane, itsPlane)) continue;
      const isSameFrame = engine === active || (frame && side(engine).frame === frame);
      isAny ||= !isSameFrame;
      offsets[index] = isSameFrame ? [0, 0, 0] : minus(middlePoint(engine.image, engine.view), here);
    }
    return isAny ? Array.from(offsets, (offset) => offset ?? null) : null;
  }

  /** Link viewports as they are: for each index the offset in mm; those that have none are on their own. */
  linkByHand(offsets) {
    for (const [index, { view }] of this.engines) if (view) view.link_offset_mm = offsets[index] ?? null;
    this.draw();
  }

  // ------------------------------------------------------------ telling the page's state, once

  /** A viewport rests: what others that follow it have moved is told with it. */
  settled(index, values) {
    if (!this.moves.size) queueMicrotask(() => this.tell());
    const before = this.moves.get(index);
    this.moves.set(index, isOfOneStack(before, values) ? { ...before, ...values } : values);
    for (const [other, engine] of this.engines) if (!this.moves.has(other)) engine.settle();
  }

  /** Tell it at once: what follows builds on it. */
  tell() {
    const moves = [...this.moves];
    this.moves.clear();
    if (!moves.length) return;
    if (moves.length === 1) this.onSettled?.(...moves[0]);
    else this.onSettledTogether?.(moves.map(([index, values]) => ({ index, ...values })));
  }

  // ------------------------------------------------------------ what is drawn

  /** Another image is on the glass of a viewport, or it stands elsewhere. */
  painted(engine) {
    const active = this.engines.get(this.active);
    if (engine === active) {
      this.draw();
      return;
    }
    this.#drawOne(active, engine);
    // It may be the first that can be linked with the active one.
    if (active) this.#tellLink(active, active);
  }

  draw() {
    const active = this.engines.get(this.active);
    for (const engine of this.engines.values()) this.#drawOne(active, engine);
  }

  #drawOne(active, engine) {
    this.#drawLines(active, engine);
    this.#tellLink(active, engine);
  }

  #tellLink(active, engine) {
    engine.tell.linked?.(this.#said(active, engine));
  }

  #drawLines(active, engine) {
    const { layer } = engine.parts;
    if (!layer) return;
    const base = engine.base;
    const frame = active?.description?.frame_of_reference_uid;
    const isSeen = this.hasLines && engine !== active && isOwn(engine) && isOwn(active) && frame
      && engine.description?.frame_of_reference_uid === frame;
    const lines = isSeen ? referenceLines(
      { image: active.base.image, index: active.base.index, images: active.description.images, number: this.active + 1 },
      { image: base.image, box: engine.box, matrix: matrix(base.image, engine.view, engine.zoom, engine.box) },
    ) : [];
    drawLines(layer, lines, engine.box);
  }

  // How a viewport is linked: {isByHand, awayMm} or null. The active one is if any other is.
  #said(active, engine) {
    const others = engine === active ? [...this.engines.values()] : [active];
    const linked = others.filter((other) => other && this.link(engine, other));
    if (!linked.length) return null;
    const isByHand = linked.some((other) => side(other).frame !== side(engine).frame || !side(engine).frame);
    if (engine === active) return { isByHand, awayMm: 0 };
    const { offset } = this.link(active, engine);
    return { isByHand, awayMm: awayMm(active, engine, offset) };
  }
}

// How far the image that a viewport shows is from where the active one looks: 0 if no other would be nearer.
function awayMm(active, engine, offset) {
  const stack = planesOf(engine.description);
  const index = engine.view.image_index - 1;
  const [plane, next] = [stack[index], stack[index + 1] ?? stack[index - 1]];
  const point = plane && middlePoint(active.image, active.view);
  if (!point) return 0;
  const away = Math.abs(heightMm(plane, plus(point, offset)));
  const half = next ? Math.abs(heightMm(plane, next.corner)) / 2 : 0;
  return away > half + ROUNDING_MM ? away : 0;
}
