"""`/privacy`: what is stored, in plain words, for everybody."""

import reflex as rx

from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import PrivacyPage

ROUTE = "/privacy"
TITLE = PrivacyPage.TITLE
ON_LOAD = [SessionState.enter]


def page() -> rx.Component:
    """The page."""
    sections = [
        rx.el.section(rx.el.h2(heading), *[rx.el.p(paragraph) for paragraph in paragraphs])
        for heading, paragraphs in PrivacyPage.SECTIONS
    ]
    return frame(
        rx.el.article(
            rx.el.header(
                rx.el.h1(PrivacyPage.TITLE),
                rx.el.p(PrivacyPage.LEAD, class_name="lead"),
                class_name="stack stack--tight",
            ),
            *sections,
            class_name="prose",
        )
    )
