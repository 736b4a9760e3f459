// Pictures that came from the server, as the octets they came in: bounded, and in memory only.

/** Answers by what was asked, the least recently used forgotten first; held in memory only. */
export class AnswerCache {
  constructor(limitBytes) {
    this.limitBytes = limitBytes;
    this.bytes = 0;
    this.answers = new Map();
  }

  get(key) {
    const answer = this.answers.get(key);
    if (answer) {
      this.answers.delete(key);
      this.answers.set(key, answer);
    }
    return answer;
  }

  has(key) {
    return this.answers.has(key);
  }

  set(key, answer) {
    const old = this.answers.get(key);
    if (old) this.bytes -= old.octets.length;
    this.answers.delete(key);
    this.answers.set(key, answer);
    this.bytes += answer.octets.length;
    for (const [oldest, { octets }] of this.answers) {
      if (this.bytes <= this.limitBytes) break;
      this.answers.delete(oldest);
      this.bytes -= octets.length;
    }
  }

  clear() {
    this.answers.clear();
    this.bytes = 0;
  }
}

/**
 * The name of what is asked for: equal keys, equal pictures, but for the quality of a JPEG. A moving picture
 * that is there already is shown as it is; once it rests, it comes again without loss.
 */
export const keyOf = (tile) =>
  [
    tile.kind ?? "", tile.study, tile.sop ?? tile.series, tile.frame ?? tile.index, tile.level, tile.row, tile.column,
    String(tile.window ?? ""), tile.invert ? 1 : 0, tile.shutter === false ? 1 : 0, tile.encoding,
  ].join("|");
