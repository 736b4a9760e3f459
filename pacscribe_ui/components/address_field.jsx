import { useEffect, useState } from "react";

// A hidden form field with what the address says. A form that the browser itself sends can be sent before the page's
// state has come. What the field may hold is for whoever takes the form to judge.
export function AddressField({ name, ref: _ref }) {
  const [said, setSaid] = useState("");

  // Whenever the page is drawn anew: another address may be turned to without the page being left.
  useEffect(() => setSaid(new URLSearchParams(location.search).get(name) || ""));

  return <input type="hidden" name={name} value={said} readOnly />;
}
