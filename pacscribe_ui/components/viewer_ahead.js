// What hands have decided about the page, until the page's state says so too. The state is the truth; the browser only
// goes ahead of it, so that nothing waits for a slow line. Every decision has a number, and the state says which one it
// has heard last: from then on its own word counts.
import { useSyncExternalStore } from "react";

export class Ahead {
  constructor() {
    this.decisions = []; // that the state has not heard: [{serial, changes}]
    this.said = {}; // all of them together
    this.known = { study: "", heard: 0 };
    // A page that is loaded again goes on counting: the state of the tab remembers the numbers of the one before.
    this.serial = Date.now();
    this.listeners = new Set();
  }

  /** Something is decided; the number to tell the state with it. */
  decide(changes) {
    this.serial += 1;
    this.decisions.push({ serial: this.serial, changes });
    this.#say();
    return this.serial;
  }

  /** The state's word: {study, heard, …}. Of another study, or of a state that begins anew, nothing was decided. */
  follow(known) {
    const isAnew = known.study !== this.known.study || known.heard < this.known.heard;
    this.known = known;
    const left = isAnew ? [] : this.decisions.filter(({ serial }) => serial > known.heard);
    if (left.length === this.decisions.length) return;
    this.decisions = left;
    this.#say();
  }

  /** The page as it is for the hand: the state's word, and what was decided since. */
  get page() {
    return { ...this.known, ...this.said };
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  #say() {
    this.said = Object.assign({}, ...this.decisions.map(({ changes }) => changes));
    this.listeners.forEach((listener) => listener());
  }
}

export const ahead = new Ahead();

const listen = (listener) => ahead.listen(listener);

/** What was decided and the state has not heard, for whoever shows it. */
export const useAhead = () => useSyncExternalStore(listen, () => ahead.said, () => ahead.said);

const playing = (index) => `playing_${index}`;

/** Whether the film of a viewport plays. */
export const isPlaying = (page, index) => page[playing(index)] ?? page.playing[index];

/** What changes when a viewport's film is to play or pause. */
export const toggled = (page, index) => (page.stacks[index] ? { [playing(index)]: !isPlaying(page, index) } : {});

/** What changes when the film of a viewport has come to its end. */
export const paused = (index) => ({ [playing(index)]: false });

function allPlaying(page) {
  const stacks = page.stacks.flatMap((isStack, index) => (isStack ? [index] : []));
  const plays = stacks.some((index) => !isPlaying(page, index));
  return Object.fromEntries(stacks.map((index) => [playing(index), plays]));
}

/** What changes when a viewport is made large, or small again. */
export const enlarged = (page, index) =>
  ({ active: index, is_maximised: page.stacks.length > 1 ? !page.is_maximised : page.is_maximised });

// As `state/viewer_look.py` and `state/viewer.py` have it, by the first word of a command's name: what each changes of
// the page. What is not here waits for the state.
const CHANGES = {
  tool: (page, tool) =>
    ({ tool, tool_before: page.passing_tools.includes(page.tool) ? page.tool_before : page.tool }),
  text: ({ text_level, text_levels }) =>
    ({ text_level: text_levels[(text_levels.indexOf(text_level) + 1) % text_levels.length] }),
  anonymous: ({ text_level, text_before }) => (text_level === "anonymous"
    ? { text_level: text_before } : { text_level: "anonymous", text_before: text_level }),
  smoothing: ({ is_smooth }) => ({ is_smooth: !is_smooth }),
  magnifier: ({ is_magnifying }) => ({ is_magnifying: !is_magnifying }),
  cancel: (page) => ({
    is_magnifying: false, tool: page.passing_tools.includes(page.tool) ? page.tool_before : page.tool,
    ...Object.assign({}, ...page.playing.map((_, index) => paused(index))),
  }),
  maximise: (page) => enlarged(page, page.active),
  viewport: ({ active, stacks }, way) =>
    ({ active: (active + (way === "next" ? 1 : stacks.length - 1)) % stacks.length }),
  cine: (page, way) => (way === "" ? toggled(page, page.active) : way === "all" ? allPlaying(page) : {}),
};

/** Carry out a command as far as the browser can; the number to tell the state with it. */
export function goAhead(name) {
  const [kind, ...rest] = name.split("-");
  return ahead.decide(CHANGES[kind]?.(ahead.page, rest.join("-")) ?? {});
}
