"""The report beside the images: what the viewer puts at its right-hand side."""

import reflex as rx

from pacscribe_ui.components.arrived import arrived
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import loading
from pacscribe_ui.components.other_studies import other_studies
from pacscribe_ui.components.report_editor import report_view
from pacscribe_ui.state.report import ReportState
from pacscribe_ui.text import Report as words


def report_panel(*, names_patient: rx.Var[bool]) -> rx.Component:
    """The panel, whose head names the patient only where `names_patient` says so. Show it only where `ReportState.is_available` says so: not everyone may read reports.

    The page's `on_load` needs `ReportState.open_beside_images` after `SessionState.enter`. Taking the panel away
    loses nothing: the editor saves what is typed as it goes.
    """
    state = ReportState
    return rx.el.aside(
        arrived(
            state.visit,
            report_view(
                state.report,
                problem=state.problem,
                on_signed=state.finish,
                on_gone=state.refresh,
                on_take_over=state.take_over,
                names_patient=names_patient,
                actions=(
                    page_link(
                        icon("maximize-2", 18),
                        to=rx.Var.create("/report/") + state.report.report_id,
                        aria_label=words.FULL_PAGE,
                        title=words.FULL_PAGE,
                        class_name="button button--quiet button--icon",
                    ),
                ),
            ),
            loading(words.LOADING),
        ),
        other_studies(state.others),
        aria_label=words.TITLE,
        class_name="viewer-panel report-panel",
    )
