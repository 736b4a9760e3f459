"""Access tokens as a list, the form for a new one, and the one moment in which it is shown. Values in, events out."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.button import button
from pacscribe_ui.components.field import select_field, text_field
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.components.rights_grid import rights_grid
from pacscribe_ui.text import Programs as words


def program_list(lines: Any, on_revoke: Any) -> rx.Component:
    """Access tokens, newest first.

    Args:
        lines: Var of `ProgramLine`s.
        on_revoke: Event handler; takes the key of a token.
    """
    return rx.el.ul(
        rx.foreach(lines, lambda line: _line(line, on_revoke)),
        class_name="decisions",
        aria_label=words.LIST,
    )


def program_form(rights: Any, reach: Any, on_toggle: Any, on_make: Any) -> rx.Component:
    """What a new token is for, and until when.

    Args:
        rights: Var of `RightLine`s that can be ticked.
        reach: Var of the sentence about which studies it will reach.
        on_toggle: Event handler; takes the permission.
        on_make: Event handler; takes the form.
    """
    return rx.el.form(
        text_field(
            words.NAME, name="name", hint=words.NAME_HINT, required=True, auto_complete="off"
        ),
        rights_grid(rights, words.MAY, on_toggle, name="scope"),
        rx.el.p(reach, role="status", class_name="soft"),
        select_field(words.DAYS, words.DAYS_CHOICES, name="days", default_value="90"),
        button(words.MAKE, variant="primary", icon="plus", type="submit"),
        on_submit=on_make,
        reset_on_submit=False,
        class_name="stack program-form",
    )


def shown_once(shown: Any, on_taken: Any) -> rx.Component:
    """A fresh token: the only moment at which it can be read.

    Args:
        shown: Var of the token; empty for none.
        on_taken: Event handler for when it has been copied.
    """
    return rx.el.div(
        rx.cond(
            shown != "",
            rx.el.section(
                rx.el.h2(words.ONCE_TITLE),
                rx.el.p(words.ONCE),
                rx.el.code(shown, data_testid="shown-once", tab_index=0),
                rx.el.p(words.USE, " ", rx.el.span(words.HEADER_SHAPE, class_name="soft")),
                button(words.TAKEN, icon="check", on_click=on_taken),
                class_name="once",
                aria_label=words.ONCE_TITLE,
            ),
        ),
        aria_live="polite",
    )


def _line(line: Any, on_revoke: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.strong(line.name, dir="auto"),
                rx.match(
                    line.standing,
                    ("valid", badge(line.standing_label, shape="check", tone="good")),
                    badge(line.standing_label, shape="line"),
                ),
                class_name="row",
            ),
            rx.el.p(line.may, class_name="soft"),
            rx.cond(line.lapsed != "", rx.el.p(line.lapsed, class_name="soft")),
            rx.el.p(
                line.begins,
                " · ",
                words.ENDS,
                " ",
                local_time(line.ends_at),
                " · ",
                rx.cond(
                    line.used_at != "",
                    rx.fragment(words.USED, " ", local_time(line.used_at), " ", line.used_from),
                    words.NEVER_USED,
                ),
                class_name="faint",
            ),
        ),
        rx.cond(
            line.revoke_label != "",
            button(
                words.REVOKE,
                icon="x",
                aria_label=line.revoke_label,
                on_click=on_revoke(line.key),
            ),
        ),
        class_name="decision",
    )
