// The menu of an image: the commonest commands under the pointer, for mouse, finger and keyboard.
import { createElement as h, useEffect, useLayoutEffect, useRef } from "react";

export const MENU_EVENT = "pacscribe-menu";
const MARGIN_PX = 8;

/** Ask for the menu at a place of the window; `back` gets the focus when it closes. */
export function askForMenu(x, y, back) {
  window.dispatchEvent(new CustomEvent(MENU_EVENT, { detail: { x, y, back } }));
}

export function ImageMenu({ x, y, back, label, entries, onChosen, onClosed }) {
  const root = useRef(null);
  const items = () => [...root.current.querySelectorAll("[role=menuitem]")];

  useLayoutEffect(() => {
    const { width, height } = root.current.getBoundingClientRect();
    const within = (value, size, room) => Math.max(MARGIN_PX, Math.min(value, room - size - MARGIN_PX));
    root.current.style.left = `${within(x, width, innerWidth)}px`;
    root.current.style.top = `${within(y, height, innerHeight)}px`;
    items()[0].focus();
  }, [x, y]);

  useEffect(() => {
    const elsewhere = (event) => {
      if (!root.current?.contains(event.target)) onClosed();
    };
    window.addEventListener("pointerdown", elsewhere, true);
    window.addEventListener("blur", onClosed);
    return () => {
      window.removeEventListener("pointerdown", elsewhere, true);
      window.removeEventListener("blur", onClosed);
    };
  }, []);

  const close = (name) => {
    onClosed();
    back?.focus({ preventScroll: true });
    if (name) onChosen(name);
  };

  const keyDown = (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    const isLetter = event.key.length === 1 && /\p{L}/u.test(event.key);
    if (to !== undefined) all[(to + all.length) % all.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") close("");
    else if (isLetter) startingWith(all, at, event.key)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return h(
    "div",
    { ref: root, role: "menu", "aria-label": label, className: "image-menu", onKeyDown: keyDown },
    entries.map((entry) =>
      h("button", {
        key: entry.name, type: "button", role: "menuitem", tabIndex: -1, className: "menu-item",
        ...(entry.whyIdle ? { title: entry.whyIdle, "aria-disabled": true } : {}),
        onClick: () => close(entry.name), onContextMenu: (event) => event.preventDefault(),
      }, h("span", null, entry.label), h("kbd", { "aria-hidden": "true" }, entry.shown))),
  );
}

// The next entry that begins with a letter, round and round.
function startingWith(items, at, letter) {
  const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  return after.find((item) => item.textContent.toLowerCase().startsWith(letter.toLowerCase()));
}
