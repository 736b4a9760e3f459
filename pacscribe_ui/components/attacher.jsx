// The form that attaches one file to a study: what it is, whether the patient can be read in it, and that patient and
// study are the right ones. It is sent as any large upload is (`upload_engine.js`) and goes on where it broke off, also in
// a later tab; the server says what became of it.
import { useCallback, useEffect, useId, useRef, useState } from "react";
import { UploadEngine } from "./upload_engine.js";
import { Journal } from "./upload_journal.js";
import { UploadProgress, UploadsInPart, useWatchOver } from "./upload_progress.jsx";
import { State } from "./upload_record.js";
import { call } from "./upload_wire.js";

const UPLOADS = "/api/v1/tus";
const SHOW_EVERY_MS = 200;
const NOTHING_SAID = { description: "", origin: "scan", burned_in: "unknown" };

const usualOrigin = (type) => (/^(video|image\/jpeg)/.test(type) ? "photograph" : type === "image/png" ? "screen" : "scan");

/** What sends to this study; each `begin` asks the server anew what it has. */
function useSending(study, words) {
  const [engine, setEngine] = useState(null);
  const [, setTick] = useState(0);
  const timer = useRef(0);
  const show = useCallback(() => {
    timer.current ||= setTimeout(() => {
      timer.current = 0;
      setTick((before) => before + 1);
    }, SHOW_EVERY_MS);
  }, []);
  const begin = useCallback(async () => {
    const answer = await call({ method: "GET", url: UPLOADS });
    if (answer.status !== 200) return answer.status === 401 ? words.signed_out : words.out_of_reach;
    const { journal_key, uploads } = JSON.parse(answer.text);
    const made = new UploadEngine({ call, journal: await Journal.forgetful(journal_key), words, onChange: show });
    made.adopt(uploads.filter(({ attachment }) => attachment?.study_instance_uid === study));
    setEngine(made);
    return made;
  }, [study]);
  return { engine, begin };
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

/** Why the last file was not attached; nothing if it was. */
function problemOf(engine) {
  const failed = engine.items.find((item) => item.state === State.FAILED);
  if (failed) return failed.sentence;
  const { kind, reason } = engine.outcomes[engine.outcomes.length - 1];
  return kind === "stored" ? "" : reason;
}

export function Attacher({ endpoint, study, confirmation, patient, words, onAttached, ref: outerRef, ...rest }) {
  const [file, setFile] = useState(null);
  const [said, setSaid] = useState(NOTHING_SAID);
  const [isConfirmed, setIsConfirmed] = useState(false);
  const [problem, setProblem] = useState("");
  const { engine, begin } = useSending(study, words);
  const input = useRef(null);
  const id = useId();
  const summary = engine?.summary();
  const phase = summary?.phase || "idle";
  const isUnderWay = !["idle", "finished"].includes(phase);
  const parts = engine && !isUnderWay ? engine.inPart : [];
  const say = (name, value) => setSaid((before) => ({ ...before, [name]: value }));
  useWatchOver(phase);

  useEffect(() => {
    begin().then((made) => {
      if (typeof made === "string") return setProblem(made);
      const [part] = made.inPart;
      if (part) setSaid((({ description, origin, burned_in }) => ({ description, origin, burned_in }))(part.attachment));
    });
  }, [begin]);

  useEffect(() => {
    if (phase !== "finished") return;
    const why = problemOf(engine);
    setProblem(why);
    if (why) return;
    input.current.value = "";
    setFile(null);
    setSaid(NOTHING_SAID);
    setIsConfirmed(false);
    onAttached?.();
  }, [engine, phase]);

  const chosen = (picked) => {
    if (file) setIsConfirmed(false); // that was for another file
    setFile(picked);
    setProblem("");
    // What was said of a file that is here in part holds for the rest of it.
    if (picked && !parts.some((part) => part.source_name === picked.name)) say("origin", usualOrigin(picked.type));
  };

  const attach = async (event) => {
    event.preventDefault();
    if (!file) return setProblem(words.no_file);
    if (!isConfirmed) return setProblem(words.not_confirmed);
    setProblem("");
    const made = await begin();
    if (typeof made === "string") return setProblem(made);
    await made.add([{ file, name: file.name, attachment: { endpoint, said: { confirmation, ...said } } }]);
  };

  return (
    <form {...rest} ref={outerRef} className="attacher" aria-label={words.region} onSubmit={attach} noValidate>
      {isUnderWay && (
        <>
          <p>
            <span className="file-name">{engine.items.map(({ name }) => name).join(", ")}</span>
            <br />
            {words.to} <strong>{patient}</strong>
          </p>
          <UploadProgress engine={engine} summary={summary} words={words} />
        </>
      )}
      <fieldset className="attacher-form" hidden={isUnderWay}>
        <p className="under">{words.hint}</p>
        {parts.length > 0 && (
          <section className="uploader-unfinished" aria-label={words.unfinished}>
            <h3 className="card-subtitle">{words.unfinished}</h3>
            <UploadsInPart parts={parts} engine={engine} words={words} />
            <p className="under">{words.same_again}</p>
          </section>
        )}
        <div className="field">
          <label htmlFor={`${id}file`}>{words.file}</label>
          <input
            id={`${id}file`}
            ref={input}
            className="input"
            type="file"
            accept=".pdf,.jpg,.jpeg,.png,.mp4,application/pdf,image/jpeg,image/png,video/mp4"
            onChange={(event) => chosen(event.target.files[0] || null)}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}title`}>{words.description}</label>
          <input id={`${id}title`} className="input" maxLength={64} value={said.description} onChange={(event) => say("description", event.target.value)} />
        </div>
        <Choices legend={words.origin} name={`${id}origin`} options={["scan", "photograph", "screen"]} words={words} value={said.origin} onChange={(value) => say("origin", value)} />
        <Choices legend={words.burned_in} name={`${id}burned`} options={["unknown", "yes", "no"]} words={words} value={said.burned_in} onChange={(value) => say("burned_in", value)} />
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
        <button type="submit" className="button button--primary">
          {words.attach}
        </button>
      </fieldset>
    </form>
  );
}
