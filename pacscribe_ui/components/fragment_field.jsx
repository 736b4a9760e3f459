import { useEffect, useState } from "react";

// What the address held when it was opened, by field. The form may be put on the page again, and the address
// no longer has it then.
const taken = new Map();

// Takes a secret out of the address (`#token=...`) into a hidden form field. A fragment is never sent to
// a server; it is also taken out of the address bar, so that it is not bookmarked or photographed.
export function FragmentField({ name, children }) {
  const [secret, setSecret] = useState(null);

  useEffect(() => {
    const take = () => {
      const place = `${location.pathname} ${name}`;
      const found = new URLSearchParams(location.hash.slice(1)).get(name) || "";
      if (found) {
        taken.set(place, found);
        history.replaceState(history.state, "", location.pathname + location.search);
      }
      setSecret(taken.get(place) || "");
    };
    take();
    // Another letter's link, opened over this page, changes nothing but the fragment.
    addEventListener("hashchange", take);
    return () => removeEventListener("hashchange", take);
  }, [name]);

  if (secret === null) return null;
  return secret ? <input type="hidden" name={name} value={secret} readOnly /> : <>{children}</>;
}
