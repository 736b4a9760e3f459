// The list of windows of an image: what the toolbar offers by the rules of `state/viewer_parts.py`, for the browser to choose
// from without waiting. Tests hold both to the same.

/** Value of the entry for what each image is shown with first; as in `state/viewer_windows.py`. */
const AS_STORED = "as-stored";
/** Of the windows that the server takes from the values of an image. */
const MEASURED = ["percentiles", "full"];
const FIRST_LOOK = { window_center: null, window_width: null, voi_lut_number: null };
const LARGEST = 1e18;
const NO_WINDOW = { window_center: null, window_width: null, voi_function: "linear" };

/** Whether two numbers of a window are the same: of what was worked out from SUV, the last digits may differ. */
export const isNear = (one, other) => one === other || Math.abs(one - other) <= 1e-9 * Math.abs(other);

const choice = (value, { window_center, window_width, voi_function }, more = {}) => ({
  value, window_center, window_width, voi_function, shortcut: "", voi_lut_number: null, is_other_look: false, is_measured: false,
  ...more,
});

const isFirstLook = (image, window) => image.window_center === window.window_center
  && image.window_width === window.window_width && image.voi_function === window.voi_function;

/**
 * What the list offers beside "as stored": the file's tables and windows, then those of the modality, then those that are
 * measured. `window_choices` of the state, but for the words.
 *
 * @param description Of the stack: {images, presets}.
 * @param index Of the image, from 1.
 */
export function windowChoices({ images, presets }, index) {
  const image = images[Math.min(index, images.length) - 1];
  const tables = (image?.voi_luts ?? []).map((_, at) =>
    choice(`table-${at + 1}`, NO_WINDOW, { voi_lut_number: at + 1, is_other_look: at > 0 }));
  const filed = (image?.windows ?? []).map((window, at) =>
    choice(`file-${at + 1}`, window, { is_other_look: !isFirstLook(image, window) }));
  const named = presets.map((preset) => choice(preset.name, preset, { shortcut: preset.shortcut }));
  const measured = image && !image.is_colour ? MEASURED.map((value) => choice(value, NO_WINDOW, { is_measured: true })) : [];
  const choices = [...tables, ...filed, ...named, ...measured];
  return presets.length ? choices : choices.map((each, at) => ({ ...each, shortcut: at < 9 ? String(at + 1) : "" }));
}

const isShown = (each, view) => (each.voi_lut_number !== null
  ? view.voi_lut_number === each.voi_lut_number
  : each.window_center !== null && view.window_center !== null && isNear(each.window_center, view.window_center)
    && isNear(each.window_width, view.window_width) && view.voi_function === each.voi_function);

// What an entry makes of a view; null where the server has to look at the image first.
function changesWith({ window_center, window_width, voi_function, voi_lut_number, is_measured }) {
  if (is_measured) return null;
  return voi_lut_number === null
    ? { window_center, window_width, voi_function, voi_lut_number } : { ...FIRST_LOOK, voi_lut_number };
}

/** What changes with an entry of the list: null where the server has to look at the image first, nothing without it. */
export function windowChosen(choices, value) {
  if (value === AS_STORED) return FIRST_LOOK;
  const found = choices.find((each) => each.value === value);
  return found ? changesWith(found) : {};
}

/** What changes with a key: 0 goes through the windows of the file, the others choose theirs. As for `windowChosen`. */
export function windowOfKey(choices, key, view) {
  if (key !== "0") {
    const found = choices.find(({ shortcut }) => shortcut === key);
    return found ? changesWith(found) : {};
  }
  const values = [AS_STORED, ...choices.filter((each) => each.is_other_look).map((each) => each.value)];
  const isFirst = view.window_center === null && view.voi_lut_number === null;
  const now = choices.find((each) => isShown(each, view))?.value ?? (isFirst ? AS_STORED : "");
  return windowChosen(choices, values[(values.indexOf(now) + 1) % values.length]);
}

/**
 * What changes with a window that is written in numbers, in the unit in which windows of the image are read; null where the
 * standard defines no such window (PS3.3 C.11.2.1.2), or they are no numbers.
 */
export function windowWritten(image, view, center, width) {
  const factor = image.suv_factor ?? 1;
  const unit = (image.suv_factor === null ? image.value_unit : image.suv_name) ?? "";
  const isSuv = unit.startsWith("SUV");
  const voi_function = isSuv ? "linear-exact" : view.voi_function;
  const [window_center, window_width] = [center, width].map((text) => (text.trim() ? Number(text) : NaN) / (isSuv ? factor : 1));
  const least = voi_function === "linear" ? window_width >= 1 : window_width > 0;
  const isWindow = least && Math.abs(window_center) <= LARGEST && window_width <= LARGEST;
  return isWindow ? { window_center, window_width, voi_function, voi_lut_number: null } : null;
}
