// The draft of a report while it is typed: what is on the page, what the server has kept, and how the one gets to
// the other. Knows no page: `report_editor.jsx` shows what this tells. Text lives in memory only, never in storage.

const SAVE_AFTER_MS = 600;
const TRY_AGAIN_MS = [2000, 4000, 8000, 15000];
// Browsers let requests outlive their page as long as these stay small.
const KEEPALIVE_BYTES = 60000;

// Text that could not be saved before its editor went, by report; an editor that comes back takes it up.
const unsaved = new Map();
// The last request of an editor that has gone; the next editor waits for it, or it would read what is old.
const leaving = new Map();

const sameText = (one, other) => Object.keys(one).every((name) => one[name] === other[name]);

export class Refused extends Error {
  constructor(status, body) {
    super(body.error || "");
    this.status = status;
    this.reason = body.code || "";
    this.draft = body.draft || null;
  }
}

export async function ask(reportId, what, body, keepalive = false) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const options = { credentials: "same-origin", cache: "no-store", redirect: "error" };
  if (text !== undefined) {
    options.method = "POST";
    options.headers = { "content-type": "application/json" };
    options.body = text;
    options.keepalive = keepalive && new Blob([text]).size < KEEPALIVE_BYTES;
  }
  const answer = await fetch(`/api/v1/reports/${encodeURIComponent(reportId)}/${what}`, options);
  let content = {};
  try {
    content = await answer.json();
  } catch {
    // An answer that is no JSON comes from something between the server and here; the status says enough.
  }
  if (!answer.ok) throw new Refused(answer.status, content);
  return content;
}

export class Draft {
  // `onChange` is called whenever `phase` or what belongs to it changes; `onText` when the text to show is another.
  constructor(reportId, { onChange, onText, onGone }) {
    this.reportId = reportId;
    this.onChange = onChange;
    this.onText = onText;
    this.onGone = onGone;
    this.phase = "loading"; // loading, unreadable, saved, typing, saving, failed, conflict, gone
    this.why = "";
    this.reason = "";
    this.savedAt = "";
    this.wasRefreshed = false;
    this.theirs = null;
    this.version = 0;
    this.current = null;
    this.kept = null;
    // Every text sent since the server last confirmed one: an answer may be lost where the text was not.
    this.attempts = [];
    this.timer = 0;
    this.tries = 0;
    this.inFlight = null;
    this.isClosed = false;
  }

  get isDirty() {
    return this.kept !== null && !sameText(this.current, this.kept);
  }

  async load() {
    this._say("loading");
    try {
      await leaving.get(this.reportId);
      const draft = await ask(this.reportId, "draft");
      if (this.isClosed) return;
      this._take(draft);
      this._takeUpUnsaved(draft);
    } catch (problem) {
      if (!this.isClosed) this._say("unreadable", problem);
    }
  }

  // A person changed a section.
  type(name, text) {
    this.current = { ...this.current, [name]: text };
    this.wasRefreshed = false;
    if (!this._maySave) return;
    if (!this.isDirty && !this.inFlight) {
      this._say("saved");
      return;
    }
    if (!this.inFlight) this._say("typing");
    this._saveIn(SAVE_AFTER_MS);
  }

  // Save at once; resolves when everything typed so far is kept, or cannot be.
  async flush() {
    clearTimeout(this.timer);
    if (this.inFlight) await this.inFlight;
    while (this.isDirty && this._maySave) {
      this.inFlight ??= this._save();
      await this.inFlight;
      if (this.phase === "failed") return;
    }
  }

  get _maySave() {
    return this.phase !== "conflict" && this.phase !== "gone" && !this.isClosed;
  }

  // Whether leaving the page now would lose text, as far as can be known.
  get isAtRisk() {
    if (!this.isDirty) return false;
    const isTooLong = new Blob([JSON.stringify(this.current)]).size > KEEPALIVE_BYTES;
    return isTooLong || ["failed", "conflict", "gone"].includes(this.phase);
  }

  // The page is about to go: whatever is not on its way is sent off, and nobody waits for the answer.
  sendOff() {
    if (!this._maySave || !this.isDirty) return null;
    if (this.inFlight && sameText(this.current, this.attempts.at(-1))) return this.inFlight;
    // A save that is under way raises the version by one before this one is looked at.
    const version = this.version + (this.inFlight ? 1 : 0);
    const sections = this.current;
    return ask(this.reportId, "draft", { draft_version: version, sections }, true);
  }

  // The editor goes, but the page stays: what cannot be saved now waits in memory.
  close() {
    if (this.isClosed) return;
    clearTimeout(this.timer);
    const { reportId, current, kept } = this;
    const isWaiting = this.isDirty;
    const sent = this.sendOff();
    this.isClosed = true;
    if (!isWaiting) return;
    unsaved.set(reportId, { current, kept });
    if (sent === null) return;
    const done = Promise.resolve(sent)
      .then(() => unsaved.delete(reportId))
      .catch(() => {})
      .finally(() => {
        if (leaving.get(reportId) === done) leaving.delete(reportId);
      });
    leaving.set(reportId, done);
  }

  // The window comes to the front: another tab may have written meanwhile.
  async refresh() {
    if (this.phase === "failed") return this.flush();
    if (this.phase !== "saved" || this.inFlight) return;
    try {
      const draft = await ask(this.reportId, "draft");
      if (this.isClosed || this.isDirty || this.inFlight || this.phase !== "saved") return;
      if (!draft.may_write) return this.onGone();
      if (draft.draft_version === this.version) return;
      this._take(draft);
      this.wasRefreshed = true;
      this.onChange();
    } catch {
      // Nothing is unsaved; the next save will say what is wrong.
    }
  }

  // The author has chosen between two texts.
  async resolve(sections) {
    this.version = this.theirs.draft_version;
    this.kept = this.theirs.sections;
    this.current = sections;
    this.theirs = null;
    this._say("typing");
    this.onText(sections);
    if (this.isDirty) await this.flush();
    else this._say("saved");
  }

  async takeOver() {
    try {
      const draft = await ask(this.reportId, "take-over", {});
      this._conflict(draft, "");
    } catch (problem) {
      this._say("gone", problem);
    }
  }

  // `proof` is what `proof_fields.jsx` gives: a password, perhaps with a code; or a passkey.
  async sign(proof) {
    await this.flush();
    if (this.phase !== "saved") throw new Refused(0, { error: this.why });
    try {
      return await ask(this.reportId, "sign", { ...proof, draft_version: this.version });
    } catch (problem) {
      if (problem.reason === "ReportChangedMeanwhile") {
        const draft = await ask(this.reportId, "draft");
        this._conflict(draft, problem.message);
      }
      throw problem;
    }
  }

  _saveIn(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), milliseconds);
  }

  async _save() {
    const sections = this.current;
    this.attempts = [...this.attempts.slice(-50), sections];
    this._say("saving");
    try {
      const body = { draft_version: this.version, sections };
      const saved = await ask(this.reportId, "draft", body, true).catch((problem) => {
        // Too much is on its way for the browser to promise more; without the promise it may still send.
        if (problem instanceof Refused) throw problem;
        return ask(this.reportId, "draft", body);
      });
      this.version = saved.draft_version;
      this.savedAt = saved.updated_at;
      this.kept = sections;
      this.attempts = [];
      this.tries = 0;
      this._say(this.isDirty ? "typing" : "saved");
      if (this.isDirty) this._saveIn(SAVE_AFTER_MS);
    } catch (problem) {
      this._notSaved(problem);
    } finally {
      this.inFlight = null;
    }
  }

  _notSaved(problem) {
    if (!(problem instanceof Refused)) {
      this._say("failed", problem);
      this._saveIn(TRY_AGAIN_MS[Math.min(this.tries++, TRY_AGAIN_MS.length - 1)]);
      return;
    }
    if (problem.draft) {
      const isOurs = this.attempts.some((text) => sameText(problem.draft.sections, text));
      if (isOurs && problem.draft.may_write) {
        // The answer to our own last save was lost on the way; there is nobody else.
        this.version = problem.draft.draft_version;
        this.kept = problem.draft.sections;
        this._say(this.isDirty ? "typing" : "saved");
        if (this.isDirty) this._saveIn(0);
        return;
      }
      this._conflict(problem.draft, problem.message);
      return;
    }
    if (problem.reason === "ReportAlreadySigned") {
      this._say("gone", problem);
      return;
    }
    this._say("failed", problem);
    // Signed out, busy or broken down passes; a refusal of the text itself waits for other text.
    if ([401, 429].includes(problem.status) || problem.status >= 500) {
      this._saveIn(TRY_AGAIN_MS[Math.min(this.tries++, TRY_AGAIN_MS.length - 1)]);
    }
  }

  _conflict(draft, sentence) {
    clearTimeout(this.timer);
    if (!draft.may_write) {
      this._say("gone", new Refused(409, { error: sentence, code: "HeldByOther" }));
      return;
    }
    if (!this.isDirty || sameText(draft.sections, this.current)) {
      // There is nothing of one's own to lose.
      this._take(draft);
      this.wasRefreshed = true;
      this.onChange();
      return;
    }
    this.theirs = draft;
    this._say("conflict", new Refused(409, { error: sentence, code: "ReportChangedMeanwhile" }));
  }

  _take(draft) {
    this.version = draft.draft_version;
    this.current = draft.sections;
    this.kept = draft.sections;
    this.savedAt = draft.updated_at;
    this._say("saved");
    this.onText(draft.sections);
  }

  _takeUpUnsaved(draft) {
    const waiting = unsaved.get(this.reportId);
    unsaved.delete(this.reportId);
    if (!waiting || sameText(waiting.current, draft.sections)) return;
    const isUnchanged = sameText(waiting.kept, draft.sections);
    this.current = waiting.current;
    this.kept = isUnchanged ? draft.sections : waiting.kept;
    this.onText(this.current);
    if (isUnchanged) this._saveIn(0);
    else this._conflict(draft, "");
  }

  _say(phase, problem) {
    this.phase = phase;
    this.why = problem instanceof Refused ? problem.message : "";
    this.reason = problem instanceof Refused ? problem.reason : problem ? "Connection" : "";
    if (!this.isClosed) this.onChange();
  }
}
