// Picks files, folders and archives, and sends them in small requests, two at a time. What becomes of each
// instance comes back line by line and is handed to Python; only the progress bar lives here.
import { useCallback, useEffect, useRef, useState } from "react";

const FILES_PER_REQUEST = 40;
const BYTES_PER_REQUEST = 24 * 1024 * 1024;
const REQUESTS_AT_ONCE = 2;
const REPORT_EVERY_MS = 250;
const OUTCOMES_PER_EVENT = 100;

async function filesOfEntry(entry, path, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ file, name: path + file.name });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    for (const inner of entries) await filesOfEntry(inner, path + entry.name + "/", found);
  }
}

async function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
  const found = [];
  if (entries.some(Boolean)) {
    for (const entry of entries) if (entry) await filesOfEntry(entry, "", found);
    return found;
  }
  return [...transfer.files].map((file) => ({ file, name: file.name }));
}

function intoRequests(files) {
  const requests = [];
  let current = [];
  let bytes = 0;
  for (const file of files) {
    if (current.length && (current.length >= FILES_PER_REQUEST || bytes + file.file.size > BYTES_PER_REQUEST)) {
      requests.push(current);
      current = [];
      bytes = 0;
    }
    current.push(file);
    bytes += file.file.size;
  }
  if (current.length) requests.push(current);
  return requests;
}

// Sends one request. Resolves to the files whose outcome did not come back.
function send(endpoint, files, onBytes, onOutcome, register) {
  return new Promise((resolve) => {
    const form = new FormData();
    for (const { file, name } of files) form.append("files", file, name);
    const request = new XMLHttpRequest();
    let read = 0;
    let complete = false;
    let sentence = "";
    const takeLines = () => {
      const text = request.responseText;
      for (let end = text.indexOf("\n", read); end >= 0; end = text.indexOf("\n", read)) {
        const line = JSON.parse(text.slice(read, end));
        read = end + 1;
        if (line.done) complete = true;
        else if (line.error) sentence = line.error;
        else onOutcome(line);
      }
    };
    request.upload.onprogress = (event) => onBytes(event.loaded);
    request.onprogress = () => request.status === 200 && takeLines();
    request.onloadend = () => {
      if (request.status === 200) takeLines();
      else if (request.status) {
        try {
          sentence = JSON.parse(request.responseText).error;
        } catch {
          sentence = "";
        }
      }
      resolve(complete ? null : { files, sentence });
    };
    request.open("POST", endpoint);
    request.setRequestHeader("accept", "application/x-ndjson");
    register(request);
    request.send(form);
  });
}

const rate = (bytes, seconds) => (seconds > 0.5 ? bytes / seconds : 0);
const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

export function Uploader({ endpoint, words, onOutcomes, onFinished, ref: outerRef, ...rest }) {
  const [progress, setProgress] = useState(null);
  const [failed, setFailed] = useState([]);
  const [isOver, setIsOver] = useState(false);
  const job = useRef(null);
  const filesInput = useRef(null);
  const folderInput = useRef(null);
  const handlers = useRef({});
  handlers.current = { onOutcomes, onFinished };

  const start = useCallback(
    async (files) => {
      if (!files.length || job.current) return;
      const total = files.reduce((sum, { file }) => sum + file.size, 0);
      const run = { cancelled: false, requests: new Set(), waiting: intoRequests(files), outcomes: [], sent: new Map() };
      job.current = run;
      setFailed([]);
      const began = performance.now();
      let answered = 0;
      const flush = () => {
        while (run.outcomes.length) handlers.current.onOutcomes?.(run.outcomes.splice(0, OUTCOMES_PER_EVENT));
        const sent = Math.min(total, [...run.sent.values()].reduce((sum, bytes) => sum + bytes, 0));
        setProgress({ sent, total, files: files.length, answered, seconds: (performance.now() - began) / 1000 });
      };
      flush();
      const timer = setInterval(flush, REPORT_EVERY_MS);
      const lost = [];
      const worker = async () => {
        while (run.waiting.length && !run.cancelled) {
          const batch = run.waiting.shift();
          const bytes = batch.reduce((sum, { file }) => sum + file.size, 0);
          const failure = await send(
            endpoint,
            batch,
            (loaded) => run.sent.set(batch, Math.min(loaded, bytes)),
            (outcome) => {
              answered += 1;
              run.outcomes.push(outcome);
            },
            (request) => run.requests.add(request),
          );
          run.sent.set(batch, bytes);
          if (failure) lost.push(failure);
        }
      };
      await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, worker));
      clearInterval(timer);
      flush();
      const unsent = [...lost.flatMap((failure) => failure.files), ...run.waiting.flat()];
      const sentence = lost.map((failure) => failure.sentence).find(Boolean) || "";
      job.current = null;
      setProgress(null);
      setFailed(unsent);
      handlers.current.onFinished?.(unsent.length, run.cancelled ? "cancelled" : sentence);
    },
    [endpoint],
  );

  const cancel = () => {
    if (!job.current) return;
    job.current.cancelled = true;
    for (const request of job.current.requests) request.abort();
  };

  useEffect(() => {
    const warn = (event) => job.current && event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, []);

  const picked = (event) => {
    const files = [...event.target.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
    event.target.value = "";
    start(files);
  };

  const percent = progress && progress.total ? Math.floor((100 * progress.sent) / progress.total) : 0;
  const speed = progress ? rate(progress.sent, progress.seconds) : 0;
  const secondsLeft = speed ? Math.ceil((progress.total - progress.sent) / speed) : 0;

  return (
    <section
      {...rest}
      ref={outerRef}
      className={"uploader" + (isOver ? " uploader-over" : "")}
      aria-label={words.region}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={async (event) => {
        event.preventDefault();
        setIsOver(false);
        start(await filesOfDrop(event.dataTransfer));
      }}
    >
      <input ref={filesInput} type="file" multiple hidden data-testid="upload-files" aria-label={words.choose_files} onChange={picked} />
      <input ref={folderInput} type="file" webkitdirectory="" hidden data-testid="upload-folder" aria-label={words.choose_folder} onChange={picked} />
      {!progress && (
        <>
          <p className="uploader-title">{words.drop_here}</p>
          <p className="uploader-hint">{words.hint}</p>
          <div className="uploader-buttons">
            <button type="button" className="button button--primary" onClick={() => filesInput.current.click()}>
              {words.choose_files}
            </button>
            <button type="button" className="button button--secondary" onClick={() => folderInput.current.click()}>
              {words.choose_folder}
            </button>
          </div>
        </>
      )}
      {progress && (
        <div className="uploader-progress">
          <p className="uploader-title">
            {progress.sent < progress.total ? words.sending : words.storing} {percent} %
          </p>
          <progress value={progress.sent} max={progress.total || 1} aria-label={words.progress} />
          <p className="uploader-hint">
            {megabytes(progress.sent)} / {megabytes(progress.total)} MB · {progress.answered} {words.answered}
            {speed > 0 && ` · ${megabytes(speed)} MB/s`}
            {secondsLeft > 1 && ` · ${secondsLeft} s ${words.left}`}
          </p>
          <button type="button" className="button button--secondary" onClick={cancel}>
            {words.cancel}
          </button>
        </div>
      )}
      {!progress && failed.length > 0 && (
        <p className="uploader-failed" role="alert">
          {failed.length} {words.not_sent}{" "}
          <button type="button" className="button button--secondary" onClick={() => start(failed)}>
            {words.send_again}
          </button>
        </p>
      )}
    </section>
  );
}
