// What an upload is of: its files, what each is at, and what became of them. Sends nothing.

import { missingFiles } from "./upload_plan.js";

/** What a file can be. */
export const State = Object.freeze({
  WAITING: "waiting",
  SENDING: "sending",
  STORING: "storing",
  DONE: "done",
  FAILED: "failed",
});

/** What can become of what is in a file. */
export const KINDS = Object.freeze(["stored", "duplicate", "conflict", "refused", "skipped"]);
export const isProblem = (kind) => kind === "refused" || kind === "conflict";

export class UploadRecord {
  /** `words` are the sentences for what only the browser can know. */
  constructor(words) {
    this.words = words;
    this.items = [];
    this.outcomes = []; // { name, kind, reason, study, series, instance }
    this.byFingerprint = new Map();
    this.directories = []; // tables of contents of discs: { name, named_files }
  }

  /** Takes note of one more file; without `file`, of one that another tab has sent. */
  item(name, size, file, fingerprint, attachment = null) {
    const item = {
      index: this.items.length, name, size, file, fingerprint, attachment,
      state: State.WAITING, sent: 0, upload: null, told: 0, heard: {}, attempts: 0, sentence: "",
    };
    this.items.push(item);
    this.byFingerprint.set(fingerprint, item);
    return item;
  }

  /** One thing in a file became this; an archive has more to tell, under longer names than its own. */
  outcome(item, name, { kind, reason = "", named_files, study_instance_uid = "", series_instance_uid = "", sop_instance_uid = "" }) {
    item.heard[kind] = (item.heard[kind] || 0) + 1;
    if (reason && name === item.name) item.heard.reason = reason;
    // What an archive's own table of contents misses, the server says.
    if (named_files && name === item.name) this.directories.push({ name, named_files });
    this.outcomes.push({
      name, kind, reason, study: study_instance_uid, series: series_instance_uid, instance: sop_instance_uid,
    });
  }

  /** What a tab before this one was told. */
  recall(item, heard) {
    item.heard = heard;
    for (const kind of KINDS) {
      if (heard[kind]) this.outcomes.push({ name: item.name, kind, reason: heard.reason || "", count: heard[kind] });
    }
    this.finish(item);
  }

  /** It was refused here, before it was sent. */
  refuse(item, reason) {
    this.outcome(item, item.name, { kind: "refused", reason });
    this.finish(item);
  }

  finish(item) {
    item.state = State.DONE;
    item.sent = item.size;
    if (!KINDS.some((kind) => item.heard[kind])) {
      this.outcome(item, item.name, { kind: "skipped", reason: this.words.empty });
    }
    item.file = null; // let go of it: ten thousand are many
  }

  /** It has no outcome, and why. */
  fail(item, sentence) {
    item.state = State.FAILED;
    item.sent = 0;
    item.sentence = sentence;
  }

  /** Files that a disc's table of contents names and nobody sent are refused, each once. */
  missWhatDiscsName() {
    for (const name of missingFiles(this.directories.splice(0), this.items.map((item) => item.name))) {
      this.outcomes.push({ name, kind: "refused", reason: this.words.missing });
    }
  }

  get hasFailed() {
    return this.items.some((item) => item.state === State.FAILED);
  }

  get bytes() {
    return this.items.reduce((sum, item) => sum + item.size, 0);
  }

  /** How many outcomes there are of each kind, and files in each state. */
  counts() {
    const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
    for (const { kind, count = 1 } of this.outcomes) counts[kind] += count;
    const states = Object.fromEntries(Object.values(State).map((state) => [state, 0]));
    for (const item of this.items) states[item.state] += 1;
    return { counts, states };
  }
}
