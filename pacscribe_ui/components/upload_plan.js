// How an upload is cut into requests, how fast it goes, and how its report is written. Pure; sends nothing.

/** Files from this size on go by themselves, in pieces that can be gone on with. */
export const LARGE_BYTES = 16 * 1024 * 1024;

const MOST_FILES = 200;
const LEAST_BYTES = 1024 * 1024;
const MOST_BYTES = 24 * 1024 * 1024;
const SECONDS_OF_BATCH = 4;
const RATE_OVER_MS = 8000;

export const isLarge = (size) => size >= LARGE_BYTES;

/** How many octets one request of small files carries: what the line does in a few seconds, so that a break costs little. */
export const batchBytes = (bytesPerSecond) =>
  Math.round(Math.min(MOST_BYTES, Math.max(LEAST_BYTES, (bytesPerSecond || MOST_BYTES / 12) * SECONDS_OF_BATCH)));

/** Takes the next request's files from the front of a list; at least one, if there is any. */
export function takeBatch(waiting, bytesPerSecond) {
  const most = batchBytes(bytesPerSecond);
  let count = 0;
  let bytes = 0;
  while (count < waiting.length && count < MOST_FILES && (!count || bytes + waiting[count].size <= most)) {
    bytes += waiting[count].size;
    count += 1;
  }
  return waiting.splice(0, count);
}

// Names as discs and their readers mean them: without case, and without the version of ISO 9660.
const alike = (name) => name.toLowerCase().replace(/;1$/, "").replace(/\.$/, "");

/** The files that tables of contents (DICOMDIR) name, each beside where its own lies, and that are not among `names`. */
export function missingFiles(directories, names) {
  const there = new Set(names.map(alike));
  return directories.flatMap(({ name, named_files }) => {
    const place = name.slice(0, name.lastIndexOf("/") + 1);
    return named_files.map((named) => place + named).filter((wanted) => !there.has(alike(wanted)));
  });
}

/** Octets per second over the last seconds. */
export class Rate {
  constructor() {
    this.points = [];
  }

  /** So many octets have been sent in all. */
  add(ms, bytes) {
    const last = this.points[this.points.length - 1];
    // After a break what was under way counts again from before.
    if (last && bytes < last.bytes) this.points = [];
    this.points.push({ ms, bytes });
    while (this.points.length > 2 && ms - this.points[1].ms > RATE_OVER_MS) this.points.shift();
  }

  clear() {
    this.points = [];
  }

  get bytesPerSecond() {
    if (this.points.length < 2) return 0;
    const first = this.points[0];
    const last = this.points[this.points.length - 1];
    return last.ms - first.ms < 500 ? 0 : (1000 * (last.bytes - first.bytes)) / (last.ms - first.ms);
  }
}

/** A size in words. */
export function sizeText(bytes) {
  if (bytes < 1e6) return `${Math.max(bytes ? 1 : 0, Math.round(bytes / 1e3))} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(bytes < 1e10 ? 2 : 1)} GB`;
}

/** A time that is left, in words; nothing while it is not known. */
export function timeText(seconds, words) {
  if (!Number.isFinite(seconds) || seconds < 1) return "";
  if (seconds < 90) return `${Math.ceil(seconds)} ${words.seconds}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} ${words.minutes}`;
  return `${Math.round(seconds / 3600)} ${words.hours}`;
}

/** A report as CSV. No cell is a formula to a spreadsheet, whatever a file is called. */
export const csvOf = (rows) => "\ufeff" + rows.map((cells) => cells.map(cellOf).join(",")).join("\r\n") + "\r\n";

function cellOf(value) {
  const text = String(value ?? "");
  const safe = /^\s*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
