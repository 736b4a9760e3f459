// Makes a passkey for somebody who is signed in: a name, then the browser's own dialog. The challenge comes from the
// state, which gets the answer.
import { useEffect, useId, useRef, useState } from "react";
import { makePasskey, sentenceOf } from "./passkey.js";

export function PasskeyMaker({ options, words, onMade, onDismiss, problem = "", ref: _ref, ...rest }) {
  const id = useId();
  const name = useRef(null);
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  useEffect(() => { if (problem) setIsBusy(false); }, [problem]);

  const make = async (event) => {
    event.preventDefault();
    setIsBusy(true);
    setRefusal("");
    try {
      const answer = await makePasskey(JSON.parse(options));
      onMade?.({ answer, name: name.current?.value || "" });
    } catch (trouble) {
      setRefusal(sentenceOf(trouble, words));
      setIsBusy(false);
    }
  };

  return (
    <form {...rest} onSubmit={make} className="stack">
      <div className="field">
        <label className="field-label" htmlFor={`${id}-name`}>{words.name_label}</label>
        <input id={`${id}-name`} ref={name} type="text" className="input" maxLength={60} autoComplete="off" autoFocus aria-describedby={`${id}-hint ${id}-refusal`} />
        <p id={`${id}-hint`} className="field-hint">{words.name_hint}</p>
      </div>
      <p id={`${id}-refusal`} className="field-error" role="alert">{refusal || problem}</p>
      <div className="dialog-actions">
        <button type="button" className="button button--secondary" onClick={() => onDismiss?.()}>{words.cancel}</button>
        <button type="submit" className="button button--primary" disabled={isBusy}>{isBusy ? words.waiting : words.create}</button>
      </div>
    </form>
  );
}
