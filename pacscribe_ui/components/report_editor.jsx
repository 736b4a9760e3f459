// The report while it is written: seven text areas that save themselves, two texts side by side when two tabs
// disagree, and the dialog that signs. What saving means is in `report_draft.js`; sentences come from Python.
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { ProofForm } from "./proof_fields.jsx";
import { Draft } from "./report_draft.js";

const GROWS_BY_ITSELF = typeof CSS !== "undefined" && CSS.supports("field-sizing", "content");

const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function timeOf(moment) {
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) return "";
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const isToday = at.toDateString() === new Date().toDateString();
  const two = (number) => String(number).padStart(2, "0");
  return isToday ? time : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

function grow(area) {
  if (GROWS_BY_ITSELF || !area) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

// ---------------------------------------------------------------- one section

function Section({ name, label, hint, area, isReady, onType, onLeave }) {
  const id = useId();
  useLayoutEffect(() => grow(area.current[name]));
  return (
    <div className={`report-section report-section--${name}`}>
      <label className="report-label" htmlFor={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        ref={(element) => { area.current[name] = element; }}
        className="input report-area"
        rows={1}
        dir="auto"
        placeholder={hint}
        disabled={!isReady}
        autoComplete="off"
        translate="no"
        // What is written about a patient stays here: spelling services of browsers send text away.
        spellCheck={false}
        data-gramm="false"
        onInput={(event) => { grow(event.currentTarget); onType(name, event.currentTarget.value); }}
        onBlur={onLeave}
      />
    </div>
  );
}

// ---------------------------------------------------------------- two texts

function Conflict({ draft, sections, words, onDone }) {
  const theirs = draft.theirs.sections;
  const differing = sections.filter(({ name }) => draft.current[name] !== theirs[name]);
  const [choices, setChoices] = useState(() => Object.fromEntries(differing.map(({ name }) => {
    // Where only one side has changed, that side is proposed; the author still looks at it.
    if (draft.current[name] === draft.kept[name]) return [name, "theirs"];
    return [name, theirs[name] === draft.kept[name] ? "mine" : ""];
  })));
  const heading = useRef(null);
  const group = useId();
  useEffect(() => heading.current?.focus(), []);

  const isChosen = differing.every(({ name }) => choices[name]);
  const both = (name) => [draft.current[name], theirs[name]].filter((text) => text.trim()).join("\n\n");
  const apply = (event) => {
    event.preventDefault();
    const merged = { ...theirs };
    for (const { name } of differing) {
      merged[name] = { mine: draft.current[name], theirs: theirs[name], both: both(name) }[choices[name]];
    }
    onDone(merged);
  };
  const all = (choice) => setChoices(Object.fromEntries(differing.map(({ name }) => [name, choice])));
  const values = { name: draft.theirs.updated_by_name, time: timeOf(draft.theirs.updated_at) };

  return (
    <form className="report-conflict" onSubmit={apply} aria-labelledby={`${group}-title`}>
      <h2 id={`${group}-title`} ref={heading} tabIndex={-1}>{words.conflict_title}</h2>
      <p>{filled(words.conflict_lead, values)}</p>
      <div className="row">
        <button type="button" className="button button--secondary button--small" onClick={() => all("mine")}>{words.all_mine}</button>
        <button type="button" className="button button--secondary button--small" onClick={() => all("theirs")}>{words.all_theirs}</button>
      </div>
      {differing.map(({ name, label }) => (
        <fieldset key={name} className="report-choice">
          <legend>{label}</legend>
          {[["mine", words.mine, draft.current[name]], ["theirs", filled(words.theirs, values), theirs[name]], ["both", words.both, null]].map(
            ([choice, word, text]) => (
              <label key={choice} className="report-option">
                <input
                  type="radio"
                  name={`${group}-${name}`}
                  checked={choices[name] === choice}
                  onChange={() => setChoices({ ...choices, [name]: choice })}
                />
                <span className="report-option-word">{word}</span>
                {text !== null && <span className="report-option-text" dir="auto">{text.trim() ? text : words.nothing}</span>}
              </label>
            ),
          )}
        </fieldset>
      ))}
      <button type="submit" className="button button--primary" disabled={!isChosen}>{words.save_choice}</button>
    </form>
  );
}

// ---------------------------------------------------------------- signing

function SignDialog({ draft, about, words, onClose, onSigned }) {
  const dialog = useRef(null);
  const id = useId();
  useEffect(() => { if (!dialog.current.open) dialog.current.showModal(); }, []);

  // Closing it as a dialog gives the focus back to where it was.
  const leave = () => { dialog.current?.close(); onClose(); };
  const missing = ["findings", "impression"].filter((name) => !draft.current[name].trim());
  const sign = async (proof) => {
    try {
      await draft.sign(proof);
    } catch (problem) {
      // What is to be signed is another text now: it must be seen before it is signed.
      if (problem.reason === "ReportChangedMeanwhile" || draft.phase === "conflict" || draft.phase === "gone") return leave();
      throw problem.reason === undefined ? { sentence: words.no_connection } : problem;
    }
    return onSigned();
  };

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={`${id}-title`} onCancel={(event) => { event.preventDefault(); leave(); }}>
      <h2 id={`${id}-title`} className="dialog-title">{words.sign_title}</h2>
      <dl className="facts report-sign-facts">
        {about.map(([label, value]) => value && (
          <div className="fact" key={label}><dt>{label}</dt><dd dir="auto">{value}</dd></div>
        ))}
      </dl>
      <p>{words.sign_meaning}</p>
      {missing.map((name) => <p key={name} className="report-warning">{words[`empty_${name}`]}</p>)}
      <ProofForm words={words} send={sign} onCancel={leave} />
    </dialog>
  );
}

// ---------------------------------------------------------------- the editor

function statusOf(draft, words) {
  switch (draft.phase) {
    case "loading": return words.loading;
    case "unreadable": return draft.why || words.unreadable;
    case "saving": return words.saving;
    case "typing": return words.typing;
    case "failed": return filled(words.not_saved, { why: draft.why || words.no_connection });
    case "conflict": return words.conflict_status;
    case "gone": return filled(words.not_saved, { why: draft.why });
    default:
      if (draft.wasRefreshed) return filled(words.refreshed, { time: timeOf(draft.savedAt) });
      return draft.version > 1 ? filled(words.saved, { time: timeOf(draft.savedAt) }) : words.empty;
  }
}

const SHAPES = {
  loading: "…", unreadable: "!", saving: "…", typing: "…", failed: "!", conflict: "!", gone: "!", saved: "✓",
};

export function ReportEditor({ reportId, sections, about, maySign, words, onSigned, onGone, className = "", ref: _ref, ...rest }) {
  const area = useRef({});
  const draftRef = useRef(null);
  const now = useRef({});
  now.current = { onGone };
  const [, redraw] = useState(0);
  const [isSigning, setIsSigning] = useState(false);

  useEffect(() => {
    const draft = new Draft(reportId, {
      onChange: () => redraw((count) => count + 1),
      onText: (texts) => {
        for (const [name, element] of Object.entries(area.current)) {
          if (element && element.value !== texts[name]) element.value = texts[name];
          grow(element);
        }
      },
      onGone: () => now.current.onGone?.(),
    });
    draftRef.current = draft;
    draft.load();

    const leaves = () => { draft.sendOff()?.catch?.(() => {}); };
    const turns = () => { if (document.visibilityState === "hidden") draft.flush(); else draft.refresh(); };
    const comes = () => draft.refresh();
    const asks = (event) => { if (draft.isAtRisk) event.preventDefault(); };
    window.addEventListener("pagehide", leaves);
    window.addEventListener("focus", comes);
    window.addEventListener("online", comes);
    window.addEventListener("beforeunload", asks);
    document.addEventListener("visibilitychange", turns);
    return () => {
      window.removeEventListener("pagehide", leaves);
      window.removeEventListener("focus", comes);
      window.removeEventListener("online", comes);
      window.removeEventListener("beforeunload", asks);
      document.removeEventListener("visibilitychange", turns);
      draft.close();
    };
  }, [reportId]);

  const draft = draftRef.current;
  const phase = draft ? draft.phase : "loading";
  const isReady = draft !== null && draft.current !== null;
  const isWrong = ["unreadable", "failed", "gone"].includes(phase);
  const save = (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      draft?.flush();
    }
  };

  return (
    <div {...rest} className={`report-editor ${className}`} onKeyDown={save} data-phase={phase}>
      {phase === "conflict" && (
        <Conflict key={draft.theirs.draft_version} draft={draft} sections={sections} words={words} onDone={(merged) => draft.resolve(merged)} />
      )}
      <div className="report-sections" hidden={phase === "conflict"}>
        {sections.map((section) => (
          <Section
            key={section.name}
            {...section}
            area={area}
            isReady={isReady}
            onType={(name, text) => draft.type(name, text)}
            onLeave={() => draft?.flush()}
          />
        ))}
      </div>
      <div className="report-foot">
        <p className={`report-status report-status--${isWrong || phase === "conflict" ? "wrong" : "calm"}`} data-testid="report-status">
          <span className="report-status-shape" aria-hidden="true">{SHAPES[phase]}</span>
          <span>{draft ? statusOf(draft, words) : words.loading}</span>
        </p>
        <p className="unseen" role="alert">{isWrong && draft ? statusOf(draft, words) : ""}</p>
        {phase === "unreadable" && <button type="button" className="button button--secondary" onClick={() => draft.load()}>{words.again}</button>}
        {phase === "failed" && <button type="button" className="button button--secondary" onClick={() => draft.flush()}>{words.again}</button>}
        {phase === "gone" && draft.reason === "HeldByOther" && (
          <button type="button" className="button button--secondary" onClick={() => draft.takeOver()}>{words.take_over}</button>
        )}
        {phase === "gone" && <button type="button" className="button button--secondary" onClick={() => onGone?.()}>{words.show_newest}</button>}
        {maySign && (
          <button
            type="button"
            className="button button--primary"
            disabled={!isReady || phase === "conflict" || phase === "gone"}
            onClick={() => { draft.flush(); setIsSigning(true); }}
          >
            {words.sign_begin}
          </button>
        )}
      </div>
      {isSigning && (
        <SignDialog
          draft={draft}
          about={about}
          words={words}
          onClose={() => setIsSigning(false)}
          onSigned={() => { setIsSigning(false); onSigned?.(); }}
        />
      )}
    </div>
  );
}
