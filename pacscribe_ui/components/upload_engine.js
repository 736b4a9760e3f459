// Sends files until each has an outcome: small ones in batches, large ones in pieces, and in pieces as well what is to be
// attached to a study, over any number of broken connections. Knows no page; the request, the journal and the clock are handed in.

import { Pieces } from "./upload_pieces.js";
import { Rate, isLarge, takeBatch } from "./upload_plan.js";
import { State, UploadRecord } from "./upload_record.js";

const UPLOADS = "/api/v1/uploads";
const AT_ONCE = 3;
const BATCHES_AT_ONCE = 2;
const LARGE_AT_ONCE = 2;
const WATCHED_AT_ONCE = 2;
const MOST_ATTEMPTS = 4;
const LONGEST_WAIT_MS = 30_000;
const BUSY_WAIT_MS = 3_000;

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
    this.pieces = new Pieces(call);
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
    this.record = new UploadRecord(this.words);
    this.removable = new Set(); // uploads that are taken in and can be forgotten once all is done
    this.hasFiles = false;
    this.isFinished = false;
    this.thereBytes = 0; // of what counts as sent: was there before, and tells nothing of the line
  }

  get items() {
    return this.record.items;
  }

  get outcomes() {
    return this.record.outcomes;
  }

  /** Takes note of what the server has of this person's; what is whole there is followed to its end. */
  adopt(uploads) {
    for (const upload of uploads) {
      this.known.set(upload.fingerprint, upload);
      if (upload.received_bytes < upload.size_bytes) continue;
      const item = this.record.item(upload.source_name, upload.size_bytes, null, upload.fingerprint);
      item.upload = { id: upload.id, offset: upload.size_bytes };
      this.#isThere(item, item.size);
      this.#store(item);
    }
    this.#pump();
  }

  /** Uploads that the server has in part, and that nobody is sending here. */
  get inPart() {
    return [...this.known.values()].filter(
      ({ fingerprint, received_bytes, size_bytes }) => received_bytes < size_bytes && !this.record.byFingerprint.has(fingerprint),
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
    if (this.isFinished && !this.record.hasFailed) this.#begin();
    this.hasFiles = true;
    this.isFinished = false;
    const fingerprints = await Promise.all(files.map((given) => this.journal.fingerprint(given)));
    const earlier = [];
    const unread = [];
    for (const [position, given] of files.entries()) {
      const fingerprint = fingerprints[position];
      const there = this.record.byFingerprint.get(fingerprint);
      if (there) {
        there.file ||= given.file;
        continue;
      }
      const item = this.record.item(given.name, given.file.size, given.file, fingerprint, given.attachment);
      const heard = before.get(fingerprint);
      if (given.problem) unread.push([item, this.words[given.problem]]);
      else if (heard) earlier.push([item, heard]);
      else if (look.isGivenUp) this.record.fail(item, this.words.cancelled);
      else this.#lineOf(item).push(item);
    }
    for (const [item] of [...earlier, ...unread]) this.#isThere(item, item.size);
    for (const [item, heard] of earlier) this.record.recall(item, heard);
    for (const [item, reason] of unread) this.record.refuse(item, reason);
    this.#pump();
    if (!look.isGivenUp) await this.journal.begin(this.items.length, this.record.bytes);
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
    for (const item of unsent) if (item.state !== State.DONE) this.record.fail(item, this.words.cancelled);
    const begun = unsent.filter((item) => item.upload);
    for (const item of begun) {
      await this.pieces.remove(item.upload.id);
      this.known.delete(item.fingerprint);
      item.upload = null;
    }
    await this.journal.clear();
    this.onChange();
    this.#pump();
  }

  /** Removes what the server has of a file that is not to be finished. */
  async remove(upload) {
    await this.pieces.remove(upload.id);
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
    const { bytes } = this.record;
    const sentBytes = Math.min(bytes, this.sentBytes);
    if (!this.isPaused && !this.holding) this.rate.add(this.now(), sentBytes - this.thereBytes);
    const bytesPerSecond = this.rate.bytesPerSecond;
    return {
      files: this.items.length,
      bytes,
      sentBytes,
      ...this.record.counts(),
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
    this.record.missWhatDiscsName();
    if (this.record.hasFailed) return; // to be tried again, perhaps by the next tab
    // What another tab left unsent is still to be known when its files come.
    if (!this.hasFiles && (await this.journal.unfinished())) return;
    await this.journal.clear();
    for (const id of this.removable) await this.pieces.remove(id);
    this.removable.clear();
    this.known.clear();
    this.record.byFingerprint.clear();
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
          this.record.finish(item);
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
    this.record.outcome(item, line.source_name, line);
    if (line.source_name === item.name) done.push(item); // an archive has more to tell, under longer names
  }

  // -- large files -----------------------------------------------------------------------------------

  async #sendLarge(lane) {
    const [item] = lane.items;
    const { signal } = lane.controller;
    const onBytes = (sent) => {
      item.sent = lane.sent = sent;
      this.onChange();
    };
    item.state = State.SENDING;
    const known = this.known.get(item.fingerprint);
    if (!item.upload && known && known.size_bytes === item.size) item.upload = { id: known.id, offset: known.received_bytes };
    for (;;) {
      if (item.upload && Number.isNaN(item.upload.offset)) {
        const found = await this.pieces.ask(item, signal);
        if (found.status === 404) this.#lost(item);
        else if (found.status !== 200) return this.#unsent([item], lane, found);
      }
      if (item.upload?.offset === item.size) break;
      this.#isThere(item, item.upload?.offset || 0);
      onBytes(item.sent);
      const answer = await (item.upload ? this.pieces.send(item, signal, onBytes) : this.pieces.begin(item, signal));
      if (answer.status === 423) await new Promise((resolve) => this.timer(resolve, BUSY_WAIT_MS));
      else if (answer.status === 404 && item.upload) this.#lost(item);
      else if ((answer.status < 200 || answer.status > 299) && answer.status !== 409) return this.#unsent([item], lane, answer);
    }
    this.failures = 0;
    this.#store(item);
  }

  /** The server has this much of it, however it came there. */
  #isThere(item, bytes) {
    this.thereBytes += bytes - item.sent;
    item.sent = bytes;
  }

  #lost(item) {
    this.known.delete(item.fingerprint);
    item.upload = null;
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
    const answer = await this.pieces.hear(item, lane.controller.signal, (lines) => {
      for (const line of lines) {
        if (line.done) isComplete = true;
        else if (line.error) sentence = line.error;
        else {
          item.told += 1;
          this.record.outcome(item, line.source_name, line);
        }
      }
      this.onChange();
    });
    if (isComplete) {
      this.failures = 0;
      this.removable.add(item.upload.id);
      this.record.finish(item);
    } else if (answer.status === 404) {
      this.#lost(item);
      this.record.fail(item, this.words.gone);
    } else if (answer.status === 401) {
      this.stopped = this.words.signed_out;
      this.record.fail(item, this.stopped);
    } else if (answer.status === 0 || answer.status >= 500 || (answer.status === 200 && !sentence)) {
      this.#hold("");
      this.whole.push(item);
    } else this.record.fail(item, sentence || sentenceOf(answer.text) || this.words.failed_sentence);
  }

  // -- what is sent again ------------------------------------------------------------------------------

  #queue(item) {
    item.state = State.WAITING;
    if (!item.upload) item.sent = 0; // else the server has most of it, and says how much before it goes on
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
    // Not what the server says of it, which leads away from this page and what it has still to send.
    if (answer.status === 401) this.stopped = this.words.signed_out;
    else if (answer.status === 403) this.stopped = why || this.words.signed_out;
    else if (answer.status === 507 || answer.status === 429) this.stopped = why || this.words.full;
    else if (answer.status >= 400 && answer.status < 500) {
      for (const item of pending) this.record.fail(item, why || this.words.failed_sentence);
      return;
    } else {
      const readable = await Promise.all(pending.map((item) => isReadable(item.file)));
      pending.forEach((item, position) => readable[position] || this.record.fail(item, this.words.unreadable));
      // Without a connection nothing is the file's fault, however often it is tried.
      if (answer.status) for (const item of pending) item.attempts += 1;
      this.#hold(why);
    }
    for (const item of pending.reverse()) {
      if (item.state === State.FAILED) continue;
      if (item.attempts >= MOST_ATTEMPTS) this.record.fail(item, why || this.words.failed_sentence);
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
