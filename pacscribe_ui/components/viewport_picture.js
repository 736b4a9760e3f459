// From the octets of an answer to something a canvas can draw. Grey levels are taken as they came.

const KEPT_CANVASES = 6;
const spare = []; // canvases of raw pictures that are not on the glass any more

/** A drawable picture: {source, width, height, close()}. */
export async function openPicture(answer, isGrey) {
  if (answer.mediaType === "application/octet-stream") return rawPicture(answer);
  const type = answer.mediaType;
  // Grey previews are unpacked without the detour of a blob through another process. What is shown at rest,
  // and colour, whose conversion browsers do differently there, go the usual way.
  if (isGrey && type === "image/jpeg" && "ImageDecoder" in globalThis) {
    const decoder = new ImageDecoder({ data: answer.octets, type, colorSpaceConversion: "none" });
    try {
      const { image } = await decoder.decode();
      const bitmap = await createImageBitmap(image);
      image.close();
      return bitmapPicture(bitmap);
    } finally {
      decoder.close();
    }
  }
  const blob = new Blob([answer.octets], { type });
  return bitmapPicture(await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" }));
}

const bitmapPicture = (bitmap) => ({
  source: bitmap, width: bitmap.width, height: bitmap.height, close: () => bitmap.close(),
});

function rawPicture({ octets, rows, columns }) {
  const isColour = octets.length === rows * columns * 3;
  if (!isColour && octets.length !== rows * columns) throw new RangeError("A picture of another size came.");
  const canvas = takeCanvas(rows, columns);
  const { pixels, data } = canvas;
  // Opaque pixels, written four octets at a time; every system a browser runs on is little-endian.
  if (isColour) {
    for (let at = 0, from = 0; at < pixels.length; at += 1, from += 3) {
      pixels[at] = 0xff000000 | (octets[from + 2] << 16) | (octets[from + 1] << 8) | octets[from];
    }
  } else {
    for (let at = 0; at < pixels.length; at += 1) pixels[at] = 0xff000000 | (octets[at] * 0x010101);
  }
  canvas.context.putImageData(data, 0, 0);
  return { source: canvas.element, width: columns, height: rows, close: () => giveBack(canvas) };
}

function takeCanvas(rows, columns) {
  const at = spare.findIndex(({ element }) => element.width === columns && element.height === rows);
  if (at >= 0) return spare.splice(at, 1)[0];
  const element = document.createElement("canvas");
  element.width = columns;
  element.height = rows;
  const context = element.getContext("2d", { alpha: false, willReadFrequently: true });
  const data = new ImageData(columns, rows);
  return { element, context, data, pixels: new Uint32Array(data.data.buffer) };
}

function giveBack(canvas) {
  spare.unshift(canvas);
  if (spare.length > KEPT_CANVASES) spare.pop();
}
