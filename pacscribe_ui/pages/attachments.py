"""`/attachments/{study_instance_uid}`: the documents of a study, and files that are attached to it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.arrived import arrived
from pacscribe_ui.components.attacher import attacher
from pacscribe_ui.components.document_link import document_link
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.components.study_table import (
    in_one_line,
    shown_patient,
    shown_patient_id,
    viewer_path,
)
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.attachments import AttachmentsState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import ATTACHER
from pacscribe_ui.text import Attachments as words

ROUTE = "/attachments/[study_instance_uid]"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, AttachmentsState.load]


def page() -> rx.Component:
    """The page."""
    state = AttachmentsState
    return frame(
        rx.el.div(
            rx.el.h1(words.TITLE),
            arrived(
                state.visit,
                rx.fragment(
                    rx.cond(state.problem, inline_notice("danger", state.problem)),
                    rx.foreach(state.study, _study),
                ),
            ),
            class_name="upload",
        ),
    )


def _study(row: Any) -> rx.Component:
    state = AttachmentsState
    name = shown_patient(row)
    return rx.fragment(
        rx.el.section(
            rx.el.dl(
                rx.el.div(rx.el.dt(words.PATIENT), rx.el.dd(name), class_name="fact"),
                _fact(words.ID, row.patient_id),
                _fact(words.BORN, row.patient_birth_date),
                _fact(words.STUDY, row.study_description),
                _fact(words.STUDY_DATE, row.study_date),
                _fact(words.ACCESSION, row.accession_number),
                class_name="facts",
            ),
            page_link(
                icon("scan-eye", 16),
                words.OPEN_IMAGES,
                to=viewer_path(row),
                class_name="button button--secondary",
            ),
            aria_label=words.PATIENT,
            class_name="attachment-study",
        ),
        rx.el.section(
            rx.el.h2(words.DOCUMENTS, class_name="card-subtitle"),
            rx.cond(
                rx.Var.create(state.documents).length() > 0,
                rx.el.ul(
                    rx.foreach(state.documents, lambda each: document_link(row, each)),
                    class_name="others",
                ),
                rx.el.p(words.NO_DOCUMENTS, class_name="under"),
            ),
            aria_label=words.DOCUMENTS,
        ),
        rx.cond(
            state.confirmation,
            rx.el.section(
                rx.el.h2(words.ATTACH, class_name="card-subtitle"),
                attacher(
                    ATTACHER,
                    study_instance_uid=row.study_instance_uid,
                    confirmation=state.confirmation,
                    patient=_in_words(row),
                    on_attached=state.attached,
                ),
            ),
        ),
    )


def _fact(label: str, value: Any) -> rx.Component:
    return rx.cond(value, rx.el.div(rx.el.dt(label), rx.el.dd(value), class_name="fact"))


def _in_words(row: Any) -> Any:
    return in_one_line(
        shown_patient(row),
        shown_patient_id(row),
        row.patient_birth_date,
        row.study_description,
        row.study_date,
    )
