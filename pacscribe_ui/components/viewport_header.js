// The slim bar over a viewport that is not alone: its number, which drags it to another place, what it shows,
// how it is linked, its film, and whether it is large.
import { createElement as h, useRef } from "react";
import { Disclosure } from "./disclosure.jsx";

const DRAG_FROM_PX = 8;
const OVER = "viewport--over";

const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** How a viewport is linked, in words; empty where it is not. */
export function linkText(link, words) {
  if (!link) return "";
  const away = link.awayMm ? filled(words.linked_away, { mm: link.awayMm.toFixed(link.awayMm < 10 ? 1 : 0) }) : "";
  return [link.isByHand ? words.linked_by_hand : words.linked, away].filter(Boolean).join(" · ");
}

/** What is said of a film's speed; empty where none plays. */
export function rateText(said, words) {
  if (!said) return "";
  return `▶ ${filled(said.measured === null ? words.rate : words.rate_measured, said)}`;
}

export function ViewportHeader({
  index, count, columns, title, link, isStack, isPlaying, isActive, isLarge, words, onSwapped, onPlayed, onMaximised,
}) {
  const number = index + 1;
  const drag = useSwap(index, onSwapped);
  const said = linkText(link, words);
  const others = Array.from({ length: count }, (_, other) => other);
  return h(
    "div",
    { className: `viewport-header${isActive ? " viewport-header--active" : ""}` },
    h(Disclosure, { label: filled(words.change_places, { number }), className: "viewport-handle", ...drag },
      h("span", { "aria-hidden": "true" }, isActive ? "●" : "○", ` ${number}`),
      h("div", { className: "viewport-places", style: { "--columns": columns } },
        others.map((other) => h("button", {
          key: other, type: "button", className: "tool", disabled: other === index, "data-closes": "",
          "aria-label": filled(words.change_places_with, { number: other + 1 }), onClick: () => onSwapped?.(index, other),
        }, other + 1)))),
    h("span", { className: "viewport-title", title }, title),
    said ? h("span", { className: "viewport-link", "data-linked": link.isByHand ? "by-hand" : "yes" }, h(Chain), said) : null,
    isStack ? button(filled(isPlaying ? words.pause_one : words.play_one, { number }), isPlaying ? PAUSE : PLAY,
      () => onPlayed?.(index), isPlaying) : null,
    button(isLarge ? words.make_small : filled(words.make_large, { number }), isLarge ? SMALL : LARGE,
      () => onMaximised?.(index), isLarge),
  );
}

const PLAY = "M7 5l12 7-12 7z";
const PAUSE = "M7 5v14M17 5v14";
const LARGE = "M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5";
const SMALL = "M4 9h5V4M20 9h-5V4M4 15h5v5M20 15h-5v5";
const CHAIN = "M9 17H7a5 5 0 010-10h2M15 7h2a5 5 0 010 10h-2M8 12h8";

const line = (path) => h("svg", { viewBox: "0 0 24 24", width: 14, height: 14, "aria-hidden": "true", className: "viewport-glyph" },
  h("path", { d: path, fill: "none", stroke: "currentColor", strokeWidth: 2, strokeLinecap: "round", strokeLinejoin: "round" }));
const Chain = () => line(CHAIN);
const button = (label, path, onClick, isPressed) =>
  h("button", { type: "button", className: "tool", title: label, "aria-label": label, "aria-pressed": isPressed, onClick }, line(path));

// Drag the handle onto another viewport, with mouse, pen or finger; a mere press opens its menu.
function useSwap(index, onSwapped) {
  const swap = useRef(null);
  swap.current = onSwapped;
  const begin = (event) => {
    if (event.button !== 0) return;
    const start = event;
    let target = null;
    let isMoving = false;
    const light = (element) => {
      target?.classList.remove(OVER);
      element?.classList.add(OVER);
      target = element;
    };
    const move = (moved) => {
      isMoving ||= Math.hypot(moved.clientX - start.clientX, moved.clientY - start.clientY) >= DRAG_FROM_PX;
      const found = isMoving && document.elementFromPoint(moved.clientX, moved.clientY)?.closest("[data-viewport]");
      light(found && Number(found.dataset.viewport) !== index ? found : null);
    };
    const end = (ended) => {
      for (const [type, listener] of listeners) window.removeEventListener(type, listener);
      const other = target;
      light(null);
      if (other && ended.type === "pointerup") swap.current?.(index, Number(other.dataset.viewport));
    };
    const listeners = [["pointermove", move], ["pointerup", end], ["pointercancel", end]];
    for (const [type, listener] of listeners) window.addEventListener(type, listener);
  };
  return { onPointerDown: begin };
}
