// Sends files until each has an outcome: small ones in batches, large ones in pieces, and in pieces as well what is to be
// attached to a study, over any number of broken connections. Knows no page; the request, the journal and the clock are handed in.

import { Rate, isLarge, missingFiles, takeBatch } from "./upload_plan.js";

const UPLOADS = "/api/v1/uploads";
const TUS = "/api/v1/tus";
const AT_ONCE = 3;
const BATCHES_AT_ONCE = 2;
const LARGE_AT_ONCE = 2;
const WATCHED_AT_ONCE = 2;
const SLICE_BYTES = 64 * 1024 * 1024;
const MOST_ATTEMPTS = 4;
const LONGEST_WAIT_MS = 30_000;
const BUSY_WAIT_MS = 3_000;
const PROTOCOL = { "tus-resumable": "1.0.0" };

/** What a file can be. */
export const State = Object.freeze({
  WAITING: "waiting",
  SENDING: "sending",
  STORING: "storing",
  DONE: "done",
  FAILED: "failed",
});

export const KINDS = Object.freeze(["stored", "duplicate", "conflict", "refused", "skipped"]);
export const isProblem = (kind) => kind === "refused" || kind === "conflict";

const inBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

function sentenceOf(text) {
  try {
    return JSON.parse(text).error || "";
  } catch {
    return "";
  }
}

export class UploadEngine {
  /**
   * `call` sends one request (`upload_wire.js`), `journal` remembers (`upload_journal.js`), `onChange` is told of every
   * change, `words` are the sentences for what only the browser can know.
   */
  constructor({
    call,
    journal,
    words,
    onChange = () => {},
    now = () => performance.now(),
    timer = (action, ms) => setTimeout(action, ms),
  }) {
    Object.assign(this, { call, journal, words, onChange, now, timer });
    this.#begin();
    this.small = [];
    this.large = [];
    this.whole = [];
    this.lanes = new Map(); // what is under way: lane -> { kind, sent, bytes, controller, items }
    this.known = new Map(); // uploads of the server by fingerprint
    this.rate = new Rate();
    this.looks = new Set(); // for files that are still being found: `{ isGivenUp }`
    this.isPaused = false;
    this.holding = null; // { sentence, until }
    this.stopped = ""; // why nothing is sent until somebody says so
    this.failures = 0;
    this.endings = 0; // how often everything had an outcome
  }

  #begin() {
    this.items = [];
    this.outcomes = []; // { name, kind, reason, study, series, instance }
    this.byFingerprint = new Map();
    this.removable = new Set(); // uploads that are taken in and can be forgotten once all is done
    this.directories = []; // tables of contents of discs: { name, named_files }
    this.hasFiles = false;
    this.isFinished = false;
  }

  /** Takes note of what the server has of this person's; what is whole there is followed to its end. */
  adopt(uploads) {
    for (const upload of uploads) {
      this.known.set(upload.fingerprint, upload);
      if (upload.received_bytes < upload.size_bytes) continue;
      const item = this.#item(upload.source_name, upload.size_bytes, null, upload.fingerprint);
      item.upload = { id: upload.id, offset: upload.size_bytes };
      this.#store(item);
    }
    this.#pump();
  }

  /** Uploads that the server has in part, and that nobody is sending here. */
  get inPart() {
    return [...this.known.values()].filter(
      ({ fingerprint, received_bytes, size_bytes }) => received_bytes < size_bytes && !this.byFingerprint.has(fingerprint),
    );
  }

  /**
   * Sends these as well: `[{file, name}, ...]`. What was answered before is not sent again. One that is to be attached to a
   * study has an `attachment`: the `endpoint` at which it is begun, and what is `said` of it. One with a `problem` could not be
   * read: it is refused here, in the words of that name.
   */
  add(files) {
    return this.addAll([files]);
  }

  /** Sends what is found, some files at a time, while more is looked for. It is over once all has been found, and has an outcome. */
  async addAll(found) {
    const look = { isGivenUp: false };
    this.looks.add(look);
    this.onChange();
    try {
      const before = await this.journal.answered();
      for await (const files of found) if (files.length) await this.#add(files, before, look);
    } finally {
      this.looks.delete(look);
    }
    this.#pump();
  }

  get isLooking() {
    return this.looks.size > 0;
  }

  async #add(files, before, look) {
    if (this.isFinished && !this.items.some((item) => item.state === State.FAILED)) this.#begin();
    this.hasFiles = true;
    this.isFinished = false;
    const fingerprints = await Promise.all(files.map((given) => this.journal.fingerprint(given)));
    const earlier = [];
    const unread = [];
    for (const [position, given] of files.entries()) {
      const fingerprint = fingerprints[position];
      const there = this.byFingerprint.get(fingerprint);
      if (there) {
        there.file ||= given.file;
        continue;
      }
      const item = this.#item(given.name, given.file.size, given.file, fingerprint, given.attachment);
      const record = before.get(fingerprint);
      if (given.problem) unread.push([item, this.words[given.problem]]);
      else if (record) earlier.push([item, record]);
      else if (look.isGivenUp) this.#fail(item, this.words.cancelled);
      else this.#lineOf(item).push(item);
    }
    for (const [item, record] of earlier) this.#recall(item, record);
    for (const [item, reason] of unread) {
      this.#outcome(item, item.name, { kind: "refused", reason });
      this.#finish(item);
    }
    this.#pump();
    if (look.isGivenUp) return;
    await this.journal.begin(
      this.items.length,
      this.items.reduce((sum, item) => sum + item.size, 0),
    );
  }

  /** Stops sending; what the server has taken care of already is still heard. */
  pause() {
    this.isPaused = true;
    for (const lane of this.lanes.values()) if (lane.kind !== "watch" && lane.sent < lane.bytes) lane.controller.abort();
    this.rate.clear();
    this.onChange();
  }

  resume() {
    this.isPaused = false;
    this.stopped = "";
    this.wake();
  }

  /** The connection may be back: tries now. */
  wake() {
    this.holding = null;
    this.onChange();
    this.#pump();
  }

  /** Sends again what has no outcome. */
  retry() {
    for (const item of this.items) {
      if (item.state !== State.FAILED || !(item.file || item.upload)) continue;
      item.attempts = 0;
      item.sentence = "";
      this.#queue(item);
    }
    for (const look of this.looks) look.isGivenUp = false;
    this.isFinished = false;
    this.resume();
  }

  /** Gives up what is not sent. What was stored stays. */
  async cancel() {
    for (const look of this.looks) look.isGivenUp = true; // what it finds can be sent again, too
    const unsent = [...this.small.splice(0), ...this.large.splice(0)];
    for (const lane of this.lanes.values()) {
      if (lane.kind === "watch") continue;
      unsent.push(...lane.items);
      lane.controller.abort();
    }
    this.isPaused = false;
    this.holding = null;
    this.stopped = "";
    for (const item of unsent) if (item.state !== State.DONE) this.#fail(item, this.words.cancelled);
    const begun = unsent.filter((item) => item.upload);
    for (const item of begun) {
      await this.call({ method: "DELETE", url: `${TUS}/${item.upload.id}`, headers: PROTOCOL });
      this.known.delete(item.fingerprint);
      item.upload = null;
    }
    await this.journal.clear();
    this.onChange();
    this.#pump();
  }

  /** Removes what the server has of a file that is not to be finished. */
  async remove(upload) {
    await this.call({ method: "DELETE", url: `${TUS}/${upload.id}`, headers: PROTOCOL });
    this.known.delete(upload.fingerprint);
    this.onChange();
  }

  /** Octets that are there or on their way. */
  get sentBytes() {
    let sent = 0;
    for (const item of this.items) sent += item.sent;
    for (const lane of this.lanes.values()) if (lane.kind === "batch") sent += Math.min(lane.sent, lane.open);
    return sent;
  }

  /** All that a page shows of it. */
  summary() {
    const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
    for (const { kind, count = 1 } of this.outcomes) counts[kind] += count;
    const states = Object.fromEntries(Object.values(State).map((state) => [state, 0]));
    let bytes = 0;
    for (const item of this.items) {
      states[item.state] += 1;
      bytes += item.size;
    }
    const sentBytes = Math.min(bytes, this.sentBytes);
    if (!this.isPaused && !this.holding) this.rate.add(this.now(), sentBytes);
    const bytesPerSecond = this.rate.bytesPerSecond;
    return {
      files: this.items.length,
      bytes,
      sentBytes,
      counts,
      states,
      bytesPerSecond,
      secondsLeft: bytesPerSecond ? (bytes - sentBytes) / bytesPerSecond : 0,
      phase: this.phase,
    };
  }

  get phase() {
    if (!this.items.length) return "idle";
    if (this.isFinished) return "finished";
    if (this.stopped) return "stopped";
    if (this.isPaused) return "paused";
    if (this.holding) return "holding";
    if (this.small.length || this.large.length || [...this.lanes.values()].some((lane) => lane.sent < lane.bytes)) return "sending";
    return this.isLooking ? "looking" : "storing";
  }

  // -- what is sent next -------------------------------------------------------------------------

  #pump() {
    const under = (kind) => [...this.lanes.values()].filter((lane) => lane.kind === kind).length;
    if (!this.holding) {
      while (this.whole.length && under("watch") < WATCHED_AT_ONCE) this.#run("watch", [this.whole.shift()], this.#watch);
    }
    if (!this.holding && !this.isPaused && !this.stopped) {
      while (under("large") + under("batch") < AT_ONCE) {
        if (this.large.length && under("large") < LARGE_AT_ONCE) this.#run("large", [this.large.shift()], this.#sendLarge);
        else if (this.small.length && under("batch") < BATCHES_AT_ONCE) {
          this.#run("batch", takeBatch(this.small, this.rate.bytesPerSecond), this.#sendBatch);
        } else break;
      }
    }
    this.#perhapsFinish();
    this.onChange();
  }

  #lineOf(item) {
    return item.attachment || isLarge(item.size) ? this.large : this.small;
  }

  #run(kind, items, action) {
    const bytes = items.reduce((sum, item) => sum + item.size, 0);
    const lane = { kind, items, sent: 0, bytes, open: bytes, controller: new AbortController() };
    this.lanes.set(lane, lane);
    action.call(this, lane).then(() => {
      this.lanes.delete(lane);
      this.#pump();
    });
  }

  async #perhapsFinish() {
    const isBusy = this.small.length || this.large.length || this.whole.length || this.lanes.size || this.isLooking;
    if (this.isFinished || isBusy || !this.items.length) return;
    this.isFinished = true;
    this.endings += 1;
    for (const name of missingFiles(this.directories.splice(0), this.items.map((item) => item.name))) {
      this.outcomes.push({ name, kind: "refused", reason: this.words.missing });
    }
    if (this.items.some((item) => item.state === State.FAILED)) return; // to be tried again, perhaps by the next tab
    // What another tab left unsent is still to be known when its files come.
    if (!this.hasFiles && (await this.journal.unfinished())) return;
    await this.journal.clear();
    for (const id of this.removable) await this.call({ method: "DELETE", url: `${TUS}/${id}`, headers: PROTOCOL });
    this.removable.clear();
    this.known.clear();
    this.byFingerprint.clear();
  }

  // -- small files ---------------------------------------------------------------------------------

  async #sendBatch(lane) {
    const form = new FormData();
    const open = new Map();
    for (const item of lane.items) {
      item.state = State.SENDING;
      // The field says which file an outcome is of, whatever two files are called.
      form.append(String(item.index), item.file, item.name);
      open.set(item.index, item);
    }
    let isComplete = false;
    let sentence = "";
    const answer = await this.call({
      method: "POST",
      url: UPLOADS,
      headers: { accept: "application/x-ndjson" },
      body: form,
      signal: lane.controller.signal,
      onBytes: (loaded) => {
        lane.sent = Math.min(loaded, lane.bytes);
        if (lane.sent === lane.bytes) for (const item of open.values()) item.state = State.STORING;
        this.onChange();
      },
      onLines: (lines) => {
        const done = [];
        for (const line of lines) {
          if (line.done) isComplete = true;
          else if (line.error) sentence = line.error;
          else this.#heard(open, line, done);
        }
        if (isComplete) done.push(...open.values());
        for (const item of done) {
          open.delete(item.index);
          lane.open -= item.size;
          this.#finish(item);
        }
        if (done.length) this.journal.record(done.map((item) => [item.fingerprint, item.heard]));
        this.onChange();
      },
    });
    lane.open = 0;
    if (isComplete) this.failures = 0;
    else await this.#unsent([...open.values()], lane, answer, sentence);
  }

  #heard(open, line, done) {
    const item = open.get(Number(line.mark));
    if (!item) return;
    this.#outcome(item, line.source_name, line);
    if (line.source_name === item.name) done.push(item); // an archive has more to tell, under longer names
  }

  // -- large files -----------------------------------------------------------------------------------

  async #sendLarge(lane) {
    const [item] = lane.items;
    item.state = State.SENDING;
    const known = this.known.get(item.fingerprint);
    if (!item.upload && known && known.size_bytes === item.size) item.upload = { id: known.id, offset: known.received_bytes };
    for (;;) {
      if (item.upload && Number.isNaN(item.upload.offset)) {
        const found = await this.#ask(item, lane);
        if (found.status === 404) this.#lost(item);
        else if (found.status !== 200) return this.#unsent([item], lane, found);
      }
      if (item.upload?.offset === item.size) break;
      item.sent = lane.sent = item.upload?.offset || 0;
      this.onChange();
      const answer = item.upload ? await this.#sendSlice(item, lane) : await this.#create(item, lane);
      if (answer.status === 423) await new Promise((resolve) => this.timer(resolve, BUSY_WAIT_MS));
      else if (answer.status === 404 && item.upload) this.#lost(item);
      else if ((answer.status < 200 || answer.status > 299) && answer.status !== 409) return this.#unsent([item], lane, answer);
    }
    this.failures = 0;
    this.#store(item);
  }

  #lost(item) {
    this.known.delete(item.fingerprint);
    item.upload = null;
  }

  async #create(item, lane) {
    const { endpoint = TUS, said = {} } = item.attachment || {};
    const metadata = { filename: item.name, fingerprint: item.fingerprint, ...said };
    const answer = await this.call({
      method: "POST",
      url: endpoint,
      headers: {
        ...PROTOCOL,
        "upload-length": String(item.size),
        "upload-metadata": Object.entries(metadata).map(([name, text]) => `${name} ${inBase64(text)}`).join(),
      },
      signal: lane.controller.signal,
    });
    if (answer.status === 201) item.upload = { id: answer.get("location").split("/").pop(), offset: 0 };
    return answer;
  }

  async #sendSlice(item, lane) {
    const { id, offset } = item.upload;
    const answer = await this.call({
      method: "PATCH",
      url: `${TUS}/${id}`,
      headers: { ...PROTOCOL, "content-type": "application/offset+octet-stream", "upload-offset": String(offset) },
      body: item.file.slice(offset, offset + SLICE_BYTES),
      signal: lane.controller.signal,
      onBytes: (loaded) => {
        item.sent = lane.sent = offset + loaded;
        this.onChange();
      },
    });
    // After anything but a plain yes, where it goes on is for the server to say.
    item.upload.offset = answer.status === 204 ? Number(answer.get("upload-offset")) : Number.NaN;
    return answer;
  }

  async #ask(item, lane) {
    const answer = await this.call({
      method: "HEAD",
      url: `${TUS}/${item.upload.id}`,
      headers: PROTOCOL,
      signal: lane.controller.signal,
    });
    if (answer.status === 200) item.upload.offset = Number(answer.get("upload-offset"));
    return answer;
  }

  #store(item) {
    item.state = State.STORING;
    item.sent = item.size;
    this.whole.push(item);
  }

  async #watch(lane) {
    const [item] = lane.items;
    lane.sent = lane.bytes;
    let isComplete = false;
    let sentence = "";
    const answer = await this.call({
      method: "GET",
      url: `${TUS}/${item.upload.id}/outcomes?from=${item.told}`,
      signal: lane.controller.signal,
      onLines: (lines) => {
        for (const line of lines) {
          if (line.done) isComplete = true;
          else if (line.error) sentence = line.error;
          else {
            item.told += 1;
            this.#outcome(item, line.source_name, line);
          }
        }
        this.onChange();
      },
    });
    if (isComplete) {
      this.failures = 0;
      this.removable.add(item.upload.id);
      this.#finish(item);
    } else if (answer.status === 404) {
      this.#lost(item);
      this.#fail(item, this.words.gone);
    } else if (answer.status === 401) {
      this.stopped = sentenceOf(answer.text) || this.words.signed_out;
      this.#fail(item, this.stopped);
    } else if (answer.status === 0 || answer.status >= 500 || (answer.status === 200 && !sentence)) {
      this.#hold("");
      this.whole.push(item);
    } else this.#fail(item, sentence || sentenceOf(answer.text) || this.words.failed_sentence);
  }

  // -- what became of it -----------------------------------------------------------------------------

  #item(name, size, file, fingerprint, attachment = null) {
    const item = {
      index: this.items.length, name, size, file, fingerprint, attachment,
      state: State.WAITING, sent: 0, upload: null, told: 0, heard: {}, attempts: 0, sentence: "",
    };
    this.items.push(item);
    this.byFingerprint.set(fingerprint, item);
    return item;
  }

  #outcome(item, name, { kind, reason = "", named_files, study_instance_uid = "", series_instance_uid = "", sop_instance_uid = "" }) {
    item.heard[kind] = (item.heard[kind] || 0) + 1;
    if (reason && name === item.name) item.heard.reason = reason;
    // What an archive's own table of contents misses, the server says.
    if (named_files && name === item.name) this.directories.push({ name, named_files });
    this.outcomes.push({
      name, kind, reason, study: study_instance_uid, series: series_instance_uid, instance: sop_instance_uid,
    });
  }

  /** What a tab before this one was told. */
  #recall(item, record) {
    item.heard = record;
    for (const kind of KINDS) {
      if (record[kind]) this.outcomes.push({ name: item.name, kind, reason: record.reason || "", count: record[kind] });
    }
    this.#finish(item);
  }

  #finish(item) {
    item.state = State.DONE;
    item.sent = item.size;
    if (!KINDS.some((kind) => item.heard[kind])) {
      this.#outcome(item, item.name, { kind: "skipped", reason: this.words.empty });
    }
    item.file = null; // let go of it: ten thousand are many
  }

  #fail(item, sentence) {
    item.state = State.FAILED;
    item.sent = 0;
    item.sentence = sentence;
  }

  #queue(item) {
    item.state = State.WAITING;
    item.sent = item.upload?.offset || 0;
    if (item.upload && item.upload.offset === item.size) this.#store(item);
    else this.#lineOf(item).unshift(item);
  }

  /** Files whose request ended without an outcome: tried again, stopped with a reason, or given up. */
  async #unsent(items, lane, answer, sentence = "") {
    const pending = items.filter((item) => item.state === State.SENDING || item.state === State.STORING);
    if (lane.controller.signal.aborted) {
      for (const item of pending.reverse()) this.#queue(item);
      return;
    }
    const why = sentence || sentenceOf(answer.text);
    if (answer.status === 401 || answer.status === 403) this.stopped = why || this.words.signed_out;
    else if (answer.status === 507 || answer.status === 429) this.stopped = why || this.words.full;
    else if (answer.status >= 400 && answer.status < 500) {
      for (const item of pending) this.#fail(item, why || this.words.failed_sentence);
      return;
    } else {
      const readable = await Promise.all(pending.map((item) => isReadable(item.file)));
      pending.forEach((item, position) => readable[position] || this.#fail(item, this.words.unreadable));
      // Without a connection nothing is the file's fault, however often it is tried.
      if (answer.status) for (const item of pending) item.attempts += 1;
      this.#hold(why);
    }
    for (const item of pending.reverse()) {
      if (item.state === State.FAILED) continue;
      if (item.attempts >= MOST_ATTEMPTS) this.#fail(item, why || this.words.failed_sentence);
      else this.#queue(item);
    }
  }

  #hold(sentence) {
    const ms = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** Math.min(this.failures, 5));
    this.failures += 1;
    const holding = (this.holding = { sentence: sentence || this.words.no_connection, until: this.now() + ms });
    this.rate.clear();
    this.timer(() => this.holding === holding && this.wake(), ms);
  }
}

async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false; // changed or removed since it was chosen
  }
}
