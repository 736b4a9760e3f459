// Scenarios for upload_engine.js, run by Node: a server that keeps what it acknowledges, a connection that breaks where it
// is told to, a journal and a clock that moves by hand. Each scenario throws if a file was lost or sent again for nothing.
import assert from "node:assert/strict";

const { UploadEngine } = await import(process.argv[2]);
const { State } = await import(new URL("upload_record.js", process.argv[2]));

const LARGE = 16 * 1024 * 1024;
const WORDS = new Proxy({}, { get: (_, name) => `[${String(name)}]` });
const settle = async () => { for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve)); };

/** A file of a size without its octets. */
class Paper {
  constructor(name, size, { isReadable = true } = {}) { Object.assign(this, { name, size, isReadable, lastModified: 1 }); }
  slice(from, to) {
    if (!this.isReadable) return { arrayBuffer: () => Promise.reject(new Error("gone")) };
    return { size: Math.min(to, this.size) - from, arrayBuffer: async () => new ArrayBuffer(0) };
  }
}
globalThis.FormData = class {
  parts = [];
  append(field, file, name) { this.parts.push({ field, file, name }); }
};

class Journal {
  constructor() { this.rows = new Map(); this.upload = null; }
  async fingerprint({ name, file }) { return `${name}|${file.size}`; }
  async answered() { return new Map(this.rows); }
  async unfinished() { return this.upload; }
  async begin(files, bytes) { this.upload = { files, bytes }; }
  async record(entries) { for (const [fingerprint, record] of entries) this.rows.set(fingerprint, structuredClone(record)); }
  async clear() { this.rows.clear(); this.upload = null; }
}

/** What the server holds; `trouble(request)` may answer in its place, or break an answer off after some lines. */
class Server {
  constructor() {
    this.received = []; // names of small files, each time they came whole
    this.stored = new Set();
    this.uploads = new Map();
    this.octets = 0; // of large files, all that was sent
    this.trouble = () => null;
    this.requests = [];
  }
  get list() { return [...this.uploads.values()].map((upload) => ({ ...upload, outcome_count: 0 })); }
  call = async (request) => {
    await null;
    this.requests.push(`${request.method} ${request.url}`);
    if (request.signal?.aborted) return answer(0);
    const trouble = this.trouble(request) || {};
    if (trouble.status !== undefined) return answer(trouble.status, trouble.text);
    if (request.url === "/api/v1/uploads") return this.#small(request, trouble);
    const id = request.url.split("/")[4]?.split("?")[0];
    if (request.method === "POST") {
      const metadata = Object.fromEntries(request.headers["upload-metadata"].split(",").map((pair) => {
        const [name, value] = pair.split(" ");
        return [name, Buffer.from(value, "base64").toString()];
      }));
      const upload = {
        id: `u${this.uploads.size}`, source_name: metadata.filename, fingerprint: metadata.fingerprint,
        size_bytes: Number(request.headers["upload-length"]), received_bytes: 0, is_taken_in: false,
      };
      this.uploads.set(upload.id, upload);
      return answer(201, "", { location: `/api/v1/tus/${upload.id}` });
    }
    const upload = this.uploads.get(id);
    if (!upload) return answer(404, '{"error": "no longer there"}');
    if (request.method === "DELETE") return this.uploads.delete(id), answer(204);
    if (request.method === "HEAD") return answer(200, "", { "upload-offset": String(upload.received_bytes) });
    if (request.method === "PATCH") {
      if (Number(request.headers["upload-offset"]) !== upload.received_bytes) return answer(409);
      const kept = Math.min(request.body.size, trouble.keep ?? Infinity);
      request.onBytes(kept);
      upload.received_bytes += kept;
      this.octets += kept;
      return kept < request.body.size ? answer(0) : answer(204, "", { "upload-offset": String(upload.received_bytes) });
    }
    return this.#outcomes(request, upload, trouble);
  };
  async #small(request, { lines = Infinity }) {
    const parts = request.body.parts;
    if (!parts.every(({ file }) => file.isReadable)) return answer(0);
    request.onBytes(parts.reduce((sum, { file }) => sum + file.size, 0));
    const told = [];
    for (const { field: mark, name } of parts) {
      if (told.length >= lines) continue; // neither told nor taken in
      this.received.push(name);
      const entries = name.endsWith(".zip") ? [`${name}/1`, `${name}/2`] : [name];
      for (const source_name of entries) told.push({ source_name, mark, ...this.#verdict(source_name) });
    }
    if (lines === Infinity) told.push({ done: true });
    for (const line of told) request.onLines([line]);
    return answer(200);
  }
  #outcomes(request, upload, { lines = Infinity }) {
    const from = Number(request.url.split("from=")[1]);
    const all = [1, 2, 3, 4].map((number) => ({ source_name: `${upload.source_name}/${number}`, kind: "stored" }));
    request.onLines(all.slice(from, from + lines));
    upload.is_taken_in = true;
    if (lines === Infinity) request.onLines([{ done: true }]);
    return answer(200);
  }
  #verdict(name) {
    if (name.includes("bad")) return { kind: "refused", reason: "damaged" };
    if (this.stored.has(name)) return { kind: "duplicate", reason: "" };
    this.stored.add(name);
    return { kind: "stored", reason: "" };
  }
}
const answer = (status, text = "", headers = {}) => ({ status, text, get: (name) => headers[name] ?? null });

function begin(server = new Server(), journal = new Journal()) {
  const timers = [];
  const engine = new UploadEngine({
    call: server.call, journal, words: WORDS, now: () => 0, timer: (action) => timers.push(action),
  });
  const pass = async () => { await settle(); while (timers.length) { timers.shift()(); await settle(); } };
  return { server, journal, engine, pass, timers };
}
const many = (count, name = "f") => Array.from({ length: count }, (_, number) => ({ name: `${name}${number}`, file: new Paper(`${name}${number}`, 1000) }));
const large = (name, size = 5 * LARGE) => ({ name, file: new Paper(name, size) });

const SCENARIOS = {
  async "many small files go in few requests, each with its outcome"() {
    const { server, journal, engine, pass } = begin();
    await engine.add(many(1000));
    await pass();
    const { counts, states, phase } = engine.summary();
    assert.deepEqual([counts.stored, states.done, phase], [1000, 1000, "finished"]);
    assert.equal(server.requests.length, 5);
    assert.equal(journal.rows.size, 0);
  },
  async "after a broken answer only files without an outcome are sent again"() {
    const { server, engine, pass } = begin();
    let broken = 0;
    server.trouble = ({ url }) => (url === "/api/v1/uploads" && !broken++ ? { lines: 30 } : null);
    await engine.add(many(100));
    await pass();
    assert.equal(new Set(server.received).size, 100);
    assert.equal(server.received.length, 100);
    assert.equal(engine.summary().counts.stored, 100);
  },
  async "what was found is sent while more is looked for, and it is over once all was found"() {
    const { server, journal, engine, pass } = begin();
    let found;
    const more = new Promise((resolve) => (found = resolve));
    const adding = engine.addAll((async function* () {
      yield many(250);
      await more;
      yield many(250, "g");
    })());
    await pass();
    assert.deepEqual([server.received.length, engine.phase, engine.isLooking], [250, "looking", true]);
    assert.equal(journal.rows.size, 250);
    found();
    await adding;
    await pass();
    assert.deepEqual([server.received.length, engine.summary().counts.stored, engine.phase], [500, 500, "finished"]);
    assert.deepEqual([engine.endings, journal.upload], [1, null]);
  },
  async "what is found after stopping can be sent again with the rest"() {
    const { server, journal, engine, pass } = begin();
    let found;
    const more = new Promise((resolve) => (found = resolve));
    engine.pause();
    const adding = engine.addAll((async function* () {
      yield many(10);
      await more;
      yield many(10, "g");
    })());
    await pass();
    await engine.cancel();
    found();
    await adding;
    await pass();
    assert.deepEqual([engine.summary().states.failed, engine.phase, server.received.length], [20, "finished", 0]);
    assert.equal(journal.upload, null);
    engine.retry();
    await pass();
    assert.deepEqual([engine.summary().counts.stored, server.received.length], [20, 20]);
  },
  async "a drop of nothing takes away nothing of what was told"() {
    const { engine, pass } = begin();
    await engine.add(many(5));
    await pass();
    await engine.addAll([[]]);
    await pass();
    assert.deepEqual([engine.summary().counts.stored, engine.phase, engine.endings], [5, "finished", 1]);
  },
  async "a closed tab costs nothing that was answered"() {
    const first = begin();
    let number = 0;
    first.server.trouble = ({ url }) => (url === "/api/v1/uploads" && number++ >= 2 ? { status: 0 } : null);
    await first.engine.add(many(1000));
    await settle();
    assert.equal(first.journal.rows.size, 400);
    first.server.trouble = () => null;
    const second = begin(first.server, first.journal);
    await second.engine.add(many(1000));
    await second.pass();
    assert.equal(first.server.received.length, 1000);
    const { counts, phase } = second.engine.summary();
    assert.deepEqual([counts.stored, counts.duplicate, phase], [1000, 0, "finished"]);
    assert.equal(second.journal.rows.size, 0);
  },
  async "a large file goes on at the octet where the connection broke"() {
    const { server, engine, pass } = begin();
    let broken = 0;
    server.trouble = ({ method }) => (method === "PATCH" && !broken++ ? { keep: 12_345 } : null);
    await engine.add([large("all.zip")]);
    await pass();
    assert.equal(server.octets, 5 * LARGE);
    const { counts, states, phase } = engine.summary();
    assert.deepEqual([counts.stored, states.done, phase], [4, 1, "finished"]);
    assert.equal(server.uploads.size, 0); // and nothing of it is left on the server
  },
  async "what is to be attached goes in pieces however small it is, with what is said of it"() {
    const { server, engine, pass } = begin();
    const begun = [];
    server.trouble = ({ method, url, headers }) => {
      if (method === "POST") begun.push([url, headers["upload-metadata"]]);
      return null;
    };
    const attachment = { endpoint: "/api/v1/attachments/2.25.1", said: { origin: "scan", description: "ä" } };
    await engine.add([{ ...large("letter.pdf", 1000), attachment }]);
    await pass();
    const said = `origin ${Buffer.from("scan").toString("base64")},description ${Buffer.from("ä").toString("base64")}`;
    assert.deepEqual(begun.map(([url]) => url), ["/api/v1/attachments/2.25.1"]);
    assert.ok(begun[0][1].endsWith(said), begun[0][1]);
    assert.deepEqual([server.octets, engine.summary().phase], [1000, "finished"]);
  },
  async "a large file goes on in another tab"() {
    const first = begin();
    first.server.trouble = ({ method }) => (method === "PATCH" ? { keep: LARGE } : method === "HEAD" ? { status: 0 } : null);
    await first.engine.add([large("all.zip")]);
    await settle();
    first.server.trouble = () => null;
    const second = begin(first.server, first.journal);
    second.engine.adopt(first.server.list);
    assert.equal(second.engine.inPart.length, 1);
    await second.engine.add([large("all.zip")]);
    await second.pass();
    assert.equal(first.server.octets, 5 * LARGE);
    assert.equal(second.engine.summary().counts.stored, 4);
  },
  async "what the server has already stays counted while nothing is sent, and is no speed when it goes on"() {
    const { server, engine, pass } = begin();
    let [ms, fastest] = [0, 0];
    let broken = 0;
    server.trouble = ({ method }) => (method === "PATCH" && !broken++ ? { keep: 3 * LARGE } : null);
    await engine.add([large("all.zip")]);
    await settle();
    assert.deepEqual([engine.phase, engine.summary().sentBytes], ["holding", 3 * LARGE]);
    const other = begin(server);
    other.engine.adopt(server.list);
    Object.assign(other.engine, {
      now: () => (ms += 1000),
      onChange: () => (fastest = Math.max(fastest, other.engine.summary().bytesPerSecond)),
    });
    await other.engine.add([large("all.zip")]);
    await other.pass();
    assert.equal(server.octets, 5 * LARGE);
    assert.ok(fastest > 0 && fastest <= 2 * LARGE, `${fastest}`);
    await pass();
  },
  async "what was whole when the tab was closed is told to the next, without its file"() {
    const first = begin();
    first.server.trouble = ({ url }) => (url.includes("outcomes") ? { status: 0 } : null);
    await first.engine.add([large("all.zip")]);
    await settle();
    first.server.trouble = () => null;
    const second = begin(first.server, new Journal());
    second.engine.adopt(first.server.list);
    await second.pass();
    const { counts, phase } = second.engine.summary();
    assert.deepEqual([counts.stored, phase], [4, "finished"]);
  },
  async "outcomes that were heard are not heard twice"() {
    const { server, engine, pass } = begin();
    let broken = 0;
    server.trouble = ({ url }) => (url.includes("outcomes") && !broken++ ? { lines: 3 } : null);
    await engine.add([large("all.zip")]);
    await pass();
    assert.equal(engine.outcomes.length, 4);
    assert.equal(engine.summary().counts.stored, 4);
  },
  async "an upload that the server no longer has begins anew"() {
    const { server, engine, pass } = begin();
    let broken = 0;
    server.trouble = ({ method }) => {
      if (method !== "PATCH" || broken++) return null;
      server.uploads.clear();
      return { status: 404, text: "{}" };
    };
    await engine.add([large("all.zip")]);
    await pass();
    assert.equal(engine.summary().phase, "finished");
    assert.equal(engine.summary().counts.stored, 4);
  },
  async "pausing stops sending, going on sends the rest"() {
    const { server, engine, pass } = begin();
    engine.pause();
    await engine.add([...many(10), large("all.zip")]);
    await pass();
    assert.equal(server.requests.length, 0);
    assert.equal(engine.phase, "paused");
    engine.resume();
    await pass();
    assert.equal(engine.summary().counts.stored, 14);
  },
  async "stopping gives up what is not sent, and sending again takes it up"() {
    const { server, engine, pass } = begin();
    engine.pause();
    await engine.add(many(10));
    await engine.cancel();
    await settle();
    assert.deepEqual([engine.summary().states.failed, engine.phase], [10, "finished"]);
    engine.retry();
    await pass();
    assert.equal(engine.summary().counts.stored, 10);
    assert.equal(server.received.length, 10);
  },
  async "a stopped large file leaves nothing on the server"() {
    const { server, engine } = begin();
    server.trouble = ({ method }) => (method === "PATCH" ? { keep: 5 } : method === "HEAD" ? { status: 0 } : null);
    await engine.add([large("all.zip")]);
    await settle();
    assert.equal(server.uploads.size, 1);
    await engine.cancel();
    await settle();
    assert.equal(server.uploads.size, 0);
  },
  async "a file that was removed meanwhile fails alone"() {
    const { engine, pass } = begin();
    await engine.add([...many(5), { name: "gone", file: new Paper("gone", 10, { isReadable: false }) }]);
    await pass();
    const { counts, states } = engine.summary();
    assert.deepEqual([counts.stored, states.failed], [5, 1]);
    assert.equal(engine.items.find((item) => item.state === State.FAILED).sentence, "[unreadable]");
  },
  async "a folder that could not be read is refused in words beside what is sent, and once however often it comes"() {
    const { server, engine, pass } = begin();
    const torn = { name: "torn/", file: new Paper("torn", 0), problem: "unread_folder" };
    await Promise.all([engine.add([...many(5), torn]), engine.add([torn])]);
    await pass();
    const { counts, phase } = engine.summary();
    assert.deepEqual([counts.stored, counts.refused, phase], [5, 1, "finished"]);
    assert.deepEqual(engine.outcomes.filter(({ kind }) => kind === "refused").map(({ name, reason }) => [name, reason]), [
      ["torn/", "[unread_folder]"],
    ]);
    assert.equal(server.received.length, 5);
    await engine.add([torn]); // alone, and after all was done
    await pass();
    assert.deepEqual([engine.summary().counts.refused, engine.phase], [1, "finished"]);
  },
  async "a full server stops the upload with its own sentence and loses nothing"() {
    const { server, engine, pass } = begin();
    server.trouble = () => ({ status: 507, text: '{"error": "The storage is full."}' });
    await engine.add(many(10));
    await pass();
    assert.deepEqual([engine.phase, engine.stopped], ["stopped", "The storage is full."]);
    server.trouble = () => null;
    engine.resume();
    await pass();
    assert.equal(engine.summary().counts.stored, 10);
  },
  async "a server that keeps failing is left alone after some attempts"() {
    const { server, engine, pass } = begin();
    server.trouble = () => ({ status: 500, text: "{}" });
    await engine.add(many(3));
    await pass();
    assert.equal(engine.summary().states.failed, 3);
    assert.equal(server.requests.length, 4);
  },
  async "refused, duplicate and stored are counted apart, and two files may have one name"() {
    const { server, engine, pass } = begin();
    server.stored.add("known");
    await engine.add([
      { name: "same", file: new Paper("same", 10) }, { name: "same", file: new Paper("same", 20) },
      { name: "bad", file: new Paper("bad", 10) }, { name: "known", file: new Paper("known", 10) },
    ]);
    await pass();
    const { counts, states } = engine.summary();
    assert.deepEqual([counts.stored, counts.duplicate, counts.refused, states.done], [1, 2, 1, 4]);
  },
  async "a small archive is done when all of it is told"() {
    const { server, engine, pass } = begin();
    let broken = 0;
    server.trouble = ({ url }) => (url === "/api/v1/uploads" && !broken++ ? { lines: 1 } : null);
    await engine.add([{ name: "small.zip", file: new Paper("small.zip", 10) }]);
    await pass();
    assert.equal(server.received.length, 2);
    assert.equal(engine.summary().states.done, 1);
  },
  async "whoever is signed out keeps the page, signs in elsewhere and goes on"() {
    const { server, engine, pass } = begin();
    server.trouble = () => ({ status: 401, text: '{"error": "Sign in to go on."}' });
    await engine.add(many(5));
    await pass();
    assert.deepEqual([engine.phase, engine.stopped], ["stopped", "[signed_out]"]);
    server.trouble = () => null;
    engine.resume();
    await pass();
    assert.equal(engine.summary().states.done, 5);
  },
  async "the same file chosen twice is sent once"() {
    const { server, engine, pass } = begin();
    engine.pause();
    await engine.add(many(5));
    await engine.add(many(6));
    engine.resume();
    await pass();
    assert.equal(server.received.length, 6);
  },
};

const problems = {};
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  try {
    await scenario();
    problems[name] = "";
  } catch (error) {
    problems[name] = String(error.stack || error).slice(0, 2000);
  }
}
process.stdout.write(JSON.stringify(problems));
