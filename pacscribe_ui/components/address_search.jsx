import { useLayoutEffect } from "react";

// Says in the address what the page shows; nothing is loaded anew by it.
export function AddressSearch({ path, search, ref: _ref }) {
  useLayoutEffect(() => {
    // The state may still be that of the page before, or not yet have read the address.
    if (!path || location.pathname.replace(/\/+$/, "") !== path || location.search === search) return;
    history.replaceState(history.state, "", location.pathname + search + location.hash);
  }, [path, search]);
  return null;
}
