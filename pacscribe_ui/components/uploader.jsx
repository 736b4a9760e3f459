// The upload area: files, folders and archives are dropped or chosen; what is sent, how fast, and what became of each
// is shown here. The sending itself is in `upload_engine.js`; Python hears which studies arrived and how it ended.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { UploadEngine } from "./upload_engine.js";
import { filesOfDrop, filesOfInput } from "./upload_files.js";
import { Journal } from "./upload_journal.js";
import { UploadList, rowsOf } from "./upload_list.jsx";
import { csvOf, sizeText } from "./upload_plan.js";
import { UploadProgress, UploadsInPart, count, useWatchOver } from "./upload_progress.jsx";
import { KINDS } from "./upload_record.js";
import { call } from "./upload_wire.js";

const SHOW_EVERY_MS = 200;
const STUDIES_AT_ONCE = 50;

/** The engine of this page, once the server has said what it knows of earlier uploads. */
function useEngine(endpoint, words, onChange) {
  const [engine, setEngine] = useState(null);
  const [unfinished, setUnfinished] = useState(null);
  const [problem, setProblem] = useState("");
  const load = useCallback(async () => {
    setProblem("");
    const answer = await call({ method: "GET", url: endpoint });
    if (answer.status !== 200) return setProblem(answer.status === 401 ? words.signed_out : words.no_connection);
    const { journal_key, uploads } = JSON.parse(answer.text);
    const journal = await Journal.open(journal_key);
    const made = new UploadEngine({ call, journal, words, onChange });
    const [upload, answered] = [await journal.unfinished(), await journal.answered()];
    setUnfinished(upload && answered.size < upload.files ? { ...upload, answered: answered.size } : null);
    made.adopt(uploads.filter(({ attachment }) => !attachment)); // those are the business of their study's page
    setEngine(made);
  }, [endpoint]);
  useEffect(() => {
    load();
  }, [load]);
  return { engine, unfinished, setUnfinished, problem, load };
}

function saveReport(engine, words) {
  const rows = [[words.file, words.outcome, words.reason, "Study Instance UID", "Series Instance UID", "SOP Instance UID"]];
  for (const { name, kind, reason, study, series, instance, count: times = 1 } of engine.outcomes) {
    rows.push([name, times > 1 ? `${words[kind]} (${times})` : words[kind], reason, study, series, instance]);
  }
  for (const item of engine.items) if (item.state !== "done") rows.push([item.name, words[item.state], item.sentence, "", "", ""]);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csvOf(rows)], { type: "text/csv" }));
  link.download = `upload-${new Date().toISOString().slice(0, 16).replace(/[T:]/g, "-")}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function Uploader({ endpoint, words, onStudies, onFinished, ref: outerRef, ...rest }) {
  const [tick, setTick] = useState(0);
  const [isOver, setIsOver] = useState(false);
  const handlers = useRef({});
  handlers.current = { onStudies, onFinished };
  const shown = useRef({ timer: 0, studies: new Set(), endings: 0 });
  const filesInput = useRef(null);
  const folderInput = useRef(null);

  const show = useCallback(() => {
    shown.current.timer ||= setTimeout(() => {
      shown.current.timer = 0;
      setTick((before) => before + 1);
    }, SHOW_EVERY_MS);
  }, []);
  const { engine, unfinished, setUnfinished, problem, load } = useEngine(endpoint, words, show);
  const summary = engine?.summary();
  const phase = summary?.phase || "idle";
  // Never older than the heading over them.
  const rows = useMemo(() => (engine ? rowsOf(engine) : []), [engine, tick, phase]);
  useWatchOver(phase);

  useEffect(() => {
    if (!engine || phase === "idle") return;
    const told = shown.current;
    if (told.of !== engine.outcomes) [told.of, told.from] = [engine.outcomes, 0];
    const fresh = engine.outcomes.slice(told.from).map((outcome) => outcome.study).filter((uid) => uid && !told.studies.has(uid));
    told.from = engine.outcomes.length;
    for (const uid of fresh) told.studies.add(uid);
    if (fresh.length) handlers.current.onStudies?.([...told.studies].slice(-STUDIES_AT_ONCE));
    if (phase === "finished" && told.endings !== engine.endings) {
      told.endings = engine.endings;
      handlers.current.onFinished?.({ ...summary.counts, unsent: summary.states.failed });
    }
  });

  useEffect(() => {
    const online = () => engine?.holding && engine.wake();
    window.addEventListener("online", online);
    return () => window.removeEventListener("online", online);
  }, [engine]);

  const ready = useRef(engine);
  ready.current = engine;
  const early = useRef([]); // chosen before the server has said what it knows
  const take = (found) => (ready.current ? ready.current.addAll(found) : early.current.push(found));
  useEffect(() => {
    if (engine) early.current.splice(0).forEach(take);
  }, [engine]);
  const dropped = (event) => {
    event.preventDefault();
    setIsOver(false);
    take(filesOfDrop(event.dataTransfer));
  };
  const latest = useRef(dropped);
  latest.current = dropped;

  // A drop beside the area would otherwise make the browser leave the page and open the file.
  useEffect(() => {
    const over = (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      setIsOver(true);
    };
    const left = (event) => event.relatedTarget === null && setIsOver(false);
    const drop = (event) => latest.current(event);
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", left);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", left);
      window.removeEventListener("drop", drop);
    };
  }, []);

  const pickedIn = (input) => {
    const files = filesOfInput(input);
    input.value = "";
    take(files);
  };
  const picked = (event) => pickedIn(event.target);
  // What was chosen before this page was alive.
  useEffect(() => {
    for (const input of [filesInput.current, folderInput.current]) if (input.files.length) pickedIn(input);
  }, []);
  const isIdle = phase === "idle";

  return (
    <div {...rest} ref={outerRef} className="uploader-parts">
      <section className={`uploader${isOver ? " uploader-over" : ""}${isIdle ? "" : " uploader--small"}`} aria-label={words.region}>
        <input ref={filesInput} type="file" multiple hidden data-testid="upload-files" aria-label={words.choose_files} onChange={picked} />
        <input ref={folderInput} type="file" webkitdirectory="" hidden data-testid="upload-folder" aria-label={words.choose_folder} onChange={picked} />
        <div className="uploader-words">
          <p className="uploader-title">
            {engine?.isLooking ? `${words.looking} ${count(engine.items.length)}` : isIdle ? words.drop_here : words.drop_more}
          </p>
          {isIdle && <p className="uploader-hint">{words.hint}</p>}
        </div>
        <div className="uploader-buttons">
          <button type="button" className={`button button--${isIdle ? "primary" : "secondary"}`} disabled={!engine} onClick={() => filesInput.current.click()}>
            {words.choose_files}
          </button>
          {"webkitdirectory" in HTMLInputElement.prototype && (
            <button type="button" className="button button--secondary" disabled={!engine} onClick={() => folderInput.current.click()}>
              {words.choose_folder}
            </button>
          )}
        </div>
      </section>
      {problem && (
        <p className="uploader-problem" role="alert">
          {problem}{" "}
          <button type="button" className="button button--secondary" onClick={load}>
            {words.try_again}
          </button>
        </p>
      )}
      {engine && <Unfinished engine={engine} upload={engine.hasFiles ? null : unfinished} words={words} onForget={() => engine.journal.clear().then(() => setUnfinished(null))} />}
      {engine && !isIdle && <Result engine={engine} summary={summary} rows={rows} words={words} />}
    </div>
  );
}

function Unfinished({ engine, upload, words, onForget }) {
  const parts = engine.inPart;
  if (!upload && !parts.length) return null;
  return (
    <section className="uploader-unfinished" aria-label={words.unfinished}>
      <h2 className="card-subtitle">{words.unfinished}</h2>
      {upload && (
        <p>
          {count(upload.answered)} {words.of} {count(upload.files)} {words.files_answered} ({sizeText(upload.bytes)}). {words.same_again}{" "}
          <button type="button" className="button button--quiet button--small" onClick={onForget}>
            {words.forget}
          </button>
        </p>
      )}
      {parts.length > 0 && <UploadsInPart parts={parts} engine={engine} words={words} />}
      {!upload && <p className="under">{words.same_again}</p>}
    </section>
  );
}

function Result({ engine, summary, rows, words }) {
  const { counts } = summary;
  return (
    <section className="upload-result" aria-label={words.result}>
      <UploadProgress engine={engine} summary={summary} words={words}>
        <button type="button" className="button button--secondary" onClick={() => saveReport(engine, words)}>
          {words.save_report}
        </button>
      </UploadProgress>
      <dl className="counts">
        {KINDS.map((kind) => (
          <div key={kind} className={counts[kind] ? "count" : "count count--none"}>
            <dt>{words[kind]}</dt>
            <dd className="count-number">{count(counts[kind])}</dd>
            <dd className="under">{words[`${kind}_hint`]}</dd>
          </div>
        ))}
      </dl>
      <UploadList rows={rows} words={words} />
    </section>
  );
}
