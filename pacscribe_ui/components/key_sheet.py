"""The sheet of keys and gestures, and the list in which somebody changes the keys of commands. Values in, events out."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.dialog import dialog_actions
from pacscribe_ui.components.script import script
from pacscribe_ui.components.viewport import ViewerDialog, WhileDialog
from pacscribe_ui.text import Viewer as words

script("viewport_keys.js")  # beside it, for it reads keys as the viewer does
_source = script("key_field.jsx")


class KeyField(rx.Component):
    """A button that shows a key and takes the next one that is pressed."""

    library = _source
    tag = "KeyField"

    name: rx.Var[str]
    label: rx.Var[str]
    shown: rx.Var[str]
    # What it says while it waits for a key.
    waits: rx.Var[str]
    # Name of the command, and the key as `viewport_keys.js` writes it.
    on_chosen: rx.EventHandler[rx.event.passthrough_event_spec(str, str)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments


def keys_dialog(
    sheet: Any, changeable: Any, *, trouble: Any, on_chosen: Any, on_reset: Any
) -> rx.Component:
    """The dialog, there while the page's is `keys`, or `changing-keys`.

    Args:
        sheet: Var: the `SheetSection`s of the sheet.
        changeable: Var: likewise, of the keys that can be changed.
        trouble: Var: why the last key could not be given.
        on_chosen: With a command's name and its new key.
        on_reset: When all keys are to be the usual ones.
    """

    def while_changing(*contents: Any) -> rx.Component:
        return WhileDialog.create(*contents, name="changing-keys")

    def sections(these: Any, class_name: str) -> rx.Component:
        rows = rx.foreach(these, lambda section: _section(section, on_chosen))
        return rx.el.div(rows, class_name=class_name)

    return ViewerDialog.create(
        rx.el.h2(words.KEYS_TITLE, id="dialog-keys", class_name="dialog-title"),
        while_changing(rx.el.p(words.KEYS_HINT, class_name="field-hint")),
        # It has the focus when the sheet opens, so that arrow keys scroll where the window is low.
        rx.el.div(
            while_changing(sections(changeable, "keys keys--changing"), sections(sheet, "keys")),
            class_name="keys-scroll",
            tab_index=0,
            role="group",
            aria_label=words.KEYS_TITLE,
        ),
        rx.el.p(trouble, role="alert", class_name="keys-trouble"),
        dialog_actions(
            # One button that changes its word, so that it keeps the focus.
            button(
                while_changing(rx.el.span(words.KEYS_DONE), rx.el.span(words.KEYS_CHANGE)),
                data_command="keys-change",
            ),
            while_changing(
                button(words.KEYS_RESET, on_click=on_reset),
                button(words.CLOSE, data_command="close"),
            ),
        ),
        names=["keys", "changing-keys"],
        heading_id="dialog-keys",
        class_name="dialog--keys",
    )


def _section(section: Any, on_chosen: Any) -> rx.Component:
    return rx.el.section(
        rx.el.h3(section.heading),
        rx.el.dl(rx.foreach(section.rows, lambda row: _row(row, on_chosen))),
    )


def _row(row: Any, on_chosen: Any) -> rx.Component:
    field = KeyField.create(
        name=row.name,
        label=row.meaning,
        shown=row.shown,
        waits=words.KEY_WAITS,
        on_chosen=on_chosen,
        class_name=rx.cond(row.is_own, "key-field--own", ""),
    )
    return rx.el.div(
        rx.el.dt(rx.cond(row.name, field, row.shown)),
        rx.el.dd(row.meaning),
        class_name="keys-row",
    )
