// The list of windows of an image: what it offers, and what an entry, a key or numbers make of a view. Pure.

/** Value of the entry for what each image is shown with first. */
export const AS_STORED = "as-stored";
/** Of the windows that the server takes from the values of an image. */
const MEASURED = ["percentiles", "full"];
const FIRST_LOOK = { window_center: null, window_width: null, voi_lut_number: null };
const LARGEST = 1e18;
const NO_WINDOW = { window_center: null, window_width: null, voi_function: "linear" };

/** Whether two numbers of a window are the same: of what was worked out from SUV, the last digits may differ. */
export const isNear = (one, other) => one === other || Math.abs(one - other) <= 1e-9 * Math.abs(other);

const choice = (value, name, { window_center, window_width, voi_function }, more = {}) => ({
  value, name, window_center, window_width, voi_function, shortcut: "", voi_lut_number: null, is_other_look: false,
  is_measured: false, ...more,
});

const isFirstLook = (image, window) => image.window_center === window.window_center
  && image.window_width === window.window_width && image.voi_function === window.voi_function;

/**
 * What the list offers beside "as stored": the file's tables and windows, then those of the modality, then those that are
 * measured.
 *
 * @param description Of the stack: {images, presets}.
 * @param index Of the image, from 1.
 * @param measured Windows that the server has taken from values of this stack, by the values of their entries.
 */
export function windowChoices({ images, presets }, index, measured = {}) {
  const image = images[Math.min(index, images.length) - 1];
  const tables = (image?.voi_luts ?? []).map((name, at) =>
    choice(`table-${at + 1}`, name, NO_WINDOW, { voi_lut_number: at + 1, is_other_look: at > 0 }));
  const filed = (image?.windows ?? []).map((window, at) =>
    choice(`file-${at + 1}`, window.name, window, { is_other_look: !isFirstLook(image, window) }));
  const named = presets.map((preset) => choice(preset.name, preset.name, preset, { shortcut: preset.shortcut }));
  const taken = image && !image.is_colour
    ? MEASURED.map((value) => choice(value, value, measured[value] ?? NO_WINDOW, { is_measured: true })) : [];
  const choices = [...tables, ...filed, ...named, ...taken];
  // Where the modality has no windows of its own, keys choose the others in their order.
  return presets.length ? choices : choices.map((each, at) => ({ ...each, shortcut: at < 9 ? String(at + 1) : "" }));
}

const isShown = (each, view) => (each.voi_lut_number !== null
  ? view.voi_lut_number === each.voi_lut_number
  : each.window_center !== null && view.window_center !== null && isNear(each.window_center, view.window_center)
    && isNear(each.window_width, view.window_width) && view.voi_function === each.voi_function);

/** Value of the entry that a view has chosen; empty for a window that is in no list. */
export function windowShown(choices, view) {
  const isFirst = view.window_center === null && view.voi_lut_number === null;
  return choices.find((each) => isShown(each, view))?.value ?? (isFirst ? AS_STORED : "");
}

/** Value of the entry that a key chooses: 0 goes through the windows of the file, the others have theirs; empty for none. */
export function valueOfKey(choices, key, view) {
  if (key !== "0") return choices.find(({ shortcut }) => shortcut === key)?.value ?? "";
  const values = [AS_STORED, ...choices.filter((each) => each.is_other_look).map((each) => each.value)];
  return values[(values.indexOf(windowShown(choices, view)) + 1) % values.length];
}

/** What an entry makes of a view: {changes}, or {spread} that the server is to take a window by; null where there is none. */
export function windowChosen(choices, value) {
  if (value === AS_STORED) return { changes: FIRST_LOOK };
  const found = choices.find((each) => each.value === value);
  if (!found) return null;
  if (found.is_measured) return { spread: value };
  const { window_center, window_width, voi_function, voi_lut_number } = found;
  return { changes: voi_lut_number === null
    ? { window_center, window_width, voi_function, voi_lut_number } : { ...FIRST_LOOK, voi_lut_number } };
}

/** How windows of an image are written for a reader: {unit, factor, isSuv}. Number for a reader = number * factor. */
export function windowScale(image) {
  const unit = (image.suv_factor === null ? image.value_unit : image.suv_name) ?? "";
  return { unit, factor: image.suv_factor ?? 1, isSuv: unit.startsWith("SUV") };
}

/** A window on the glass in numbers for a reader: [center, width]; empty texts where there is none. */
export function windowInNumbers(image, window) {
  if (!image || !window) return ["", ""];
  const { factor, isSuv } = windowScale(image);
  return window.slice(0, 2).map((number) => String(Number((number * (isSuv ? factor : 1)).toPrecision(isSuv ? 4 : 6))));
}

/**
 * What a window makes of a view that is written in numbers, in the unit in which windows of the image are read: {changes}; or
 * {refused}, why there is none: "no_numbers", or a width that the standard defines no window of (PS3.3 C.11.2.1.2), "no_width"
 * or, where it has to be 1 at least, "no_width_of_one".
 */
export function windowWritten(image, view, center, width) {
  const { factor, isSuv } = windowScale(image);
  // From one SUV to another, exactly; and a width below 1 is no odd one.
  const voi_function = isSuv ? "linear-exact" : view.voi_function;
  const [window_center, window_width] = [center, width].map((text) => (text.trim() ? Number(text) : NaN) / (isSuv ? factor : 1));
  if (!(Math.abs(window_center) <= LARGEST && Math.abs(window_width) <= LARGEST)) return { refused: "no_numbers" };
  if (voi_function === "linear" && window_width < 1) return { refused: "no_width_of_one" };
  if (window_width <= 0) return { refused: "no_width" };
  return { changes: { window_center, window_width, voi_function, voi_lut_number: null } };
}

/** The window of what is on a glass, as a drag starts from it; null where there is none (colour). */
export function windowOnGlass(base) {
  const image = base?.image;
  if (!base || image?.is_colour) return null;
  const shown = base.window;
  if (shown) return shownWindow(shown, image?.voi_function);
  // A VOI LUT has no center and width: the file's first window, else the automatic one, is the start.
  const named = image?.windows?.[0];
  return named ? { window_center: named.window_center, window_width: named.window_width, voi_function: named.voi_function } : null;
}

const shownWindow = ([window_center, window_width, voi_function], usual = "linear") =>
  ({ window_center, window_width, voi_function: voi_function ?? usual });

/**
 * What stays of the window on a glass while one scrolls. Where files give no window each image has one of its own, and
 * brightness would jump from image to image.
 *
 * @param description Of the stack.
 * @param view Of it; one that has a window keeps that.
 * @param base What is on the glass.
 * @returns Changes of the view; null where nothing stays.
 */
export function windowKept(description, { window_center, window_width }, base) {
  if (window_center !== null || window_width !== null || !base?.window || !hasOwnWindows(description)) return null;
  // What still bridges the wait for another series decides nothing about this one.
  const isOfThese = description.images.some((image) => image.sop_instance_uid === base.look.sop);
  return isOfThese ? shownWindow(base.window) : null;
}

const own = new WeakMap(); // description -> whether no image of the stack has a window from its file

function hasOwnWindows(description) {
  if (!own.has(description)) {
    own.set(description, description.images.every((image) => image.is_colour || (!image.windows.length && !image.voi_luts?.length)));
  }
  return own.get(description);
}
