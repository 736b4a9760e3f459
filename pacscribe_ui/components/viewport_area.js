// Pictures made smaller by area: each pixel of the glass is the mean of what it covers, so that the image keeps its mean.
// Browsers take a few neighbours instead, and lines that lie in step with the screen then come out too bright or get lost.

const ROWS_AT_ONCE = 64; // of the glass, so that the memory for the pixels under them stays small
const ALMOST = 1e-6; // of a pixel: what rounding may be off
const AT_ONCE_MS = 12; // so long a picture may hold up whatever else the page does

/**
 * What each device pixel along one axis of the glass takes of the pixels of a level.
 *
 * @param step Device pixels along the axis for each pixel of the image; below zero where the image runs against it.
 * @param size Pixels of the image along the axis; its level may hang over its end by part of a pixel.
 * @param begin Where on the axis the image's first pixel begins.
 * @param factor Pixels of the image for each of the level.
 * @param room Device pixels that there are.
 * @returns {first, count, sign, shift, firsts, weights}: `count` device pixels from `first`; pixels of the level count as
 *   they lie on the glass, at `sign * place + shift`; the pixel `at` takes `weights[at]` of those from `firsts[at]`.
 */
export function shares(step, size, begin, factor, room) {
  const scale = Math.abs(step) * factor;
  const length = Math.ceil(size / factor);
  const isAgainst = step < 0;
  const low = isAgainst ? length - size / factor : 0;
  const high = isAgainst ? length : size / factor;
  const start = isAgainst ? begin + step * factor * length : begin;
  const first = Math.max(0, Math.floor(start + low * scale + ALMOST));
  const end = Math.min(room, Math.ceil(start + high * scale - ALMOST));
  const inside = (at) => Math.min(high, Math.max(low, (at - start) / scale)); // on the level
  const firsts = [];
  const weights = [];
  for (let at = first; at < end; at += 1) {
    const [from, to] = [inside(at), inside(at + 1)];
    const share = scale <= 1 ? covered(from, to, scale) : between((at + 0.5 - start) / scale - 0.5, (to - from) * scale, length);
    firsts.push(share.first);
    weights.push(share.weights);
  }
  return { first, count: Math.max(0, end - first), sign: isAgainst ? -1 : 1, shift: isAgainst ? length : 0, firsts, weights };
}

// Parts of the pixels from one place to another; at the edge of the image they are less than one, and the rest is black.
function covered(from, to, scale) {
  const first = Math.floor(from);
  const weights = [];
  for (let at = first; at < to; at += 1) weights.push((Math.min(to, at + 1) - Math.max(from, at)) * scale);
  return { first, weights };
}

// Of the axis along which pixels that are not square are not made smaller: the two that a place lies between.
function between(place, share, length) {
  const first = Math.min(length - 1, Math.max(0, Math.floor(place)));
  const second = Math.min(1, Math.max(0, place - first));
  return first + 1 < length ? { first, weights: [(1 - second) * share, second * share] } : { first, weights: [share] };
}

// The first pixel of which some of the shares take something, and the one after the last.
function reach({ firsts, weights }, begin, end) {
  let [least, most] = [Infinity, 0];
  for (let at = begin; at < end; at += 1) {
    least = Math.min(least, firsts[at]);
    most = Math.max(most, firsts[at] + weights[at].length);
  }
  return [least, most];
}

/**
 * The mean of each device pixel's area; pauses after every few rows, so that hands need not wait for large ones.
 *
 * @param pixelsOf(left, top, width, height) Red, green, blue and alpha of a part of the level as it lies on the glass.
 * @param across Shares along the glass's width, from `shares`.
 * @param down Shares along its height.
 * @param isColour Whether red, green and blue differ.
 * @returns Red, green, blue and alpha of `down.count` rows of `across.count` pixels.
 */
export function* averages(pixelsOf, across, down, isColour) {
  const means = new Uint8ClampedArray(4 * across.count * down.count).fill(255);
  const [left, right] = reach(across, 0, across.count);
  const width = right - left;
  const sums = new Float32Array(width);
  const channels = isColour ? [0, 1, 2] : [0];
  for (let begin = 0; begin < down.count; begin += ROWS_AT_ONCE) {
    const end = Math.min(down.count, begin + ROWS_AT_ONCE);
    const [top, bottom] = reach(down, begin, end);
    const pixels = pixelsOf(left, top, width, bottom - top);
    for (let row = begin; row < end; row += 1) {
      for (const channel of channels) {
        sums.fill(0);
        down.weights[row].forEach((weight, at) => {
          addRow(sums, weight, pixels, 4 * width * (down.firsts[row] + at - top) + channel);
        });
        writeRow(means, 4 * across.count * row + channel, sums, across, left);
      }
    }
    yield;
  }
  if (!isColour) for (let at = 0; at < means.length; at += 4) means[at + 1] = means[at + 2] = means[at];
  return means;
}

function addRow(sums, weight, pixels, begin) {
  for (let x = 0, at = begin; x < sums.length; x += 1, at += 4) sums[x] += weight * pixels[at];
}

function writeRow(means, begin, sums, { firsts, weights }, left) {
  for (let x = 0, to = begin; x < firsts.length; x += 1, to += 4) {
    const taken = weights[x];
    const from = firsts[x] - left;
    let mean = 0;
    for (let at = 0; at < taken.length; at += 1) mean += taken[at] * sums[from + at];
    means[to] = mean; // clamped and rounded by the array
  }
}

// What of an image is on the glass as {data, left, top}, null where nothing is; pauses as `averages` does.
function* pictureByArea(pieces, image, level, [a, b, c, d, e, f], box) {
  const factor = 2 ** level;
  const isUpright = a !== 0;
  const across = isUpright ? shares(a, image.columns, e, factor, box.width) : shares(c, image.rows, e, factor, box.width);
  const down = isUpright ? shares(d, image.rows, f, factor, box.height) : shares(b, image.columns, f, factor, box.height);
  if (!across.count || !down.count) return null;
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  const pixelsOf = (left, top, width, height) => {
    Object.assign(canvas, { width, height });
    context.imageSmoothingEnabled = false;
    const shift = [across.shift - left, down.shift - top];
    if (isUpright) context.setTransform(across.sign, 0, 0, down.sign, ...shift);
    else context.setTransform(0, down.sign, across.sign, 0, ...shift);
    for (const { picture, row, column } of pieces) context.drawImage(picture, column, row);
    return context.getImageData(0, 0, width, height).data;
  };
  const means = yield* averages(pixelsOf, across, down, image.is_colour ?? true);
  return { data: new ImageData(means, across.count), left: across.first, top: down.first };
}

/** Paints one picture by area at a time, a large one between what hands do; it stays until it is forgotten. */
export class AreaPainter {
  /** @param context 2D context of the glass. */
  constructor(context) {
    this.context = context;
    this.picture = null; // {key, making, made}
  }

  /**
   * Put a picture made smaller by area onto the glass, now or as soon as it is made.
   *
   * @param pieces Pictures of a level that together cover what is seen: {picture, row, column}, in pixels of the level.
   *   Whoever closes one of them, or puts others in their place, forgets first.
   * @param image {rows, columns, is_colour}.
   * @param level Of the pieces.
   * @param place Matrix from image pixels to device pixels: quarter turns and mirrors only.
   * @param box {width, height} of the glass.
   * @returns Whether it is on the glass.
   */
  paint(pieces, image, level, place, box) {
    const key = [level, ...place, box.width, box.height].join();
    if (this.picture?.key !== key) {
      this.picture = { key, making: pictureByArea(pieces, image, level, place, box), made: null };
      this.#make(this.picture);
    } else this.#put(this.picture.made);
    return this.picture.made !== null;
  }

  /** What is being made is not wanted any more. */
  forget() {
    this.picture = null;
  }

  #make(picture) {
    if (this.picture !== picture) return;
    const until = performance.now() + AT_ONCE_MS;
    let step;
    do step = picture.making.next();
    while (!step.done && performance.now() < until);
    if (step.done) this.#put((picture.made = step.value));
    else setTimeout(() => this.#make(picture));
  }

  #put(made) {
    if (made) this.context.putImageData(made.data, made.left, made.top);
  }
}
