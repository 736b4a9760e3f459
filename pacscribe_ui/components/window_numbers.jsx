import { useLayoutEffect, useRef, useState } from "react";
import { ahead, useNow } from "./viewer_ahead.js";
import { isIdle } from "./viewer_changes.js";
import { engines, overlays } from "./viewer_engines.js";
import { windowInNumbers, windowScale, windowWritten } from "./viewport_windows.js";

// Center and width of the window on the glass, to be written over. What the glass shows comes into the fields while
// nobody is typing in them. A window that the standard defines is taken at once; of any other it is said what is wrong.
export function WindowNumbers({ words, ref: _ref }) {
  const form = useRef(null);
  const isTyped = useRef(false);
  const [trouble, setTrouble] = useState("");
  const shown = useNow(({ active }) => JSON.stringify(shownBy(engines.get(active))));
  const { numbers, unit } = JSON.parse(shown);
  const idle = useNow((page) => isIdle(page, "window"));
  const fields = ["center", "width"];
  const show = () => {
    isTyped.current = false;
    setTrouble("");
    fields.forEach((name, at) => { form.current.elements[name].value = numbers[at]; });
  };

  useLayoutEffect(() => {
    if (!isTyped.current) show();
  }, [shown]);

  const submit = (event) => {
    event.preventDefault();
    const { active } = ahead.page;
    const engine = engines.get(active);
    if (!engine?.image || !engine.series.is_displayable) return;
    const [center, width] = fields.map((name) => form.current.elements[name].value);
    const { changes, refused } = windowWritten(engine.image, engine.view, center, width);
    if (refused) {
      setTrouble(words[refused]);
      return;
    }
    isTyped.current = false;
    setTrouble("");
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
      ref={form} title={idle ? words.idle : unit ? words.hint + unit : ""} className="tools-numbers" onSubmit={submit}
      onInput={() => { isTyped.current = true; }} onKeyDown={keyDown} onBlur={blur}
    >
      {fields.map((name) => (
        <label key={name} className="tools-number-label">
          <span aria-hidden="true">{words[`${name}_short`]}</span>
          <input
            name={name} inputMode="decimal" autoComplete="off" aria-label={words[name]} aria-invalid={trouble ? true : undefined}
            className="tools-number" disabled={idle}
          />
        </label>
      ))}
      <button type="submit" className="unseen" tabIndex={-1}>{words.submit}</button>
      {trouble ? <p className="tools-trouble" role="alert">{trouble}</p> : null}
    </form>
  );
}

const shownBy = (engine) => ({
  // In which unit, the description says.
  numbers: windowInNumbers(engine?.description && engine.base?.image, engine?.base?.window),
  unit: engine?.image && engine.series?.is_displayable ? windowScale(engine.image).unit : "",
});
