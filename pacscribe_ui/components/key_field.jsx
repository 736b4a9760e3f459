import { useEffect, useState } from "react";
import { combination, isHeldOnly } from "./viewport_keys.js";

// A button that shows a key. Once it is pressed, the next key that is pressed is chosen in its place; Escape, Tab and
// a press elsewhere leave it as it was. The whole page listens: on tablets a button that is touched has no focus.
export function KeyField({ name, label, shown, waits, onChosen, className = "", ref: _ref }) {
  const [isWaiting, setWaiting] = useState(false);

  useEffect(() => {
    if (!isWaiting) return undefined;
    const stop = () => setWaiting(false);
    const keyDown = (event) => {
      if (isHeldOnly(event)) return;
      stop();
      if (event.key === "Tab") return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Escape") return;
      onChosen(name, combination(event));
    };
    window.addEventListener("keydown", keyDown, true);
    window.addEventListener("pointerdown", stop, true);
    window.addEventListener("blur", stop);
    return () => {
      window.removeEventListener("keydown", keyDown, true);
      window.removeEventListener("pointerdown", stop, true);
      window.removeEventListener("blur", stop);
    };
  }, [isWaiting, name, onChosen]);

  const said = isWaiting ? waits : shown;
  return (
    <button
      type="button" className={`key-field ${className}`} aria-label={`${label}: ${said}`}
      aria-pressed={isWaiting} onClick={() => setWaiting(true)}
    >
      {said}
    </button>
  );
}
