"""A document of a study as a line of a list."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import icon
from pacscribe_ui.text import Attachments as words


def document_link(row: Any, document: Any) -> rx.Component:
    """A line of a list: a document of a study, to be opened beside the page."""
    address = (
        rx.Var.create("/api/v1/studies/")
        + row.study_instance_uid
        + "/instances/"
        + document.sop_instance_uid
        + "/document"
    )
    return rx.el.li(
        rx.el.a(
            icon("file-text", 16),
            rx.el.span(
                rx.cond(document.description, document.description, words.UNTITLED),
                class_name="document-title",
            ),
            href=address,
            target="_blank",
            rel="noopener",
            class_name="other",
        )
    )
