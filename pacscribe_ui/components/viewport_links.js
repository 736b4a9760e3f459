// Viewports that move together: which may, and where one goes when another has been moved. Pure, from what the
// server says of the images; who tells whom is in `viewport_together.js`.

import { MAXIMUM_ZOOM, MINIMUM_ZOOM, clamp, keptInSight, leastWidth } from "./viewport_geometry.js";
import { areParallel, nearestImage, placeOf, planeOf, plus, pointAt } from "./viewport_space.js";

/**
 * How two viewports are linked: {offset: mm in the patient to add on the way from one to the other}, or null.
 *
 * Series of the same frame of reference need no offset. Others are linked by hand: each side then has an offset
 * of its own, and the way goes over the place both mean. Planes that are not parallel are never linked.
 *
 * @param one {image, frame, offset}: the image on the glass, its Frame of Reference UID, its offset or null.
 */
export function linkOf(one, other) {
  const [plane, itsPlane] = [planeOf(one.image), planeOf(other.image)];
  if (!plane || !itsPlane || !areParallel(plane, itsPlane)) return null;
  if (one.frame && one.frame === other.frame) return { offset: [0, 0, 0] };
  return one.offset && other.offset ? { offset: plus(other.offset, one.offset, -1) } : null;
}

/** The patient point in the middle of a viewport. */
export function middlePoint(image, view) {
  const plane = planeOf(image);
  return plane && pointAt(plane, image.columns / 2 + view.pan_column_px, image.rows / 2 + view.pan_row_px);
}

/**
 * The image of a linked stack that lies where the leading viewport looks: {image_index, awayMm}, or null.
 *
 * @param planes Of the stack's images.
 * @param now Index shown now, from 1.
 */
export function followedImage(leader, planes, offset, now) {
  const point = middlePoint(leader.image, leader.view);
  const nearest = point && nearestImage(planes, plus(point, offset), now - 1);
  return nearest && { image_index: nearest.index + 1, awayMm: nearest.awayMm };
}

/**
 * Zoom and pan that show the same patient point in the middle, as large as the leading viewport shows it.
 *
 * Where the leader is fitted to its viewport and not moved, the follower is fitted to its own.
 *
 * @param leader {image, view, zoom}: zoom on the glass, device pixels per column.
 * @param image Of the follower.
 */
export function followedPlace(leader, image, offset) {
  const { view } = leader;
  if (view.zoom === null && !view.pan_column_px && !view.pan_row_px) {
    return { zoom: null, pan_column_px: 0, pan_row_px: 0 };
  }
  const [plane, point] = [planeOf(image), middlePoint(leader.image, view)];
  if (!plane || !point) return null;
  const zoom = (leader.zoom * plane.columnMm) / leader.image.spacing_column_mm;
  const place = placeOf(plane, plus(point, offset));
  const pan = { pan_column_px: place.column - image.columns / 2, pan_row_px: place.row - image.rows / 2 };
  return { zoom: clamp(zoom, MINIMUM_ZOOM, MAXIMUM_ZOOM), ...keptInSight(image, pan) };
}

/**
 * The window of a follower of the same modality and unit, or null where the values cannot be compared.
 *
 * Values that have a unit get the same window. Of PET, the same SUV count, which each series reaches by its own factor;
 * where only one of the two has SUV, nothing follows. Values without one (most MR) mean something else in every
 * series: the follower's own stored window is moved and widened in the same proportion.
 *
 * @param one {modality, image, stored}: `stored` is the window [center, width] of the first look, or null.
 */
export function followedWindow(leader, follower) {
  const { image, view } = leader;
  if (leader.modality !== follower.modality || image.is_colour || follower.image.is_colour) return null;
  const [factor, itsFactor] = [image.suv_factor ?? 0, follower.image.suv_factor ?? 0];
  if (factor || itsFactor ? image.suv_name !== follower.image.suv_name : image.value_unit !== follower.image.value_unit) return null;
  const { window_center, window_width, voi_function } = view;
  // A table is of its file, and of no other.
  if (view.voi_lut_number) return null;
  if (window_center === null || window_width === null) return { ...OWN, window_center: null, window_width: null };
  if (factor) {
    const scale = factor / itsFactor;
    return { ...OWN, window_center: window_center * scale, window_width: Math.max(leastWidth(voi_function), window_width * scale), voi_function };
  }
  if (image.value_unit) return { ...OWN, window_center, window_width, voi_function };
  if (!leader.stored || !follower.stored) return null;
  const [center, width] = leader.stored;
  const [itsCenter, itsWidth] = follower.stored;
  if (!(width > 0) || !(itsWidth > 0)) return null;
  const scale = itsWidth / width;
  return {
    ...OWN,
    window_center: rounded(itsCenter + (window_center - center) * scale),
    window_width: Math.max(leastWidth(voi_function), rounded(window_width * scale)),
    voi_function,
  };
}

const OWN = { voi_lut_number: null };
const rounded = (value) => Number(value.toPrecision(6));
