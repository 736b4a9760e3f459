// A button that signs in with a passkey, or makes the first one: asks the server for a challenge, the browser for an
// answer, and goes on to where the server says.
import { useEffect, useId, useState } from "react";
import { hasPasskeys, makePasskey, post, sentenceOf, usePasskey } from "./passkey.js";

export function PasskeyButton({ path, beginPath, makes = false, rememberId = "", isPrimary = false, label, words, ref: _ref, className = "", ...rest }) {
  const id = useId();
  const [isReady, setIsReady] = useState(true);
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  useEffect(() => setIsReady(hasPasskeys()), []);

  const go = async () => {
    setIsBusy(true);
    setRefusal("");
    try {
      const { ceremony = "", options } = await post(beginPath, {}, words);
      const answer = await (makes ? makePasskey(options) : usePasskey(options));
      // From the address itself: the button can be pressed before the page's state has come.
      const wanted = new URLSearchParams(location.search).get("next") || "";
      const remember = document.getElementById(rememberId)?.checked ? "yes" : "";
      const { next } = await post(path, { ceremony, answer, remember, next: wanted, name: words.name }, words);
      window.location.assign(next);
    } catch (problem) {
      setRefusal(sentenceOf(problem, words));
      setIsBusy(false);
    }
  };

  if (!isReady) return null;
  return (
    <div {...rest} className={`stack stack--tight ${className}`}>
      <button
        type="button"
        className={`button button--${isPrimary ? "primary" : "secondary"} button--wide`}
        disabled={isBusy}
        aria-describedby={`${id}-refusal`}
        onClick={go}
      >
        {isBusy ? words.waiting : label}
      </button>
      <p id={`${id}-refusal`} className="field-error" role="alert">{refusal}</p>
    </div>
  );
}
