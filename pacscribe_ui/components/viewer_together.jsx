// What the page tells its viewports about doing things together, and what they tell the page. Shows nothing.
import { useLayoutEffect } from "react";
import { useAhead } from "./viewer_ahead.js";
import { engines } from "./viewer_engines.js";
import { Together } from "./viewport_together.js";

export const together = new Together(engines);

export function ViewerTogether({ active, isLinked, hasLines, onSettled, onSettledTogether, ref: _ref }) {
  const said = useAhead();

  useLayoutEffect(() => {
    together.set({
      active: said.active ?? active, isLinked: said.is_linked ?? isLinked, hasLines: said.has_lines ?? hasLines,
      onSettled, onSettledTogether,
    });
  });

  return null;
}
