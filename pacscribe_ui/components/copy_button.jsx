import { useState } from "react";
import { copyText } from "./clipboard.js";

// Puts a text on the clipboard, and says beside itself whether the browser let it, until one goes on.
export function CopyButton({ whole, label, copied, refused, children, ref: _ref }) {
  const [said, say] = useState("");

  const copy = async ({ currentTarget }) => {
    currentTarget.focus(); // not every browser does that by itself
    say((await copyText(whole)) ? copied : refused);
  };

  return (
    <span className="copy">
      <button
        type="button" className="button button--quiet button--small button--icon" aria-label={label} title={label}
        onClick={copy} onBlur={() => say("")}
      >
        {children}
      </button>
      <span role="status" className="copy-said">{said}</span>
    </span>
  );
}
