// Device pixels per CSS pixel, which change when a window moves to another screen.

import { MAXIMUM_ZOOM, MINIMUM_ZOOM, clamp } from "./viewport_geometry.js";

/** Of this screen, with what the browser makes the page larger itself. */
export const screenRatio = () => globalThis.devicePixelRatio || 1;

/**
 * A view as it stands on this screen: with a zoom that is for another one, the same part of the image at the same size
 * in CSS pixels. A zoom that names no ratio is for whichever screen shows it.
 */
export function onScreen(view, ratio = screenRatio()) {
  const from = view.zoom_ratio ?? ratio;
  const isElsewhere = from !== ratio && typeof view.zoom === "number";
  const zoom = isElsewhere ? clamp((view.zoom * ratio) / from, MINIMUM_ZOOM, MAXIMUM_ZOOM) : view.zoom;
  return { ...view, zoom, zoom_ratio: ratio };
}

/** Call back when the ratio changes; returns what stops it. */
export function onRatioChange(callback) {
  let media = null;
  const changed = () => {
    watch();
    callback();
  };
  const watch = () => {
    media?.removeEventListener("change", changed);
    media = window.matchMedia(`(resolution: ${screenRatio()}dppx)`);
    media.addEventListener("change", changed);
  };
  watch();
  return () => media.removeEventListener("change", changed);
}
