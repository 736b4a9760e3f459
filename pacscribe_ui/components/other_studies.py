"""The patient's other studies beside a report: each a link to its images."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.study_table import viewer_path
from pacscribe_ui.text import Report as words


def other_studies(others: Any) -> rx.Component:
    """The list, newest first; nothing where there are none.

    Args:
        others: Var of their `StudyRow`s.
    """
    return rx.cond(
        others.length() > 0,
        rx.el.section(
            rx.el.h2(words.OTHER_STUDIES, class_name="card-subtitle"),
            rx.el.ul(rx.foreach(others, _other), class_name="others"),
            class_name="report-others",
        ),
    )


def _other(row: Any) -> rx.Component:
    return rx.el.li(
        page_link(
            rx.el.span(row.study_date, class_name="other-date"),
            rx.el.span(row.modalities.join(", "), class_name="modality"),
            rx.el.span(row.study_description, class_name="other-description"),
            to=viewer_path(row),
            class_name="other",
        )
    )
