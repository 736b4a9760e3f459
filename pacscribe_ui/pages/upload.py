"""`/upload`: studies come in, and what became of each object is said."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.study_table import modalities, shown_patient, viewer_path
from pacscribe_ui.components.uploader import uploader
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.upload import UploadState
from pacscribe_ui.text import UPLOADER
from pacscribe_ui.text import Upload as words

ROUTE = "/upload"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, UploadState.begin]


def page() -> rx.Component:
    """The page."""
    return frame(
        rx.el.div(
            rx.el.h1(words.TITLE),
            rx.el.p(words.LEAD, class_name="lead"),
            uploader(UPLOADER, on_outcomes=UploadState.receive, on_finished=UploadState.finish),
            rx.cond(UploadState.is_any, _result()),
            class_name="upload",
        ),
        active="upload",
    )


def _result() -> rx.Component:
    state = UploadState
    return rx.el.section(
        rx.el.h2(words.RESULT, class_name="card-subtitle"),
        rx.el.dl(
            _count(words.STORED, words.STORED_HINT, state.stored),
            _count(words.DUPLICATE, words.DUPLICATE_HINT, state.duplicate),
            _count(words.CONFLICT, words.CONFLICT_HINT, state.conflict),
            _count(words.REFUSED, words.REFUSED_HINT, state.refused),
            _count(words.SKIPPED, words.SKIPPED_HINT, state.skipped),
            class_name="counts",
        ),
        rx.cond(rx.Var.create(state.studies).length() > 0, _studies()),
        rx.cond(rx.Var.create(state.problems).length() > 0, _problems()),
        aria_label=words.RESULT,
        class_name="upload-result",
    )


def _count(word: str, hint: str, number: Any) -> rx.Component:
    return rx.el.div(
        rx.el.dt(word),
        rx.el.dd(number, class_name="count-number"),
        rx.el.dd(hint, class_name="under"),
        class_name=rx.cond(number > 0, "count", "count count--none"),
    )


def _studies() -> rx.Component:
    return rx.fragment(
        rx.el.h2(words.STUDIES, class_name="card-subtitle"),
        rx.el.ul(
            rx.foreach(
                UploadState.studies,
                lambda row: rx.el.li(
                    page_link(
                        rx.el.span(shown_patient(row), class_name="other-date"),
                        modalities(row),
                        rx.el.span(row.study_description, class_name="other-description"),
                        rx.el.span(row.study_date),
                        to=viewer_path(row),
                        class_name="other",
                    )
                ),
            ),
            class_name="others",
        ),
    )


def _problems() -> rx.Component:
    return rx.fragment(
        rx.el.h2(words.PROBLEMS, class_name="card-subtitle"),
        rx.cond(
            rx.Var.create(UploadState.problems).length() >= 100,
            rx.el.p(words.FIRST_PROBLEMS, class_name="under"),
        ),
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(words.RESULT, scope="col"),
                    rx.el.th(words.FILE, scope="col"),
                    rx.el.th(words.REASON, scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(UploadState.problems, _problem)),
            class_name="table",
        ),
    )


def _problem(problem: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.cond(
                problem["kind"] == "conflict",
                badge(words.CONFLICT, shape="half", tone="warning"),
                badge(words.REFUSED, shape="line", tone="danger"),
            )
        ),
        rx.el.td(problem["name"], class_name="file-name"),
        rx.el.td(problem["reason"]),
    )
