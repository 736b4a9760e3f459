// Asks for the password before a dangerous act. The answer exchanges the session's token, so it is a request of
// its own and not an event; the act itself waits on the server, and goes on with `onProved`.
import { useEffect, useId, useRef, useState } from "react";

export function StepUp({ isOpen = false, words, onProved, onDismiss, ref: _ref, ...rest }) {
  return isOpen ? <Asking {...rest} words={words} onProved={onProved} onDismiss={onDismiss} /> : null;
}

function Asking({ words, onProved, onDismiss, ...rest }) {
  const dialog = useRef(null);
  const password = useRef(null);
  const id = useId();
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState("");

  useEffect(() => {
    const element = dialog.current;
    if (!element.open) element.showModal();
    // Closing it as a dialog gives the focus back to where it was.
    return () => element.close();
  }, []);

  const prove = async (event) => {
    event.preventDefault();
    const typed = password.current.value;
    // The field is emptied at once: a password is not left standing on a screen that others may use.
    password.current.value = "";
    setIsBusy(true);
    setRefusal("");
    const problem = await send({ password: typed }, words);
    if (!problem) return onProved?.();
    setRefusal(problem);
    setIsBusy(false);
    password.current?.focus();
  };

  return (
    <dialog
      {...rest}
      ref={dialog}
      className="dialog"
      aria-labelledby={`${id}-title`}
      onCancel={(event) => { event.preventDefault(); if (!isBusy) onDismiss?.(); }}
    >
      <h2 id={`${id}-title`} className="dialog-title">{words.title}</h2>
      <p>{words.lead}</p>
      <form onSubmit={prove} className="stack">
        <div className="field">
          <label className="field-label" htmlFor={`${id}-password`}>{words.password}</label>
          <input
            id={`${id}-password`}
            ref={password}
            type="password"
            className="input"
            autoComplete="current-password"
            required
            autoFocus
            aria-describedby={`${id}-refusal`}
            aria-invalid={refusal ? true : undefined}
          />
          <p id={`${id}-refusal`} className="field-error" role="alert">{refusal}</p>
        </div>
        <div className="dialog-actions">
          <button type="button" className="button button--secondary" disabled={isBusy} onClick={() => onDismiss?.()}>{words.cancel}</button>
          <button type="submit" className="button button--primary" disabled={isBusy}>{isBusy ? words.confirming : words.confirm}</button>
        </div>
      </form>
    </dialog>
  );
}

// Empty when it was proved, else the sentence that says why not.
async function send(proof, words) {
  try {
    const response = await fetch("/api/v1/step-up", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(proof),
    });
    if (response.ok) return "";
    return (await response.json()).error || words.no_connection;
  } catch {
    return words.no_connection;
  }
}
