// The one line between a page and the server's pixels: a WebSocket shared by all viewports, latest wins,
// as many requests in flight as the round trip needs, HTTP when the socket cannot be had. Knows no
// canvas and no gesture.

import { SERVER_BACK_EVENT } from "./server_watch.js";
import { AnswerCache, keyOf } from "./viewport_cache.js";
import { Pace } from "./viewport_pace.js";

const SOCKET_PATH = "/api/v1/stream";
const ANSWER_WITHIN_MS = 15_000;
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 8_000;
const KEPT_BYTES = 32 * 1024 * 1024;
const PING_AGAIN_AFTER_MS = 4_000;
const NOBODY = { viewport: "", generation: 0, onTile() {}, onError() {} };
const LONGEST_WAIT_MS = 4_000;
const SIGNED_OUT = 4401;
const PINGS_AT_START = 3;

/** What the line can be, and whether pictures still come. */
export const LineState = Object.freeze({
  CONNECTING: "connecting",
  OPEN: "open",
  HTTP: "http",
  LOST: "lost",
  SIGNED_OUT: "signed-out",
});

export class TileStream {
  constructor() {
    this.state = LineState.CONNECTING;
    this.listeners = new Set();
    this.socket = null;
    this.attempts = 0;
    this.sequence = 0;
    this.inFlight = new Map(); // seq -> {ask, tile, key, sentAt, waiting: [{ask, tile}, ...]}
    this.lines = new Map(); // viewport -> {ask, tiles waiting}
    this.turn = [];
    this.pace = new Pace();
    this.cache = new AnswerCache(KEPT_BYTES);
    this.timer = null;
    this.lastHeard = 0;
    this.pingSentAt = 0;
    this.pingedAt = 0;
    this.pingsLeft = 0;
    this.prefetches = new Map();
  }

  /** Open the line; more calls change nothing. */
  open() {
    if (this.socket || this.timer || this.state === LineState.SIGNED_OUT) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    let socket;
    try {
      socket = new WebSocket(`${scheme}//${location.host}${SOCKET_PATH}`);
    } catch {
      this.#closed(0);
      return;
    }
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#heard(event.data);
    socket.onclose = (event) => {
      if (this.socket === socket) this.#closed(event.code);
    };
    if (this.watch) return;
    this.watch = setInterval(() => this.#watch(), 1000);
    // A network or a server that is there again, or a lid that was opened: no need to wait for the next try.
    for (const news of ["online", "focus", SERVER_BACK_EVENT]) globalThis.addEventListener?.(news, () => this.#hurry());
  }

  /** Hear of every change of state; returns what stops it. */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Ask for the tiles of one picture. What this viewport still waits to send is given up: latest wins.
   *
   * @param ask {viewport, generation, tiles, isAhead, onTile(tile, answer), onError(tile, error)}; an answer is
   *   {octets, mediaType, rows, columns, window, fidelity}. A tile that was overtaken is never answered.
   */
  ask(ask) {
    const tiles = [];
    for (const tile of ask.tiles) {
      const key = keyOf(tile);
      const kept = this.cache.get(key);
      if (kept) queueMicrotask(() => ask.onTile(tile, kept));
      else if (!this.#joined(ask, tile, key)) tiles.push(tile);
    }
    if (tiles.length) this.lines.set(ask.viewport, { ask, tiles });
    else this.lines.delete(ask.viewport);
    this.open();
    this.#pump();
  }

  // What is under way already is not asked for twice, whoever has asked for it.
  #joined(ask, tile, key) {
    for (const sent of this.inFlight.values()) {
      if (sent.key !== key && !mayAnswer(sent.tile, tile)) continue;
      const same = sent.waiting.find((each) => each.ask.viewport === ask.viewport);
      if (same) Object.assign(same, { ask, tile });
      else sent.waiting.push({ ask, tile });
      return true;
    }
    return false;
  }

  /** Keep an answer that came by another way, as if this tile had been asked for. */
  keep(tile, answer) {
    this.cache.set(keyOf(tile), answer);
  }

  /** Whether the answer to a tile is there. */
  has(tile) {
    return this.cache.has(keyOf(tile));
  }

  /**
   * Fetch what a viewport will want next, where it would have to be waited for; replaces what is fetched ahead for the
   * viewport already.
   */
  fetchAhead(viewport, tiles) {
    if (!this.pace.isFar) return;
    const quality = this.pace.movingQuality;
    this.ask({
      viewport: `${viewport}:ahead`, generation: 0, isAhead: true, onTile: () => {},
      tiles: tiles.filter((tile) => !this.has(tile)).map((tile) => ({ ...tile, quality })),
    });
  }

  /** Have frames decoded in the server before they are asked for; replaces the viewport's last wish. */
  prefetch(viewport, study, images, level) {
    const wish = { kind: "prefetch", viewport, study, images, level };
    this.prefetches.set(viewport, wish);
    this.say(wish);
  }

  /** A viewport is gone. */
  forget(viewport) {
    for (const name of [viewport, `${viewport}:ahead`]) {
      this.lines.delete(name);
      this.prefetches.delete(name);
      for (const { waiting } of this.inFlight.values()) {
        for (const each of waiting) if (each.ask.viewport === name) each.ask = NOBODY;
      }
    }
  }

  /** Requests of this viewport that are under way. */
  underWay(viewport) {
    let count = this.lines.has(viewport) ? 1 : 0;
    for (const { waiting } of this.inFlight.values()) count += waiting.filter(({ ask }) => ask.viewport === viewport).length;
    return count;
  }

  // -------------------------------------------------------------- sending

  #pump() {
    const sends = this.state === LineState.OPEN || this.state === LineState.HTTP;
    while (sends && this.inFlight.size < this.pace.limit) {
      const next = this.#next();
      if (!next) return;
      const { ask, tile } = next;
      const seq = (this.sequence += 1);
      const { viewport, generation } = ask;
      this.inFlight.set(seq, { ask, tile, key: keyOf(tile), waiting: [{ ask, tile }], sentAt: performance.now() });
      if (this.state === LineState.OPEN) {
        this.say({ kind: "tile", seq, viewport, generation, ...tile });
      } else {
        this.#fetch(seq, tile);
      }
    }
  }

  // Viewports take turns; what is only fetched ahead waits until nobody else does.
  #next() {
    const names = [...this.lines.keys()];
    names.sort((one, other) => {
      const ahead = Number(Boolean(this.lines.get(one).ask.isAhead)) - Number(Boolean(this.lines.get(other).ask.isAhead));
      return ahead || this.turn.indexOf(one) - this.turn.indexOf(other);
    });
    const name = names[0];
    if (name === undefined) return null;
    const line = this.lines.get(name);
    // One place stays free for a hand.
    if (line.ask.isAhead && this.inFlight.size >= Math.max(1, this.pace.limit - 1)) return null;
    const tile = line.tiles.shift();
    if (!line.tiles.length) this.lines.delete(name);
    this.turn = [...this.turn.filter((other) => other !== name), name];
    return { ask: line.ask, tile };
  }

  /** Send what needs no answer, if the line is there. */
  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  // -------------------------------------------------------------- hearing

  #opened() {
    this.attempts = 0;
    this.lastHeard = performance.now();
    this.pingSentAt = 0;
    this.pingsLeft = PINGS_AT_START;
    this.#ping();
    this.#become(LineState.OPEN);
    for (const wish of this.prefetches.values()) this.say(wish);
    this.#pump();
  }

  #heard(data) {
    this.lastHeard = performance.now();
    this.pingSentAt = 0;
    if (typeof data === "string") {
      this.#ponged(JSON.parse(data));
      return;
    }
    const view = new DataView(data);
    const headerLength = view.getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, headerLength)));
    const octets = new Uint8Array(data, 4 + headerLength);
    this.#answered(header.seq, header, octets);
  }

  #ping() {
    this.say({ kind: "ping", t: performance.now() });
  }

  // The bare way there and back, from a few pings at the start, before any picture has been timed.
  #ponged(message) {
    if (message.kind !== "pong" || typeof message.t !== "number") return;
    this.pace.timed(performance.now() - message.t);
    this.pingsLeft -= 1;
    this.pingedAt = performance.now();
    if (this.pingsLeft > 0) this.#ping();
  }

  #answered(seq, header, octets) {
    const sent = this.inFlight.get(seq);
    this.inFlight.delete(seq);
    if (sent) {
      const { tile, waiting } = sent;
      if ("error" in header) {
        const error = { sentence: header.error, code: header.code ?? "" };
        for (const each of waiting) {
          if (each.tile.kind === tile.kind) each.ask.onError?.(each.tile, error);
          else this.#putBack(each);
        }
      } else if (header.dropped) {
        // Overtaken is only the wish that was sent; who has joined it since still waits.
        for (const each of waiting) if (each.ask !== sent.ask) this.#putBack(each);
      } else {
        const answer = {
          octets, mediaType: header.media_type, rows: header.rows, columns: header.columns,
          window: header.window ?? null, fidelity: header.fidelity, opened: header.opened,
        };
        if (header.opened) {
          // While a page is being laid out, what has come long ago is heard late.
          if (answer.mediaType === "image/jpeg") this.pace.sized(octets.length, tile.quality);
          this.keep(openedTile(tile, header.opened), answer);
        } else {
          this.pace.answered({
            sentAt: sent.sentAt, at: performance.now(), octets: octets.length, renderMs: header.render_ms ?? 0,
            quality: answer.mediaType === "image/jpeg" ? tile.quality : 0,
          });
          this.cache.set(sent.key, answer);
        }
        for (const each of waiting) {
          // Who has joined an opening on trust finds its very tile in the cache, or asks for it.
          if (each.tile.kind || this.cache.get(keyOf(each.tile)) === answer) each.ask.onTile(each.tile, answer);
          else this.#putBack(each);
        }
      }
    }
    this.#pump();
    const isIdle = !this.inFlight.size && this.state === LineState.OPEN;
    if (isIdle && performance.now() - this.pingedAt > PING_AGAIN_AFTER_MS) this.#ping();
  }

  // -------------------------------------------------------------- HTTP, when there is no socket

  async #fetch(seq, tile) {
    if (tile.kind) {
      this.#answered(seq, { error: "", code: "OverSocketOnly" });
      return;
    }
    const query = new URLSearchParams({
      level: tile.level, row: tile.row, column: tile.column, invert: tile.invert ? 1 : 0, shutter: tile.shutter ? 1 : 0,
      encoding: tile.encoding, quality: tile.quality,
    });
    if (tile.window) query.set("window", tile.window.join(","));
    const path = `/api/v1/studies/${tile.study}/instances/${tile.sop}/frames/${tile.frame}/tile?${query}`;
    try {
      const response = await fetch(path, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      if (response.status === 401) {
        this.#signedOut();
        return;
      }
      if (!response.ok) {
        const refusal = await response.json().catch(() => ({}));
        this.#answered(seq, { error: refusal.error ?? "The image cannot be shown.", code: refusal.code ?? "" });
        return;
      }
      this.lastHeard = performance.now();
      const window = response.headers.get("X-Pacscribe-Window");
      const header = {
        media_type: response.headers.get("Content-Type"),
        rows: Number(response.headers.get("X-Pacscribe-Rows")),
        columns: Number(response.headers.get("X-Pacscribe-Columns")),
        fidelity: response.headers.get("X-Pacscribe-Fidelity"),
        render_ms: Number(response.headers.get("X-Pacscribe-Render-Ms")),
        window: window ? window.split(",").map((part, at) => (at < 2 ? Number(part) : part)) : null,
      };
      this.#answered(seq, header, new Uint8Array(await response.arrayBuffer()));
    } catch {
      const sent = this.inFlight.get(seq);
      this.inFlight.delete(seq);
      for (const each of sent?.waiting ?? []) this.#putBack(each);
      // The socket may have come back meanwhile: then nothing is lost.
      if (this.state === LineState.OPEN) {
        this.#pump();
        return;
      }
      this.#become(LineState.LOST);
      this.#again();
    }
  }

  // -------------------------------------------------------------- losing and finding the line

  #closed(code) {
    this.socket = null;
    if (code === SIGNED_OUT) {
      this.#signedOut();
      return;
    }
    this.attempts += 1;
    for (const { waiting } of this.inFlight.values()) {
      for (const each of waiting) this.#putBack(each);
    }
    this.inFlight.clear();
    if (this.state !== LineState.HTTP) this.#become(LineState.LOST);
    if (this.attempts >= 3) this.#tryHttp();
    this.#again();
  }

  // A proxy may let no WebSocket through: pictures then come by HTTP, and the socket is tried again now
  // and then. If the server itself is away, that is what the viewports say.
  async #tryHttp() {
    const isThere = await fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok, () => false);
    if (this.state === LineState.OPEN || this.state === LineState.SIGNED_OUT) return;
    this.#become(isThere ? LineState.HTTP : LineState.LOST);
    this.#pump();
  }

  #again() {
    if (this.timer || this.socket) return;
    // Not all at the same moment, where a server comes back to many readers.
    const wait = Math.min(LONGEST_WAIT_MS, 250 * 2 ** Math.min(this.attempts, 6)) * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.open();
    }, wait);
  }

  #hurry() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.open();
  }

  // What was sent and not answered is asked again, unless the viewport has since wished for something else.
  #putBack({ ask, tile }) {
    if (ask === NOBODY) return;
    const line = this.lines.get(ask.viewport);
    if (!line) this.lines.set(ask.viewport, { ask, tiles: [tile] });
    else if (line.ask.generation === ask.generation) line.tiles.unshift(tile);
  }

  #signedOut() {
    this.inFlight.clear();
    this.lines.clear();
    this.cache.clear();
    this.#become(LineState.SIGNED_OUT);
  }

  #watch() {
    if (this.state !== LineState.OPEN) return;
    const now = performance.now();
    let oldest = now;
    for (const { sentAt } of this.inFlight.values()) oldest = Math.min(oldest, sentAt);
    const isDeaf = this.pingSentAt && now - this.pingSentAt > PONG_WITHIN_MS;
    if (isDeaf || (now - oldest > ANSWER_WITHIN_MS && now - this.lastHeard > ANSWER_WITHIN_MS)) {
      const socket = this.socket;
      this.#closed(0);
      socket?.close();
    } else if (!this.pingSentAt && now - this.lastHeard > PING_EVERY_MS) {
      this.pingSentAt = now;
      this.#ping();
    }
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.listeners) listener(state);
  }
}

/** The tile that an opening brings, or brings another image of its series. */
export function openedTile({ study, window, invert, quality }, { image, level }) {
  return {
    study, sop: image.sop_instance_uid, frame: image.frame_number, level, row: -1, column: -1,
    window: image.is_colour ? null : window, invert, shutter: true, encoding: "jpeg", quality,
  };
}

// Whether an opening that is under way may bring this tile: known only once it is here.
function mayAnswer(sent, tile) {
  return sent.kind === "open" && !tile.kind && sent.study === tile.study && tile.row < 0 && tile.encoding === "jpeg"
    && sent.invert === tile.invert && String(sent.window) === String(tile.window);
}

let shared = null;

/** The page's stream; made at the first call. */
export function tileStream() {
  shared ??= new TileStream();
  return shared;
}
