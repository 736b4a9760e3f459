// What hands have decided about the page, until the page's state says so too. The state is the truth; the browser only
// goes ahead of it, so that nothing waits for a slow line. Every decision has a number, and the state says which one it
// has heard last: from then on its own word counts.
import { useSyncExternalStore } from "react";
import { changesBy, swapped } from "./viewer_changes.js";
import { engines } from "./viewer_engines.js";
import { CLOCK, Rest } from "./viewer_rest.js";

// Before the state has said a word.
const NOTHING_KNOWN = Object.freeze({
  study: "", heard: 0, layout: "1x1", active: 0, dialog: "", going_to: "", keys: {}, films: {}, cards: [], text_levels: [],
  passing_tools: [], speeds: [],
});

class Ahead {
  #shown = null;
  #rest = new Rest(() => this.look(), CLOCK);

  constructor() {
    this.decisions = []; // that the state has not heard: [{serial, changes}]
    this.said = {}; // all of them together
    this.known = NOTHING_KNOWN;
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

  /** Whether the state has heard of all decisions. */
  get isHeard() {
    return !this.decisions.length;
  }

  /** The state's word: {study, heard, cards, …}. Of another study, or of a state that begins anew, nothing was decided. */
  follow(known) {
    const isAnew = known.study !== this.known.study || known.heard < this.known.heard;
    this.known = known;
    const left = isAnew ? [] : this.decisions.filter(({ serial }) => serial > known.heard);
    if (left.length < this.decisions.length) {
      this.decisions = left;
      this.#say();
    } else this.look();
  }

  /** The page as it is for the hand: the state's word, what was decided since, and the views as hands have left them. */
  get page() {
    const seen = Object.fromEntries([...engines].map(([index, { view }]) => [index, { ...view }]));
    return { ...this.known, ...this.said, seen };
  }

  /** The same for all who show it: made once after each `look`. */
  get shown() {
    this.#shown ??= this.page;
    return this.#shown;
  }

  /** What is shown of a page may be other than before: the state has a word, something was decided, a viewport has painted. */
  look() {
    this.#rest.looked();
    this.#shown = null;
    this.listeners.forEach((listener) => listener());
  }

  /** A viewport has painted. What stands around the pictures waits until they rest; while they do not, a second at most. */
  painted() {
    this.#rest.came();
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  #say() {
    this.said = Object.assign({}, ...this.decisions.map(({ changes }) => changes));
    this.look();
  }
}

export const ahead = new Ahead();

const listen = (listener) => ahead.listen(listener);

/** What was decided and the state has not heard, for whoever shows it. */
export const useAhead = () => useSyncExternalStore(listen, () => ahead.said, () => ahead.said);

/**
 * What is to be shown of the page as it is for the hand.
 *
 * @param select Makes a plain value of the page: whoever uses it is drawn again when that is another one.
 */
export function useNow(select) {
  const value = () => select(ahead.shown);
  return useSyncExternalStore(listen, value, value);
}

/** Carry out a command as far as the browser can; the number to tell the state with it. */
export function goAhead(name) {
  const { page } = ahead;
  const changes = changesBy(page, name);
  if (name.startsWith("swap-")) trade(page.active, changes.active);
  return ahead.decide(changes);
}

/** Have two viewports change places; the number to tell the state with it. */
export function changePlaces(one, other) {
  const changes = swapped(ahead.page, one, other);
  trade(one, changes.active);
  return ahead.decide(changes);
}

// Images change places with all that is known of them, and need nothing of the server. A video is loaded anew.
function trade(one, other) {
  const [here, there] = [engines.get(one), engines.get(other)];
  if (here?.trade && there?.trade) here.trade(there);
}
