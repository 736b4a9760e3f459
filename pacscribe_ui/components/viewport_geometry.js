// Where an image stands on the glass: sizes, levels, letters, scale bar. Pure arithmetic: no DOM, no
// network, and no grey values, which only the server makes. Zoom is device pixels per image column.

export const TILE_SIZE_PX = 512;
export const MINIMUM_ZOOM = 0.01;
export const MAXIMUM_ZOOM = 64;
// A whole level up to this many pixels comes as one picture; larger ones come as tiles.
export const WHOLE_LEVEL_PIXELS = 1_250_000;

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// ---------------------------------------------------------------- pyramid (as backend/imaging/tiling.py)

/** Rows and columns of a level: each halves both sides, rounded up. */
export function levelShape(rows, columns, level) {
  const factor = 2 ** level;
  return { rows: Math.ceil(rows / factor), columns: Math.ceil(columns / factor) };
}

/** Number of levels, counting level 0: the last one fits one tile. */
export function pyramidLevels(rows, columns) {
  let levels = 1;
  for (;;) {
    const shape = levelShape(rows, columns, levels - 1);
    if (Math.max(shape.rows, shape.columns) <= TILE_SIZE_PX) return levels;
    levels += 1;
  }
}

/** The coarsest level that still has a pixel for every pixel of the screen. */
export function levelForZoom(rows, columns, zoom) {
  const wanted = Math.floor(Math.log2(1 / zoom) + 1e-6);
  return clamp(wanted, 0, pyramidLevels(rows, columns) - 1);
}

/** The finest level, not finer than `level`, that comes as one picture. */
export function wholeLevel(rows, columns, level) {
  const last = pyramidLevels(rows, columns) - 1;
  for (let candidate = level; candidate < last; candidate += 1) {
    const shape = levelShape(rows, columns, candidate);
    if (shape.rows * shape.columns <= WHOLE_LEVEL_PIXELS) return candidate;
  }
  return last;
}

/** Tiles of a level that the box touches, nearest to its middle first. */
export function visibleTiles(image, view, zoom, box, level) {
  const side = TILE_SIZE_PX * 2 ** level;
  const corners = [
    [0, 0], [box.width, 0], [0, box.height], [box.width, box.height],
  ].map(([x, y]) => imagePoint(image, view, zoom, box, x, y));
  const columns = corners.map((point) => point.column);
  const rows = corners.map((point) => point.row);
  const lastRow = Math.ceil(image.rows / side) - 1;
  const lastColumn = Math.ceil(image.columns / side) - 1;
  const span = (values, last) => [
    clamp(Math.floor(Math.min(...values) / side), 0, last),
    clamp(Math.floor(Math.max(...values) / side), 0, last),
  ];
  const [top, bottom] = span(rows, lastRow);
  const [left, right] = span(columns, lastColumn);
  const middle = imagePoint(image, view, zoom, box, box.width / 2, box.height / 2);
  const tiles = [];
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      const distance = Math.hypot((row + 0.5) * side - middle.row, (column + 0.5) * side - middle.column);
      tiles.push({ row, column, distance });
    }
  }
  return tiles.sort((one, other) => one.distance - other.distance);
}

// ---------------------------------------------------------------- image <-> glass

function turn(rotation) {
  const quarter = ((Math.round(rotation / 90) % 4) + 4) % 4;
  return [[1, 0], [0, 1], [-1, 0], [0, -1]][quarter]; // cosine, sine; clockwise, y down
}

/** Zoom at which the whole image just fits the box. */
export function fitZoom(image, view, box) {
  const height = image.rows * image.aspect;
  const lies = Math.abs(turn(view.rotation)[1]) === 1;
  const [across, down] = lies ? [height, image.columns] : [image.columns, height];
  return clamp(Math.min(box.width / across, box.height / down), MINIMUM_ZOOM, MAXIMUM_ZOOM);
}

/**
 * Canvas matrix [a, b, c, d, e, f] from image pixels (column, row; 0,0 is the outer corner of the first
 * pixel) to device pixels of the box. First turned clockwise, then mirrored left to right, as a
 * presentation state does (PS3.3 C.10.6); the image point `pan` away from the image's middle stands in
 * the middle of the box.
 */
export function matrix(image, view, zoom, box) {
  const [cosine, sine] = turn(view.rotation);
  const mirror = view.is_mirrored ? -1 : 1;
  const a = zoom * cosine * mirror;
  const b = zoom * sine;
  const c = -zoom * sine * image.aspect * mirror;
  const d = zoom * cosine * image.aspect;
  const column = image.columns / 2 + view.pan_column_px;
  const row = image.rows / 2 + view.pan_row_px;
  return [a, b, c, d, box.width / 2 - a * column - c * row, box.height / 2 - b * column - d * row];
}

/** The image point under a device pixel of the box. */
export function imagePoint(image, view, zoom, box, x, y) {
  const [a, b, c, d, e, f] = matrix(image, view, zoom, box);
  const determinant = a * d - b * c;
  return {
    column: (d * (x - e) - c * (y - f)) / determinant,
    row: (a * (y - f) - b * (x - e)) / determinant,
  };
}

/** The pan after the hand has moved the image by so many device pixels. */
export function panned(image, view, zoom, box, dx, dy) {
  const from = imagePoint(image, view, zoom, box, 0, 0);
  const to = imagePoint(image, view, zoom, box, dx, dy);
  return keptInSight(image, {
    pan_column_px: view.pan_column_px + from.column - to.column,
    pan_row_px: view.pan_row_px + from.row - to.row,
  });
}

/** The pan that keeps the image point under (x, y) where it is while the zoom changes. */
export function zoomedAt(image, view, zoom, nextZoom, box, x, y) {
  const before = imagePoint(image, view, zoom, box, x, y);
  const after = imagePoint(image, view, nextZoom, box, x, y);
  return keptInSight(image, {
    pan_column_px: view.pan_column_px + before.column - after.column,
    pan_row_px: view.pan_row_px + before.row - after.row,
  });
}

/** The middle of the glass never leaves the image, so that it cannot be lost. */
export function keptInSight(image, pan) {
  return {
    pan_column_px: clamp(pan.pan_column_px, -image.columns / 2, image.columns / 2),
    pan_row_px: clamp(pan.pan_row_px, -image.rows / 2, image.rows / 2),
  };
}

// ---------------------------------------------------------------- orientation letters

const AXES = [["L", "R"], ["P", "A"], ["H", "F"]];
const OPPOSITE = { L: "R", R: "L", P: "A", A: "P", H: "F", F: "H" };
// A direction names a second or third letter when it leans that way by more than 10 degrees, as in
// backend/imaging/geometry.py; tests compare the two.
const SMALLEST_COSINE = Math.sin((10 * Math.PI) / 180);

/** Letters of a direction in the patient, the largest part first: "L", "PL", ... */
export function directionLetters(direction) {
  const length = Math.hypot(...direction);
  return direction
    .map((part, axis) => ({ size: Math.abs(part), letter: AXES[axis][part >= 0 ? 0 : 1] }))
    .filter((part) => part.size > SMALLEST_COSINE * length)
    .sort((one, other) => other.size - one.size)
    .map((part) => part.letter)
    .join("");
}

const opposite = (letters) => [...letters].map((letter) => OPPOSITE[letter] ?? letter).join("");

/**
 * Letters at the four edges as the image lies on the glass, or null when the file does not say.
 * From the direction cosines, else from Patient Orientation (0020,0020).
 */
export function edgeLetters(image, view) {
  const [cosine, sine] = turn(view.rotation);
  const mirror = view.is_mirrored ? -1 : 1;
  // Directions of the glass in steps along the image's row and column.
  const right = [mirror * cosine, -mirror * sine];
  const down = [sine, cosine];
  const cosines = image.image_orientation;
  let name;
  if (cosines) {
    name = ([along, across]) =>
      directionLetters([0, 1, 2].map((axis) => along * cosines[axis] + across * cosines[3 + axis]));
  } else if (image.patient_orientation?.length === 2) {
    const [rowLetters, columnLetters] = image.patient_orientation;
    name = ([along, across]) => {
      if (along) return along > 0 ? rowLetters : opposite(rowLetters);
      return across > 0 ? columnLetters : opposite(columnLetters);
    };
  } else {
    return null;
  }
  const negative = (step) => step.map((part) => -part);
  return { right: name(right), left: name(negative(right)), bottom: name(down), top: name(negative(down)) };
}

const EDGES_CLOCKWISE = ["top", "right", "bottom", "left"];

/** On which edge of the glass an edge of the stored image stands; an empty text stays one. */
export function turnedEdge(edge, view) {
  const at = EDGES_CLOCKWISE.indexOf(edge);
  if (at < 0) return "";
  const turned = EDGES_CLOCKWISE[(at + Math.round(view.rotation / 90)) % 4];
  return view.is_mirrored ? ({ left: "right", right: "left" }[turned] ?? turned) : turned;
}

// ---------------------------------------------------------------- scale bar

const BAR_LENGTHS_MM = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];

/**
 * The longest round length that fits `roomPx` CSS pixels across the glass: {lengthMm, px}, or null without a
 * spacing. Across the glass lie the columns of the image, or its rows where it lies on its side.
 */
export function scaleBar(image, view, zoom, devicePixelRatio, roomPx) {
  const liesOnSide = Math.abs(turn(view.rotation)[1]) === 1;
  const spacingMm = liesOnSide ? image.spacing_row_mm : image.spacing_column_mm;
  const devicePx = liesOnSide ? zoom * image.aspect : zoom;
  if (!(spacingMm > 0) || !(devicePx > 0)) return null;
  const pxPerMm = devicePx / devicePixelRatio / spacingMm;
  let best = null;
  for (const lengthMm of BAR_LENGTHS_MM) {
    if (lengthMm * pxPerMm <= roomPx) best = { lengthMm, px: lengthMm * pxPerMm };
  }
  return best;
}

/** "5 cm", "2 mm". */
export function lengthText(lengthMm) {
  return lengthMm >= 10 ? `${lengthMm / 10} cm` : `${lengthMm} mm`;
}

// ---------------------------------------------------------------- window drag

/** The least width PS3.3 C.11.2.1.2 allows for a function; the others only need to be above zero. */
export function leastWidth(voiFunction) {
  return voiFunction === "linear" ? 1 : 1e-6;
}

/**
 * The window after a drag of so many CSS pixels: right widens, down raises the center (darkens).
 * One pixel is 1/256 of the width the drag began with, so that narrow windows are not jumpy.
 */
export function draggedWindow(start, dx, dy, isFine) {
  const floor = leastWidth(start.voi_function);
  const unit = (Math.max(start.window_width, 4 * floor) / 256) * (isFine ? 0.2 : 1);
  const step = roundingStep(start.window_width);
  const rounded = (value) => Number((Math.round(value / step) * step).toPrecision(12));
  return {
    window_center: rounded(start.window_center + dy * unit),
    window_width: Math.max(floor, rounded(start.window_width + dx * unit)),
    voi_function: start.voi_function,
  };
}

// Whole numbers for windows as they are written on films; finer for narrow ones.
function roundingStep(width) {
  if (width >= 100) return 1;
  if (width >= 10) return 0.1;
  return 10 ** (Math.floor(Math.log10(width)) - 2);
}
