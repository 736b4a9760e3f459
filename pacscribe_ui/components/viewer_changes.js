// What a decision changes of the page: the rules of `state/viewer.py`, `viewer_look.py`, `viewer_layout.py` and
// `viewport_film.py` once more, for the browser to go ahead by. Pure; tests hold both to the same.

const LARGEST = 3; // rows and columns of the largest layout

const sidesOf = (layout) => layout.split("x").map(Number);

/** How many viewports a layout has. */
const countOf = (layout) => sidesOf(layout).reduce((rows, columns) => rows * columns);

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

// Those that keep their places show what they did; what the others will show, and the empty ones, is for the state to say.
function laidOut({ active, layout, keys, films }, next) {
  const [rows, columns] = sidesOf(next);
  const place = placeOf(layout, active);
  const [row, column] = [Math.min(Math.floor(place / LARGEST), rows - 1), Math.min(place % LARGEST, columns - 1)];
  const moved = (list) => Array.from({ length: rows * columns }, (_, index) => list[indexOf(layout, placeOf(next, index))] || null);
  return { layout: next, active: row * columns + column, is_maximised: false, keys: moved(keys), films: moved(films) };
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
export const filmOf = (page, index) => filmAt(page, placeOf(page.layout, index)) ?? page.films[index];

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
export const paused = (page, index) => (filmOf(page, index) ? filmed(page, index, { is_playing: false }) : {});

function allPlaying(page) {
  const stacks = page.keys.flatMap((_, index) => (isStack(page, index) ? [index] : []));
  const is_playing = stacks.some((index) => !filmOf(page, index).is_playing);
  return together(stacks.map((index) => filmed(page, index, { is_playing })));
}

// ---------------------------------------------------------------- what viewports show

const NO_FILM = { is_playing: false, speed: 1, way: "", first_index: null, last_index: null };
const paneKey = (place) => `pane_${place}`;

/** What was decided to be shown at a place: {key, from}; undefined where nothing was. `from` is as in `swapped`. */
export const paneAt = (said, place) => said[paneKey(place)];

/** The stack that a viewport shows; null where only the state knows. */
export const keyOf = (page, index) => paneAt(page, placeOf(page.layout, index))?.key ?? page.keys[index] ?? null;

/** What is known of a stack; undefined where there is none of that key. */
export const cardOf = (page, key) => page.cards.find((card) => card.key === key);

/** What changes when a viewport is told to show a stack: nothing but who is active where there is none of that key. */
export function shown(page, index, key) {
  if (!cardOf(page, key)) return { active: index };
  const place = placeOf(page.layout, index);
  return { active: index, [paneKey(place)]: { key, from: null }, [filmKey(place)]: NO_FILM };
}

/**
 * What changes when two viewports change places, the one that is moved first. What each shows, `from` its viewport, is
 * in the page's `seen`: the views as hands have left them, by index.
 */
export function swapped(page, one, other) {
  const isKnown = (index) => keyOf(page, index) !== null && filmOf(page, index);
  if (one === other || !isKnown(one) || !isKnown(other)) return {};
  const moved = (index, from) => {
    const place = placeOf(page.layout, index);
    return { [paneKey(place)]: { key: keyOf(page, from), from: page.seen[from] ?? null }, [filmKey(place)]: filmOf(page, from) };
  };
  return { active: other, ...moved(one, other), ...moved(other, one) };
}

/** The viewport after the active one, or before it. */
const beside = ({ active, layout }, way) => (active + (way === "next" ? 1 : countOf(layout) - 1)) % countOf(layout);

function steppedSeries(page, way) {
  const key = keyOf(page, page.active);
  if (key === null) return {};
  const now = page.cards.findIndex((card) => card.key === key);
  const next = page.cards[now < 0 ? 0 : now + (way === "next" ? 1 : -1)];
  return next ? shown(page, page.active, next.key) : {};
}

const measureKey = (place) => `measure_${place}`;

/** Whether a window for what is shown at a place is awaited from the server. */
export const isMeasured = (said, place) => Boolean(said[measureKey(place)]);

// A window that only the server knows: that it is awaited.
const measured = ({ active, layout }) => ({ [measureKey(placeOf(layout, active))]: true });

// ---------------------------------------------------------------- by the first word of a command's name

/** What changes when a viewport is made large, or small again. */
export const enlarged = ({ layout, is_maximised }, index) =>
  ({ active: index, is_maximised: countOf(layout) > 1 ? !is_maximised : is_maximised });

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
    ...together(page.keys.map((_, index) => paused(page, index))),
  }),
  maximise: (page) => enlarged(page, page.active),
  viewport: (page, way) => ({ active: beside(page, way) }),
  show: (page, key) => shown(page, page.active, key),
  series: steppedSeries,
  swap: (page, way) => swapped(page, page.active, beside(page, way)),
  preset: measured,
  choose: measured,
  layout: laidOut,
  join: ({ is_linked }, way) => (way === "" ? { is_linked: !is_linked } : {}),
  lines: ({ has_lines }) => ({ has_lines: !has_lines }),
  cine: (page, way) => (way === "all" ? allPlaying(page)
    : filmChanged(page, page.active, way, page.seen[page.active]?.image_index)),
};

/** Whether a button that gives a command is pressed; null where that is not known here. `key` is that of the stack shown. */
export function isPressed(page, name, key) {
  const [kind, ...rest] = name.split("-");
  const detail = rest.join("-");
  const switches = { smoothing: page.is_smooth, magnifier: page.is_magnifying, join: page.is_linked, lines: page.has_lines };
  if (kind === "tool") return page.tool === detail;
  if (kind === "layout") return page.layout === detail;
  if (kind === "show") return key === null ? null : key === detail;
  return detail ? null : switches[kind] ?? null;
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
