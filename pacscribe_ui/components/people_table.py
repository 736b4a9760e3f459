"""The table of accounts; on a narrow screen its rows are cards. Values in."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.text import People as words


def people_table(lines: Any, address: str) -> rx.Component:
    """Everybody, by name.

    Args:
        lines: Var of `PersonLine`s.
        address: What stands before an identifier in the address of an account.
    """
    headings = (words.NAME, words.ROLES, words.FACTORS, words.STANDING, words.SEEN)
    return rx.el.div(
        rx.el.table(
            rx.el.caption(words.TABLE, class_name="unseen"),
            rx.el.thead(rx.el.tr(*[rx.el.th(each, scope="col") for each in headings])),
            rx.el.tbody(rx.foreach(lines, lambda line: _row(line, address))),
            class_name="table people-table",
        ),
        class_name="table-frame",
        tab_index=0,
        role="region",
        aria_label=words.TABLE,
    )


def standing_badge(standing: Any, label: Any) -> Any:
    """How somebody belongs to the organization, by word and shape.

    Args:
        standing: A `PersonStanding` value or a var of one.
        label: The word.
    """
    return rx.match(
        standing,
        ("active", badge(label, shape="check", tone="good")),
        badge(label, shape="line", tone="warning"),
    )


def held_factors(line: Any) -> Any:
    """What an account proves itself with beside the password, by word and shape.

    Args:
        line: Var of a `PersonLine`.
    """
    return rx.cond(
        line.has_factor,
        rx.el.span(line.factors),
        badge(line.factors, shape="line"),
    )


def seen(moment: Any) -> Any:
    """When somebody was last seen.

    Args:
        moment: Var of a moment, empty for never.
    """
    return rx.cond(moment != "", local_time(moment, class_name="numbers"), rx.el.span(words.NEVER))


def _row(line: Any, address: str) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.div(
                page_link(
                    line.name, to=address + line.user_id, class_name="person-link", dir="auto"
                ),
                rx.cond(line.mark != "", badge(line.mark, shape="dot", tone="accent")),
                class_name="row",
            ),
            rx.cond(line.address != "", rx.el.p(line.address, class_name="faint")),
        ),
        rx.el.td(line.roles, data_label=words.ROLES),
        rx.el.td(held_factors(line), data_label=words.FACTORS),
        rx.el.td(standing_badge(line.standing, line.standing_label), data_label=words.STANDING),
        rx.el.td(seen(line.seen_at), data_label=words.SEEN),
    )
