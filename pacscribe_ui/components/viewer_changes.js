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

// What the viewports of the other layout show is for the state to say.
function laidOut({ active, layout }, next) {
  const [rows, columns] = sidesOf(next);
  const place = placeOf(layout, active);
  const [row, column] = [Math.min(Math.floor(place / LARGEST), rows - 1), Math.min(place % LARGEST, columns - 1)];
  return { layout: next, active: row * columns + column, is_maximised: false, stacks: [], films: [] };
}

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

const filmKey = (index) => `film_${index}`;

/** The film of a viewport. */
export const filmOf = (page, index) => page[filmKey(index)] ?? page.films[index];

const filmed = (page, index, changes) => ({ [filmKey(index)]: { ...filmOf(page, index), ...changes } });

/** What changes when a command is given to the film of a viewport that shows an image: nothing without a film. */
export const filmChanged = (page, index, command, at = 1) =>
  (page.stacks[index] ? filmed(page, index, FILMS[command](filmOf(page, index), at, page.speeds)) : {});

/** What changes when the film of a viewport has come to its end. */
export const paused = (page, index) => (filmOf(page, index) ? filmed(page, index, { is_playing: false }) : {});

const together = (changes) => Object.assign({}, ...changes);

function allPlaying(page) {
  const stacks = page.stacks.flatMap((isStack, index) => (isStack ? [index] : []));
  const is_playing = stacks.some((index) => !filmOf(page, index).is_playing);
  return together(stacks.map((index) => filmed(page, index, { is_playing })));
}

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
    ...together(page.films.map((_, index) => paused(page, index))),
  }),
  maximise: (page) => enlarged(page, page.active),
  viewport: ({ active, layout }, way) =>
    ({ active: (active + (way === "next" ? 1 : countOf(layout) - 1)) % countOf(layout) }),
  layout: laidOut,
  join: ({ is_linked }, way) => (way === "" ? { is_linked: !is_linked } : {}),
  lines: ({ has_lines }) => ({ has_lines: !has_lines }),
  cine: (page, way, at) => (way === "all" ? allPlaying(page) : filmChanged(page, page.active, way, at)),
};

/**
 * What a command changes of the page, as far as the browser can say.
 *
 * @param page The state's `PageNow`, with what was decided since.
 * @param name Of the command.
 * @param at Index of the image that the active viewport shows, from 1.
 */
export function changesBy(page, name, at) {
  const [kind, ...rest] = name.split("-");
  return CHANGES[kind]?.(page, rest.join("-"), at) ?? {};
}
