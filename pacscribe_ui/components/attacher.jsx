// The form that attaches one file to a study: what it is, whether the patient can be read in it, and that patient and
// study are the right ones. The server says what became of it.
import { useId, useRef, useState } from "react";
import { call } from "./upload_wire.js";

const inBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

function sentenceOf(answer, words) {
  if (!answer.status) return words.no_connection;
  try {
    const told = JSON.parse(answer.text);
    return told.error || told.reason || words.failed;
  } catch {
    return words.failed;
  }
}

function Choices({ legend, name, options, words, value, onChange }) {
  return (
    <fieldset className="attacher-choices">
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option} className="check">
          <input type="radio" name={name} value={option} checked={value === option} onChange={() => onChange(option)} />
          {words[option]}
        </label>
      ))}
    </fieldset>
  );
}

export function Attacher({ endpoint, confirmation, patient, words, onAttached, ref: outerRef, ...rest }) {
  const [file, setFile] = useState(null);
  const [description, setDescription] = useState("");
  const [origin, setOrigin] = useState("scan");
  const [burnedIn, setBurnedIn] = useState("unknown");
  const [isConfirmed, setIsConfirmed] = useState(false);
  const [problem, setProblem] = useState("");
  const [share, setShare] = useState(-1);
  const input = useRef(null);
  const id = useId();

  const attach = async (event) => {
    event.preventDefault();
    if (!file) return setProblem(words.no_file);
    if (!isConfirmed) return setProblem(words.not_confirmed);
    setProblem("");
    setShare(0);
    const said = { confirmation, description, origin, burned_in: burnedIn };
    const answer = await call({
      method: "POST",
      url: endpoint,
      headers: { "attachment-answers": inBase64(JSON.stringify(said)), "content-type": "application/octet-stream" },
      body: file,
      onBytes: (loaded) => setShare(file.size ? loaded / file.size : 1),
    });
    setShare(-1);
    const outcome = answer.status === 200 ? JSON.parse(answer.text) : null;
    if (outcome?.kind !== "stored") return setProblem(sentenceOf(answer, words));
    input.current.value = "";
    setFile(null);
    setDescription("");
    setIsConfirmed(false);
    onAttached?.();
  };

  const isBusy = share >= 0;
  return (
    <form {...rest} ref={outerRef} className="attacher" aria-label={words.region} onSubmit={attach} noValidate>
      <p className="under">{words.hint}</p>
      <div className="field">
        <label htmlFor={`${id}file`}>{words.file}</label>
        <input
          id={`${id}file`}
          ref={input}
          className="input"
          type="file"
          accept=".pdf,.jpg,.jpeg,.png,.mp4,application/pdf,image/jpeg,image/png,video/mp4"
          onChange={(event) => {
            const chosen = event.target.files[0] || null;
            setFile(chosen);
            setProblem("");
            if (chosen) setOrigin(/^(video|image\/jpeg)/.test(chosen.type) ? "photograph" : chosen.type === "image/png" ? "screen" : "scan");
          }}
        />
      </div>
      <div className="field">
        <label htmlFor={`${id}title`}>{words.description}</label>
        <input id={`${id}title`} className="input" maxLength={64} value={description} onChange={(event) => setDescription(event.target.value)} />
      </div>
      <Choices legend={words.origin} name={`${id}origin`} options={["scan", "photograph", "screen"]} words={words} value={origin} onChange={setOrigin} />
      <Choices legend={words.burned_in} name={`${id}burned`} options={["unknown", "yes", "no"]} words={words} value={burnedIn} onChange={setBurnedIn} />
      <label className="check attacher-confirm">
        <input type="checkbox" checked={isConfirmed} onChange={(event) => setIsConfirmed(event.target.checked)} />
        <span>
          {words.confirm} <strong>{patient}</strong>
        </span>
      </label>
      {problem && (
        <p className="uploader-problem" role="alert">
          {problem}
        </p>
      )}
      {isBusy && <progress value={share} max={1} aria-label={words.sending} />}
      <button type="submit" className="button button--primary" disabled={isBusy}>
        {isBusy ? words.sending : words.attach}
      </button>
    </form>
  );
}
