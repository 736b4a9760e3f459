// Says that the line to the page's state is lost, as long as it is there, and has it tried again once the server answers.
import { useEffect } from "react";
import { SERVER_BACK_EVENT, watchForServer } from "./server_watch.js";

// Reflex tries its line at once when a page comes to the front; it has no other door for that.
const tryAgain = () => document.dispatchEvent(new Event("visibilitychange"));

export function ConnectionLost({ children, ref: _ref }) {
  useEffect(() => {
    window.addEventListener(SERVER_BACK_EVENT, tryAgain);
    const stopWatching = watchForServer();
    return () => {
      stopWatching();
      window.removeEventListener(SERVER_BACK_EVENT, tryAgain);
    };
  }, []);

  return <p className="connection" role="status">{children}</p>;
}
