"""The dialog in which somebody chooses the columns of their worklist, and their order."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button, icon_button
from pacscribe_ui.components.dialog import dialog, dialog_actions
from pacscribe_ui.text import Worklist as words

_LABELS = rx.Var.create({name: label for name, (label, _) in words.COLUMNS.items()})
_MEANINGS = rx.Var.create({name: meaning for name, (_, meaning) in words.COLUMNS.items()})


def column_chooser(
    shown: Any,
    hidden: Any,
    *,
    is_open: Any,
    on_close: Any,
    on_toggle: Any,
    on_move: Any,
    on_usual: Any,
) -> rx.Component:
    """The dialog.

    Args:
        shown: Var of the names of the columns that are shown, in order.
        hidden: Var of the names of the others.
        is_open: Var: whether the dialog is open.
        on_close: Called when it is closed.
        on_toggle: Called with a column's name: shows it, or no longer.
        on_move: Called with a column's name and -1 or 1.
        on_usual: Called to show the usual columns.
    """

    def line(column: Any, is_shown: bool) -> rx.Component:
        steps = [
            icon_button(
                "arrow-up",
                rx.Var.create(words.MOVE_UP) + _LABELS[column],
                small=True,
                on_click=on_move(column, -1),
            ),
            icon_button(
                "arrow-down",
                rx.Var.create(words.MOVE_DOWN) + _LABELS[column],
                small=True,
                on_click=on_move(column, 1),
            ),
        ]
        return rx.el.li(
            rx.el.label(
                rx.el.input(
                    type="checkbox",
                    checked=is_shown,
                    on_change=lambda _: on_toggle(column),
                    disabled=column == "patient",
                ),
                rx.el.span(
                    rx.el.span(_LABELS[column], class_name="column-name"),
                    rx.el.span(_MEANINGS[column], class_name="under"),
                    class_name="column-words",
                ),
                class_name="check",
            ),
            *(steps if is_shown else []),
            class_name="column-line",
        )

    return dialog(
        words.COLUMNS_TITLE,
        rx.el.p(words.COLUMNS_LEAD, class_name="under"),
        rx.el.ul(
            rx.foreach(shown, lambda column: line(column, True)),
            rx.foreach(hidden, lambda column: line(column, False)),
            class_name="column-list",
        ),
        dialog_actions(
            button(words.COLUMNS_USUAL, variant="quiet", on_click=on_usual),
            button(words.DONE, variant="primary", on_click=on_close),
        ),
        is_open=is_open,
        on_dismiss=on_close,
        name="columns",
    )
