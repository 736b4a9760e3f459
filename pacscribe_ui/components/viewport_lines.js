// Reference lines: where the image of the active viewport lies in another one, on a layer over the canvas.

import { screenRatio } from "./viewport_ratio.js";
import { crossing, onGlass, planeOf } from "./viewport_space.js";

const SVG = "http://www.w3.org/2000/svg";
const LABEL_INSET_PX = 6;
// Labels stand where corner text does not.
const LABEL_AT = 0.3;
const LABELS_APART_PX = 40;

/**
 * The lines that one viewport's images leave in another's, as they lie on the glass of the latter.
 *
 * @param active {image, index, images, number}: the image on the active viewport's glass, its index from 1, all
 *   images of its stack, and the number of the viewport.
 * @param target {image, matrix, box}: the image of the other viewport and where it stands.
 * @returns [{kind, label, x1, y1, x2, y2}]: first and last image of the stack, then the one that is shown.
 */
export function referenceLines(active, target) {
  const plane = planeOf(target.image);
  if (!plane) return [];
  const { images, index, number } = active;
  const wanted = [
    { kind: "end", label: "1", image: index === 1 ? null : images[0] },
    { kind: "end", label: String(images.length), image: index === images.length ? null : images[images.length - 1] },
    { kind: "current", label: `${number} · ${index}`, image: active.image },
  ];
  return wanted.flatMap(({ kind, label, image }) => {
    const source = image && planeOf(image);
    const segment = source && crossing(source, plane);
    const line = segment && onGlass(segment, target.matrix, target.box);
    return line ? [{ kind, label, ...line }] : [];
  });
}

/** Draw lines onto an SVG element that covers the canvas; an empty list clears it. */
export function drawLines(layer, lines, box) {
  if (!lines.length) {
    if (layer.firstChild) layer.replaceChildren();
    return;
  }
  layer.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
  const scale = screenRatio();
  const current = lines.find((line) => line.kind === "current");
  while (layer.children.length > 2 * lines.length) layer.lastChild.remove();
  lines.forEach((line, at) => {
    const [stroke, text] = [part(layer, 2 * at, "line"), part(layer, 2 * at + 1, "text")];
    for (const name of ["x1", "y1", "x2", "y2"]) stroke.setAttribute(name, line[name]);
    stroke.dataset.line = text.dataset.line = line.kind;
    placeLabel(text, line, current, scale);
  });
}

function part(layer, at, tag) {
  const found = layer.children[at];
  if (found?.tagName === tag) return found;
  const made = document.createElementNS(SVG, tag);
  if (found) found.replaceWith(made);
  else layer.append(made);
  return made;
}

// A third along the line from its right or upper end, beside it. Where two would cover each other, only the
// label of the image that is shown is written.
function placeLabel(text, line, current, scale) {
  const isUpright = Math.abs(line.y2 - line.y1) > Math.abs(line.x2 - line.x1);
  const isFirst = isUpright ? line.y1 < line.y2 : line.x1 > line.x2;
  const part = isFirst ? LABEL_AT : 1 - LABEL_AT;
  const at = (one) => [one.x1 + part * (one.x2 - one.x1), one.y1 + part * (one.y2 - one.y1)];
  const [x, y] = at(line);
  const inset = LABEL_INSET_PX * scale;
  text.setAttribute("font-size", 11 * scale);
  text.setAttribute("x", x + inset);
  text.setAttribute("y", y - inset);
  const isCovered = current && current !== line
    && Math.hypot(at(current)[0] - x, at(current)[1] - y) < LABELS_APART_PX * scale;
  const label = isCovered ? "" : line.label;
  if (text.textContent !== label) text.textContent = label;
}
