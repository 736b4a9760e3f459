// Asks who is there before a dangerous act. The answer exchanges the session's token, so it is a request of its own
// and not an event; the act itself waits on the server, and goes on with `onProved`.
import { useEffect, useId, useRef } from "react";
import { post } from "./passkey.js";
import { ProofForm } from "./proof_fields.jsx";

export function StepUp({ isOpen = false, words, onProved, onDismiss, ref: _ref, ...rest }) {
  return isOpen ? <Asking {...rest} words={words} onProved={onProved} onDismiss={onDismiss} /> : null;
}

function Asking({ words, onProved, onDismiss, ...rest }) {
  const dialog = useRef(null);
  const id = useId();

  useEffect(() => {
    const element = dialog.current;
    if (!element.open) element.showModal();
    // Closing it as a dialog gives the focus back to where it was.
    return () => element.close();
  }, []);

  return (
    <dialog
      {...rest}
      ref={dialog}
      className="dialog"
      aria-labelledby={`${id}-title`}
      onCancel={(event) => { event.preventDefault(); onDismiss?.(); }}
    >
      <h2 id={`${id}-title`} className="dialog-title">{words.title}</h2>
      <p>{words.lead}</p>
      <ProofForm
        words={words}
        onCancel={() => onDismiss?.()}
        send={async (proof) => { await post("step-up", proof, words); onProved?.(); }}
      />
    </dialog>
  );
}
