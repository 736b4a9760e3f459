// The text over one viewport's image: window, zoom, place in the series, letters at the edges, scale bar,
// fidelity, and what a screen reader is told. Writes what it is given; draws no pixel.

import { edgeLetters, lengthText, scaleBar, turnedEdge } from "./viewport_geometry.js";
import { screenRatio } from "./viewport_ratio.js";
import { isNear } from "./viewport_windows.js";

const SAY_AFTER_MS = 700;
const EDGES = ["left", "right", "top", "bottom"];

export class CornerText {
  /**
   * @param parts {canvas, labels: {name: element}, live}: what is written to.
   * @param words Sentences and labels of the user interface.
   */
  constructor(parts, words) {
    this.parts = parts;
    this.words = words;
    this.written = {}; // texts as they stand on the labels
    this.timer = null;
  }

  /** @param shown {truth, base, view, zoom, box, about: {label, note, presets}}: what is on the glass, and of which stack. */
  write({ truth, base, view, zoom, box, about }) {
    const { words } = this;
    const { image, window } = base;
    this.#put("window", window ? windowText(base, about.presets ?? [], words) : image.is_colour ? words.colour : tableName(base, words));
    this.#put("zoom", `${words.zoom} ${Math.round(zoom * 100)} %`);
    this.#put("image", `${words.image} ${truth.imageIndex} / ${truth.imageCount}`);
    const turned = [
      view.rotation ? `${view.rotation}°` : "", view.is_mirrored ? words.mirrored : "", base.look.invert ? words.inverted : "",
      image.has_shutter && !base.look.shutter ? words.shutter_lifted : "",
      image.has_overlay && view.is_overlay_hidden ? words.overlay_hidden : "",
    ];
    this.#put("turned", turned.filter(Boolean).join(" · "));
    this.#put("acquisition", (image.corner_text ?? []).map(([name, value]) => `${name} ${value}`.trim()).join("\n"));
    this.#put("note", [image.note, about.note].filter(Boolean).join(" "));
    const letters = edgeLetters(image, view);
    for (const edge of EDGES) this.#put(edge, letters?.[edge] ?? "");
    this.#keepOff(turnedEdge(image.breast_edge, view));
    this.#put("fidelity", words.fidelity[truth.fidelity] + (image.is_lossy_source ? ` · ${lossyText(image, words)}` : ""));
    const badge = this.parts.labels.fidelity.dataset;
    if (badge.fidelity !== truth.fidelity) badge.fidelity = truth.fidelity;
    this.#scale(image, view, zoom, box);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#describe(truth, about.label), SAY_AFTER_MS);
  }

  clear() {
    clearTimeout(this.timer);
    for (const label of Object.values(this.parts.labels)) label.textContent = "";
    this.#keepOff("");
    this.written = {};
    this.parts.canvas.setAttribute("aria-label", this.words.empty);
  }

  close() {
    clearTimeout(this.timer);
  }

  #put(name, text) {
    const element = this.parts.labels[name];
    if (!element || this.written[name] === text) return;
    this.written[name] = text;
    element.textContent = text;
  }

  // Text keeps off the edge where a breast is.
  #keepOff(edge) {
    const { dataset } = this.parts.overlay;
    if (edge === (dataset.breast ?? "")) return;
    if (edge) dataset.breast = edge;
    else delete dataset.breast;
  }

  #scale(image, view, zoom, box) {
    const ratio = screenRatio();
    const room = Math.min(220, (box.width / ratio) * 0.3);
    const bar = scaleBar(image, view, zoom, ratio, room);
    this.#put("scale", bar ? lengthText(bar.lengthMm) : "");
    this.#put("basis", this.words.basis[image.spacing_basis] ?? "");
    const width = bar ? `${bar.px.toFixed(1)}px` : "0";
    const element = this.parts.labels.bar;
    if (element.style.width !== width) element.style.width = width;
    if (element.hidden === Boolean(bar)) element.hidden = !bar;
  }

  // Once things are quiet: what a screen reader is told.
  #describe(truth, label) {
    const text = `${this.words.image} ${truth.imageIndex} / ${truth.imageCount}`;
    this.parts.canvas.setAttribute("aria-label", [label, text].filter(Boolean).join(", "));
    if (this.parts.live.textContent !== text) this.parts.live.textContent = text;
  }
}

/** The window on the glass in the unit that a reader thinks in: "C 40  W 400 HU  Soft tissue", "C 2.5  W 5 SUVbw  SUV 0–5". */
export function windowText(base, presets, words) {
  const { image, window: [center, width] } = base;
  const factor = image.suv_factor ?? 1;
  const digits = image.suv_factor ? 4 : 6;
  const numbers = `${words.center} ${plain(center * factor, digits)}  ${words.width} ${plain(width * factor, digits)}`;
  const unit = image.suv_name || image.value_unit || "";
  return `${`${numbers} ${unit}`.trimEnd()}  ${windowName(base, presets, words)}`.trimEnd();
}

/** What an image has lost before it came here: "source lossy: JPEG 10:1, JPEG 2000 2.5:1". */
export function lossyText(image, words) {
  const steps = (image.lossy_compressions ?? []).map(([method, ratio]) => {
    const times = ratio === null ? "" : `${ratio < 10 ? Number(ratio.toFixed(1)) : Math.round(ratio)}:1`;
    return `${words.lossy_methods[method] ?? method} ${times}`.trim();
  });
  return [words.lossy_source, steps.filter(Boolean).join(", ")].filter(Boolean).join(": ");
}

// The name of the window on the glass: of a preset of the modality, or what the file calls it.
function windowName({ window, image }, presets, words) {
  const [center, width] = window;
  const isIt = (each) => isNear(each.window_center, center) && isNear(each.window_width, width);
  const preset = presets.find(isIt);
  return preset ? (words.presets[preset.name] ?? preset.name) : (image.windows?.find(isIt)?.name ?? "");
}

// So many digits, no trailing zeros: windows are often whole numbers.
const plain = (value, digits) => String(Number(Number(value).toPrecision(digits)));

// The table of the file that an image is shown with: the one that was asked for, else its first.
function tableName(base, words) {
  const name = base.image.voi_luts?.[(base.look.window?.[1] ?? 1) - 1];
  return [words.lookup_table, name].filter(Boolean).join(" ");
}
