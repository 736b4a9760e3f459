// A sentence that the browser says by itself about what just happened; `notices.jsx` shows it. An event of the window, for
// whoever says it and whoever shows it may be of different parts of the page.

export const SAID_EVENT = "pacscribe-said";

/** Say something: nobody waits for the page's state. `kind` is `status` or `alert`. */
export function say(kind, text) {
  window.dispatchEvent(new CustomEvent(SAID_EVENT, { detail: { kind, text } }));
}
