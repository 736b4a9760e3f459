// Images in the patient: planes and points in mm, in the patient's coordinates (PS3.3 C.7.6.2.1.1). Pure
// arithmetic on what the server says of an image. Columns and rows are those of the viewport: (0, 0) is the
// outer corner of the first pixel, whose middle (0.5, 0.5) is the Image Position (0020,0032).

/** Planes that lean less than this against each other count as parallel. */
export const PARALLEL_DEGREES = 5;
const PARALLEL_COSINE = Math.cos((PARALLEL_DEGREES * Math.PI) / 180);

// Distances at the detector, or estimated from there, are not distances in the patient: nothing is placed by them.
const NOT_IN_PATIENT = ["imager spacing", "estimated magnification", "unspecified plane", "regions differ", "none"];

export const dot = (one, other) => one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
export const plus = (one, other, times = 1) => one.map((part, axis) => part + times * other[axis]);
export const minus = (one, other) => plus(one, other, -1);
const cross = (one, other) => [
  one[1] * other[2] - one[2] * other[1],
  one[2] * other[0] - one[0] * other[2],
  one[0] * other[1] - one[1] * other[0],
];
const unit = (vector) => vector.map((part) => part / Math.hypot(...vector));

/**
 * The plane of an image, or null where the file does not say where in the patient it lies.
 *
 * @returns {corner, along, across, normal, columnMm, rowMm, columns, rows}: the patient point at (0, 0), unit
 *   vectors of rising columns, of rising rows and across the slice, size of a pixel, size of the image.
 */
export function planeOf(image) {
  const { image_position: position, image_orientation: cosines } = image ?? {};
  const columnMm = image?.spacing_column_mm;
  const rowMm = image?.spacing_row_mm;
  if (!position || !cosines || !(columnMm > 0) || !(rowMm > 0)) return null;
  if (NOT_IN_PATIENT.includes(image.spacing_basis)) return null;
  const along = unit(cosines.slice(0, 3));
  const across = unit(cosines.slice(3, 6));
  const corner = plus(plus(position, along, -columnMm / 2), across, -rowMm / 2);
  const normal = unit(cross(along, across));
  return { corner, along, across, normal, columnMm, rowMm, columns: image.columns, rows: image.rows };
}

/** The patient point at a column and row of an image. */
export function pointAt(plane, column, row) {
  return plus(plus(plane.corner, plane.along, column * plane.columnMm), plane.across, row * plane.rowMm);
}

/** Column and row of the foot of the perpendicular from a patient point to the image. */
export function placeOf(plane, point) {
  const from = minus(point, plane.corner);
  return { column: dot(from, plane.along) / plane.columnMm, row: dot(from, plane.across) / plane.rowMm };
}

/** How far a patient point lies from the plane, positive on the normal's side. */
export const heightMm = (plane, point) => dot(minus(point, plane.corner), plane.normal);

/** Whether two planes are parallel, whichever sides they show and however they are turned in themselves. */
export const areParallel = (one, other) => Math.abs(dot(one.normal, other.normal)) >= PARALLEL_COSINE;

/**
 * The index, from 0, of the image of a stack that a patient point lies nearest to.
 *
 * @param planes Of the stack's images; null for those that have none.
 * @param now The index shown now: it stays where another one is no nearer, so that nothing flickers.
 * @returns {index, awayMm}: or null where the stack has no plane at all.
 */
export function nearestImage(planes, point, now = -1) {
  let best = null;
  planes.forEach((plane, index) => {
    if (!plane) return;
    const awayMm = Math.abs(heightMm(plane, point));
    const isNearer = !best || awayMm < best.awayMm - SAME_MM;
    if (isNearer || (index === now && awayMm < best.awayMm + SAME_MM)) best = { index, awayMm };
  });
  return best;
}
const SAME_MM = 1e-6;

// ---------------------------------------------------------------- reference lines

/**
 * Where the image `source` cuts the image `target`: {from, to} in columns and rows of `target`, no longer than
 * either image; null where they do not meet, or are parallel.
 */
export function crossing(source, target) {
  if (areParallel(source, target)) return null;
  const direction = unit(cross(source.normal, target.normal));
  // The point of the common line nearest to the target's middle.
  const middle = pointAt(target, target.columns / 2, target.rows / 2);
  const aside = cross(direction, target.normal);
  const start = plus(middle, aside, -heightMm(source, middle) / dot(source.normal, aside));
  let [low, high] = [-Infinity, Infinity];
  for (const plane of [source, target]) {
    const place = placeOf(plane, start);
    const next = placeOf(plane, plus(start, direction));
    for (const [at, step, end] of [
      [place.column, next.column - place.column, plane.columns], [place.row, next.row - place.row, plane.rows],
    ]) [low, high] = clipped(low, high, at, step, end);
  }
  if (!(low < high)) return null;
  return { from: placeOf(target, plus(start, direction, low)), to: placeOf(target, plus(start, direction, high)) };
}

// The part of [low, high] in which at + t * step stays between 0 and end (Liang and Barsky).
function clipped(low, high, at, step, end) {
  if (Math.abs(step) < 1e-12) return at >= 0 && at <= end ? [low, high] : [1, 0];
  const [one, other] = [-at / step, (end - at) / step];
  return [Math.max(low, Math.min(one, other)), Math.min(high, Math.max(one, other))];
}

/**
 * A segment of an image as it lies on the glass, cut at the glass's edges; null where it is not in sight.
 *
 * @param segment {from, to} in columns and rows.
 * @param matrix Of `viewport_geometry.matrix`.
 * @param box Size of the glass in device pixels.
 */
export function onGlass(segment, [a, b, c, d, e, f], box) {
  const [one, other] = [segment.from, segment.to].map(({ column, row }) => [
    a * column + c * row + e, b * column + d * row + f,
  ]);
  const [dx, dy] = [other[0] - one[0], other[1] - one[1]];
  const [low, high] = clipped(...clipped(0, 1, one[0], dx, box.width), one[1], dy, box.height);
  if (!(low < high)) return null;
  return { x1: one[0] + low * dx, y1: one[1] + low * dy, x2: one[0] + high * dx, y2: one[1] + high * dy };
}
