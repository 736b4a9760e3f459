// The viewer's parts that only a browser can do: a viewport's frame around its engine, and what starts
// early. What they show comes as props; what hands decide goes out as events. Keys are in `viewer_keys.jsx`.
import { createElement as h, useEffect, useRef, useState } from "react";
import { PrefetchPageLinks, useLocation } from "react-router";
import { ahead, changePlaces, useAhead } from "./viewer_ahead.js";
import {
  NO_FILM, PLACES, cardOf, enlarged, filmAt, filmChanged, indexOf, paneAt, paused, shown,
} from "./viewer_changes.js";
import { engines, overlays } from "./viewer_engines.js";
import { SERIES_TYPE } from "./viewer_keys.jsx";
import { askForMenu } from "./viewer_menu.js";
import { together } from "./viewer_together.jsx";
import { LOCAL } from "./viewport_commands.js";
import { ViewportEngine } from "./viewport_engine.js";
import { layHandsOn } from "./viewport_hands.js";
import { ViewportHeader, rateText } from "./viewport_header.js";
import { Loupe } from "./viewport_loupe.js";
import { FIRST_VIEW, askEarly, openStudy, rememberBox, studyOfPath, takeOpening, watchStudies } from "./viewport_opening.js";
import { Probe } from "./viewport_probe.js";
import { onRatioChange, screenRatio } from "./viewport_ratio.js";
import { Region } from "./viewport_region.js";
import { LineState, tileStream } from "./viewport_stream.js";
import { VideoViewport } from "./viewport_video.jsx";

// ---------------------------------------------------------------- one viewport

const LABELS = [
  "window", "zoom", "image", "turned", "acquisition", "note", "left", "right", "top", "bottom",
  "fidelity", "scale", "basis", "bar", "pixel", "film",
];

const REFUSAL_MS = 6000;

/** Everything Python may decide about a view. */
const VIEW_KEYS = [
  "image_index", "window_center", "window_width", "voi_function", "voi_lut_number", "zoom", "pan_column_px",
  "pan_row_px", "rotation", "is_mirrored", "is_inverted", "is_shutter_lifted", "is_overlay_hidden", "link_offset_mm",
];

/** What of it other viewports follow, and as which kind of move. */
const FOLLOWED = {
  image_index: "image", window_center: "window", window_width: "window", voi_function: "window", zoom: "place",
  pan_column_px: "place", pan_row_px: "place",
};

const isSameLink = (one, other) =>
  one === other || (one && other && one.isByHand === other.isByHand && one.awayMm === other.awayMm);

/** A viewport shows images, or plays a video. */
function Viewport(props) {
  const { series } = props;
  const study = studyOfPath(useLocation().pathname);
  const isVideo = Boolean(series?.video_sop_instance_uid) && series.study_instance_uid === study;
  return h(isVideo ? VideoViewport : ImageViewport, props);
}

// A stack as it is shown first; the state's own word on it has a revision.
const FIRST_OF_STACK = Object.freeze({ ...FIRST_VIEW, link_offset_mm: null, revision: null, hand_serial: 0, film: NO_FILM });
const EMPTY = Object.freeze({ view: FIRST_OF_STACK, series: null });

// What is at a place: as the state has it, and what hands have decided since.
function paneNow(panes, said, place) {
  const kept = panes[place] ?? EMPTY;
  const pane = paneAt(said, place);
  const series = pane ? cardOf(ahead.known, pane.key) : kept.series;
  const view = pane ? pane.from ?? FIRST_OF_STACK : kept.view;
  const film = filmAt(said, place) ?? kept.view.film;
  return { series, seriesLine: series?.label, view: film === view.film ? view : { ...view, film } };
}

// What is the same for all viewports, likewise.
function glassNow({ layout, active, isMaximised, tool, textLevel, habits, patientLines, studyLines }, said) {
  // Until the state has lines that name nobody, there are none.
  const isHidden = said.text_level === "anonymous" && textLevel !== "anonymous";
  return {
    layout: said.layout ?? layout, active: said.active ?? active, isMaximised: said.is_maximised ?? isMaximised,
    tool: said.tool ?? tool, textLevel: said.text_level ?? textLevel,
    habits: {
      ...habits, is_smooth: said.is_smooth ?? habits.is_smooth, is_magnifying: said.is_magnifying ?? habits.is_magnifying,
    },
    patientLines: isHidden ? [] : patientLines, studyLines: isHidden ? [] : studyLines,
  };
}

// What a viewport tells the state, once it is done in the browser.
const acts = ({ onChosen, onMaximised, onDropped, onSwapped, onPlayed, onFilmEnded }) => ({
  onChosen: (index) => {
    if (ahead.page.active !== index) onChosen?.(index, ahead.decide({ active: index }));
  },
  onMaximised: (index) => onMaximised?.(index, ahead.decide(enlarged(ahead.page, index))),
  onDropped: (index, key) => onDropped?.(index, key, ahead.decide(shown(ahead.page, index, key))),
  onSwapped: (one, other) => onSwapped?.(one, other, changePlaces(one, other)),
  onPlayed: (index) => onPlayed?.(index, ahead.decide(filmChanged(ahead.page, index, ""))),
  onFilmEnded: (index) => onFilmEnded?.(index, ahead.decide(paused(ahead.page, index))),
});

/** The viewports in their layout. What hands have decided goes for them before the state has heard of it. */
export function Glass({ panes, ref: _ref, ...props }) {
  const said = useAhead();
  const { active, isMaximised, ...now } = glassNow(props, said);
  const { isLoaded, goingTo, words } = props;
  const viewport = (place) => {
    // A viewport keeps its place in another layout, and may be another one in the order.
    const index = indexOf(now.layout, place);
    const isActive = index === active;
    return h(Viewport, {
      key: place, place, index, isActive, isShown: index >= 0 && (isActive || !isMaximised), isLarge: isMaximised, isLoaded, words,
      ...now, ...paneNow(panes, said, place), ...acts(props),
    });
  };
  // Those that are to go stay behind the others, as hands have left them, until the state has heard of it.
  const isThere = (place) => indexOf(now.layout, place) >= 0 || indexOf(props.layout, place) >= 0 || Boolean(paneAt(said, place));
  return h("div", { className: `glass glass--${now.layout}` }, PLACES.filter(isThere).map(viewport),
    said.going_to ?? goingTo ? h("p", { key: "way", className: "viewport-line viewport-line--now", role: "status" }, words.going) : null);
}

function ImageViewport({
  index, place, layout, view, series, isLoaded, patientLines, studyLines, seriesLine, tool, textLevel, isActive,
  isShown, isLarge, words, habits, onChosen, onMaximised, onDropped, onSwapped, onPlayed, onFilmEnded,
}) {
  const root = useRef(null);
  const canvas = useRef(null);
  const layers = useRef(null);
  const layer = useRef(null);
  const overlay = useRef(null);
  const live = useRef(null);
  const slider = useRef(null);
  const labels = useRef({});
  const engine = useRef(null);
  const hands = useRef(null); // what lies over the image: {probe, loupe, region}
  const known = useRef(null);
  const hud = useRef(null);
  const now = useRef({});
  // The study that the address names: the state may still hold the one before, or none yet.
  const study = studyOfPath(useLocation().pathname);
  const hasSeries = Boolean(series?.series_instance_uid) && series.study_instance_uid === study;
  // Or that of a page which is left for another study's.
  const isOfAnother = Boolean(series?.study_instance_uid) && series.study_instance_uid !== study;
  const isOpen = hasSeries || isOfAnother || !isLoaded;
  now.current = { index, study, isOpen, isWhole: layout === "1x1" || isLarge, tool, habits, onChosen, onMaximised, onFilmEnded };
  const isAsked = useRef(false);
  if (!isAsked.current && hasSeries && series.is_displayable) {
    // While React is still at it; asking twice would change nothing.
    isAsked.current = true;
    askEarly(`viewport-${place}`, series, view);
  }
  const [failure, setFailure] = useState("");
  const [line, setLine] = useState(tileStream().state);
  const [isOver, setIsOver] = useState(false);
  const [refusal, setRefusal] = useState("");
  const [isAsking, setIsAsking] = useState(false); // for the window of a region
  const [opened, setOpened] = useState("");
  const isEarly = !hasSeries && opened === study && study !== "";
  const [link, setLink] = useState(null);
  const [rows, columns] = layout.split("x").map(Number);
  const isAlone = rows * columns === 1;

  useEffect(() => {
    const made = new ViewportEngine(
      `viewport-${place}`,
      {
        root: root.current, canvas: canvas.current, layers: layers.current, layer: layer.current, live: live.current,
        labels: labels.current, overlay: overlay.current,
      },
      words,
      {
        settled: (values) => together.settled(now.current.index, values),
        failed: setFailure,
        moved: (kind) => together.moved(made, kind),
        painted: () => {
          together.painted(made);
          ahead.painted();
        },
        linked: (said) => setLink((known) => (isSameLink(known, said) ? known : said)),
        rate: (said) => {
          const text = rateText(said, words);
          if (labels.current.film.textContent !== text) labels.current.film.textContent = text;
        },
        filmEnded: () => now.current.onFilmEnded(now.current.index),
        imageShown: (at, count) => {
          const input = slider.current;
          if (!input) return;
          input.max = String(count);
          input.value = String(at);
          const stack = count > 1 ? "yes" : "no";
          if (root.current.dataset.stack === stack) return;
          root.current.dataset.stack = stack;
          input.parentElement.hidden = stack === "no";
        },
      },
    );
    engine.current = made;
    const activate = () => now.current.onChosen(now.current.index);
    const over = {
      probe: new Probe(made, { hud: hud.current, text: labels.current.pixel, live: live.current }, words),
      loupe: new Loupe(made, hud.current, words),
      region: new Region(made, hud.current, { refused: setRefusal, asks: setIsAsking }),
    };
    hands.current = over;
    made.glass.onPainted = () => {
      over.probe.follow();
      over.loupe.follow();
    };
    const letGo = layHandsOn(canvas.current, made, {
      ...over,
      tool: () => now.current.tool, activate, maximise: () => now.current.onMaximised(now.current.index),
      menu: (x, y) => askForMenu(x, y, canvas.current),
      fit: () => LOCAL.fit(made),
      scrolls: () => now.current.habits.wheel_step,
    });
    const measure = () => {
      // The page may be left between React's letting go of the canvas and the end of this watch.
      if (!canvas.current) return;
      const ratio = screenRatio();
      const { width, height } = canvas.current.getBoundingClientRect();
      if (!width || !height) return; // hidden while another viewport is large
      made.resize(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
      if (index === 0 && now.current.isWhole) rememberBox(width * ratio, height * ratio);
    };
    const observer = new ResizeObserver(measure);
    measure();
    observer.observe(canvas.current);
    const stopWatching = onRatioChange(measure);
    const stopListening = tileStream().listen(setLine);
    return () => {
      observer.disconnect();
      stopWatching();
      stopListening();
      letGo();
      made.glass.onPainted = () => {};
      over.probe.close();
      over.loupe.close();
      over.region.close();
      made.close();
    };
  }, [place]);

  useEffect(() => {
    const made = engine.current;
    const over = hands.current;
    if (index < 0) return undefined; // of a layout that is left
    engines.set(index, made);
    overlays.set(index, over);
    return () => {
      if (engines.get(index) === made) engines.delete(index);
      if (overlays.get(index) === over) overlays.delete(index);
    };
  }, [index, place]);

  useEffect(() => {
    engine.current.hide(!isShown);
  }, [isShown]);

  // A new series is loaded. Of the same one, Python's word counts when it has made a change itself (a new
  // revision), but for what a hand has moved since.
  useEffect(() => {
    const made = engine.current;
    if (hasSeries) made.told.heard(view.hand_serial);
    const same = known.current && known.current.hasSeries === hasSeries
      && known.current.series?.key === series?.key
      && known.current.series?.study_instance_uid === series?.study_instance_uid;
    if (!hasSeries) {
      // An early image, or that of before a lost line, stays until the state has a word about its study.
      if (!known.current || made.series?.study_instance_uid !== study) made.load(null, view ?? {});
    } else if (!same) {
      made.load(series, view ?? {});
    } else if (known.current.view.revision !== view.revision) {
      const changes = made.apply(view, VIEW_KEYS);
      // A button or a key for the active viewport: those that are linked with it follow.
      const kinds = new Set(Object.keys(changes).map((key) => FOLLOWED[key]).filter(Boolean));
      if (isActive) kinds.forEach((kind) => together.moved(made, kind));
    } else if (String(known.current.view.link_offset_mm) !== String(view.link_offset_mm)) {
      made.apply(view, ["link_offset_mm"]);
      together.draw();
    }
    if (hasSeries) setOpened(study);
    known.current = { series, view, hasSeries };
  }, [series, view, hasSeries, study]);

  // The image of a study comes by itself, before the state that the page is made of.
  useEffect(() => {
    const made = engine.current;
    // While the state holds another study, or none that could be shown, the page says so.
    const isWanted = () => !made.isGone && now.current.study === study && now.current.isOpen;
    if (index !== 0 || !study || !isWanted()) return;
    const isShowing = hasSeries || made.series?.study_instance_uid === study;
    const opening = takeOpening(study, location.search) ?? (isShowing ? null : openStudy(study, location.search));
    opening?.then((image) => {
      if (!image || !isWanted()) return;
      made.open(image);
      setOpened(study);
    });
  }, [index, study, hasSeries, isLoaded]);

  const film = isShown && view.film ? view.film : { ...view.film, is_playing: false };
  useEffect(() => {
    engine.current.play(film);
  }, [JSON.stringify(film)]);

  useEffect(() => {
    engine.current.glass.isSmooth = habits.is_smooth;
    engine.current.paint();
  }, [habits.is_smooth]);

  const magnifies = habits.is_magnifying && isActive;
  const probes = tool === "probe" && isActive;
  useEffect(() => {
    const over = hands.current;
    over.loupe.use(magnifies);
    over.probe.isWanted = textLevel !== "none";
    over.probe.use(probes);
  }, [magnifies, probes, hasSeries, textLevel]);

  // Why something was refused is said for a while.
  useEffect(() => {
    if (!refusal) return undefined;
    const timer = setTimeout(() => setRefusal(""), REFUSAL_MS);
    return () => clearTimeout(timer);
  }, [refusal]);

  const isWaiting = !isLoaded && !isEarly;
  const label = (name, classes) =>
    h("span", { className: classes, ref: (element) => { if (element) labels.current[name] = element; } });
  const lines = (texts) => (texts ?? []).filter(Boolean).map((text, at) => h("span", { key: at }, text));
  const trouble = line === LineState.LOST ? words.line_lost
    : line === LineState.SIGNED_OUT ? words.signed_out
      : line === LineState.HTTP ? words.line_http : "";

  return h(
    "div",
    {
      ref: root, "data-testid": isShown ? "viewport" : "viewport-behind", "data-viewport": index, role: "group",
      hidden: !isShown,
      "aria-label": `${words.viewport} ${index + 1}${isActive ? `, ${words.active}` : ""}`,
      className: [
        "viewport", `viewport--text-${textLevel}`, isActive ? "viewport--active" : "", isOver ? "viewport--over" : "",
        isLarge ? "viewport--large" : "", isAlone ? "" : "viewport--headed",
      ].filter(Boolean).join(" "),
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes(SERIES_TYPE)) return;
        event.preventDefault();
        setIsOver(true);
      },
      onDragLeave: () => setIsOver(false),
      onDrop: (event) => {
        setIsOver(false);
        const dropped = event.dataTransfer.getData(SERIES_TYPE);
        if (!dropped) return;
        event.preventDefault();
        onDropped?.(index, dropped);
      },
    },
    isAlone ? null : h(ViewportHeader, {
      index, count: rows * columns, columns, title: seriesLine, link, isStack: series?.image_count > 1,
      isPlaying: Boolean(view.film?.is_playing), isActive, isLarge, words, onSwapped, onPlayed, onMaximised,
    }),
    h("canvas", {
      ref: canvas, className: "viewport-canvas", role: "img", tabIndex: 0,
      "aria-label": words.empty, onFocus: () => onChosen(index),
    }),
    h("div", { className: "viewport-ring" }),
    h("div", { ref: layers, className: "viewport-layers", "aria-hidden": "true" }),
    h("svg", { ref: layer, className: "viewport-lines", "aria-hidden": "true" }),
    h("div", { ref: overlay, className: "viewport-overlay", "aria-hidden": "true", hidden: !hasSeries && !isEarly },
      h("div", { className: "corner corner--patient" }, hasSeries ? lines(patientLines) : null),
      h("div", { className: "corner corner--study" }, hasSeries ? lines([...(studyLines ?? []), seriesLine]) : null),
      h("div", { className: "corner corner--state" },
        label("pixel", "corner-pixel"), label("film"), label("turned"), label("image"), label("window"), label("zoom")),
      h("div", { className: "corner corner--acquisition" },
        label("acquisition", "corner-lines"), label("note", "corner-note"), label("fidelity", "fidelity")),
      label("left", "edge edge--left"), label("right", "edge edge--right"),
      label("top", "edge edge--top"), label("bottom", "edge edge--bottom"),
      h("div", { className: "scale" }, label("bar", "scale-bar"), label("scale", "scale-length"), label("basis", "scale-basis"))),
    h("div", { ref: hud, className: "viewport-hud", "aria-hidden": "true" }),
    h("div", { className: `viewport-slider viewport-slider--${habits.slider_side}`, hidden: true },
      h("input", {
        ref: slider, type: "range", min: 1, max: 1, step: 1, defaultValue: 1, "aria-label": words.slider,
        "aria-orientation": "vertical", onChange: (event) => engine.current.scrollTo(Number(event.target.value)),
      })),
    h("p", { ref: live, className: "unseen", "aria-live": "polite" }),
    trouble
      ? h("p", { className: "viewport-line", role: "status" }, trouble, line === LineState.SIGNED_OUT
        ? h("a", { href: `/sign-in?next=${encodeURIComponent(location.pathname)}` }, ` ${words.sign_in}`) : null)
      : null,
    refusal ? h("p", { className: "viewport-line", role: "status" }, refusal) : null,
    isAsking ? h("p", { className: "viewport-line viewport-line--soon", role: "status" }, words.measuring) : null,
    failure || (hasSeries && !series.is_displayable) || !(hasSeries || isEarly)
      ? h("div", { className: "viewport-message", role: isWaiting ? "status" : undefined },
        h("p", null, failure || (hasSeries ? series.note || words.not_displayable : isWaiting ? words.opening : words.choose_series),
          hasSeries && series.has_documents && !series.is_displayable
            ? h("a", { href: `/attachments/${study}`, className: "button button--secondary" }, words.documents) : null))
      : null,
  );
}

// ---------------------------------------------------------------- before the click

/** Opens the line to the server's pixels, loads the viewer's code and watches for hands near a study; shows nothing. */
export function ViewerPreload({ page, ref: _ref }) {
  useEffect(() => {
    tileStream().open();
    return watchStudies();
  }, []);
  return h(PrefetchPageLinks, { page });
}
