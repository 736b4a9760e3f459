import { useRef, useState } from "react";
import { useNow } from "./viewer_ahead.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// Rows and columns of viewports, chosen in a small grid: the cell at the lower right of the layout is pressed.
// Arrow keys walk through the cells; what would be laid out is lit.
export function LayoutGrid({ labels, label, ref: _ref }) {
  const root = useRef(null);
  const layout = useNow((page) => page.layout);
  const [pointed, setPointed] = useState("");
  const side = Math.sqrt(Object.keys(labels).length);
  const lit = (pointed || layout).split("x").map(Number);

  const keyDown = (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const [row, column] = event.target.dataset.layout.split("x").map(Number);
    const within = (value) => Math.min(side, Math.max(1, value));
    root.current.querySelector(`[data-layout="${within(row + step[0])}x${within(column + step[1])}"]`).focus();
  };

  return (
    <div
      ref={root} role="group" aria-label={label} className="layout-grid" style={{ "--side": side }}
      onKeyDown={keyDown} onPointerLeave={() => setPointed("")}
    >
      {Object.entries(labels).map(([name, words]) => {
        const [row, column] = name.split("x").map(Number);
        return (
          <button
            key={name} type="button" data-layout={name} data-command={`layout-${name}`} data-closes="" title={words} aria-label={words}
            aria-pressed={name === layout} tabIndex={name === layout ? 0 : -1}
            className={row <= lit[0] && column <= lit[1] ? "layout-cell layout-cell--lit" : "layout-cell"}
            onPointerEnter={() => setPointed(name)} onFocus={() => setPointed(name)} onBlur={() => setPointed("")}
          />
        );
      })}
    </div>
  );
}
