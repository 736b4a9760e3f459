// What commands do that a viewport or the browser can do by itself, at once. All others go to the page's state.

import { valueOfKey, windowChoices, windowChosen } from "./viewport_windows.js";

const PAN_STEP = 0.1;
const ZOOM_STEP = 1.25;
const WINDOW_STEP_PX = 8; // as far as a drag of so many pixels
const IMAGES_AT_ONCE = 10;

// With the probe in hand, what moves is its marker: by one pixel of the image.
const pan = (across, down) => (engine, over) => {
  if (over.probe.isTool) over.probe.moveBy(across, down);
  else engine.panBy(across * PAN_STEP * engine.box.width, down * PAN_STEP * engine.box.height);
};
const window = (wider, higher) => (engine) => {
  const start = engine.startWindow;
  if (start) engine.dragWindow(start, wider * WINDOW_STEP_PX, higher * WINDOW_STEP_PX, false);
};

// On the glass a mirrored image turns the other way round.
const turned = (degrees) => ({ rotation, is_mirrored }) => ({
  rotation: (((rotation + (is_mirrored ? -degrees : degrees)) % 360) + 360) % 360,
});
const FITTED = { zoom: null, pan_column_px: 0, pan_row_px: 0 };

/** By name: what of a view changes, and to what. The image that is shown is never part of it. */
export const CHANGES = {
  "rotate-right": turned(90),
  "rotate-left": turned(-90),
  mirror: ({ is_mirrored }) => ({ is_mirrored: !is_mirrored }),
  // Top and bottom changed is left and right changed, turned by half.
  "flip-vertical": ({ is_mirrored, rotation }) => ({ is_mirrored: !is_mirrored, rotation: (rotation + 180) % 360 }),
  invert: ({ is_inverted }) => ({ is_inverted: !is_inverted }),
  shutter: ({ is_shutter_lifted }) => ({ is_shutter_lifted: !is_shutter_lifted }),
  overlay: ({ is_overlay_hidden }) => ({ is_overlay_hidden: !is_overlay_hidden }),
  fit: () => FITTED,
  "one-to-one": () => ({ zoom: 1 }),
  reset: () => ({
    ...FITTED, window_center: null, window_width: null, voi_function: "linear", voi_lut_number: null,
    rotation: 0, is_mirrored: false, is_inverted: false, is_shutter_lifted: false, is_overlay_hidden: false,
  }),
};
const change = (name) => (engine) => {
  if (engine.series) engine.change(CHANGES[name](engine.view));
};

/**
 * Take one of the windows that are offered for an image: at once, or as soon as they are known.
 *
 * @param valueIn What it is called, as a function of the entries and the view.
 */
export function takeWindow(engine, over, valueIn) {
  over.region.forget();
  if (!engine.series?.is_displayable) return;
  engine.onceDescribed(() => {
    const { description, view, measured } = engine;
    const choices = windowChoices(description, view.image_index, measured);
    const { changes, spread } = windowChosen(choices, valueIn(choices, view)) ?? {};
    if (changes) engine.change(changes);
    if (spread) over.region.takeWhole(spread);
  });
}
const preset = (key) => (engine, over) => takeWindow(engine, over, (choices, view) => valueOfKey(choices, key, view));
const PRESETS = Object.fromEntries(Array.from({ length: 10 }, (_, key) => [`preset-${key}`, preset(String(key))]));

/** By name: what happens to the active viewport's engine and what lies over it. */
export const LOCAL = {
  ...PRESETS,
  ...Object.fromEntries(Object.keys(CHANGES).map((name) => [name, change(name)])),
  "image-previous": (engine) => engine.scrollBy(-1),
  "image-next": (engine) => engine.scrollBy(1),
  "image-back": (engine) => engine.scrollBy(-IMAGES_AT_ONCE),
  "image-ahead": (engine) => engine.scrollBy(IMAGES_AT_ONCE),
  "image-first": (engine) => engine.scrollTo(1),
  "image-last": (engine) => engine.scrollTo(engine.imageCount),
  "zoom-in": (engine) => engine.zoomBy(ZOOM_STEP),
  "zoom-out": (engine) => engine.zoomBy(1 / ZOOM_STEP),
  "pan-left": pan(-1, 0),
  "pan-right": pan(1, 0),
  "pan-up": pan(0, -1),
  "pan-down": pan(0, 1),
  "window-wider": window(1, 0),
  "window-narrower": window(-1, 0),
  "window-higher": window(0, 1),
  "window-lower": window(0, -1),
  "window-visible": (engine, over) => over.region.takeVisible(),
};

/** Fill the screen with the page, or leave it; the answer is whether the browser can. */
export async function toggleFullScreen() {
  if (document.fullscreenElement) {
    await document.exitFullscreen();
    return true;
  }
  const root = document.documentElement;
  if (!root.requestFullscreen) return false;
  return root.requestFullscreen({ navigationUI: "hide" }).then(() => true, () => false);
}

/** Whether a key that is held down gives the command again and again. */
export const repeats = (name) => name in LOCAL && !(name in CHANGES) && !(name in PRESETS);
