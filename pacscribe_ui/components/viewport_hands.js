// Hands on a viewport: mouse, pen, touch and wheel become moves of the engine. Which values result is
// decided by the engine and the geometry.

import { screenRatio } from "./viewport_ratio.js";

const EDGES_HOLD_MS = 100;
const WHEEL_LINE_PX = 33;
const WHEEL_NOTCH_PX = 60;
const ZOOM_PER_WHEEL_PX = 0.0015;
const ZOOM_PER_DRAG_PX = 0.006;
const TAP_WITHIN_MS = 300;
const TAP_WITHIN_PX = 12;
const CLICK_WITHIN_PX = 4;
const PRESS_AFTER_MS = 700;
const ENLARGED = 1.02; // beyond the zoom that fits
// Radiographs are looked at piece by piece: where one is enlarged, a finger moves it.
const RADIOGRAPHS = new Set(["CR", "DX", "MG", "IO", "PX", "RG"]);

// While a pen is in use, fingers only move about; once it has been laid down, they have the tool again.
const PEN_STAYS_MS = 60_000;
let penAt = -Infinity;

/**
 * Listen to an element on behalf of an engine.
 *
 * @param element The canvas; has touch-action: none.
 * @param engine The viewport's engine.
 * @param hands What a touch means to the page: {tool(), activate(), maximise(), fit(), menu(x, y),
 *   scrolls(): 1 or -1, magnifies(), dragged(tool), if it is to be told once in each drag}, and what lies over the image: {probe, loupe, region}.
 * @returns A function that stops listening.
 */
export function layHandsOn(element, engine, hands) {
  const pointers = new Map(); // pointerId -> {x, y}
  let drag = null;
  let wheelPx = 0;
  let lastTap = null;
  let lastPointerType = "mouse";
  let pressTimer = null;

  // Asked for at every move, it would have the page laid out sixty times a second.
  let edges = null;
  const place = (event) => {
    if (!edges || event.timeStamp - edges.at > EDGES_HOLD_MS || event.timeStamp < edges.at) {
      edges = { at: event.timeStamp, box: element.getBoundingClientRect() };
    }
    const { box } = edges;
    return [(event.clientX - box.left) * screenRatio(), (event.clientY - box.top) * screenRatio()];
  };
  const middle = () => {
    const points = [...pointers.values()];
    const sum = points.reduce((total, point) => [total[0] + point.x, total[1] + point.y], [0, 0]);
    return { x: sum[0] / points.length, y: sum[1] / points.length };
  };
  const spread = () => {
    const [one, other] = [...pointers.values()];
    return Math.hypot(one.x - other.x, one.y - other.y);
  };
  const isFar = (event, px) => Math.hypot(event.clientX - drag.x, event.clientY - drag.y) >= px;
  const isEnlarged = () => engine.zoom > engine.fittedZoom * ENLARGED;

  const mouseTool = (event) => {
    if (event.button === 1) return "pan";
    if (event.button === 2) return "zoom";
    if (event.ctrlKey || event.altKey) return "region";
    return event.shiftKey ? "window" : hands.tool();
  };

  // One finger scrolls a stack; where there is nothing to scroll through, it moves the image.
  const fingerTool = (event) => {
    if (hands.loupe.isShown) return "magnify";
    const tool = event.timeStamp - penAt < PEN_STAYS_MS ? "scroll" : hands.tool();
    const moves = engine.imageCount < 2 || (RADIOGRAPHS.has(engine.series?.modality) && isEnlarged());
    return tool === "scroll" && moves ? "pan" : tool;
  };

  const toolFor = (event) => {
    if (event.pointerType === "mouse") return mouseTool(event);
    return event.pointerType === "touch" ? fingerTool(event) : hands.tool();
  };

  const begin = (event, tool) => {
    const { x, y } = middle();
    drag = {
      tool, stack: engine.series?.key, x, y, lastX: x, lastY: y, scrolled: 0, at: event.timeStamp, button: event.button,
      isFine: event.pointerType === "mouse" && event.shiftKey, before: engine.snapshot, place: place(event),
      window: engine.startWindow, spread: pointers.size === 2 ? spread() : 0,
    };
    if (tool === "region") hands.region.begin(...place(event));
    if (tool === "probe") hands.probe.putAt(...place(event));
    engine.hold(true);
    window.addEventListener("keydown", giveUp, true);
  };

  const end = () => {
    hands.region.cancel();
    drag = null;
    clearTimeout(pressTimer);
    engine.hold(false);
    window.removeEventListener("keydown", giveUp, true);
  };

  // Escape takes back what the drag has done.
  const giveUp = (event) => {
    if (event.key !== "Escape" || !drag) return;
    event.preventDefault();
    event.stopPropagation();
    const { before } = drag;
    const isOwn = isOfStack();
    end();
    if (isOwn) engine.restore(before);
  };

  // What was begun on one stack does nothing to another that has come under the hand meanwhile.
  const isOfStack = () => drag.stack === engine.series?.key;

  const moves = {
    window(event, x, y) {
      if (drag.window) engine.dragWindow(drag.window, x - drag.x, y - drag.y, drag.isFine);
    },
    pan(event, x, y) {
      engine.panBy((x - drag.lastX) * screenRatio(), (y - drag.lastY) * screenRatio());
    },
    zoom(event, x, y) {
      engine.zoomBy(Math.exp((drag.lastY - y) * ZOOM_PER_DRAG_PX), ...drag.place);
    },
    scroll(event, x, y) {
      // The height of the viewport runs through the whole series, but never faster than a finger can aim.
      const step = Math.max(4, Math.min(24, element.clientHeight / Math.max(1, engine.imageCount)));
      const images = Math.trunc((y - drag.y) / step);
      if (images !== drag.scrolled) {
        engine.scrollBy(images - drag.scrolled);
        drag.scrolled = images;
      }
    },
    probe(event) {
      hands.probe.putAt(...place(event));
    },
    region(event) {
      hands.region.move(...place(event));
    },
    pinch(event, x, y) {
      const now = spread();
      const box = element.getBoundingClientRect();
      engine.panBy((x - drag.lastX) * screenRatio(), (y - drag.lastY) * screenRatio());
      if (drag.spread > 0 && now > 0) {
        engine.zoomBy(now / drag.spread, (x - box.left) * screenRatio(), (y - box.top) * screenRatio());
      }
      drag.spread = now;
    },
  };

  const down = (event) => {
    lastPointerType = event.pointerType;
    hands.activate();
    if (event.pointerType === "mouse" && event.button > 2) return;
    event.preventDefault();
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    clearTimeout(pressTimer);
    if (pointers.size === 1) {
      follow(event);
      begin(event, toolFor(event));
      if (event.pointerType !== "mouse") pressTimer = setTimeout(() => pressed(event), PRESS_AFTER_MS);
    }
    if (pointers.size === 2) begin(event, "pinch");
    if (pointers.size === 3) begin(event, "window");
  };

  // A finger that stays where it is asks for the menu.
  const pressed = (event) => {
    if (!drag) return;
    end();
    hands.menu(event.clientX, event.clientY);
  };

  // What lies over the image follows the pointer, whether it is down or not.
  const follow = (event) => {
    const isFinger = event.pointerType === "touch";
    if (event.pointerType === "pen") penAt = event.timeStamp;
    const at = place(event);
    hands.loupe.hover(...at, isFinger);
    if (!isFinger) hands.probe.hover(...at);
  };
  const leave = (event) => {
    if (pointers.has(event.pointerId)) return;
    hands.probe.hover(null);
    // A finger that is lifted has left as well: the magnifier stays where it was put.
    if (event.pointerType !== "touch") hands.loupe.hover(null);
  };

  const move = (event) => {
    follow(event);
    if (!pointers.has(event.pointerId)) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (!drag) return;
    if (!isOfStack()) {
      end();
      return;
    }
    if (isFar(event, TAP_WITHIN_PX)) clearTimeout(pressTimer);
    if (!drag.isTold && isFar(event, CLICK_WITHIN_PX)) {
      drag.isTold = true;
      hands.dragged?.(drag.tool);
    }
    const { x, y } = middle();
    moves[drag.tool]?.(event, x, y);
    drag.lastX = x;
    drag.lastY = y;
  };

  const up = (event) => {
    if (!pointers.delete(event.pointerId) || !drag) return;
    const isLast = pointers.size === 0 && event.type === "pointerup";
    const isMouse = event.pointerType === "mouse";
    const wasTap = isLast && !isMouse && event.timeStamp - drag.at < TAP_WITHIN_MS && !isFar(event, TAP_WITHIN_PX);
    const wasRegion = isLast && drag.tool === "region";
    const wasRightClick = isLast && isMouse && drag.button === 2 && !isFar(event, CLICK_WITHIN_PX);
    if (wasRegion) hands.region.end();
    // Lifting one of several fingers ends the gesture: what remains is not a new one.
    end();
    if (wasTap) tapped(event);
    if (wasRightClick) hands.menu(event.clientX, event.clientY);
  };

  const tapped = (event) => {
    // When the finger moved, not when a busy page got to hear of it.
    const now = event.timeStamp;
    const isSecond = lastTap && now - lastTap.at < 2 * TAP_WITHIN_MS
      && Math.hypot(event.clientX - lastTap.x, event.clientY - lastTap.y) < 3 * TAP_WITHIN_PX;
    lastTap = isSecond ? null : { at: now, x: event.clientX, y: event.clientY };
    if (!isSecond) return;
    if (isEnlarged()) hands.fit();
    else hands.maximise();
  };

  const wheel = (event) => {
    event.preventDefault();
    hands.activate();
    const px = event.deltaMode === 0 ? event.deltaY : event.deltaY * WHEEL_LINE_PX;
    if (event.ctrlKey) {
      engine.zoomBy(Math.exp(-px * ZOOM_PER_WHEEL_PX), ...place(event));
      return;
    }
    // A notch of a wheel is one image, however many pixels it counts; a touchpad's small steps add up.
    if (Math.sign(px) !== Math.sign(wheelPx)) wheelPx = 0;
    wheelPx += px;
    const isNotch = event.deltaMode !== 0 || Math.abs(px) >= WHEEL_NOTCH_PX;
    const images = isNotch ? Math.sign(px) : Math.trunc(wheelPx / WHEEL_NOTCH_PX);
    if (images) {
      wheelPx = 0;
      engine.scrollBy(images * hands.scrolls());
    }
  };

  const doubleClick = (event) => {
    // Browsers make a double click of a double tap as well, which has been answered already.
    if (event.button === 0 && lastPointerType === "mouse") hands.maximise();
  };
  const noMenu = (event) => event.preventDefault();

  const listeners = [
    ["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up],
    ["lostpointercapture", up], ["pointerleave", leave], ["dblclick", doubleClick], ["contextmenu", noMenu],
  ];
  for (const [type, listener] of listeners) element.addEventListener(type, listener);
  element.addEventListener("wheel", wheel, { passive: false });
  return () => {
    if (drag) end();
    for (const [type, listener] of listeners) element.removeEventListener(type, listener);
    element.removeEventListener("wheel", wheel);
  };
}
