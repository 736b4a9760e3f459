// What the page tells its viewports about doing things together, and what they tell the page. Shows nothing.
import { useEffect, useLayoutEffect, useRef } from "react";
import { useAhead } from "./viewer_ahead.js";
import { engines } from "./viewer_engines.js";
import { Together } from "./viewport_together.js";

export const together = new Together(engines);

export function ViewerTogether({
  active, isLinked, hasLines, handSerial, onSettled, onSettledTogether, onLinkedByHand, ref: _ref,
}) {
  const said = useAhead();
  const firstSerial = useRef(handSerial);

  useLayoutEffect(() => {
    together.set({
      active: said.active ?? active, isLinked: said.is_linked ?? isLinked, hasLines: said.has_lines ?? hasLines,
      onSettled, onSettledTogether,
    });
  });

  // A link by hand is asked for by a command; how far apart the viewports lie is known here.
  useEffect(() => {
    if (handSerial === firstSerial.current) return;
    onLinkedByHand?.(together.offsetsByHand() ?? []);
  }, [handSerial]);

  return null;
}
