// One viewport's work while it shows a video: the engine that hands, keys and buttons find in place of the one for
// images. The browser plays; here is what it is told to do, and the truth about what is on the glass.

import { clamp, matrix } from "./viewport_geometry.js";
import { PAINT_MARK } from "./viewport_glass.js";
import { CornerText } from "./viewport_labels.js";
import { Placed } from "./viewport_placed.js";
import { onScreen, screenRatio } from "./viewport_ratio.js";
import { clockOf, frameBeginningAt, frameDuring, middleOf, timeOf, timeText } from "./viewport_video_clock.js";

const REST_AFTER_MS = 150;
const FIRST_FRAME_WITHIN_MS = 500;
const PLACE = ["zoom", "pan_column_px", "pan_row_px", "rotation", "is_mirrored"];
const NETWORK_ERROR = 2;
const MOST_MARKS = 4000;

let marks = 0;

/** How the page wants a film to be played. */
export const filmOf = (film) => ({
  is_playing: Boolean(film?.is_playing), speed: film?.speed ?? 1, way: film?.way ?? "",
  first_index: film?.first_index ?? null, last_index: film?.last_index ?? null,
});

const addressOf = (series, part) =>
  `/api/v1/studies/${series.study_instance_uid}/instances/${series.video_sop_instance_uid}/video${part}`;

export const originalOf = (series) => addressOf(series, "/original");

export class VideoPlayer extends Placed {
  /**
   * @param parts {root, canvas, labels, live, video, seek, time}: what is written to; the canvas takes the hands.
   * @param words Sentences and labels of the user interface.
   * @param tell {settled(view), video(state), filmEnded()}.
   */
  constructor(parts, words, tell) {
    super();
    Object.assign(this, { parts, tell, words: words.video });
    this.glass = { parts }; // where the menu of an image looks for its canvas
    const ours = { ...words, image: words.video.frame };
    this.text = new CornerText(parts, ours);
    this.cornerWords = ours;
    this.video = parts.video;
    this.description = null; // nothing for viewports that compare series of images
    this.said = null; // what the server says of the video
    this.image = null; // {rows, columns, aspect, ...} once the browser knows the video
    this.film = filmOf(null);
    this.box = { width: 0, height: 0 };
    this.clock = null;
    this.origin = null; // what the browser calls the time of the first frame
    this.shown = 0; // the frame on the glass
    this.target = null; // the frame that is being sought
    this.state = { said: null, trouble: "", isReady: false };
    this.written = {};
    this.restTimer = null;
    this.isHeld = false;
    this.isGone = false;
    this.generation = 0;
    this.listeners = {
      loadedmetadata: () => this.#opened(),
      loadeddata: () => this.#loaded(this.generation),
      seeked: () => this.#sought(),
      ended: () => this.#ended(),
      error: () => this.#failed(),
      timeupdate: () => this.#passed(),
    };
    for (const [type, listener] of Object.entries(this.listeners)) this.video.addEventListener(type, listener);
  }

  // ------------------------------------------------------------ what to show

  /** Show a video of a study. */
  load(series, view) {
    this.#clear();
    this.series = series;
    this.view = onScreen(view);
    this.told.begin(this.view);
    const generation = (this.generation += 1);
    const isCurrent = () => generation === this.generation && !this.isGone;
    fetch(addressOf(series, ""))
      .then(async (response) => {
        const said = await response.json();
        if (!response.ok) throw Object.assign(new Error("refused"), { sentence: said.error });
        if (isCurrent()) this.#described(said);
      })
      .catch((error) => {
        if (isCurrent()) this.#say({ trouble: error.sentence ?? this.words.not_described });
      });
  }

  #described(said) {
    this.said = said;
    const isKnownHere = !said.media_type || this.video.canPlayType(said.media_type) !== "";
    const trouble = said.trouble || (isKnownHere ? "" : this.words.not_here.replace("{codec}", said.codec_name));
    this.#say({ said, trouble });
    if (trouble) return;
    this.video.muted = true;
    this.video.preload = "auto";
    this.video.src = addressOf(this.series, "/stream");
    this.#awaitFrame(this.generation);
  }

  #say(changes) {
    this.state = { ...this.state, ...changes };
    this.tell.video(this.state);
  }

  #clear() {
    clearTimeout(this.restTimer);
    this.generation += 1;
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
    this.video.style.opacity = "0"; // what is not visible at all is never presented
    Object.assign(this, { said: null, image: null, clock: null, origin: null, shown: 0, target: null });
    for (const key of Object.keys(this.written)) delete this.parts.root.dataset[key];
    this.written = {};
    this.text.clear();
    this.#say({ said: null, trouble: "", isReady: false });
  }

  // ------------------------------------------------------------ what the browser says

  #opened() {
    const { video, said } = this;
    if (!said || !(video.videoWidth > 0)) {
      if (said) this.#say({ trouble: this.words.damaged });
      return;
    }
    this.clock = clockOf(said, video.duration);
    // What was said of stored pixels, for pixels as they are shown: stored ones may not be square.
    const shown = (mm, stored, seen) => (mm && stored > 0 ? (mm * stored) / seen : null);
    this.image = {
      rows: video.videoHeight, columns: video.videoWidth, aspect: 1, is_colour: true, is_lossy_source: false,
      corner_text: said.corner_text, note: said.note, patient_orientation: said.patient_orientation,
      spacing_row_mm: shown(said.spacing_row_mm, said.rows, video.videoHeight),
      spacing_column_mm: shown(said.spacing_column_mm, said.columns, video.videoWidth),
      spacing_basis: said.spacing_basis,
    };
    this.cornerWords.colour = [this.words.video, said.codec_name].filter(Boolean).join(" · ");
    this.cornerWords.image = said.is_exact ? this.words.frame : this.words.about_frame;
    this.parts.seek.max = String(this.clock.count);
    this.#place();
  }

  #awaitFrame(generation) {
    // Older browsers say only about four times a second where they are: see `#passed`.
    this.video.requestVideoFrameCallback?.((_, { mediaTime }) => {
      if (generation !== this.generation || this.isGone) return;
      this.#presented(mediaTime);
      this.#awaitFrame(generation);
    });
  }

  #presented(mediaTime) {
    if (!this.clock) return;
    if (this.origin === null) this.#begin(mediaTime);
    this.#put(frameBeginningAt(this.clock, mediaTime - this.origin));
  }

  // A browser that draws nothing for now, as behind other windows, presents no frame; it has the first one all the same.
  #loaded(generation) {
    setTimeout(() => {
      if (generation !== this.generation || this.isGone || this.origin !== null || !this.clock) return;
      this.#begin(this.video.currentTime);
      this.#put(frameDuring(this.clock, this.video.currentTime));
    }, FIRST_FRAME_WITHIN_MS);
  }

  #passed() {
    if (this.video.requestVideoFrameCallback || !this.clock || this.video.seeking) return;
    if (this.origin === null) this.#begin(0);
    this.#put(frameDuring(this.clock, this.video.currentTime));
  }

  // The first frame is there: everything may be asked for now.
  #begin(mediaTime) {
    this.origin = mediaTime - timeOf(this.clock, 1);
    this.video.style.opacity = "";
    this.#say({ isReady: true });
    const wanted = clamp(this.view.image_index, 1, this.clock.count);
    this.view.image_index = wanted;
    if (wanted !== 1) this.#seek(wanted);
    this.#follow();
  }

  #put(frame) {
    this.shown = frame;
    if (this.target === null) this.view.image_index = frame;
    this.#paint();
    const { last_index } = this.film;
    if (this.film.is_playing && last_index && frame >= last_index && this.target === null) this.#turn();
  }

  // The end of what is played: again from its start, or no further.
  #turn() {
    if (this.film.way === "once") this.#stop();
    else this.#seek(this.film.first_index ?? 1);
  }

  #ended() {
    if (this.film.way === "once") this.#stop();
    else {
      this.#seek(this.film.first_index ?? 1);
      this.#follow();
    }
  }

  #stop() {
    if (!this.film.is_playing) return;
    this.film = { ...this.film, is_playing: false };
    this.video.pause();
    this.tell.filmEnded?.();
    this.#moved();
  }

  #failed() {
    if (!this.said || !this.video.error) return;
    this.#say({ isReady: false, trouble: this.video.error.code === NETWORK_ERROR ? this.words.interrupted : this.words.damaged });
  }

  // ------------------------------------------------------------ film

  /** Start, stop or change the speed. */
  play(film) {
    const before = this.film;
    this.film = filmOf(film);
    this.#follow();
    if (before.is_playing && !this.film.is_playing) this.#moved();
  }

  get isPlaying() {
    return this.film.is_playing;
  }

  get underWay() {
    return this.target === null ? 0 : 1;
  }

  #follow() {
    const { video, film } = this;
    video.playbackRate = clamp(film.speed || 1, 0.25, 4);
    if (this.origin === null) return;
    if (!film.is_playing) {
      video.pause();
      return;
    }
    // At its end, a film that plays once begins again.
    if (video.ended || this.shown >= (film.last_index ?? this.clock.count)) this.#seek(film.first_index ?? 1);
    video.play().catch(() => {
      if (video.paused && this.film.is_playing && !this.isGone) this.#stop();
    });
  }

  get imageCount() {
    return this.clock?.count ?? 0;
  }

  /** Step by frames; a film that plays is paused, since a step would be lost in it. */
  scrollBy(frames) {
    if (!this.clock) return;
    this.#stop();
    this.scrollTo((this.target ?? this.shown) + frames);
  }

  scrollTo(index) {
    if (!this.clock || this.origin === null) return;
    const frame = clamp(Math.round(index), 1, this.clock.count);
    if (frame !== (this.target ?? this.shown)) this.#seek(frame);
    this.#moved();
  }

  // The newest wish wins: while the browser seeks, only the last frame wished for is remembered.
  #seek(frame) {
    const isUnderWay = this.target !== null && this.video.seeking;
    this.target = frame;
    this.view.image_index = frame;
    if (!isUnderWay) this.#go();
  }

  #go() {
    this.going = this.target;
    this.video.currentTime = this.origin + middleOf(this.clock, this.target);
  }

  #sought() {
    if (this.target === null || !this.clock) return;
    if (this.going !== this.target) this.#go();
    else {
      this.target = null;
      if (!this.video.requestVideoFrameCallback) this.#passed();
    }
  }

  // ------------------------------------------------------------ place

  /** As `ViewportEngine.apply`. */
  apply(view, keys) {
    const changes = this.told.changes(this.view, onScreen(view), keys);
    Object.assign(this.view, changes);
    this.told.agree(changes);
    if (PLACE.some((key) => key in changes)) this.#place();
    if ("image_index" in changes) this.scrollTo(changes.image_index);
  }

  get zoom() {
    return this.view?.zoom ?? this.fittedZoom;
  }

  get fittedZoom() {
    return this.fittedZoomOf(this.image);
  }

  get onGlass() {
    return this.image;
  }

  /** As `Placed` asks for. */
  placed() {
    this.#place();
    this.#moved();
  }

  fit() {
    Object.assign(this.view, { zoom: null, pan_column_px: 0, pan_row_px: 0 });
    this.placed();
  }

  /** Change the place in one step, as a command does; what is of grey images only is left out. */
  change(changes) {
    if (!this.view) return;
    for (const key of PLACE) if (key in changes) this.view[key] = changes[key];
    this.placed();
  }

  /** Colour has no window: dragging one does nothing. */
  get startWindow() {
    return null;
  }

  get storedWindow() {
    return null;
  }

  dragWindow() {}

  follow() {}

  hold(isHeld) {
    this.isHeld = isHeld;
    if (!isHeld) this.#moved();
  }

  get snapshot() {
    return this.view ? Object.fromEntries([...PLACE, "image_index"].map((key) => [key, this.view[key]])) : null;
  }

  restore(before) {
    if (!before || !this.view) return;
    const { image_index, ...place } = before;
    Object.assign(this.view, place);
    this.#place();
    this.scrollTo(image_index);
  }

  /** As `ViewportEngine.resize`. */
  resize(width, height) {
    if (this.view) Object.assign(this.view, onScreen(this.view));
    this.box = { width, height };
    this.#place();
  }

  #place() {
    if (!this.image || !this.box.width) return;
    const ratio = screenRatio();
    const { style } = this.video;
    style.width = `${this.image.columns}px`;
    style.height = `${this.image.rows}px`;
    style.transform = `matrix(${matrix(this.image, this.view, this.zoom, this.box).map((each) => each / ratio).join(",")})`;
    if (this.shown) this.#paint();
  }

  // ------------------------------------------------------------ what the page is told

  #moved() {
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => {
      if (!this.isHeld && !this.film.is_playing) this.settle();
    }, REST_AFTER_MS);
  }

  /** Before the browser knows the video, a hand has moved nothing of it. */
  get news() {
    return this.origin === null ? {} : super.news;
  }

  #paint() {
    const { series, image, clock } = this;
    const zoom = this.zoom;
    const truth = {
      studyInstanceUid: series.study_instance_uid, seriesInstanceUid: series.series_instance_uid,
      sopInstanceUid: series.video_sop_instance_uid, frameNumber: this.shown, imageIndex: this.shown,
      imageCount: clock.count, windowCenter: "", windowWidth: "", zoom: Number(zoom.toFixed(4)), fidelity: "lossy",
    };
    const { dataset } = this.parts.root;
    for (const [key, value] of Object.entries(truth)) {
      if (this.written[key] !== value) dataset[key] = this.written[key] = value;
    }
    const base = { image, window: null, look: { invert: false } };
    this.text.write({ truth, base, view: this.view, zoom, box: this.box, about: { label: series.label } });
    this.#tellTime();
    marks += 1;
    if (marks > MOST_MARKS) {
      performance.clearMarks(PAINT_MARK);
      marks = 0;
    }
    performance.mark(PAINT_MARK, { detail: truth });
  }

  #tellTime() {
    const { seek, time } = this.parts;
    const { count, step } = this.clock;
    const frame = this.target ?? this.shown;
    const text = `${timeText(timeOf(this.clock, this.shown))} / ${timeText(timeOf(this.clock, count) + step)}`;
    if (time.textContent !== text) time.textContent = text;
    if (seek.value !== String(frame)) seek.value = String(frame);
    seek.setAttribute("aria-valuetext", `${this.cornerWords.image} ${this.shown} ${this.words.of} ${count}, ${text}`);
  }

  /** The viewport leaves the page, or shows something else. */
  close() {
    for (const [type, listener] of Object.entries(this.listeners)) this.video.removeEventListener(type, listener);
    this.#clear();
    this.text.close();
    this.isGone = true;
  }
}
