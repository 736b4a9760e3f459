"""`/upload`: studies come in, and what became of each object is said."""

import reflex as rx

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
            uploader(UPLOADER, on_studies=UploadState.arrived, on_finished=UploadState.finish),
            rx.cond(rx.Var.create(UploadState.studies).length() > 0, _studies()),
            class_name="upload",
        ),
        active="upload",
    )


def _studies() -> rx.Component:
    return rx.el.section(
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
        aria_label=words.STUDIES,
    )
