"""What somebody was allowed, from when to when and why: the head of an entry in a list of such. Values in."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.local_time import local_time


def given_access(
    who: Any, began_at: Any, ends_at: Any, reason: Any, *, between: str, is_live: Any, live: str
) -> rx.Component:
    """Who, since when and until when, and the reason that was given.

    Args:
        who: Var of a name or a sentence with one.
        began_at: Var of a moment.
        ends_at: Var of a moment.
        reason: Var of the text.
        between: The word between the two moments.
        is_live: Var: whether it holds at this moment.
        live: The word for that.
    """
    return rx.fragment(
        rx.el.div(
            rx.el.strong(who, dir="auto"),
            rx.cond(is_live, badge(live, tone="warning")),
            class_name="row",
        ),
        rx.el.p(local_time(began_at), between, local_time(ends_at), class_name="soft"),
        rx.el.p(reason, dir="auto"),
    )
