// What the page's state knows of a view, and what of it hands have moved since. Both change a view, and each
// learns of the other a moment later: whoever was later wins, and only for what they have changed.

/** What is decided together, and told together. */
const PARTS = [
  ["image_index"],
  ["window_center", "window_width", "voi_function", "voi_lut_number"],
  ["zoom", "zoom_ratio", "pan_column_px", "pan_row_px"],
  ["rotation", "is_mirrored"],
  ["is_inverted"],
  ["is_shutter_lifted"],
  ["is_overlay_hidden"],
];

let serial = 0; // of the page's messages: views may change places, and keep theirs

export class Told {
  constructor() {
    this.known = {};
    this.underWay = []; // messages that the state has not answered: [{serial, values}]
  }

  /** The state's first word on a view, or one that counts whatever hands have done. */
  begin(values) {
    this.known = { ...values };
    this.underWay = [];
  }

  /** These values came from the state. */
  agree(values) {
    Object.assign(this.known, values);
  }

  /** Of the values of a view, the parts that the state has not been told. */
  news(values) {
    const moved = PARTS.filter((part) => part.some((key) => key in values && values[key] !== this.known[key]));
    return Object.fromEntries(moved.flat().filter((key) => key in values).map((key) => [key, values[key]]));
  }

  /** Count values as told; the number of the message, which the state's view will bear. */
  send(values) {
    serial += 1;
    this.agree(values);
    this.underWay.push({ serial, values });
    return serial;
  }

  /** Whether the state has answered to everything that it was told. */
  get isHeard() {
    return !this.underWay.length;
  }

  /** The state's view bears this number: what was told before it is in it. */
  heard(handSerial) {
    this.underWay = this.underWay.filter((each) => each.serial > handSerial);
  }

  /**
   * What a view that the state has changed changes on the glass: everything but what hands have moved since the
   * state made it, for that reaches the state after it.
   *
   * @param values Of the view as hands have left it.
   * @param view As the state has it.
   * @param keys Which of its values the state may decide.
   */
  changes(values, view, keys) {
    const later = Object.assign({}, ...this.underWay.map((each) => each.values), this.news(values));
    return Object.fromEntries(
      keys.filter((key) => !(key in later) && view[key] !== values[key]).map((key) => [key, view[key]]),
    );
  }
}
