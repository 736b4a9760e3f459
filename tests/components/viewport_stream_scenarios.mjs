// Scenarios for viewport_stream.js, run by Node: a server that answers when told, a line that is lost and found,
// and a clock that moves by hand. Each scenario throws if a picture was lost, asked for twice or mistaken.
import assert from "node:assert/strict";

// ---------------------------------------------------------------- the clock
let timers = new Map();
let nextTimer = 1;
let elapsed = 0;
globalThis.setTimeout = (action, milliseconds = 0) => {
  timers.set(nextTimer, { action, at: elapsed + milliseconds });
  return nextTimer++;
};
globalThis.clearTimeout = (timer) => timers.delete(timer);
globalThis.setInterval = () => 0;
Object.defineProperty(globalThis, "performance", { value: { now: () => elapsed } });
const settle = async () => { for (let turn = 0; turn < 20; turn++) await Promise.resolve(); };
async function pass(milliseconds) {
  const until = elapsed + milliseconds;
  for (;;) {
    await settle();
    const due = [...timers].filter(([, { at }]) => at <= until).sort((one, other) => one[1].at - other[1].at)[0];
    if (!due) break;
    timers.delete(due[0]);
    elapsed = Math.max(elapsed, due[1].at);
    due[1].action();
  }
  elapsed = until;
  await settle();
}

// ---------------------------------------------------------------- the server
globalThis.location = { protocol: "http:", host: "localhost:8000" };
globalThis.fetch = async () => ({ ok: false });
let sockets = [];
globalThis.WebSocket = class {
  static OPEN = 1;
  constructor() {
    this.readyState = 0;
    this.sent = [];
    sockets.push(this);
  }
  send(text) { this.sent.push(JSON.parse(text)); }
  accept() { this.readyState = 1; this.onopen(); }
  lose(code = 1006) { this.readyState = 3; this.onclose({ code }); }
  close() {}
  /** Requests that were sent and not answered. */
  get open() { return this.sent.filter(({ kind, isAnswered }) => ["tile", "open"].includes(kind) && !isAnswered); }
  answer(request, more = {}, size = 1000) {
    request.isAnswered = true;
    const header = {
      seq: request.seq, rows: 1, columns: 1, window: null, fidelity: "lossy", media_type: "image/jpeg", render_ms: 1, ...more,
    };
    const words = new TextEncoder().encode(JSON.stringify(header));
    const data = new Uint8Array(4 + words.length + size);
    new DataView(data.buffer).setUint32(0, words.length, true);
    data.set(words, 4);
    this.onmessage({ data: data.buffer });
  }
};

const { keyOf } = await import(new URL("viewport_cache.js", process.argv[2]));

async function fresh() {
  timers = new Map();
  sockets = [];
  // A module of its own for each scenario: the stream is one for a page.
  const { TileStream, LineState } = await import(process.argv[2]);
  const stream = new TileStream();
  stream.open();
  sockets[0].accept();
  return { stream, LineState, server: sockets[0] };
}

const tile = (sop, more = {}) => ({
  study: "1.2", sop, frame: 1, level: 0, row: -1, column: -1, window: null, invert: false, encoding: "jpeg", quality: 85, ...more,
});
let generation = 0;
/** Ask as a viewport does; what came is noted in `got`. */
function wish(stream, sops, got, more = {}) {
  const tiles = sops.map((sop) => (typeof sop === "string" ? tile(sop) : sop));
  stream.ask({
    viewport: "viewport-0", generation: (generation += 1), tiles, ...more,
    onTile: (each) => got.push(each.sop ?? each.kind), onError: (each, error) => got.push(`error ${error.sentence}`),
  });
}
const sops = (requests) => requests.map(({ sop }) => sop);

const scenarios = {
  async "what was overtaken before it was sent is never sent"() {
    const { stream, server } = await fresh();
    const got = [];
    for (let number = 1; number <= 9; number += 1) wish(stream, [`${number}`], got);
    assert.deepEqual(sops(server.open), ["1", "2"]);
    server.answer(server.open[0]);
    assert.deepEqual(sops(server.open), ["2", "9"]);
    server.answer(server.open[0]);
    server.answer(server.open[0]);
    assert.deepEqual(got, ["1", "2", "9"]);
  },

  async "what is under way is not asked for twice"() {
    const { stream, server } = await fresh();
    const got = [];
    wish(stream, ["1"], got, { viewport: "viewport-0:ahead", isAhead: true });
    wish(stream, ["1"], got);
    wish(stream, ["1"], got);
    assert.deepEqual(sops(server.open), ["1"]);
    server.answer(server.open[0]);
    assert.deepEqual(got, ["1", "1"], "once for the list ahead, once for the hand");
  },

  async "what the server left out is asked again for whoever has joined since"() {
    const { stream, server } = await fresh();
    const got = [];
    wish(stream, ["1"], got);
    wish(stream, ["2"], got);
    wish(stream, ["1"], got);
    const [first] = server.open;
    server.answer(first, { dropped: true }, 0);
    assert.deepEqual(sops(server.open), ["2", "1"]);
    server.answer(server.open[1]);
    assert.deepEqual(got, ["1"]);
  },

  async "what the server left out is not asked again when nobody wants it"() {
    const { stream, server } = await fresh();
    const got = [];
    wish(stream, ["1"], got);
    wish(stream, ["2"], got);
    server.answer(server.open[0], { dropped: true }, 0);
    assert.deepEqual(sops(server.open), ["2"]);
  },

  async "what is there is shown at once, in whatever quality it came"() {
    const { stream, server } = await fresh();
    const got = [];
    wish(stream, [tile("1", { quality: 45 })], got);
    server.answer(server.open[0]);
    wish(stream, [tile("1", { quality: 85 })], got);
    await settle();
    assert.deepEqual(got, ["1", "1"]);
    assert.equal(server.open.length, 0);
    wish(stream, [tile("1", { encoding: "png" })], got);
    assert.equal(server.open.length, 1, "without loss is another picture");
  },

  async "what is fetched ahead leaves a place for a hand"() {
    const { stream, server } = await fresh();
    const got = [];
    wish(stream, ["1", "2", "3", "4"], got, { viewport: "viewport-0:ahead", isAhead: true });
    assert.deepEqual(sops(server.open), ["1"]);
    wish(stream, ["9"], got);
    assert.deepEqual(sops(server.open), ["1", "9"]);
    server.answer(server.open[0]);
    assert.deepEqual(sops(server.open), ["9"], "while a hand waits, nothing is fetched ahead");
    server.answer(server.open[0]);
    assert.deepEqual(sops(server.open), ["2"]);
  },

  async "a lost line asks again for what still counts, once it is found"() {
    const { stream, server, LineState } = await fresh();
    const got = [];
    const states = [];
    stream.listen((state) => states.push(state));
    wish(stream, ["1"], got);
    wish(stream, ["2"], got);
    wish(stream, ["3"], got);
    server.lose();
    assert.deepEqual(states, [LineState.LOST]);
    await pass(1000);
    assert.equal(sockets.length, 2);
    sockets[1].accept();
    assert.deepEqual(sops(sockets[1].open), ["3"]);
    sockets[1].answer(sockets[1].open[0]);
    assert.deepEqual(got, ["3"]);
    assert.deepEqual(states, [LineState.LOST, LineState.OPEN]);
  },

  async "a server that restarts is found again, and told what to make ready"() {
    const { stream, server } = await fresh();
    stream.prefetch("viewport-0", "1.2", [["1", 1]], 0);
    server.lose(1012);
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await pass(20_000);
      sockets.at(-1).lose();
    }
    await pass(20_000);
    const last = sockets.at(-1);
    last.accept();
    assert.ok(last.sent.some(({ kind }) => kind === "prefetch"));
  },

  async "an ended session is not asked again"() {
    const { stream, server, LineState } = await fresh();
    wish(stream, ["1"], []);
    server.lose(4401);
    await pass(60_000);
    assert.equal(stream.state, LineState.SIGNED_OUT);
    assert.equal(sockets.length, 1);
  },

  async "an opening brings the tile that the page would ask for"() {
    const { stream, server } = await fresh();
    const got = [];
    const opening = { kind: "open", study: "1.2", series: "", index: 1, window: null, invert: false, box: [9, 9], quality: 85 };
    wish(stream, [opening], got, { viewport: "opening" });
    assert.equal(server.open[0].kind, "open");
    wish(stream, ["1"], got);
    assert.equal(server.open.length, 1, "the page waits for what is on its way");
    const image = { sop_instance_uid: "1", frame_number: 1, is_colour: false };
    server.answer(server.open[0], { opened: { study: "1.2", image, level: 0 } });
    assert.deepEqual(got, ["open", "1"]);
    assert.ok(stream.has(tile("1")));
    assert.equal(server.open.length, 0);
  },

  async "an opening that brings something else leaves the page's own wish"() {
    const { stream, server } = await fresh();
    const got = [];
    const opening = { kind: "open", study: "1.2", series: "", index: 1, window: null, invert: false, box: [9, 9], quality: 85 };
    wish(stream, [opening], got, { viewport: "opening" });
    wish(stream, ["2"], got);
    const image = { sop_instance_uid: "1", frame_number: 1, is_colour: false };
    server.answer(server.open[0], { opened: { study: "1.2", image, level: 0 } });
    assert.deepEqual(got, ["open"]);
    assert.deepEqual(sops(server.open), ["2"]);
    server.answer(server.open[0]);
    wish(stream, [{ ...opening, study: "1.3" }], got, { viewport: "opening" });
    wish(stream, ["3"], got);
    assert.deepEqual(sops(server.open.filter(({ kind }) => kind === "tile")), ["3"], "another study is another matter");
  },

  async "a refused opening leaves the page's own wish"() {
    const { stream, server } = await fresh();
    const got = [];
    const opening = { kind: "open", study: "1.2", series: "", index: 1, window: null, invert: false, box: [9, 9], quality: 85 };
    wish(stream, [opening], got, { viewport: "opening" });
    wish(stream, ["1"], got);
    server.answer(server.open[0], { error: "No.", code: "NotDisplayable" }, 0);
    assert.deepEqual(got, ["error No."]);
    assert.deepEqual(sops(server.open), ["1"]);
  },

  async "a viewport that is gone gets nothing more"() {
    const { stream, server } = await fresh();
    const got = [];
    wish(stream, ["1"], got);
    wish(stream, ["2", "3"], got, { viewport: "viewport-0:ahead", isAhead: true });
    stream.forget("viewport-0");
    for (const request of server.open) server.answer(request);
    assert.deepEqual(got, []);
    assert.equal(server.open.length, 0);
    assert.equal(stream.underWay("viewport-0"), 0);
  },

  async "pictures are fetched ahead over a slow line only, and each once"() {
    const { stream, server } = await fresh();
    const pong = (since) => server.onmessage({ data: JSON.stringify({ kind: "pong", t: elapsed - since }) });
    stream.fetchAhead("viewport-0", [tile("1")]);
    pong(2);
    stream.fetchAhead("viewport-0", [tile("1")]);
    assert.deepEqual(server.open, [], "of a quick line, or of one that is not known, nothing is asked ahead");
    const slow = await fresh();
    slow.server.onmessage({ data: JSON.stringify({ kind: "pong", t: elapsed - 40 }) });
    slow.stream.keep(tile("1"), { octets: new Uint8Array(1) });
    slow.stream.fetchAhead("opening", [tile("1"), tile("2"), tile("3"), tile("4"), tile("5"), tile("6")]);
    assert.deepEqual(sops(slow.server.open), ["2", "3", "4"], "one place stays free for a hand");
    slow.stream.fetchAhead("opening", []);
    slow.stream.fetchAhead("viewport-0", [tile("3"), tile("6")]);
    for (const request of slow.server.open) slow.server.answer(request);
    assert.deepEqual(sops(slow.server.open), ["6"]);
  },

  async "the cache keeps within its octets"() {
    const { AnswerCache } = await import(new URL("viewport_cache.js", process.argv[2]));
    const cache = new AnswerCache(2500);
    for (const sop of ["1", "2", "1", "3"]) cache.set(keyOf(tile(sop)), { octets: new Uint8Array(1000) });
    assert.equal(cache.bytes, 2000);
    assert.ok(cache.has(keyOf(tile("1"))) && cache.has(keyOf(tile("3"))) && !cache.has(keyOf(tile("2"))));
  },
};

const results = {};
for (const [name, scenario] of Object.entries(scenarios)) {
  try {
    await scenario();
    results[name] = "";
  } catch (error) {
    results[name] = String(error.stack ?? error);
  }
}
process.stdout.write(JSON.stringify(results));
