// One viewport's work: what is wished for. What is asked of the server for it is `viewport_asking.js`'s; what is on the glass,
// and the truth about it, the glass's. Knows no React and no gesture.

import { Travel } from "./viewport_ahead.js";
import { Asking } from "./viewport_asking.js";
import { FilmPlayer } from "./viewport_cine.js";
import { clamp, draggedWindow } from "./viewport_geometry.js";
import { Glass } from "./viewport_glass.js";
import { FIRST_VIEW, OPENING } from "./viewport_opening.js";
import { Placed } from "./viewport_placed.js";
import { onScreen, screenRatio } from "./viewport_ratio.js";
import { describeSeries } from "./viewport_series.js";
import { tileStream } from "./viewport_stream.js";
import { windowKept, windowOnGlass } from "./viewport_windows.js";

const REST_AFTER_MS = 150;

/** What of a view decides about place, and what about pixels. */
const PLACE = ["zoom", "pan_column_px", "pan_row_px", "rotation", "is_mirrored", "is_overlay_hidden"];
const LOOK = [
  "image_index", "window_center", "window_width", "voi_function", "voi_lut_number", "is_inverted", "is_shutter_lifted",
];

/** What of an engine belongs to the stack that it shows, and goes with it to another place. */
const OF_STACK = [
  "series", "description", "about", "view", "opened", "storedWindow", "told", "travel", "failure", "undescribed",
  "measured",
];

export class ViewportEngine extends Placed {
  /**
   * @param name Unique on the page.
   * @param parts {root, canvas, labels: {name: element}, live}: what is drawn and written to.
   * @param words Sentences and labels of the user interface.
   * @param tell {settled(view), failed(sentence), imageShown(index, count), moved(kind), painted(),
   *   linked(how), rate(said), filmEnded()}: `kind` is what a hand has moved, "image", "place" or "window".
   */
  constructor(name, parts, words, tell) {
    super();
    Object.assign(this, { name, parts, words, tell });
    this.stream = tileStream();
    this.asking = new Asking(this);
    this.glass = new Glass(parts, words, tell.imageShown);
    this.description = null;
    this.about = {}; // {imageCount, label, note, presets}: of the stack on the glass
    this.opened = null; // {images, view} of an early image; no view once the page's state has confirmed it
    this.isMoving = false;
    this.isByHand = false; // whether it is a hand, or what it leads, that moves
    this.isHeld = false;
    this.restTimer = null;
    this.player = new FilmPlayer(this, { rate: tell.rate, ended: tell.filmEnded });
    this.leader = null; // the engine that this one has followed last
    this.isHidden = false;
    this.storedWindow = null; // [center, width] of the first look
    this.failure = "";
    this.undescribed = ""; // why the series could not be described
    this.measured = {}; // windows that the server has taken from values of the stack, by what they are called
    this.awaited = null; // what is to be done once the stack is described
    this.travel = new Travel();
    this.isGone = false;
  }

  /** The image on the glass; null while there is none. */
  get base() {
    return this.glass.base;
  }

  get onGlass() {
    return this.base?.image ?? null;
  }

  /** Size of the glass in device pixels. */
  get box() {
    return this.glass.box;
  }

  // ------------------------------------------------------------ what to show

  /**
   * Show the image that a study opens with, before the page's state has said anything; where the state was quicker,
   * hands reach the images around it before the series is described.
   */
  open({ series, view: asked, images }) {
    const view = onScreen(asked);
    // From here on this viewport fetches ahead what it wants itself.
    this.stream.fetchAhead(OPENING, []);
    if (this.series?.study_instance_uid !== series.study_instance_uid) {
      this.load(series, view, { images, view });
    } else if (this.series.key === series.key && !this.description) {
      this.opened = { images, view: null };
      this.#known();
      this.asking.wish(false);
    }
  }

  // The state catches up with what is on the glass: an early image, or that of before a lost line. What hands
  // have moved since stays as they left it, and the state is told.
  #confirm(series, view) {
    const early = this.opened?.view;
    const kept = early ? {} : this.snapshot;
    for (const key of early ? Object.keys(FIRST_VIEW) : []) if (view[key] === early[key]) kept[key] = this.view[key];
    this.told.begin(view);
    this.series = series;
    this.view = { ...view, ...kept };
    if (early) this.opened = { ...this.opened, view: null };
    this.paint();
    this.asking.wish(false);
    if (this.isUnsettled) this.#moved();
  }

  /** Show a series (with its study and first image) or, with null, nothing. */
  load(series, asked, opened = null) {
    const view = onScreen(asked);
    const before = this.series;
    const isSame = before?.study_instance_uid === series?.study_instance_uid
      && before?.key === series?.key;
    if (series && isSame) {
      this.#confirm(series, view);
      return;
    }
    this.opened = opened;
    this.view = { ...view };
    this.series = series;
    this.told.begin(view);
    this.description = null;
    this.measured = {};
    this.awaited = null;
    this.storedWindow = null;
    this.#beginAnew();
    // Another patient's image must not stay for a moment; within a study the last one bridges the wait.
    if (before?.study_instance_uid !== series?.study_instance_uid || !series?.is_displayable) this.clear();
    this.fail("");
    if (!series?.is_displayable) {
      this.sayWhetherAwaited();
      return;
    }
    this.#describe();
    this.sayWhetherAwaited();
    this.asking.wish(false);
  }

  #describe() {
    const { series } = this;
    this.undescribed = "";
    const isAsked = () => !this.isGone && this.series?.study_instance_uid === series.study_instance_uid
      && this.series.key === series.key;
    describeSeries(series.study_instance_uid, series.series_instance_uid, series.stack_id).then(
      (description) => {
        if (!isAsked()) return;
        this.description = description;
        this.#reached(description);
      },
      (error) => {
        if (!isAsked()) return;
        if (this.base && this.base.stack !== series.key) this.clear();
        this.undescribed = error.sentence ?? this.words.not_described;
        this.fail(this.undescribed);
      },
    );
  }

  #beginAnew() {
    this.leader = null;
    this.asking.beginAnew();
  }

  /** Change places with another engine: each shows at once what the other has shown, as hands have left it. */
  trade(other) {
    for (const part of OF_STACK) [this[part], other[part]] = [other[part], this[part]];
    this.glass.trade(other.glass);
    for (const each of [this, other]) each.#traded();
  }

  #traded() {
    this.#beginAnew();
    this.tell.failed(this.failure);
    this.sayWhetherAwaited();
    this.paint();
    if (this.view) this.asking.wish(false);
  }

  /** Have it seen whether what is on the glass, if anything is, is not yet of the stack that was asked for. */
  sayWhetherAwaited() {
    const isAwaited = Boolean(this.series?.is_displayable) && !this.failure && this.base?.stack !== this.series.key;
    this.parts.root.toggleAttribute("data-awaits", isAwaited);
  }

  #reached(description) {
    const count = description.images.length;
    this.view.image_index = clamp(this.view.image_index, 1, Math.max(1, count));
    this.#known();
    this.awaited?.();
    this.awaited = null;
    // A film that began before its files had said how it is to be played.
    if (this.isPlaying) this.player.set(this.player.film);
    this.asking.wish(false);
  }

  // What is known of images by now goes for the one on the glass, too.
  #known() {
    if (!this.base || this.base.stack !== this.series.key) return;
    const image = this.imageAt(this.base.index);
    if (image?.sop_instance_uid !== this.base.look.sop) return;
    this.base.image = image;
    this.paint();
  }

  /**
   * Take over what was set elsewhere (a button, the address bar), unless a hand has moved it since.
   *
   * @param view As the page's state has it.
   * @param keys Which of its values are taken.
   * @returns What has changed.
   */
  apply(view, keys) {
    const changes = this.told.changes(this.view, onScreen(view), keys);
    Object.assign(this.view, changes);
    this.told.agree(changes);
    this.#changed(changes);
    if (this.undescribed) {
      this.fail("");
      this.#describe();
    }
    this.asking.wish(false);
    return changes;
  }

  /** Follow another viewport that a hand moves; null where nothing is to be followed. */
  follow(changes, leader) {
    const isNews = changes && Object.keys(changes).some((key) => changes[key] !== this.view[key]);
    if (!isNews) return;
    this.leader = leader;
    if ("image_index" in changes) {
      this.#keepWindow();
      this.travel.stepped(changes.image_index - this.view.image_index, performance.now());
    }
    Object.assign(this.view, changes);
    this.#moved();
    this.#changed(changes);
    this.asking.wish(true);
  }

  #changed(changes) {
    const looks = LOOK.some((key) => key in changes);
    if (!looks && PLACE.some((key) => key in changes)) this.paint();
  }

  /** Hidden viewports keep their image and ask for nothing. */
  hide(isHidden) {
    this.isHidden = isHidden;
    if (!isHidden) this.asking.wish(false);
  }

  get imageCount() {
    return this.description?.images.length ?? this.series?.image_count ?? 0;
  }

  /** In viewing order, with gaps before the series is described. */
  get images() {
    return this.description?.images ?? this.opened?.images ?? [];
  }

  /** What is known of an image, from 1; null where that is nothing. */
  imageAt(index) {
    const image = this.images[index - 1];
    if (image) return { ...image, aspect: image.pixel_aspect || 1 };
    const series = this.series;
    if (index !== 1 || !series?.first_sop_instance_uid || !(series.rows > 0)) return null;
    return {
      sop_instance_uid: series.first_sop_instance_uid, frame_number: series.first_frame_number,
      rows: series.rows, columns: series.columns, aspect: 1, is_displayable: true, corner_text: [],
    };
  }

  /** Do something that needs to know the stack: now, or as soon as it is described; of what is awaited, the last. */
  onceDescribed(act) {
    if (this.description) act();
    else this.awaited = act;
  }

  /** The image that is wished for, with what the server says of it; null before it is known. */
  get image() {
    return this.view && this.imageAt(this.view.image_index);
  }

  // ------------------------------------------------------------ what the hand does

  /** A hand moves something. */
  #moved() {
    this.isByHand = true;
    this.restLater();
  }

  /** Something is new: preview quality until it has rested. */
  restLater() {
    this.isMoving = true;
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.#rest(), REST_AFTER_MS);
  }

  #rest() {
    if (this.isHeld || this.leader?.isHeld || this.isPlaying || this.leader?.isPlaying) {
      this.restTimer = setTimeout(() => this.#rest(), REST_AFTER_MS);
      return;
    }
    this.isMoving = false;
    this.isByHand = false;
    // What follows the image, such as the value under the pointer, was left alone while it moved.
    this.paint();
    this.asking.wish(false);
    this.settle();
  }

  /** Everything that hands move, as it is now: for `restore`. */
  get snapshot() {
    return this.view && Object.fromEntries(Object.keys(FIRST_VIEW).map((key) => [key, this.view[key]]));
  }

  /** Take back what a hand has done since the snapshot. */
  restore(snapshot) {
    Object.assign(this.view, snapshot);
    this.placed();
    this.asking.wish(true);
    this.tell.moved("image");
    this.tell.moved("window");
  }

  /** Hold while a drag goes on, so that a pause in it is not taken for its end. */
  hold(isHeld) {
    this.isHeld = isHeld;
    if (!isHeld && this.isMoving) this.#moved();
  }

  scrollBy(images) {
    this.scrollTo(this.view.image_index + images);
  }

  scrollTo(index) {
    const next = clamp(Math.round(index), 1, Math.max(1, this.imageCount));
    if (next === this.view.image_index) return;
    this.#keepWindow();
    this.travel.stepped(next - this.view.image_index, performance.now());
    this.view.image_index = next;
    this.#moved();
    this.asking.wish(true);
    this.tell.moved("image");
  }

  // The window that stays while one scrolls goes into the view.
  #keepWindow() {
    if (this.description) Object.assign(this.view, windowKept(this.description, this.view, this.base));
  }

  /** The window a drag starts from; null where there is none. */
  get startWindow() {
    return windowOnGlass(this.base);
  }

  dragWindow(start, dx, dy, isFine) {
    this.setWindow(draggedWindow(start, dx, dy, isFine));
  }

  /** @param window {window_center, window_width, voi_function}. */
  setWindow({ window_center, window_width, voi_function }) {
    Object.assign(this.view, { window_center, window_width, voi_function, voi_lut_number: null });
    this.#moved();
    this.asking.wish(true);
    this.tell.moved("window");
  }

  /** Change the view in one step, as a command does; the page's state is told at once. */
  change(changes) {
    Object.assign(this.view, changes);
    this.placed();
    this.asking.wish(true);
    if ("window_center" in changes) this.tell.moved("window");
    this.settle();
  }

  /** As `Placed` asks for: what a hand has moved is painted, and what it lacks there asked for. */
  placed() {
    this.#moved();
    this.paint();
    this.asking.wish(true);
    this.tell.moved("place");
  }

  /** Zoom on the glass, device pixels per image column. */
  get zoom() {
    return this.glass.zoomOf(this.onGlass ?? this.imageAt(this.view.image_index), this.view);
  }

  /** Zoom at which the whole image just fits. */
  get fittedZoom() {
    return this.fittedZoomOf(this.onGlass ?? this.imageAt(this.view.image_index));
  }

  /** The viewport has another size, in device pixels, or is on another screen: there it shows the same part of the image. */
  resize(width, height) {
    const isOtherScreen = this.view !== null && this.view.zoom_ratio !== screenRatio();
    if (isOtherScreen) Object.assign(this.view, onScreen(this.view));
    if (!isOtherScreen && width === this.box.width && height === this.box.height) return;
    this.glass.resize(width, height);
    this.paint();
    this.restLater();
  }

  // ------------------------------------------------------------ films

  /** Start, stop or change the film. */
  play(film) {
    if (this.player.set(film)) this.#moved();
  }

  get isPlaying() {
    return this.player.isPlaying;
  }

  /** How the files want to be played. */
  get filed() {
    return this.description?.film ?? {};
  }

  get imageIndex() {
    return this.view?.image_index ?? 1;
  }

  get underWay() {
    return this.stream.underWay(this.name);
  }

  /** The film's next image. */
  showFrame(index) {
    this.scrollTo(index);
  }

  // ------------------------------------------------------------ painting

  /** Say why there is nothing to be seen; an empty sentence takes that back. */
  fail(sentence) {
    if (sentence === this.failure) return;
    this.failure = sentence;
    this.tell.failed(sentence);
    this.sayWhetherAwaited();
  }

  /** Take the image away; what lies over it, and the lines in other viewports, go with it. */
  clear() {
    this.glass.clear();
    this.tell.painted();
  }

  /** Draw what there is. */
  paint() {
    // While another stack is awaited, the picture that bridges the wait keeps what is said of its own.
    if (!this.base || this.base.stack === this.series?.key) {
      const { note, presets } = this.description ?? {};
      this.about = { imageCount: this.imageCount, label: this.series?.label, note, presets };
    }
    this.glass.paint(this.view, this.about, !this.isMoving);
    this.tell.painted();
  }

  /** The viewport leaves the page. */
  close() {
    this.isGone = true;
    clearTimeout(this.restTimer);
    this.player.set({ ...this.player.film, is_playing: false });
    this.stream.forget(this.name);
    this.glass.close();
  }
}
