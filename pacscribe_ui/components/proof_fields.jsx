// What proves who somebody is: password, a code for who holds a second factor, or a passkey. Used where an act asks
// for it; what is typed goes to the server in one request and nowhere else.
import { useEffect, useId, useRef, useState } from "react";
import { hasPasskeys, post, sentenceOf, usePasskey } from "./passkey.js";

// `send` gets the proof, and resolves when it was taken; it rejects with `{sentence}` or an error with a message.
export function ProofForm({ words, send, onCancel, children }) {
  const id = useId();
  const password = useRef(null);
  const code = useRef(null);
  const [choices, setChoices] = useState(null);
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState("");

  useEffect(() => {
    let isThere = true;
    fetch("/api/v1/step-up")
      .then((response) => (response.ok ? response.json() : {}))
      .catch(() => ({}))
      .then((found) => { if (isThere) setChoices(found); });
    return () => { isThere = false; };
  }, []);

  const prove = async (given) => {
    setIsBusy(true);
    setRefusal("");
    try {
      await send(await given());
    } catch (problem) {
      setRefusal(problem?.reason !== undefined && problem.message ? problem.message : sentenceOf(problem, words));
      setIsBusy(false);
      password.current?.focus();
    }
  };
  const typed = (event) => {
    event.preventDefault();
    const proof = { password: password.current.value, code: code.current?.value || "" };
    // The fields are emptied at once: a password is not left standing on a screen that others may use.
    password.current.value = "";
    if (code.current) code.current.value = "";
    prove(async () => proof);
  };
  const withPasskey = () => prove(async () => {
    const { ceremony, options } = await post("step-up/passkey", {}, words);
    return { ceremony, passkey: await usePasskey(options) };
  });

  return (
    <form onSubmit={typed} className="stack">
      {children}
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
      </div>
      {choices?.needs_code && (
        <div className="field">
          <label className="field-label" htmlFor={`${id}-code`}>{words.code}</label>
          <input id={`${id}-code`} ref={code} type="text" inputMode="text" className="input" autoComplete="one-time-code" maxLength={20} required />
        </div>
      )}
      <p id={`${id}-refusal`} className="field-error" role="alert">{refusal}</p>
      <div className="dialog-actions">
        <button type="button" className="button button--secondary" disabled={isBusy} onClick={onCancel}>{words.cancel}</button>
        {choices?.has_passkey && hasPasskeys() && (
          <button type="button" className="button button--secondary" disabled={isBusy} onClick={withPasskey}>{words.passkey}</button>
        )}
        <button type="submit" className="button button--primary" disabled={isBusy}>{isBusy ? words.confirming : words.confirm}</button>
      </div>
    </form>
  );
}
