"""The table of studies and the card of one. Values in, events out."""

from typing import Any

import reflex as rx

from backend.core.worklist_query import WorklistColumn
from pacscribe_ui.components.badge import priority_badge, reading_status_badge
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.text import Worklist as words

_COLUMNS: tuple[tuple[WorklistColumn, str, str], ...] = (
    (WorklistColumn.STATUS, words.STATUS, "col-status"),
    (WorklistColumn.PATIENT_NAME, words.PATIENT, "col-patient"),
    (WorklistColumn.STUDY_DATE, words.STUDY_DATE, "col-date"),
    (WorklistColumn.MODALITY, words.MODALITY, "col-modality"),
    (WorklistColumn.DESCRIPTION, words.DESCRIPTION, "col-description"),
    (WorklistColumn.ARRIVED, words.ARRIVED, "col-arrived"),
)


def viewer_path(row: Any) -> Any:
    """Address of a study in the viewer."""
    return rx.Var.create("/viewer/") + row.study_instance_uid


def study_table(
    rows: Any, *, query: Any, chosen_uid: Any, on_sort: Any, on_choose: Any
) -> rx.Component:
    """The worklist's table.

    Args:
        rows: Var of `StudyRow`s.
        query: Var of the `WorklistQuery` it answers, for the arrow at the sorted column.
        chosen_uid: Var: UID of the chosen study.
        on_sort: Called with a column's name.
        on_choose: Called with a study's UID.
    """
    return rx.el.table(
        rx.el.caption(words.TABLE, class_name="unseen"),
        rx.el.thead(
            rx.el.tr(
                *[
                    _heading(column, word, style, query, on_sort)
                    for column, word, style in _COLUMNS
                ],
                rx.el.th(words.IMAGES, scope="col", class_name="col-images"),
            )
        ),
        rx.el.tbody(rx.foreach(rows, lambda row: _row(row, chosen_uid, on_choose))),
        class_name="table study-table",
    )


def _heading(
    column: WorklistColumn, word: str, style: str, query: Any, on_sort: Any
) -> rx.Component:
    is_sorted = query.order_by == column.value
    direction = rx.cond(query.descending, "descending", "ascending")
    return rx.el.th(
        rx.el.button(
            word,
            rx.cond(
                is_sorted,
                rx.cond(query.descending, icon("arrow-down", 14), icon("arrow-up", 14)),
                rx.fragment(),
            ),
            type="button",
            on_click=on_sort(column.value),
            class_name="sort",
        ),
        scope="col",
        aria_sort=rx.cond(is_sorted, direction, "none"),
        class_name=style,
    )


def _row(row: Any, chosen_uid: Any, on_choose: Any) -> rx.Component:
    is_chosen = row.study_instance_uid == chosen_uid
    return rx.el.tr(
        rx.el.td(
            rx.el.div(
                reading_status_badge(row.reading_status),
                rx.cond(row.priority != "routine", priority_badge(row.priority), rx.fragment()),
                class_name="badges",
            ),
            class_name="col-status",
        ),
        rx.el.td(
            rx.el.div(
                thumbnail(row),
                rx.el.div(
                    page_link(
                        shown_patient(row),
                        to=viewer_path(row),
                        on_focus=on_choose(row.study_instance_uid),
                        # The row would choose the study once more, before it can be opened.
                        on_click=rx.stop_propagation,
                        class_name="study-link",
                    ),
                    rx.el.p(patient_line(row), class_name="under"),
                    class_name="patient-words",
                ),
                class_name="patient-cell",
            ),
            class_name="col-patient",
        ),
        rx.el.td(
            rx.el.p(row.study_date),
            rx.el.p(row.study_time, class_name="under"),
            class_name="col-date",
        ),
        rx.el.td(modalities(row), class_name="col-modality"),
        rx.el.td(
            rx.el.p(rx.cond(row.study_description, row.study_description, words.NO_DESCRIPTION)),
            rx.el.p(row.accession_number, class_name="under"),
            class_name="col-description",
        ),
        rx.el.td(local_time(row.arrived_at), class_name="col-arrived"),
        rx.el.td(row.instance_count, class_name="col-images"),
        on_click=on_choose(row.study_instance_uid),
        on_double_click=rx.redirect(viewer_path(row)),
        class_name=rx.cond(is_chosen, "is-chosen", ""),
        data_study_instance_uid=row.study_instance_uid,
    )


def shown_patient(row: Any) -> Any:
    """A patient's name, or that there is none."""
    return rx.cond(row.patient_name, row.patient_name, words.NO_NAME)


def patient_line(row: Any) -> Any:
    """ID, sex and age in one line."""
    return rx.fragment(
        rx.cond(row.patient_id, row.patient_id, words.NO_ID),
        rx.cond(row.patient_sex, rx.fragment(" · ", row.patient_sex), rx.fragment()),
        rx.cond(row.patient_age, rx.fragment(" · ", row.patient_age), rx.fragment()),
    )


def modalities(row: Any) -> rx.Component:
    """Each modality as a small label."""
    return rx.el.div(
        rx.foreach(row.modalities, lambda name: rx.el.span(name, class_name="modality")),
        class_name="badges",
    )


def thumbnail(row: Any, size_px: int = 96) -> rx.Component:
    """A picture of the study, or its place."""
    address = (
        rx.Var.create("/api/v1/studies/")
        + row.study_instance_uid
        + "/series/"
        + row.thumbnail_series_instance_uid
        + f"/thumbnail?size={size_px}"
    )
    return rx.cond(
        row.thumbnail_series_instance_uid,
        rx.el.img(src=address, alt="", loading="lazy", class_name="thumbnail"),
        rx.el.span(icon("file-text", 18), class_name="thumbnail thumbnail--none"),
    )


def study_card(row: Any, *, others: Any, actions: rx.Component) -> rx.Component:
    """One study in more words, with the patient's other studies.

    Args:
        row: Var of the `StudyRow`.
        others: Var of the patient's other `StudyRow`s.
        actions: Buttons.
    """
    return rx.el.div(
        rx.el.div(
            thumbnail(row, 256),
            rx.el.h2(shown_patient(row), class_name="card-title"),
            rx.el.p(patient_line(row), class_name="under"),
            class_name="study-card-head",
        ),
        actions,
        rx.el.dl(
            _fact(words.DESCRIPTION, row.study_description),
            _fact(words.STUDY_DATE, row.study_date + " " + row.study_time),
            _fact(words.BORN, row.patient_birth_date),
            _fact(words.ACCESSION, row.accession_number),
            _fact(words.REFERRER, row.referring_physician_name),
            _fact(words.INSTITUTION, row.institution_name),
            _fact(words.SERIES, row.series_count.to_string()),
            _fact(words.IMAGES, row.instance_count.to_string()),
            class_name="facts",
        ),
        rx.el.h3(words.OTHER_STUDIES, class_name="card-subtitle"),
        rx.cond(
            others.length() > 0,
            rx.el.ul(rx.foreach(others, _other), class_name="others"),
            rx.el.p(words.NO_OTHER_STUDIES, class_name="under"),
        ),
        class_name="study-card",
    )


def _fact(label: str, value: Any) -> rx.Component:
    return rx.cond(
        value != "",
        rx.el.div(rx.el.dt(label), rx.el.dd(value), class_name="fact"),
    )


def _other(row: Any) -> rx.Component:
    return rx.el.li(
        page_link(
            rx.el.span(row.study_date, class_name="other-date"),
            modalities(row),
            rx.el.span(
                rx.cond(row.study_description, row.study_description, words.NO_DESCRIPTION),
                class_name="other-description",
            ),
            reading_status_badge(row.reading_status),
            to=viewer_path(row),
            class_name="other",
        )
    )
