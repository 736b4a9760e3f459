// Watches the session's end: warns a minute before, with a button to stay, and blanks the page when it is over, so
// that nobody's images stand on an empty desk. All tabs of a browser keep in step. Only what a person does, a key, a
// pointer, a wheel, keeps the session; what the page does by itself never does.
import { useEffect, useId, useRef, useState } from "react";
import { SessionClock } from "./session_clock.js";

const CHANNEL = "pacscribe-session";
const HANDS = ["keydown", "pointerdown", "wheel"];

// First everything goes from the page, then the page itself: also where no server answers.
function blank() {
  const next = encodeURIComponent(window.location.pathname + window.location.search);
  // A page that would ask whether it may be left must not hold what it shows.
  window.addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), { capture: true });
  document.body.replaceChildren();
  document.title = "PACScribe";
  window.location.replace(`/sign-in?refused=ended&next=${next}`);
}

export function SessionWatch({ isSignedIn = false, words, ref: _ref, ...rest }) {
  return isSignedIn ? <Watch {...rest} words={words} /> : null;
}

function Watch({ words, ...rest }) {
  const id = useId();
  const dialog = useRef(null);
  const now = useRef({});
  const [phase, setPhase] = useState("calm");
  const [seconds, setSeconds] = useState(0);
  const [isUnderstood, setIsUnderstood] = useState(false);

  useEffect(() => {
    const clock = new SessionClock();
    const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    let timer = null;
    let isThere = true;

    const over = () => {
      if (!isThere) return;
      isThere = false;
      channel?.postMessage("over");
      blank();
    };
    const look = () => {
      clearTimeout(timer);
      if (!isThere) return;
      const at = performance.now();
      const found = clock.phase(at);
      setPhase(found === "over" ? "idle" : found);
      setSeconds(clock.secondsLeft(at));
      // At the end the server is asked once more: another window may have kept the session.
      timer = setTimeout(clock.wait(at) > 1000 || found === "over" ? ask : look, found === "over" ? 0 : clock.wait(at));
    };
    const ask = async () => {
      const askedAt = performance.now();
      try {
        const response = await fetch("/api/v1/session");
        if (response.ok) clock.heard(await response.json(), askedAt);
      } catch {
        // No server, no answer; what was heard before still holds.
      }
      if (clock.phase(performance.now()) === "over") return over();
      return look();
    };
    const stay = async () => {
      clock.toldAt = performance.now();
      try {
        await fetch("/api/v1/session/stay", { method: "POST" });
      } catch {
        return look();
      }
      channel?.postMessage("stayed");
      return ask();
    };
    const hand = (event) => { if (event.isTrusted && clock.tells(performance.now())) stay(); };
    const front = () => { if (document.visibilityState === "visible") ask(); };

    // Another tab that signs out has not yet done so when it says it.
    const leaves = (event) => { if (event.target?.action?.endsWith("/sign-out")) channel?.postMessage("leaves"); };

    if (channel) {
      channel.onmessage = ({ data }) => {
        if (data === "over") over();
        else if (data === "leaves") setTimeout(ask, 1000);
        else ask();
      };
    }
    document.addEventListener("submit", leaves);
    for (const name of HANDS) window.addEventListener(name, hand, { passive: true, capture: true });
    document.addEventListener("visibilitychange", front);
    window.addEventListener("online", ask);
    now.current = { stay };
    ask();
    return () => {
      isThere = false;
      clearTimeout(timer);
      channel?.close();
      for (const name of HANDS) window.removeEventListener(name, hand, { capture: true });
      document.removeEventListener("submit", leaves);
      document.removeEventListener("visibilitychange", front);
      window.removeEventListener("online", ask);
    };
  }, []);

  const warns = phase === "idle" || (phase === "longest" && !isUnderstood);
  useEffect(() => {
    const element = dialog.current;
    if (warns && element && !element.open) element.showModal();
    if (!warns && element?.open) element.close();
  }, [warns]);

  const count = seconds === 1 ? words.second : words.seconds.replace("{count}", seconds);
  const lead = (phase === "longest" ? words.last : words.lead).replace("{time}", count);
  const go = () => (phase === "longest" ? setIsUnderstood(true) : now.current.stay());
  return (
    <dialog
      {...rest}
      ref={dialog}
      className="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-lead`}
      onCancel={(event) => { event.preventDefault(); go(); }}
    >
      {warns && (
        <>
          <h2 id={`${id}-title`} className="dialog-title">{phase === "longest" ? words.last_title : words.title}</h2>
          <p id={`${id}-lead`} className="numbers">{lead}</p>
          <div className="dialog-actions">
            <form action="/api/v1/sign-out" method="post">
              <button type="submit" className="button button--secondary">{words.leave}</button>
            </form>
            <button type="button" className="button button--primary" autoFocus onClick={go}>
              {phase === "longest" ? words.understood : words.stay}
            </button>
          </div>
        </>
      )}
    </dialog>
  );
}
