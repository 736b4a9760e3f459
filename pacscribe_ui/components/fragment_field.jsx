import { useEffect, useState } from "react";

// Takes a secret out of the address (`#token=...`) into a hidden form field. A fragment is never sent to
// a server; it is also taken out of the address bar, so that it is not bookmarked or photographed.
export function FragmentField({ name, children }) {
  const [secret, setSecret] = useState(null);

  useEffect(() => {
    const found = new URLSearchParams(location.hash.slice(1)).get(name) || "";
    setSecret((kept) => kept || found);
    if (found) history.replaceState(history.state, "", location.pathname + location.search);
  }, [name]);

  if (secret === null) return null;
  return secret ? <input type="hidden" name={name} value={secret} readOnly /> : <>{children}</>;
}
