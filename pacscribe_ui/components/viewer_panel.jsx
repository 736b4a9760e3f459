// The report beside the images: whether it is there, its room before that is known, and the edge that makes it wider.
import { createElement as h, useLayoutEffect, useRef, useState } from "react";
import { useAhead } from "./viewer_ahead.js";

/** Its children, while the panel is open for the hand. */
export function ViewerPanel({ isAvailable, isOpen, children, ref: _ref }) {
  const said = useAhead();
  return isAvailable && (said.is_panel_open ?? isOpen) ? children : null;
}

const WIDTH_KEY = "pacscribe.panel_px";
const LEAST_PX = 300;
const usual = () => Math.round(Math.min(420, Math.max(LEAST_PX, window.innerWidth * 0.29)));

export function PanelEdge({ label, ref: _ref }) {
  const edge = useRef(null);
  const [width, setWidth] = useState(() => Number(localStorage.getItem(WIDTH_KEY)) || usual());
  const most = () => Math.max(LEAST_PX, window.innerWidth * 0.6);
  const resize = (px) => setWidth(Math.round(Math.min(most(), Math.max(LEAST_PX, px))));

  useLayoutEffect(() => {
    edge.current.parentElement.style.setProperty("--panel-width", `${width}px`);
    localStorage.setItem(WIDTH_KEY, String(width));
  }, [width]);

  return h("div", {
    ref: edge, className: "panel-edge", role: "separator", tabIndex: 0, "aria-orientation": "vertical",
    "aria-label": label, "aria-valuenow": width, "aria-valuemin": LEAST_PX,
    "aria-valuemax": Math.round(most()),
    onPointerDown: (event) => {
      event.preventDefault();
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => {
      if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
      resize(edge.current.parentElement.getBoundingClientRect().right - event.clientX);
    },
    onKeyDown: (event) => {
      const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
      if (!step) return;
      event.preventDefault();
      resize(width + step);
    },
  });
}

const SHOWN_KEY = "pacscribe.panel_shown";
const EDGE_PX = 7;

// Whether the panel will be shown: as the address asks, else as the last time; at first where there is a mouse.
function isPanelLikely() {
  const asked = new URLSearchParams(location.search).get("report");
  if (asked) return asked === "1";
  const last = localStorage.getItem(SHOWN_KEY);
  return last ? last === "yes" : !matchMedia("(pointer: coarse)").matches;
}

/** Keeps the room of the panel as long as it is not known whether it is shown, so that images do not change their size. */
export function PanelPlace({ isSettled, isShown, ref: _ref }) {
  const [px, setPx] = useState(0);

  useLayoutEffect(() => {
    if (isSettled) localStorage.setItem(SHOWN_KEY, isShown ? "yes" : "no");
    const isKept = !isSettled && !isShown && isPanelLikely();
    setPx(isKept ? (Number(localStorage.getItem(WIDTH_KEY)) || usual()) + EDGE_PX : 0);
  }, [isSettled, isShown]);

  return px ? h("div", { className: "panel-place", "aria-hidden": "true", style: { width: px } }) : null;
}
