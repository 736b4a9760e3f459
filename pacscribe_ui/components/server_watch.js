// Notices that a server which was away answers again. Lines to it are tried ever less often, and browsers let a socket that
// failed often wait besides; a small question now and then costs little, and whoever waits need wait no longer.

/** An event of the window: the server answers. */
export const SERVER_BACK_EVENT = "pacscribe-server-back";

const ASK_EVERY_MS = 1000;
// It answers, but the line that is waited for does not come.
const ASK_THEN_EVERY_MS = 5000;

/** Ask until it is stopped, and tell whenever there is an answer. Returns what stops it. */
export function watchForServer() {
  let timer = null;
  let isOver = false;
  // Not all at the same moment, where a server comes back to many readers.
  const soon = (ms) => { timer = setTimeout(ask, ms * (0.5 + Math.random())); };
  const ask = async () => {
    const isThere = await fetch("/healthz", { cache: "no-store" }).then(({ ok }) => ok, () => false);
    if (isOver) return;
    if (isThere) globalThis.dispatchEvent(new Event(SERVER_BACK_EVENT));
    soon(isThere ? ASK_THEN_EVERY_MS : ASK_EVERY_MS);
  };
  soon(ASK_EVERY_MS);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
