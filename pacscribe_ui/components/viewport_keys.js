// From a key press to the name of a command. Which keys there are is told by `commands.py`.

/** How a key press is written in the table: "Shift+R", "Ctrl+ArrowLeft", "+", "Space". */
export function combination(event) {
  const letter = letterOf(event);
  const key = letter ?? (event.key === " " ? "Space" : event.key);
  // Signs such as ? and + may need Shift themselves, and [ AltGr; which ones do differs from keyboard to keyboard.
  const isSign = !letter && event.key.length === 1 && event.key !== " ";
  const isTypedWithAlt = event.altKey && isSign && !/[\p{L}\p{N}]/u.test(event.key);
  const held = [
    event.altKey && !isTypedWithAlt && "Alt", event.metaKey && "Meta", event.ctrlKey && !isTypedWithAlt && "Ctrl",
    event.shiftKey && !isSign && "Shift",
  ];
  return [...held, key].filter(Boolean).join("+");
}

// Capital letters alike, whatever Caps Lock says; on keyboards with other scripts the letter printed there
// on a Latin one.
function letterOf({ key, code }) {
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  const isOtherScript = key.length === 1 && key > "\u024f" && /^Key[A-Z]$/.test(code ?? "");
  return isOtherScript ? code[3] : null;
}

/** Names of commands by their keys: the usual ones, and of the commands in `own` the ones they have instead. */
export function byKey(table, own = {}) {
  return new Map(table.flatMap(({ name, keys }) => (own[name] ?? keys).map((key) => [key, name])));
}

/** Whether a key only goes with another one, or says nothing yet. */
export const isHeldOnly = ({ key }) =>
  /^(Shift|Control|Alt|AltGraph|Meta|OS|CapsLock|NumLock|Fn|Dead|Process|Unidentified)$/.test(key);

/** Whether keys belong to whoever has the focus: what is typed is never a command. */
export function isTyping(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Whether the focused control itself answers this key. */
export function isTaken(event) {
  const control = event.target instanceof Element
    && event.target.closest("button, a, summary, [role=separator], [role=menu]");
  if (!control) return false;
  return event.key === " " || event.key === "Enter" || control.matches("[role=separator], [role=menu]");
}
