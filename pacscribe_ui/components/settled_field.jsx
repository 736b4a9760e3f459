import { useState } from "react";

// What is typed is told once it is settled: by Enter, or when the hand goes elsewhere. It stays as it is, and so does
// the hand in it, until `value` becomes another one.
export function SettledField({ value, onSettle, ref: _ref, ...props }) {
  const [held, setHeld] = useState({ value, text: value });
  if (held.value !== value) setHeld({ value, text: value });

  const settle = () => {
    const text = held.text.trim();
    if (text !== value) onSettle(text);
  };
  return (
    <input
      {...props}
      value={held.text}
      onChange={(event) => setHeld({ value, text: event.target.value })}
      onBlur={settle}
      onKeyDown={(event) => event.key === "Enter" && settle()}
    />
  );
}
