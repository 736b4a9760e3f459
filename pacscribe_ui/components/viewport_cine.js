// Films: which image of a series is due when, and a player that keeps to it. The times are the files' own, as the
// server describes them. A slow line drops images; it never builds up a queue of late ones.

/** How long an image stays where no file says it. */
export const USUAL_MS = 100;
// A tab that was away, or a page that was busy, goes on where it was instead of catching up.
const LONGEST_TICK_MS = 400;
const MEASURED_OVER_MS = 1000;
const HONEST_FROM = 0.9;
const MOST_UNDER_WAY = 2;

/**
 * What is played, and when.
 *
 * @param filed What the files want: a FilmDescription of the server.
 * @param film What a hand has chosen: {speed, way, first_index, last_index}.
 * @param count Number of images.
 * @returns {indices, starts, total, way}: images from 1 in the order of play, the time in ms at which each of
 *   them comes, and how long all of them take at the files' own speed.
 */
export function scheduleOf(filed, film, count) {
  const [first, last] = rangeOf(filed, film, count);
  const stay = (index) => filed.frame_times_ms?.[index - 1] ?? filed.frame_time_ms ?? USUAL_MS;
  const way = film.way || (filed.is_sweep ? "sweep" : "loop");
  const indices = [];
  const stays = [];
  const isSweep = way === "sweep" && last > first;
  for (let index = first; index <= last; index += 1) {
    indices.push(index);
    // An image stays until the next one: where the film turns round, as long as that way takes back.
    stays.push(stay(isSweep && index === last ? index - 1 : index));
  }
  for (let index = last - 1; isSweep && index > first; index -= 1) {
    indices.push(index);
    stays.push(stay(index - 1));
  }
  let total = 0;
  const starts = stays.map((ms) => (total += ms) - ms);
  return { indices, starts, total, way };
}

/** First and last image to be played: a hand's choice, else the file's, else all. */
export function rangeOf(filed, film, count) {
  const within = (index, otherwise) => Math.min(count, Math.max(1, index ?? otherwise));
  const first = within(film.first_index, filed.first_index ?? 1);
  const last = within(film.last_index, filed.last_index ?? count);
  return first <= last ? [first, last] : [1, count];
}

/** Which step of a schedule is due at a time; a film that plays once stays at its last. */
export function stepAt({ starts, total, way }, ms) {
  const isOver = way === "once" && ms >= total;
  const time = isOver ? total : ((ms % total) + total) % total;
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle] <= time) low = middle;
    else high = middle - 1;
  }
  return { step: low, isOver };
}

/** Images a second that a schedule asks for at a speed. */
export const rateOf = ({ starts, total }, speed) => (1000 * starts.length * speed) / total;

/** What is said of the speed: {wanted, measured}, rounded; `measured` is null where it is as wanted. */
export function saidRate(wanted, measured) {
  const rounded = (rate) => (rate < 10 ? Number(rate.toFixed(1)) : Math.round(rate));
  return { wanted: rounded(wanted), measured: measured < wanted * HONEST_FROM ? rounded(measured) : null };
}

export class FilmPlayer {
  /**
   * @param viewport {filed, imageCount, imageIndex, underWay, showFrame(index)}: what plays.
   * @param tell {rate(said), ended()}: `said` is null when nothing plays.
   */
  constructor(viewport, tell) {
    Object.assign(this, { viewport, tell });
    this.film = { is_playing: false, speed: 1, way: "", first_index: null, last_index: null };
    this.schedule = null;
    this.painted = []; // when images of the film came onto the glass
    this.lastPainted = 0;
  }

  get isPlaying() {
    return this.film.is_playing;
  }

  /** Images a second that the film asks for. */
  get rate() {
    return this.schedule ? rateOf(this.schedule, this.film.speed) : 0;
  }

  /** Start, stop, or play otherwise. */
  set(film) {
    const starts = film.is_playing && !this.film.is_playing;
    const stops = !film.is_playing && this.film.is_playing;
    this.film = { ...film };
    this.schedule = null;
    this.painted = [];
    if (starts) {
      this.tickedAt = null;
      this.startedAt = null;
      requestAnimationFrame((now) => this.#tick(now));
    }
    if (stops) this.tell.rate(null);
    return stops;
  }

  /** An image has come onto the glass. */
  shown(index, now = performance.now()) {
    if (!this.isPlaying || index === this.lastPainted) return;
    this.lastPainted = index;
    this.painted.push(now);
  }

  // Take the schedule up at the image that is shown, be it there by play or by hand.
  #seat() {
    const { viewport } = this;
    this.schedule = scheduleOf(viewport.filed, this.film, viewport.imageCount);
    const step = Math.max(0, this.schedule.indices.indexOf(viewport.imageIndex));
    // At its end, a film that plays once begins again.
    this.step = this.film.way === "once" && step === this.schedule.indices.length - 1 && this.startedAt === null ? 0 : step;
    this.at = this.schedule.starts[this.step];
    this.index = this.schedule.indices[this.step];
    if (this.index !== viewport.imageIndex) viewport.showFrame(this.index);
  }

  #tick(now) {
    if (!this.isPlaying) return;
    requestAnimationFrame((later) => this.#tick(later));
    const { viewport } = this;
    if (document.visibilityState === "hidden" || !(viewport.imageCount > 1)) {
      this.tickedAt = null;
      return;
    }
    if (!this.schedule || viewport.imageIndex !== this.index) this.#seat();
    this.startedAt ??= now;
    this.at += Math.min(LONGEST_TICK_MS, now - (this.tickedAt ?? now)) * this.film.speed;
    this.tickedAt = now;
    const { step, isOver } = stepAt(this.schedule, this.at);
    if (step !== this.step && viewport.underWay < MOST_UNDER_WAY) {
      this.step = step;
      this.index = this.schedule.indices[step];
      viewport.showFrame(this.index);
    }
    this.#measure(now);
    if (isOver && this.step === step) {
      this.film.is_playing = false;
      this.tell.rate(null);
      this.tell.ended();
    }
  }

  #measure(now) {
    const wanted = rateOf(this.schedule, this.film.speed);
    // Long enough for some images of a slow film.
    const over = Math.max(MEASURED_OVER_MS, 5000 / wanted);
    this.painted = this.painted.filter((at) => now - at <= over);
    const isKnown = now - this.startedAt > over;
    const said = saidRate(wanted, isKnown ? (1000 * this.painted.length) / over : wanted);
    this.tell.rate(said);
  }
}
