// The sentence about what just happened, of the page's state or of the browser itself: the last one holds.
import { Children, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useLocation } from "react-router";
import { SAID_EVENT } from "./say.js";

const SILENCE = Object.freeze({ kind: "status", text: "", key: "", isOfState: false });

// A region that is always there for each kind, so that it is read out; its children are their icons, in that order.
export function Notices({ kind, text, serial, close, onDismiss, children, ref: _ref }) {
  const { pathname } = useLocation();
  const [shown, show] = useState(SILENCE);
  const count = useRef(0);
  const [good, bad, cross] = Children.toArray(children);

  useEffect(() => {
    const heard = ({ detail }) => {
      count.current += 1;
      show({ ...detail, key: `browser-${count.current}`, isOfState: false });
    };
    window.addEventListener(SAID_EVENT, heard);
    return () => window.removeEventListener(SAID_EVENT, heard);
  }, []);

  useLayoutEffect(() => show(SILENCE), [pathname]);
  useLayoutEffect(() => {
    const said = { kind: kind === "alert" ? kind : "status", text, key: `state-${serial}`, isOfState: true };
    // What the state takes back is its own.
    show((now) => (text || now.isOfState ? said : now));
  }, [kind, text, serial]);

  const dismiss = () => {
    show(SILENCE);
    if (shown.isOfState) onDismiss?.();
  };
  const region = (role, icon) => (
    <div role={role} aria-live={role === "alert" ? "assertive" : "polite"}>
      {shown.text && shown.kind === role ? (
        <div key={shown.key} className={`notice notice--${role}`}>
          {icon}
          <p>{shown.text}</p>
          <button
            type="button" className="button button--quiet button--small button--icon" aria-label={close} title={close}
            onClick={dismiss}
          >
            {cross}
          </button>
        </div>
      ) : null}
    </div>
  );
  return <div className="notices">{region("status", good)}{region("alert", bad)}</div>;
}
