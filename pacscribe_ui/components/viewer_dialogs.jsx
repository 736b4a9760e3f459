// The viewer's dialogs: which of them is open is decided in the browser, and the page's state hears of it.
import { Children } from "react";
import { ModalDialog } from "./dialog.jsx";
import { ahead, useNow } from "./viewer_ahead.js";
import { preferred } from "./viewer_changes.js";

const useDialog = () => useNow((page) => page.dialog);

/** A dialog that is there while the one of the page has one of these names. `viewer_keys.jsx` hears that it is closed. */
export function ViewerDialog({ names, children, ref: _ref, ...rest }) {
  const isOpen = names.includes(useDialog());
  return <ModalDialog {...rest} isOpen={isOpen} data-dismissed-by="close">{children}</ModalDialog>;
}

/** Its first child while the dialog of the page has this name, else its second. */
export function WhileDialog({ name, children, ref: _ref }) {
  const isIt = useDialog() === name;
  const [content, otherwise] = Children.toArray(children);
  return isIt ? content : otherwise ?? null;
}

/** The form of the settings. What they change of the page changes at once. */
export function SettingsForm({ onSaved, children, ref: _ref }) {
  const submit = (event) => {
    event.preventDefault();
    const form = Object.fromEntries(new FormData(event.currentTarget));
    onSaved?.(form, ahead.decide(preferred(form)));
  };
  return <form onSubmit={submit}>{children}</form>;
}
