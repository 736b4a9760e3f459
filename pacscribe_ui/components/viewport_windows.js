// The list of windows, as the page's state has made it for the active viewport: what its entries make of a view.

/** Value of the entry for what each image is shown with first; as in `state/viewer_windows.py`. */
const AS_STORED = "as-stored";
const FIRST_LOOK = { window_center: null, window_width: null, voi_lut_number: null };

/** Whether two numbers of a window are the same: of what was worked out from SUV, the last digits may differ. */
export const isNear = (one, other) => one === other || Math.abs(one - other) <= 1e-9 * Math.abs(other);

const isShown = (choice, view) => (choice.voi_lut_number !== null
  ? view.voi_lut_number === choice.voi_lut_number
  : choice.window_center !== null && view.window_center !== null && isNear(choice.window_center, view.window_center)
    && isNear(choice.window_width, view.window_width) && view.voi_function === choice.voi_function);

// Of another image than the one on the glass: the state has not heard yet how far a hand has scrolled.
const isStale = (choice, view) => choice.of_image !== 0 && choice.of_image !== view.image_index;

/** What changes with an entry of the list; null where it is not there, or the server has to look at the image first. */
export function windowChosen(choices, value, view) {
  if (value === AS_STORED) return FIRST_LOOK;
  const choice = choices.find((each) => each.value === value);
  if (!choice || choice.is_measured || isStale(choice, view)) return null;
  const { window_center, window_width, voi_function, voi_lut_number } = choice;
  return voi_lut_number === null
    ? { window_center, window_width, voi_function, voi_lut_number } : { ...FIRST_LOOK, voi_lut_number };
}

/** What changes with a key: 0 goes through the windows of the file, the others choose theirs. */
export function windowOfKey(choices, key, view) {
  if (key !== "0") {
    const choice = choices.find(({ shortcut }) => shortcut === key);
    return choice ? windowChosen(choices, choice.value, view) : null;
  }
  if (choices.some((each) => isStale(each, view))) return null;
  const values = [AS_STORED, ...choices.filter((each) => each.is_other_look).map((each) => each.value)];
  const isFirstLook = view.window_center === null && view.voi_lut_number === null;
  const now = choices.find((each) => isShown(each, view))?.value ?? (isFirstLook ? AS_STORED : "");
  return windowChosen(choices, values[(values.indexOf(now) + 1) % values.length], view);
}
