// What the viewer's page hears outside its viewports: keys, buttons that name a command, the menu of the
// image, drags from the series strip, and the address. Shows nothing but the menu.
import { createElement as h, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { copyText } from "./clipboard.js";
import { say } from "./say.js";
import { ahead, goAhead, useAhead } from "./viewer_ahead.js";
import { isIdle } from "./viewer_changes.js";
import { engines, overlays } from "./viewer_engines.js";
import { isInAddress } from "./viewer_address.js";
import { ImageMenu, MENU_EVENT } from "./viewer_menu.js";
import { together } from "./viewer_together.jsx";
import { LOCAL, repeats, takeWindow, toggleFullScreen } from "./viewport_commands.js";
import { byKey, combination, isTaken, isTyping } from "./viewport_keys.js";
import { askToOpen } from "./viewport_opening.js";

const HELD = "magnifier";
const CHOOSE = "choose-"; // and the value of an entry of the list of windows
const SHORT_PRESS_MS = 350;
const LONGEST_WAY_MS = 5000; // to an image of another study, before its page is opened without
export const SERIES_TYPE = "application/x-pacscribe-series";

export function ViewerKeys({
  page, cards, search, commands, ownKeys, ownKeysShown, words, linkSerial, onCommand, onLinkedByHand, onCoarse, onLeft,
  ref: _ref,
}) {
  const now = useRef({});
  const navigate = useNavigate();
  const [menu, setMenu] = useState(null);
  const { study, going_to } = page;
  const { text_level } = { ...page, ...useAhead() };
  now.current = { study, search, words, navigate, onCommand, onLinkedByHand, onLeft, setMenu, keys: byKey(commands, ownKeys) };

  useLayoutEffect(() => ahead.follow({ ...page, cards }), [page, cards]);

  // Whose images these are is hidden at once, wherever on the page it is said.
  useLayoutEffect(() => {
    document.documentElement.classList.toggle("names-nobody", text_level === "anonymous");
    return () => document.documentElement.classList.remove("names-nobody");
  }, [text_level]);

  // Once the page is left, nothing of the study stays: not here, and not in the tab's state.
  // After a lost line the state begins anew, and this with it: then the page has not been left.
  useEffect(() => () => {
    if (!isInAddress(now.current.study)) now.current.onLeft?.(now.current.study);
  }, []);

  const run = useRef(async (name) => {
    if (isIdle(ahead.page, name)) {
      say("alert", now.current.words.idle);
      return;
    }
    const { active } = ahead.page;
    const engine = engines.get(active);
    const over = overlays.get(active);
    if (name in LOCAL) {
      if (engine) LOCAL[name](engine, over);
      return;
    }
    if (name.startsWith(CHOOSE)) {
      if (engine) takeWindow(engine, over, () => name.slice(CHOOSE.length));
      ahead.look(); // or the list would say for a moment what held before
      return;
    }
    if (name === "menu") {
      openMenu(engine, now.current.setMenu);
      return;
    }
    // The image is there before the page's state, and moves at once; the rest has to wait for it.
    if (!now.current.study) return;
    // What a command changes builds on what hands have just done: that goes to the state first.
    engines.forEach((each) => each.settle());
    together.tell();
    if (name in HERE) await HERE[name](now.current);
    else {
      if (name === "join-forget") together.linkByHand([]);
      now.current.onCommand?.(name, goAhead(name));
    }
  });

  useEffect(() => {
    if (study && window.matchMedia("(pointer: coarse)").matches) onCoarse?.();
  }, [study]);

  useEffect(() => {
    const keyDown = (event) => {
      if (event.defaultPrevented || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]") || isTaken(event)) return;
      const name = now.current.keys.get(combination(event));
      if (!name) return;
      event.preventDefault();
      if (name === HELD && !isIdle(ahead.page, name)) {
        if (!event.repeat) hold.begin(event.code);
      } else if (!event.repeat || repeats(name)) run.current(name);
    };
    const hold = holding(() => overlays.get(ahead.page.active)?.loupe, () => run.current(HELD));
    const keyUp = (event) => hold.end(event.code);
    const lost = () => hold.end(null);
    const pointerDown = (event) => {
      if (!(event.target instanceof HTMLCanvasElement)) engines.forEach((each) => each.settle());
    };
    const click = (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-command]") : null;
      if (button) run.current(button.getAttribute("data-command"));
    };
    // A list whose entries are commands. Heard before React, which has it show what holds then.
    const change = (event) => {
      const kind = event.target.getAttribute("data-commands");
      if (kind) run.current(`${kind}-${event.target.value}`);
    };
    // A dialog that the browser closes names the command for it.
    const cancel = (event) => {
      const name = event.target.getAttribute("data-dismissed-by");
      if (name) run.current(name);
    };
    const askedForMenu = (event) => now.current.setMenu(event.detail);
    const dragStart = (event) => {
      const card = event.target instanceof Element ? event.target.closest("[data-drag-series]") : null;
      if (!card) return;
      event.dataTransfer.setData(SERIES_TYPE, card.getAttribute("data-drag-series"));
      event.dataTransfer.effectAllowed = "copy";
    };
    window.addEventListener("keydown", keyDown);
    window.addEventListener("keyup", keyUp);
    window.addEventListener("blur", lost);
    window.addEventListener("pointerdown", pointerDown, true);
    window.addEventListener(MENU_EVENT, askedForMenu);
    document.addEventListener("click", click);
    document.addEventListener("change", change, true);
    document.addEventListener("cancel", cancel, true);
    document.addEventListener("dragstart", dragStart);
    return () => {
      window.removeEventListener("keydown", keyDown);
      window.removeEventListener("keyup", keyUp);
      window.removeEventListener("blur", lost);
      window.removeEventListener("pointerdown", pointerDown, true);
      window.removeEventListener(MENU_EVENT, askedForMenu);
      document.removeEventListener("click", click);
      document.removeEventListener("change", change, true);
      document.removeEventListener("cancel", cancel, true);
      document.removeEventListener("dragstart", dragStart);
    };
  }, []);

  // The address says what is seen; nothing is loaded anew by it.
  useLayoutEffect(() => {
    if (!search || location.search === search || !isInAddress(study)) return;
    history.replaceState(history.state, "", location.pathname + search + location.hash);
  }, [search, study]);

  // A link was asked for before the address was up to date.
  useEffect(() => {
    if (linkSerial) copyLink(now.current);
  }, [linkSerial]);

  // The way to another study: the image that is here stays until the first one of that study is.
  useEffect(() => {
    if (!going_to || !isInAddress(study)) return undefined;
    let isWanted = true;
    const go = () => {
      if (isWanted) navigate(`/viewer/${going_to}`);
      isWanted = false;
    };
    askToOpen(going_to, "").then(go);
    const timer = setTimeout(go, LONGEST_WAY_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [study, going_to]);

  return menu && h(ImageMenu, {
    ...menu, label: words.menu,
    entries: commands.filter((each) => each.is_common).map((each) => ({
      ...each, shown: ownKeysShown[each.name] ?? each.shown, whyIdle: isIdle(ahead.page, each.name) ? words.idle : "",
    })),
    onChosen: (name) => run.current(name), onClosed: () => setMenu(null),
  });
}

// Commands that the browser carries out by itself for the whole page, by their names. The state hears only of what it keeps.
const HERE = {
  "full-screen": async ({ words }) => {
    if (!(await toggleFullScreen())) say("alert", words.no_full_screen);
  },
  "join-here": ({ words, onLinkedByHand }) => {
    const offsets = together.offsetsByHand();
    if (!offsets) {
      say("alert", words.nothing_to_link);
      return;
    }
    together.linkByHand(offsets);
    onLinkedByHand?.(offsets, ahead.decide({ is_linked: true }));
    say("status", words.linked_by_hand);
  },
  "copy-link": async (now) => {
    const isSaid = ahead.isHeard && [...engines.values()].every((engine) => engine.told.isHeard);
    if (isSaid) await copyLink(now);
    else now.onCommand?.("copy-link", ahead.decide({}));
  },
  "study-page": ({ study, navigate }) => navigate(`/study/${study}`),
};

// The address says all that is seen, as soon as the state has heard of everything.
async function copyLink({ study, search, words }) {
  if (!isInAddress(study)) return;
  if (await copyText(location.origin + location.pathname + search)) say("status", words.link_copied);
  else say("alert", words.link_refused);
}

// The magnifier is there while its key is held; a short press leaves it there until the next.
function holding(loupe, toggle) {
  let held = null; // {code, at, loupe}
  return {
    begin(code) {
      held = { code, at: performance.now(), loupe: loupe() };
      held.loupe?.hold(true);
    },
    end(code) {
      if (!held || (code !== null && code !== held.code)) return;
      const wasShort = code !== null && performance.now() - held.at < SHORT_PRESS_MS;
      held.loupe?.hold(false);
      held = null;
      if (wasShort) toggle();
    },
  };
}

// From the keyboard: over the middle of the active viewport.
function openMenu(engine, setMenu) {
  const canvas = engine?.glass.parts.canvas;
  if (!canvas) return;
  const box = canvas.getBoundingClientRect();
  setMenu({ x: box.left + box.width / 2, y: box.top + box.height / 3, back: canvas });
}
