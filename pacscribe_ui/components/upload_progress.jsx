// How far an upload is, how fast it goes, and what can be done about it.
import { useEffect } from "react";
import { sizeText, timeText } from "./upload_plan.js";

const OVER = ["idle", "finished", "stopped"];

export const count = (number) => number.toLocaleString("en");

/** Keeps the screen on and asks before the page goes, while something is under way. */
export function useWatchOver(phase) {
  const isRunning = !OVER.includes(phase);
  useEffect(() => {
    if (!isRunning) return undefined;
    let lock = null;
    const hold = async () => {
      if (document.visibilityState !== "visible") return;
      lock = (await navigator.wakeLock?.request("screen").catch(() => null)) || null; // refused on a low battery
    };
    const warn = (event) => event.preventDefault();
    hold();
    document.addEventListener("visibilitychange", hold);
    window.addEventListener("beforeunload", warn);
    return () => {
      document.removeEventListener("visibilitychange", hold);
      window.removeEventListener("beforeunload", warn);
      lock?.release();
    };
  }, [isRunning]);
}

export function UploadProgress({ engine, summary, words, children }) {
  const { phase, sentBytes, bytes, files, states, bytesPerSecond, secondsLeft } = summary;
  const isKnown = !engine.isLooking; // how much it is in all
  const percent = bytes ? Math.floor((100 * sentBytes) / bytes) : 100;
  const isInPart = phase === "finished" && states.failed > 0;
  const title = { holding: engine.holding?.sentence, stopped: engine.stopped }[phase] || words[isInPart ? "phase_in_part" : `phase_${phase}`];
  const left = phase === "sending" && isKnown ? timeText(secondsLeft, words) : "";
  return (
    <div className="uploader-progress">
      <div className="uploader-head">
        <h2 className="uploader-title">
          <span role="status">{title}</span>
        </h2>
        <div className="uploader-buttons">
          {["paused", "stopped"].includes(phase) && (
            <button type="button" className="button button--primary" onClick={() => engine.resume()}>
              {words.resume}
            </button>
          )}
          {phase === "holding" && (
            <button type="button" className="button button--secondary" onClick={() => engine.wake()}>
              {words.try_again}
            </button>
          )}
          {["sending", "holding"].includes(phase) && (
            <button type="button" className="button button--secondary" onClick={() => engine.pause()}>
              {words.pause}
            </button>
          )}
          {states.failed > 0 && (
            <button type="button" className="button button--primary" onClick={() => engine.retry()}>
              {words.send_again} ({count(states.failed)})
            </button>
          )}
          {phase !== "finished" && phase !== "storing" && (
            <button type="button" className="button button--secondary" onClick={() => engine.cancel()}>
              {words.cancel}
            </button>
          )}
          {children}
        </div>
      </div>
      <progress value={sentBytes} max={bytes || 1} aria-label={words.progress} />
      <p className="uploader-hint">
        {isKnown && `${percent} % · `}
        {sizeText(sentBytes)} {words.of} {sizeText(bytes)}
        {files > 1 && ` · ${count(states.done)} ${words.of} ${count(files)} ${words.files_done}`}
        {phase === "sending" && bytesPerSecond > 0 && ` · ${sizeText(bytesPerSecond)}/s`}
        {left && ` · ${left} ${words.left}`}
      </p>
    </div>
  );
}

/** What an earlier visit has sent in part, each with how much of it is here, and a way to give it up. */
export function UploadsInPart({ parts, engine, words }) {
  return (
    <ul className="uploader-in-part">
      {parts.map((part) => (
        <li key={part.id}>
          <span className="file-name">{part.source_name}</span>
          <span className="under">
            {sizeText(part.received_bytes)} {words.of} {sizeText(part.size_bytes)}
          </span>
          <button type="button" className="button button--quiet button--small" aria-label={`${words.remove}: ${part.source_name}`} onClick={() => engine.remove(part)}>
            {words.remove}
          </button>
        </li>
      ))}
    </ul>
  );
}
