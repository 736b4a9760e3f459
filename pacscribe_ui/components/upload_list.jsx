// The files of an upload, however many: only the rows in sight are on the page. What needs attention comes first, then
// what is under way, then what waits, then the rest.
import { useLayoutEffect, useRef, useState } from "react";
import { sizeText } from "./upload_plan.js";
import { KINDS, State, isProblem } from "./upload_record.js";

const SPARE_ROWS = 6;

const SHAPES = {
  check: ["M8 2.5a5.5 5.5 0 1 1 0 11A5.5 5.5 0 0 1 8 2.5Z", "m5.4 8.2 1.8 1.8 3.4-3.8"],
  dot: ["M8 5a3 3 0 1 1 0 6A3 3 0 0 1 8 5Z"],
  half: ["M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z", "M8 3a5 5 0 0 0 0 10Z"],
  line: ["M4 8h8"],
  ring: ["M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z"],
  cross: ["m4.5 4.5 7 7m0-7-7 7"],
};
const LOOKS = {
  stored: ["check", "good"],
  duplicate: ["dot", "neutral"],
  conflict: ["half", "warning"],
  refused: ["line", "danger"],
  skipped: ["ring", "neutral"],
  [State.FAILED]: ["cross", "danger"],
  [State.SENDING]: ["half", "accent"],
  [State.STORING]: ["half", "accent"],
  [State.WAITING]: ["ring", "neutral"],
};

export function Badge({ kind, words }) {
  const [shape, tone] = LOOKS[kind];
  return (
    <span className={`badge badge--${tone}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round">
        {SHAPES[shape].map((d, number) => (
          <path key={d} d={d} fill={shape === "dot" || (shape === "half" && number) ? "currentColor" : "none"} />
        ))}
      </svg>
      {words[kind]}
    </span>
  );
}

/** The rows of an upload, in the order in which a person wants them. */
export function rowsOf(engine) {
  const failed = engine.items.filter((item) => item.state === State.FAILED);
  const problems = engine.outcomes.filter((outcome) => isProblem(outcome.kind));
  const inState = (state) => engine.items.filter((item) => item.state === state);
  const done = inState(State.DONE);
  return [
    ...failed.map((item) => ({ kind: State.FAILED, name: item.name, text: item.sentence, size: item.size })),
    ...problems.map(({ kind, name, reason }) => ({ kind, name, text: reason })),
    ...[State.SENDING, State.STORING].flatMap((state) =>
      inState(state).map((item) => ({ kind: state, name: item.name, size: item.size, sent: item.sent, item })),
    ),
    ...inState(State.WAITING).map((item) => ({ kind: State.WAITING, name: item.name, size: item.size })),
    ...done.filter((item) => !isProblem(mainKind(item)) || countOf(item) > 1).map((item) => ({ kind: mainKind(item), name: item.name, size: item.size, item })),
  ];
}

const countOf = (item) => KINDS.reduce((sum, kind) => sum + (item.heard[kind] || 0), 0);
const mainKind = (item) => KINDS.reduce((best, kind) => ((item.heard[kind] || 0) > (item.heard[best] || 0) ? kind : best), "stored");

function detailOf({ kind, text, size, sent, item }, words) {
  if (text) return text;
  if (kind === State.SENDING && sent > 0) return `${sizeText(sent)} / ${sizeText(size)}`;
  if (kind === State.STORING) return countOf(item) ? `${countOf(item).toLocaleString("en")} ${words.answered}` : sizeText(size);
  if (item && countOf(item) > 1) {
    return KINDS.filter((each) => item.heard[each]).map((each) => `${item.heard[each].toLocaleString("en")} ${words[each].toLowerCase()}`).join(", ");
  }
  return item?.heard.reason || (size === undefined ? "" : sizeText(size));
}

export function UploadList({ rows, words }) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 400, rowPx: 48 });
  const measure = () => {
    const { scrollTop: top, clientHeight: height } = box.current;
    const rowPx = parseFloat(getComputedStyle(box.current).getPropertyValue("--row-px")) || 48;
    setView((before) => (before.top === top && before.height === height && before.rowPx === rowPx ? before : { top, height, rowPx }));
  };
  useLayoutEffect(() => {
    measure();
    const watch = new ResizeObserver(measure); // a tablet is turned round
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(view.top / view.rowPx) - SPARE_ROWS);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / view.rowPx) + SPARE_ROWS);
  return (
    <div className="upload-list" ref={box} style={{ maxHeight: rows.length * view.rowPx + 2 }} onScroll={measure} tabIndex={0} role="region" aria-label={words.files}>
      <div role="list" aria-label={words.files} style={{ height: rows.length * view.rowPx, position: "relative" }}>
        {rows.slice(first, last).map((row, offset) => {
          const number = first + offset;
          const share = row.kind === State.SENDING && row.size ? row.sent / row.size : 0;
          return (
            <div key={number} role="listitem" aria-setsize={rows.length} aria-posinset={number + 1} className="upload-row" style={{ top: number * view.rowPx, height: view.rowPx }}>
              <Badge kind={row.kind} words={words} />
              <span className="upload-row-name" title={row.name}>{row.name}</span>
              <span className="upload-row-detail" title={row.text}>{detailOf(row, words)}</span>
              {share > 0 && <span className="upload-row-bar" style={{ transform: `scaleX(${share})` }} aria-hidden="true" />}
            </div>
          );
        })}
      </div>
    </div>
  );
}
