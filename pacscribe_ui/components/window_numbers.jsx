import { useLayoutEffect, useRef } from "react";
import { ahead } from "./viewer_ahead.js";
import { engines, overlays } from "./viewer_engines.js";
import { windowWritten } from "./viewport_windows.js";

// Center and width of the window on the glass, to be written over. What the glass shows comes into the fields while
// nobody is typing in them. A window that the standard defines is taken at once; of any other the state says what is wrong.
export function WindowNumbers({ center, width, hint, words, onRefused, ref: _ref }) {
  const form = useRef(null);
  const isTyped = useRef(false);
  const fields = [["center", center], ["width", width]];
  const show = () => {
    isTyped.current = false;
    for (const [name, number] of fields) form.current.elements[name].value = number;
  };

  useLayoutEffect(() => {
    if (!isTyped.current) show();
  }, [center, width]);

  const submit = (event) => {
    event.preventDefault();
    isTyped.current = false;
    const written = Object.fromEntries(new FormData(form.current));
    const { active } = ahead.page;
    const engine = engines.get(active);
    const changes = engine?.image && engine.series.is_displayable
      ? windowWritten(engine.image, engine.view, written.center, written.width) : null;
    if (!changes) {
      onRefused?.(written);
      return;
    }
    overlays.get(active)?.region.forget();
    engine.change(changes);
    // Keys are for the image again.
    engine.glass.parts.canvas.focus({ preventScroll: true });
  };

  const keyDown = (event) => {
    if (event.key === "Escape" && isTyped.current) {
      event.stopPropagation();
      show();
    }
  };
  const blur = (event) => {
    if (isTyped.current && !form.current.contains(event.relatedTarget)) show();
  };

  return (
    <form
      ref={form} title={hint} className="tools-numbers" onSubmit={submit} onInput={() => { isTyped.current = true; }}
      onKeyDown={keyDown} onBlur={blur}
    >
      {fields.map(([name]) => (
        <label key={name} className="tools-number-label">
          <span aria-hidden="true">{words[`${name}_short`]}</span>
          <input name={name} inputMode="decimal" autoComplete="off" aria-label={words[name]} className="tools-number" />
        </label>
      ))}
      <button type="submit" className="unseen" tabIndex={-1}>{words.submit}</button>
    </form>
  );
}
