"""Lists of those who wait to be let in and of those who are invited. Values in, events out."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.text import Newcomers as words


def waiting_list(lines: Any, on_approve: Any, on_decline: Any) -> rx.Component:
    """Those who ask to join.

    Args:
        lines: Var of `RequestLine`s.
        on_approve: Event handler; takes the identifier of a request.
        on_decline: The same.
    """
    return rx.el.ul(
        rx.foreach(
            lines,
            lambda line: rx.el.li(
                rx.el.div(
                    rx.el.strong(line.name, dir="auto"),
                    rx.el.p(line.facts, class_name="soft"),
                    rx.el.p(
                        words.ASKED,
                        " ",
                        local_time(line.asked_at),
                        rx.cond(line.wish != "", rx.fragment(" · ", line.wish)),
                        class_name="faint",
                    ),
                ),
                rx.el.div(
                    button(
                        words.APPROVE,
                        icon="check",
                        aria_label=line.approve_label,
                        on_click=on_approve(line.request_id),
                    ),
                    button(
                        words.DECLINE,
                        icon="x",
                        aria_label=line.decline_label,
                        on_click=on_decline(line.request_id),
                    ),
                    class_name="row",
                ),
                class_name="decision",
            ),
        ),
        class_name="decisions",
        aria_label=words.WAITING,
    )


def invitation_list(lines: Any, on_withdraw: Any) -> rx.Component:
    """Invitations that can still be accepted.

    Args:
        lines: Var of `InvitationLine`s.
        on_withdraw: Event handler; takes the identifier of an invitation.
    """
    return rx.el.ul(
        rx.foreach(
            lines,
            lambda line: rx.el.li(
                rx.el.div(
                    rx.el.strong(line.email),
                    rx.el.p(line.facts, class_name="soft"),
                    rx.el.p(words.UNTIL, " ", local_time(line.expires_at), class_name="faint"),
                ),
                button(
                    words.WITHDRAW,
                    icon="x",
                    aria_label=line.withdraw_label,
                    on_click=on_withdraw(line.invitation_id),
                ),
                class_name="decision",
            ),
        ),
        class_name="decisions",
        aria_label=words.INVITED,
    )
