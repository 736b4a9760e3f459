"""What sign-in and set-up have in common: a card in the middle of an otherwise empty page."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import mark
from pacscribe_ui.components.shell import demo_banner, theme_switch, wordmark
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import SignIn


def entrance(title: Any, lead: Any, *content: Any) -> rx.Component:
    """A page for people who are not signed in yet.

    Args:
        title: The heading; text or a Var.
        lead: A sentence under the product's name; likewise.
        *content: The form.
    """
    return rx.el.div(
        rx.cond(SessionState.is_demo, demo_banner()),
        rx.el.main(
            rx.el.div(
                rx.el.div(
                    mark(44),
                    wordmark(),
                    rx.el.p(lead, class_name="soft"),
                    class_name="entrance-brand",
                ),
                rx.el.section(
                    rx.el.h1(title),
                    *content,
                    class_name="card stack",
                ),
                rx.el.div(
                    rx.el.a(SignIn.PRIVACY, href="/privacy"),
                    theme_switch(),
                    class_name="entrance-foot",
                ),
                class_name="entrance-card",
            ),
            id="main",
            class_name="entrance",
        ),
        class_name="shell",
    )
