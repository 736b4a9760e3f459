"""The page for addresses that do not exist. What exists but may not be known of looks the same."""

import reflex as rx

from pacscribe_ui.components.button import link_button
from pacscribe_ui.components.icon import icon
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import NotFoundPage

ROUTE = "404"
TITLE = NotFoundPage.TITLE
ON_LOAD = [SessionState.enter]


def page() -> rx.Component:
    """The page."""
    return frame(
        rx.el.div(
            icon("search-x", 32),
            rx.el.h1(NotFoundPage.TITLE),
            rx.el.p(NotFoundPage.LEAD, class_name="empty-text"),
            rx.el.div(
                link_button(NotFoundPage.BACK, href="/worklist", variant="primary"),
                class_name="row",
            ),
            class_name="empty",
        )
    )
