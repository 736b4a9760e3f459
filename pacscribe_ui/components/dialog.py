"""A dialog over the page: the browser's own `<dialog>`, which keeps the focus and closes with Escape."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

_source = script("dialog.jsx")


class ModalDialog(rx.Component):
    """The part that only JavaScript can do: open it modally, tell when it closes."""

    library = _source
    tag = "ModalDialog"
    is_open: rx.Var[bool]
    heading_id: rx.Var[str]
    on_dismiss: rx.EventHandler[rx.event.no_args_event_spec]


def dialog(
    title: Any, *children: Any, is_open: Any, on_dismiss: Any, name: str, **props: Any
) -> rx.Component:
    """A modal dialog.

    Args:
        title: Its heading and accessible name.
        *children: Content; put the buttons into `dialog_actions`.
        is_open: Var: whether it is shown.
        on_dismiss: Event when the user closes it (Escape); set the var to False in it.
        name: Name of the dialog, unique on the page.
        **props: Anything a `<dialog>` takes.
    """
    return ModalDialog.create(
        rx.el.h2(title, id=f"dialog-{name}", class_name="dialog-title"),
        *children,
        is_open=is_open,
        on_dismiss=on_dismiss,
        heading_id=f"dialog-{name}",
        **props,
    )


def dialog_actions(*children: Any) -> rx.Component:
    """The row of buttons at the end of a dialog, the way back first."""
    return rx.el.div(*children, class_name="dialog-actions")
