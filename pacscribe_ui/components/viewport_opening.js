// Opening a study before its page is there: the click asks for the image, and a hand that comes near has
// the server make it ready. What is shown, and when, is the engine's; whose page it is, the address says.

import { imagesAhead, reach } from "./viewport_ahead.js";
import { fitZoom, levelForZoom, wholeLevel } from "./viewport_geometry.js";
import { BEST_QUALITY } from "./viewport_pace.js";
import { onScreen, screenRatio } from "./viewport_ratio.js";
import { keyOf } from "./viewport_series.js";
import { openedTile, tileStream } from "./viewport_stream.js";

const NEAR_AFTER_MS = 60;
const NEAR_AGAIN_AFTER_MS = 20_000;
const WAITS_MS = 10_000;
const FIRST_QUALITY = 85;
const VIEWER = /^\/viewer\/([0-9.]+)\/*$/;
const NUMBER = /^-?[0-9]+(\.[0-9]+)?$/;

/** Everything that a view is made of, as a series is shown first. */
export const FIRST_VIEW = Object.freeze({
  image_index: 1, window_center: null, window_width: null, voi_function: "linear", voi_lut_number: null, zoom: null,
  zoom_ratio: null, pan_column_px: 0, pan_row_px: 0, rotation: 0, is_mirrored: false, is_inverted: false,
  is_shutter_lifted: false, is_overlay_hidden: false,
});

let box = null; // of the viewport that last had the glass to itself
let asked = null; // the opening that a click has asked for, which waits for its page: {key, at, promise}
let generation = 0;
let near = { study: "", at: 0 };

/** Who asks for the images after the first before there is a viewport that could. */
export const OPENING = "opening";

/** The study whose viewer an address is, or an empty text. */
export const studyOfPath = (path) => VIEWER.exec(path)?.[1] ?? "";

/** Remember how large a viewport is that has the glass to itself: the next study will have that room. */
export function rememberBox(width, height) {
  if (width > 1 && height > 1) box = [Math.round(width), Math.round(height)];
}

function room() {
  const ratio = screenRatio();
  return box ?? [innerWidth * 0.6 * ratio, innerHeight * 0.85 * ratio].map((side) => Math.max(1, Math.round(side)));
}

/**
 * Series, stack and view that an address asks for in its first viewport, or null where it asks for more than one
 * image can answer (several viewports) or for what cannot be understood: that is left to the page's state.
 */
export function viewOfSearch(search) {
  const parameters = new URLSearchParams(search);
  if ((parameters.get("layout") ?? "1x1") !== "1x1") return null;
  const series = parameters.get("s1") ?? "";
  const stack = parameters.get("k1") ?? "";
  if (!series) return { series, stack, view: { ...FIRST_VIEW } };
  const view = { ...FIRST_VIEW };
  const numbers = (name, count) => {
    const texts = (parameters.get(name) ?? "").split(",");
    return texts.length === count && texts.every((text) => NUMBER.test(text)) ? texts.map(Number) : null;
  };
  if (parameters.has("i1")) [view.image_index] = numbers("i1", 1) ?? [NaN];
  if (parameters.has("z1")) [view.zoom, view.zoom_ratio = null] = numbers("z1", 1) ?? numbers("z1", 2) ?? [NaN];
  if (parameters.has("p1")) [view.pan_column_px, view.pan_row_px] = numbers("p1", 2) ?? [NaN, NaN];
  if (parameters.has("r1")) [view.rotation] = numbers("r1", 1) ?? [NaN];
  if (parameters.has("w1")) {
    const [center, width, voi_function] = (parameters.get("w1") ?? "").split(",");
    const isWindow = NUMBER.test(center) && NUMBER.test(width) && /^(linear|linear-exact|sigmoid)$/.test(voi_function);
    Object.assign(view, isWindow ? { window_center: Number(center), window_width: Number(width), voi_function } : { window_width: NaN });
  }
  // Whoever lifts a shutter or hides an overlay waits for the state, which knows how.
  if (/[^mi]/.test(parameters.get("f1") ?? "")) return null;
  view.is_mirrored = (parameters.get("f1") ?? "").includes("m");
  view.is_inverted = (parameters.get("f1") ?? "").includes("i");
  const isUnderstood = Object.values(view).every((value) => !Number.isNaN(value))
    && Number.isInteger(view.image_index) && view.image_index > 0;
  return isUnderstood ? { series, stack, view } : null;
}

/**
 * Ask for the image that a study opens with.
 *
 * @returns A promise of {study, series, view, images}, the octets of the first in the stream's cache, or of null; null
 *   where the address asks for what one image cannot answer.
 */
export function openStudy(study, search) {
  const wanted = viewOfSearch(search);
  if (!wanted) return null;
  const { series, stack, view } = wanted;
  const hasWindow = view.window_center !== null;
  const window = hasWindow ? [view.window_center, view.window_width, view.voi_function] : null;
  const wish = {
    kind: "open", study, series, stack, index: view.image_index, window, invert: view.is_inverted, box: room(),
    quality: FIRST_QUALITY,
  };
  const promise = new Promise((done) => {
    tileStream().ask({
      viewport: OPENING, generation: (generation += 1), tiles: [wish],
      onTile: (_, answer) => done(opened(wish, view, answer)),
      // Why not, the page's state says.
      onError: () => done(null),
    });
  });
  return promise;
}

/** The same for the page of that study, which will take the opening; the answer is that it is there, or will not be. */
export function askToOpen(study, search) {
  asked = { key: `${study}${search}`, at: performance.now(), promise: openStudy(study, search) };
  return Promise.resolve(asked.promise);
}

/** The opening that the click on the way here has asked for, once; null where there is none. */
export function takeOpening(study, search) {
  const waits = asked?.key === `${study}${search}` && performance.now() - asked.at < WAITS_MS;
  const promise = waits ? asked.promise : null;
  asked = null;
  return promise;
}

function opened(wish, view, answer) {
  const { study, series, image, nearby, nearby_from } = answer.opened;
  if (study !== wish.study) return null;
  // What is not described yet is taken for as large as the first; of what is true of it alone, nothing is said.
  const images = [];
  nearby.forEach(([sop_instance_uid, frame_number], at) => {
    const { rows, columns, pixel_aspect, is_colour } = image;
    images[nearby_from - 1 + at] = {
      sop_instance_uid, frame_number, rows, columns, pixel_aspect, is_colour, is_displayable: true, corner_text: [],
    };
  });
  images[image.image_index - 1] = image;
  fetchAhead(wish, images, answer.opened);
  return {
    study, images, view: { ...view, image_index: image.image_index },
    series: { ...series, study_instance_uid: study, key: keyOf(series), label: "" },
  };
}

// Over a slow line the images after the first are on their way before the page is laid out.
function fetchAhead(wish, images, { image, level }) {
  const stream = tileStream();
  const around = imagesAhead(images, image.image_index, 1, reach(stream.pace, 0));
  stream.fetchAhead(OPENING, around.map((each) => openedTile(wish, { image: each, level })));
}

/**
 * Ask for the first image of a series before there is a viewport to show it in: the answer is on its way
 * while the page is still being laid out. How large the viewport will be is a guess; at worst the engine
 * asks again for another level.
 */
export function askEarly(name, series, view) {
  if (!series.first_sop_instance_uid || !(series.rows > 0) || view.image_index !== 1) return;
  if (view.window_center !== null || view.voi_lut_number || view.is_inverted || view.is_shutter_lifted) return;
  const { rows, columns } = series;
  const ratio = screenRatio();
  const box = { width: innerWidth * 0.6 * ratio, height: innerHeight * 0.85 * ratio };
  const zoom = onScreen(view).zoom ?? fitZoom({ rows, columns, aspect: 1 }, view, box);
  const level = wholeLevel(rows, columns, levelForZoom(rows, columns, zoom));
  const tile = {
    study: series.study_instance_uid, sop: series.first_sop_instance_uid, frame: series.first_frame_number,
    level, row: -1, column: -1, window: null, invert: false, shutter: true, encoding: "jpeg", quality: BEST_QUALITY,
  };
  tileStream().ask({ viewport: `${name}:early`, generation: 1, tiles: [tile], onTile: () => {} });
}

// ---------------------------------------------------------------- hands near links

function approach(study) {
  const now = performance.now();
  if (!study || (near.study === study && now - near.at < NEAR_AGAIN_AFTER_MS)) return;
  near = { study, at: now };
  tileStream().say({ kind: "approach", study, box: room() });
}

/** Watch links to studies and the rows they stand in; returns what stops it. */
export function watchStudies() {
  let timer = null;
  const studyAt = (target) => {
    if (!(target instanceof Element)) return "";
    const row = target.closest("[data-study-instance-uid]");
    return studyOfPath(target.closest("a[href]")?.pathname ?? "") || (row?.getAttribute("data-study-instance-uid") ?? "");
  };
  const hovered = ({ target }) => {
    clearTimeout(timer);
    const study = studyAt(target);
    if (study) timer = setTimeout(() => approach(study), NEAR_AFTER_MS);
  };
  const pressed = ({ target }) => {
    clearTimeout(timer);
    approach(studyAt(target));
  };
  const clicked = (event) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const study = link && link.origin === location.origin && !link.target ? studyOfPath(link.pathname) : "";
    if (study) askToOpen(study, link.search);
  };
  const listeners = [["pointerover", hovered], ["focusin", hovered], ["pointerdown", pressed], ["click", clicked]];
  for (const [type, listener] of listeners) document.addEventListener(type, listener, true);
  return () => {
    clearTimeout(timer);
    for (const [type, listener] of listeners) document.removeEventListener(type, listener, true);
  };
}
