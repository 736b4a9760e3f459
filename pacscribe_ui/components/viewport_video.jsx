// A viewport that plays a video: its frame, the picture, and the controls. When a frame is shown, and what is true of it,
// is the player's (`viewport_video.js`).
import { createElement as h, useEffect, useRef, useState } from "react";
import { engines, overlays } from "./viewer_engines.js";
import { SERIES_TYPE } from "./viewer_keys.jsx";
import { say } from "./say.js";
import { askForMenu } from "./viewer_menu.js";
import { together } from "./viewer_together.jsx";
import { layHandsOn } from "./viewport_hands.js";
import { ViewportHeader } from "./viewport_header.js";
import { onRatioChange, screenRatio } from "./viewport_ratio.js";
import { VideoPlayer, filmOf, originalOf } from "./viewport_video.js";

/** Everything the page may decide about a view of a video. */
const VIEW_KEYS = ["image_index", "zoom", "pan_column_px", "pan_row_px", "rotation", "is_mirrored"];

// Values, magnifier and windows are of images: over a video they are quiet, and a hand that drags one is told so.
const OF_IMAGES = new Set(["window", "probe", "region", "magnify"]);
const nothing = () => {};
const QUIET = {
  isTool: false, isShown: false, begin: nothing, move: nothing, end: nothing, cancel: nothing, hover: nothing, hold: nothing,
  putAt: nothing, moveBy: nothing, takeVisible: nothing, forget: nothing, toggle: nothing,
};

export function VideoViewport({
  index, layout, view, series, patientLines, studyLines, seriesLine, tool, textLevel, isActive, isShown, isLarge, words,
  habits, onChosen, onMaximised, onDropped, onSwapped, onPlayed, onFilmEnded,
}) {
  const parts = useRef({ labels: {} });
  const player = useRef(null);
  const known = useRef(null);
  const now = useRef({});
  now.current = { tool, habits, onChosen, onMaximised, onFilmEnded };
  const [state, setState] = useState(null);
  const [isOver, setIsOver] = useState(false);
  const film = filmOf(isShown ? view.film : { ...view.film, is_playing: false });
  const [rows, columns] = layout.split("x").map(Number);
  const isAlone = rows * columns === 1;
  const activate = () => now.current.onChosen(index);

  useEffect(() => {
    const { canvas } = parts.current;
    const made = new VideoPlayer({ ...parts.current }, words, {
      settled: (values) => together.settled(index, values),
      filmEnded: () => now.current.onFilmEnded(index),
      video: setState,
    });
    player.current = made;
    engines.set(index, made);
    const over = { probe: QUIET, loupe: QUIET, region: QUIET };
    overlays.set(index, over);
    const letGo = layHandsOn(canvas, made, {
      ...over,
      tool: () => now.current.tool, activate, maximise: () => now.current.onMaximised(index),
      menu: (x, y) => askForMenu(x, y, canvas),
      fit: () => made.fit(),
      scrolls: () => now.current.habits?.wheel_step ?? 1,
      dragged: (name) => {
        if (OF_IMAGES.has(name)) say("alert", words.video.images_only);
      },
    });
    const measure = () => {
      const ratio = screenRatio();
      const { width, height } = canvas.getBoundingClientRect();
      if (!width || !height) return; // hidden while another viewport is large
      made.resize(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
    };
    // In a narrow viewport the controls take two rows.
    const leaveRoom = () => {
      const { root, controls } = parts.current;
      if (controls.offsetHeight) root.style.setProperty("--controls", `${controls.offsetHeight}px`);
    };
    const observer = new ResizeObserver(() => {
      leaveRoom();
      measure();
    });
    measure();
    observer.observe(canvas);
    observer.observe(parts.current.controls);
    const stopWatching = onRatioChange(measure);
    return () => {
      observer.disconnect();
      stopWatching();
      letGo();
      made.close();
      known.current = null;
      overlays.delete(index);
      engines.delete(index);
    };
  }, [index]);

  // As for images: Python's word counts where it has made a change itself.
  useEffect(() => {
    const made = player.current;
    const before = known.current;
    made.told.heard(view.hand_serial);
    if (before?.series.key !== series.key || before.series.study_instance_uid !== series.study_instance_uid) {
      made.load(series, view);
    } else if (before.view.revision !== view.revision) {
      made.apply(view, VIEW_KEYS);
    }
    known.current = { series, view };
  }, [index, series, view]);

  useEffect(() => {
    player.current.play(film);
  }, [index, JSON.stringify(film)]);

  const part = (name) => (element) => { parts.current[name] = element; };
  const label = (name, classes, rest) =>
    h("span", { ...rest, className: classes, ref: (element) => { if (element) parts.current.labels[name] = element; } });
  const lines = (texts) => (texts ?? []).filter(Boolean).map((text, at) => h("span", { key: at }, text));
  return h(
    "div",
    {
      ref: part("root"), "data-testid": isShown ? "viewport" : "viewport-behind", "data-viewport": index, role: "group",
      hidden: !isShown,
      "aria-label": `${words.viewport} ${index + 1}${isActive ? `, ${words.active}` : ""}`,
      className: [
        "viewport viewport--video", `viewport--text-${textLevel}`, isActive ? "viewport--active" : "",
        isOver ? "viewport--over" : "", isLarge ? "viewport--large" : "", isAlone ? "" : "viewport--headed",
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
      index, count: rows * columns, columns, title: seriesLine, link: null, isStack: true, isPlaying: film.is_playing,
      isActive, isLarge, words, onSwapped, onPlayed, onMaximised,
    }),
    h("video", {
      ref: part("video"), className: "video-picture", playsInline: true, disablePictureInPicture: true,
      disableRemotePlayback: true, tabIndex: -1, "aria-hidden": "true",
    }),
    h("canvas", { ref: part("canvas"), className: "viewport-canvas", role: "img", tabIndex: 0, "aria-label": words.empty, onFocus: activate }),
    h("div", { className: "viewport-ring" }),
    h("div", { ref: part("overlay"), className: "viewport-overlay", "aria-hidden": "true" },
      h("div", { className: "corner corner--patient" }, lines(patientLines)),
      h("div", { className: "corner corner--study" }, lines([...(studyLines ?? []), seriesLine])),
      h("div", { className: "corner corner--state" },
        label("turned"), label("image"), label("window"), label("zoom")),
      h("div", { className: "corner corner--acquisition" },
        label("acquisition", "corner-lines"), label("note", "corner-note"), label("fidelity", "fidelity")),
      label("left", "edge edge--left"), label("right", "edge edge--right"),
      label("top", "edge edge--top"), label("bottom", "edge edge--bottom"),
      h("div", { className: "scale" }, label("bar", "scale-bar", { hidden: true }), label("scale", "scale-length"), label("basis", "scale-basis"))),
    h("p", { ref: part("live"), className: "unseen", "aria-live": "polite" }),
    h(VideoControls, { parts: parts.current, part, state, film, words: words.video, player, activate }),
    state?.trouble || !state?.isReady
      ? h("div", { className: "viewport-message video-message", role: "status" },
        h("p", null, state?.trouble || words.video.loading,
          state?.trouble && state.said?.may_export
            ? h("a", { href: originalOf(series), download: "", className: "button button--secondary" }, words.video.download)
            : null))
      : null,
  );
}

/** Lucide's shapes, as lines in a square of 24. */
const GLYPHS = {
  play: ["M6 3l14 9-14 9z"],
  pause: ["M7 4v16", "M17 4v16"],
  back: ["M19 20L9 12l10-8z", "M5 19V5"],
  ahead: ["M5 4l10 8-10 8z", "M19 5v14"],
  slower: ["M5 12h14"],
  faster: ["M5 12h14", "M12 5v14"],
  repeat: ["M17 2l4 4-4 4", "M3 11v-1a4 4 0 0 1 4-4h14", "M7 22l-4-4 4-4", "M21 13v1a4 4 0 0 1-4 4H3"],
  quiet: ["M11 5L6 9H2v6h4l5 4z", "M22 9l-6 6", "M16 9l6 6"],
  loud: ["M11 5L6 9H2v6h4l5 4z", "M15.5 8.5a5 5 0 0 1 0 7", "M19 5a10 10 0 0 1 0 14"],
  full: ["M8 3H5a2 2 0 0 0-2 2v3", "M21 8V5a2 2 0 0 0-2-2h-3", "M3 16v3a2 2 0 0 0 2 2h3", "M16 21h3a2 2 0 0 0 2-2v-3"],
};

const glyph = (name) =>
  h("svg", {
    viewBox: "0 0 24 24", width: 18, height: 18, fill: "none", stroke: "currentColor", strokeWidth: 1.75,
    strokeLinecap: "round", strokeLinejoin: "round", "aria-hidden": "true", className: "icon",
  }, GLYPHS[name].map((d) => h("path", { key: d, d })));

const button = (name, label, rest) =>
  h("button", { type: "button", className: "tool", title: label, "aria-label": label, ...rest }, glyph(name));

/**
 * @param parts Elements that the player writes to, by name; `part(name)` takes one in.
 * @param state {said, trouble, isReady} as the player tells it; null at first.
 * @param film {is_playing, speed, way}: how the page wants it to be played.
 * @param player Reference to the player.
 */
function VideoControls({ parts, part, state, film, words, player, activate }) {
  const isShown = Boolean(state?.isReady) && !state.trouble;
  return h("div", { ref: part("controls"), className: "video-controls", role: "group", "aria-label": words.controls, hidden: !isShown, onPointerDownCapture: activate },
    h("input", {
      ref: part("seek"), type: "range", min: 1, max: 1, step: 1, defaultValue: 1, className: "video-seek", "aria-label": words.seek,
      onChange: (event) => player.current.scrollTo(Number(event.target.value)),
      // Keys are for the viewer again once the hand has let go.
      onPointerUp: () => parts.canvas.focus({ preventScroll: true }),
    }),
    h("div", { className: "video-row" },
      button(film.is_playing ? "pause" : "play", film.is_playing ? words.pause : words.play, { "data-command": "cine" }),
      button("back", words.back, { onClick: () => player.current.scrollBy(-1) }),
      button("ahead", words.ahead, { onClick: () => player.current.scrollBy(1) }),
      h("span", { ref: part("time"), className: "video-time" }),
      h("span", { className: "video-speed", role: "group", "aria-label": words.speed },
        button("slower", words.slower, { "data-command": "cine-slower" }),
        h("span", { className: "video-rate" }, `${film.speed}×`),
        button("faster", words.faster, { "data-command": "cine-faster" })),
      button("repeat", words.repeat, {
        "aria-pressed": film.way !== "once", "data-command": film.way === "once" ? "cine-loop" : "cine-once",
      }),
      state?.said?.has_sound ? h(Sound, { parts, words }) : null,
      h(FullScreen, { parts, words })));
}

/** Silent until somebody wants to hear it: a ward is no place for surprises. */
function Sound({ parts, words }) {
  const [isMuted, setIsMuted] = useState(true);
  useEffect(() => {
    parts.video.muted = isMuted;
  }, [isMuted]);
  return h("span", { className: "video-sound" },
    button(isMuted ? "quiet" : "loud", isMuted ? words.unmute : words.mute, { onClick: () => setIsMuted(!isMuted) }),
    h("input", {
      type: "range", min: 0, max: 1, step: 0.05, defaultValue: 1, "aria-label": words.volume, className: "video-volume",
      onChange: (event) => {
        parts.video.volume = Number(event.target.value);
        setIsMuted(parts.video.volume === 0);
      },
    }));
}

function FullScreen({ parts, words }) {
  if (!document.fullscreenEnabled) return null;
  return button("full", words.full_screen, {
    onClick: () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else parts.root.requestFullscreen({ navigationUI: "hide" });
    },
  });
}
