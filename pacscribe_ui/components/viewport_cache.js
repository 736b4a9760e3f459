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

/** The name of a tile: equal keys, equal octets. */
export const keyOf = (tile) =>
  [
    tile.study, tile.sop, tile.frame, tile.level, tile.row, tile.column,
    tile.window ? tile.window.join(",") : "", tile.invert ? 1 : 0, tile.encoding,
    tile.encoding === "jpeg" ? tile.quality : "",
  ].join("|");
