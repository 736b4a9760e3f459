"""`/report/{report_id}`: a report on its own page, with the facts of patient and study beside it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.arrived import arrived
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import loading
from pacscribe_ui.components.other_studies import other_studies
from pacscribe_ui.components.report_editor import report_view
from pacscribe_ui.components.study_table import viewer_path
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.report import ReportState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Report as words

ROUTE = "/report/[report_id]"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, ReportState.load]


def page() -> rx.Component:
    """The page."""
    state = ReportState
    return frame(
        rx.el.h1(words.TITLE, class_name="unseen"),
        arrived(
            state.visit,
            rx.el.div(
                report_view(
                    state.report,
                    problem=state.problem,
                    on_signed=state.finish,
                    on_gone=state.refresh,
                    on_take_over=state.take_over,
                ),
                rx.cond(state.report.report_id != "", _facts(state.report, state.others)),
                class_name="report-page",
            ),
            loading(words.LOADING),
        ),
    )


def _facts(report: Any, others: Any) -> rx.Component:
    return rx.el.aside(
        page_link(
            icon("scan-eye", 16),
            words.OPEN_IMAGES,
            to=viewer_path(report),
            class_name="button button--secondary button--wide",
        ),
        rx.el.dl(
            _fact(words.PATIENT, report.patient_name),
            _fact(words.ID, report.patient_id),
            _fact(words.BORN, _with_age(report)),
            _fact(words.SEX, report.patient_sex),
            _fact(words.STUDY, report.study_description),
            _fact(words.STUDY_DATE, report.study_date + " " + report.study_time),
            _fact(words.MODALITY, report.modalities.join(", ")),
            _fact(words.ACCESSION, report.accession_number),
            _fact(words.REFERRER, report.referring_physician_name),
            _fact(words.INSTITUTION, report.institution_name),
            _fact(words.AUTHOR, report.author_name),
            class_name="facts",
        ),
        other_studies(others),
        aria_label=words.FACTS,
        class_name="report-facts",
    )


def _with_age(report: Any) -> Any:
    return rx.cond(
        report.patient_age != "",
        report.patient_birth_date + " (" + report.patient_age + ")",
        report.patient_birth_date,
    )


def _fact(label: str, value: Any) -> rx.Component:
    return rx.cond(
        value != "",
        rx.el.div(rx.el.dt(label), rx.el.dd(value, dir="auto"), class_name="fact"),
    )
