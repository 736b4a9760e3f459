import { useEffect, useRef } from "react";

// The browser's own modal dialog: focus stays inside, Escape closes, the page behind is inert.
export function ModalDialog({ isOpen = false, headingId, onDismiss, children, ref: outerRef, className = "", ...rest }) {
  const element = useRef(null);

  useEffect(() => {
    const dialog = element.current;
    if (!dialog) return;
    if (isOpen && !dialog.open) dialog.showModal();
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);

  return (
    <dialog
      {...rest}
      ref={(node) => {
        element.current = node;
        if (typeof outerRef === "function") outerRef(node);
        else if (outerRef) outerRef.current = node;
      }}
      className={`dialog ${className}`}
      aria-labelledby={headingId}
      onCancel={(event) => {
        // The state decides; closing here as well would let the two disagree.
        event.preventDefault();
        onDismiss?.();
      }}
    >
      {isOpen ? children : null}
    </dialog>
  );
}
