import { Children, useEffect, useId, useRef, useState } from "react";

// A button that shows a panel below itself: closed by Escape, by a press elsewhere, and by what is marked
// with data-closes. The first child is the button's face, the others are the panel.
export function Disclosure({ label, className = "", children, ref: _ref, ...rest }) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef(null);
  const id = useId();
  const [face, ...content] = Children.toArray(children);

  useEffect(() => {
    if (!isOpen) return undefined;
    const elsewhere = (event) => {
      if (!root.current?.contains(event.target)) setOpen(false);
    };
    window.addEventListener("pointerdown", elsewhere, true);
    return () => window.removeEventListener("pointerdown", elsewhere, true);
  }, [isOpen]);

  const close = () => {
    setOpen(false);
    root.current.querySelector("button").focus();
  };
  const keyDown = (event) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  const click = (event) => {
    if (event.target instanceof Element && event.target.closest("[data-closes]")) setOpen(false);
  };

  return (
    <div {...rest} ref={root} className={`disclosure ${className}`} onKeyDown={keyDown}>
      <button
        type="button" className="tool" aria-label={label} title={label} aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined} onClick={() => setOpen(!isOpen)}
      >
        {face}
      </button>
      {isOpen ? <div id={id} className="disclosure-panel" onClick={click}>{content}</div> : null}
    </div>
  );
}
