// What a decision changes of the page: the rules of `state/viewer.py`, `viewer_look.py`, `viewer_layout.py` and
// `viewport_film.py` once more, for the browser to go ahead by. Pure; tests hold both to the same.

const LARGEST = 3; // rows and columns of the largest layout

const sidesOf = (layout) => layout.split("x").map(Number);

/** How many viewports a layout has. */
const countOf = (layout) => sidesOf(layout).reduce((rows, columns) => rows * columns);

/** The indices of a page's viewports. */
const indicesOf = ({ layout }) => Array.from({ length: countOf(layout) }, (_, index) => index);

/** The places of the largest layout. */
export const PLACES = Array.from({ length: LARGEST * LARGEST }, (_, place) => place);

/** The place of a viewport in the largest layout, from 0. */
function placeOf(layout, index) {
  const columns = sidesOf(layout)[1];
  return Math.floor(index / columns) * LARGEST + (index % columns);
}

/** Index of the viewport of a layout that has this place; -1 where the layout does not show it. */
export function indexOf(layout, place) {
  const [rows, columns] = sidesOf(layout);
  const [row, column] = [Math.floor(place / LARGEST), place % LARGEST];
  return row < rows && column < columns ? row * columns + column : -1;
}

// Each viewport keeps its place with what it shows; those that show nothing yet take what is not shown.
function laidOut(page, layout) {
  const [rows, columns] = sidesOf(layout);
  const now = placeOf(page.layout, page.active);
  const [row, column] = [Math.floor(now / LARGEST), now % LARGEST];
  const places = indicesOf({ layout }).map((index) => placeOf(layout, index));
  const shown = places.map((place) => keyAt(page, place));
  const left = page.cards.filter((card) => (card.is_displayable || card.video_sop_instance_uid) && !shown.includes(card.key));
  const filled = places.filter((_, at) => !shown[at]).slice(0, left.length).map((place, at) => begun(place, left[at].key));
  const active = Math.min(row, rows - 1) * columns + Math.min(column, columns - 1);
  return { layout, active, is_maximised: false, ...together(filled) };
}

const together = (changes) => Object.assign({}, ...changes);

// ---------------------------------------------------------------- films

const FILMS = {
  "": (film) => ({ is_playing: !film.is_playing }),
  slower: ({ speed }, _, speeds) => ({ speed: speeds.findLast((each) => each < speed) ?? speeds[0] }),
  faster: ({ speed }, _, speeds) => ({ speed: speeds.find((each) => each > speed) ?? speeds.at(-1) }),
  filed: () => ({ way: "" }),
  loop: () => ({ way: "loop" }),
  sweep: () => ({ way: "sweep" }),
  once: () => ({ way: "once" }),
  // An end of the range that lies on the wrong side of the other is given up.
  first: ({ last_index }, at) => ({ first_index: at, last_index: last_index > at ? last_index : null }),
  last: ({ first_index }, at) => ({ last_index: at, first_index: first_index !== null && first_index < at ? first_index : null }),
  whole: () => ({ first_index: null, last_index: null }),
};

const filmKey = (place) => `film_${place}`;

/** The film of a viewport. */
export function filmOf(page, index) {
  const place = placeOf(page.layout, index);
  return filmAt(page, place) ?? page.films[place] ?? NO_FILM;
}

/** What was decided of the film of a place; undefined where nothing was. */
export const filmAt = (said, place) => said[filmKey(place)];

const filmed = (page, index, changes) => ({ [filmKey(placeOf(page.layout, index))]: { ...filmOf(page, index), ...changes } });

// Whether a viewport shows what can play.
function isStack(page, index) {
  const card = cardOf(page, keyOf(page, index));
  return Boolean(card) && (card.image_count > 1 || card.video_sop_instance_uid !== "");
}

/** What changes when a command is given to the film of a viewport that shows an image: nothing without a film. */
export const filmChanged = (page, index, command, at = 1) =>
  (isStack(page, index) ? filmed(page, index, FILMS[command](filmOf(page, index), at, page.speeds)) : {});

/** What changes when the film of a viewport has come to its end. */
export const paused = (page, index) => filmed(page, index, { is_playing: false });

function allPlaying(page) {
  const stacks = indicesOf(page).filter((index) => isStack(page, index));
  const is_playing = stacks.some((index) => !filmOf(page, index).is_playing);
  return together(stacks.map((index) => filmed(page, index, { is_playing })));
}

// ---------------------------------------------------------------- what viewports show

/** How a stack plays at first. */
export const NO_FILM = { is_playing: false, speed: 1, way: "", first_index: null, last_index: null };
const paneKey = (place) => `pane_${place}`;

/** What was decided to be shown at a place: {key, from}; undefined where nothing was. `from` is as in `swapped`. */
export const paneAt = (said, place) => said[paneKey(place)];

const keyAt = (page, place) => paneAt(page, place)?.key ?? page.keys[place] ?? "";

/** The stack that a viewport shows; empty for none. */
export const keyOf = (page, index) => keyAt(page, placeOf(page.layout, index));

// A stack is shown first at a place.
const begun = (place, key) => ({ [paneKey(place)]: { key, from: null }, [filmKey(place)]: NO_FILM });

/** What is known of a stack; undefined where there is none of that key. */
export const cardOf = (page, key) => page.cards.find((card) => card.key === key);

/** What changes when a viewport is told to show a stack: nothing but who is active where there is none of that key. */
export function shown(page, index, key) {
  if (!cardOf(page, key)) return { active: index };
  return { active: index, ...begun(placeOf(page.layout, index), key) };
}

/**
 * What changes when two viewports change places, the one that is moved first. What each shows, `from` its viewport, is
 * in the page's `seen`: the views as hands have left them, by index.
 */
export function swapped(page, one, other) {
  if (one === other) return {};
  const moved = (index, from) => {
    const place = placeOf(page.layout, index);
    return { [paneKey(place)]: { key: keyOf(page, from), from: page.seen[from] ?? null }, [filmKey(place)]: filmOf(page, from) };
  };
  return { active: other, ...moved(one, other), ...moved(other, one) };
}

/** The viewport after the active one, or before it. */
const beside = ({ active, layout }, way) => (active + (way === "next" ? 1 : countOf(layout) - 1)) % countOf(layout);

function steppedSeries(page, way) {
  const now = page.cards.findIndex((card) => card.key === keyOf(page, page.active));
  const next = page.cards[now < 0 ? 0 : now + (way === "next" ? 1 : -1)];
  return next ? shown(page, page.active, next.key) : {};
}

// ---------------------------------------------------------------- by the first word of a command's name

/** What changes when a viewport is made large, or small again. */
export const enlarged = ({ layout, is_maximised }, index) =>
  ({ active: index, is_maximised: countOf(layout) > 1 ? !is_maximised : is_maximised });

/** What changes when somebody has chosen how the viewer behaves for them. */
export const preferred = ({ tool, text_level, smoothing }) =>
  ({ dialog: "", tool: tool || "window", text_level, is_smooth: smoothing === "smooth" });

// What is not here waits for the state.
const CHANGES = {
  tool: (page, tool) =>
    ({ tool, tool_before: page.passing_tools.includes(page.tool) ? page.tool_before : page.tool }),
  text: ({ text_level, text_levels }, level) =>
    ({ text_level: level || text_levels[(text_levels.indexOf(text_level) + 1) % text_levels.length] }),
  anonymous: ({ text_level, text_before }) => (text_level === "anonymous"
    ? { text_level: text_before } : { text_level: "anonymous", text_before: text_level }),
  smoothing: ({ is_smooth }) => ({ is_smooth: !is_smooth }),
  magnifier: ({ is_magnifying }) => ({ is_magnifying: !is_magnifying }),
  cancel: (page) => ({
    is_magnifying: false, tool: page.passing_tools.includes(page.tool) ? page.tool_before : page.tool,
    ...together(indicesOf(page).map((index) => paused(page, index))),
  }),
  maximise: (page) => enlarged(page, page.active),
  viewport: (page, way) => ({ active: beside(page, way) }),
  show: (page, key) => shown(page, page.active, key),
  series: steppedSeries,
  swap: (page, way) => swapped(page, page.active, beside(page, way)),
  layout: laidOut,
  join: ({ is_linked }, way) => (way === "" ? { is_linked: !is_linked } : {}),
  lines: ({ has_lines }) => ({ has_lines: !has_lines }),
  panel: ({ is_panel_open }) => ({ is_panel_open: !is_panel_open }),
  keys: ({ dialog }, way) => ({ dialog: way === "change" && dialog === "keys" ? "changing-keys" : "keys" }),
  settings: () => ({ dialog: "settings" }),
  close: () => ({ dialog: "" }),
  study: (_, way) => ({ going_to: way }),
  cine: (page, way) => (way === "all" ? allPlaying(page)
    : filmChanged(page, page.active, way, page.seen[page.active]?.image_index)),
};

// Commands that are switches, by the first word of their names: whether they are on.
const SWITCHES = {
  tool: (page, tool) => page.tool === tool,
  layout: (page, layout) => page.layout === layout,
  show: (page, key) => keyOf(page, page.active) === key,
  smoothing: ({ is_smooth }) => is_smooth,
  magnifier: ({ is_magnifying }) => is_magnifying,
  lines: ({ has_lines }) => has_lines,
  panel: ({ is_panel_open }) => is_panel_open,
  invert: ({ active, seen }) => Boolean(seen[active]?.is_inverted),
};
const FILM_SWITCHES = {
  cine: (film) => film.is_playing,
  "cine-filed": (film) => film.way === "",
  "cine-loop": (film) => film.way === "loop",
  "cine-sweep": (film) => film.way === "sweep",
  "cine-once": (film) => film.way === "once",
  "cine-first": (film) => film.first_index !== null,
  "cine-last": (film) => film.last_index !== null,
};

/** Whether what a command switches is on; null where it is no switch. */
export function isOn(page, name) {
  if (name === "join") return page.is_linked;
  if (name in FILM_SWITCHES) return FILM_SWITCHES[name](filmOf(page, page.active));
  const [kind, ...rest] = name.split("-");
  return SWITCHES[kind]?.(page, rest.join("-")) ?? null;
}

// Commands that are for images, by the first word of their names: of the active viewport's, and of any that is shown.
const OF_IMAGE = ["window", "preset", "choose", "invert", "shutter", "overlay"];
const OF_IMAGES = ["tool-window", "tool-probe", "tool-region", "magnifier", "smoothing"];

/** Whether a command has nothing to act on, since a video is where images would be. */
export function isIdle(page, name) {
  if (!OF_IMAGES.includes(name) && !OF_IMAGE.includes(name.split("-")[0])) return false;
  const places = OF_IMAGES.includes(name) && !page.is_maximised ? indicesOf(page) : [page.active];
  const cards = places.map((index) => cardOf(page, keyOf(page, index))).filter(Boolean);
  return cards.length > 0 && cards.every((card) => card.video_sop_instance_uid !== "");
}

/**
 * What a command changes of the page, as far as the browser can say.
 *
 * @param page The state's `PageNow` and its `cards`, with what was decided since; and `seen`, the views of the viewports
 *   as hands have left them.
 * @param name Of the command.
 */
export function changesBy(page, name) {
  const [kind, ...rest] = name.split("-");
  return CHANGES[kind]?.(page, rest.join("-")) ?? {};
}
