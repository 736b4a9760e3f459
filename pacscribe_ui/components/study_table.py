"""The table of studies and the card of one. Values in, events out."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import priority_badge, reading_status_badge
from pacscribe_ui.components.button import button
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.text import Status
from pacscribe_ui.text import Worklist as words


def viewer_path(row: Any) -> Any:
    """Address of a study in the viewer."""
    return rx.Var.create("/viewer/") + row.study_instance_uid


def study_table(
    rows: Any,
    *,
    columns: Any,
    is_usual: Any,
    query: Any,
    chosen_uid: Any,
    can_select: Any,
    selected: Any,
    on_sort: Any,
    on_choose: Any,
) -> rx.Component:
    """The worklist's table.

    Args:
        rows: Var of `StudyRow`s.
        columns: Var of the names of the columns to show, in order.
        is_usual: Var: whether nobody has chosen them; some of them are left out then where the screen is narrow.
        query: Var of the `WorklistQuery` it answers, for the arrow at the sorted column.
        chosen_uid: Var: UID of the chosen study.
        can_select: Var: whether studies can be selected; without, there are no boxes.
        selected: Var of the UIDs of the selected studies.
        on_sort: Called with a column's name.
        on_choose: Called with a study's UID.
    """
    return rx.el.table(
        rx.el.caption(words.TABLE, class_name="unseen"),
        rx.el.thead(
            rx.el.tr(
                rx.cond(
                    can_select,
                    rx.el.th(_check_all(), scope="col", class_name="col-check"),
                ),
                rx.foreach(columns, lambda column: _heading(column, query, on_sort)),
            )
        ),
        rx.el.tbody(
            rx.foreach(
                rows, lambda row: _row(row, columns, chosen_uid, can_select, selected, on_choose)
            )
        ),
        class_name=["table study-table", rx.cond(is_usual, "study-table--usual", "")],
    )


def card_order(columns: Any, query: Any, *, can_select: Any, on_sort: Any) -> rx.Component:
    """What the headings of the table do, where each study is a card: order, turn round, select all.

    Args:
        columns: Var of the names of the columns that are shown.
        query: Var of the `WorklistQuery`.
        can_select: Var: whether studies can be selected.
        on_sort: Called with a column's name; with that of the order there is, it turns round.
    """
    return rx.el.div(
        rx.el.label(
            words.ORDER,
            rx.el.select(
                rx.foreach(columns, lambda column: rx.el.option(_LABELS[column], value=column)),
                rx.cond(
                    columns.contains(query.order_by),
                    rx.fragment(),
                    rx.el.option(_LABELS[query.order_by], value=query.order_by),
                ),
                value=query.order_by,
                on_change=on_sort,
                aria_label=words.ORDER,
                class_name="input input--select",
            ),
            class_name="card-order-label",
        ),
        button(
            rx.cond(query.descending, icon("arrow-down"), icon("arrow-up")),
            on_click=on_sort(query.order_by),
            aria_label=words.TURN_ORDER,
            title=words.TURN_ORDER,
        ),
        rx.cond(can_select, _check_all()),
        class_name="card-order",
    )


def _check_all() -> rx.Component:
    """The box that selects the whole page; `worklist_hands.jsx` shows in it what is selected."""
    return rx.el.label(
        rx.el.input(type="checkbox", class_name="check-all", aria_label=words.SELECT_ALL),
        class_name="check-cell",
    )


_LABELS = rx.Var.create({name: label for name, (label, _) in words.COLUMNS.items()})
_MEANINGS = rx.Var.create({name: meaning for name, (_, meaning) in words.COLUMNS.items()})


def _heading(column: Any, query: Any, on_sort: Any) -> rx.Component:
    is_sorted = query.order_by == column
    direction = rx.cond(query.descending, "descending", "ascending")
    return rx.el.th(
        rx.el.button(
            _LABELS[column],
            rx.cond(
                is_sorted,
                rx.cond(query.descending, icon("arrow-down", 14), icon("arrow-up", 14)),
                rx.fragment(),
            ),
            type="button",
            on_click=on_sort(column),
            title=_MEANINGS[column],
            class_name="sort",
        ),
        scope="col",
        aria_sort=rx.cond(is_sorted, direction, "none"),
        class_name=rx.Var.create("col-") + column,
    )


def _row(
    row: Any, columns: Any, chosen_uid: Any, can_select: Any, selected: Any, on_choose: Any
) -> rx.Component:
    is_chosen = row.study_instance_uid == chosen_uid
    is_selected = selected.contains(row.study_instance_uid)
    return rx.el.tr(
        rx.cond(
            can_select,
            rx.el.td(
                rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        checked=is_selected,
                        read_only=True,
                        class_name="row-check",
                        aria_label=rx.Var.create(words.SELECT) + row.patient_name,
                    ),
                    class_name="check-cell",
                ),
                class_name="col-check",
            ),
        ),
        rx.foreach(columns, lambda column: _cell(column, row)),
        on_click=on_choose(row.study_instance_uid),
        on_double_click=rx.redirect(viewer_path(row)),
        class_name=[
            rx.cond(is_chosen, "is-chosen", ""),
            rx.cond(is_selected, "is-selected", ""),
            rx.cond(row.reading_status == "unread", "is-unread", ""),
        ],
        data_study_instance_uid=row.study_instance_uid,
    )


def _cell(column: Any, row: Any) -> rx.Component:
    """What stands in a column; on a narrow screen the column's name goes before it."""
    return rx.el.td(
        rx.match(
            column,
            ("status", status_badges(row)),
            ("patient", _patient(row)),
            ("date", rx.fragment(rx.el.p(row.study_date), _under(row.study_time))),
            ("modality", modalities(row)),
            ("description", _description(row)),
            ("arrived", local_time(row.arrived_at)),
            ("images", rx.el.p(row.instance_count)),
            ("assigned", _readers(row)),
            ("priority", priority_badge(row.priority)),
            ("body-part", rx.el.p(row.body_part_examined)),
            ("referrer", rx.el.p(row.referring_physician_name)),
            ("institution", rx.el.p(row.institution_name)),
            ("tags", tags(row)),
            ("patient-id", rx.el.p(row.patient_id)),
            ("born", rx.el.p(row.patient_birth_date)),
            ("sex", rx.el.p(row.patient_sex)),
            ("accession", rx.el.p(row.accession_number)),
            ("series", rx.el.p(row.series_count)),
            rx.fragment(),
        ),
        data_label=_LABELS[column],
        class_name=rx.Var.create("col-") + column,
    )


def status_badges(row: Any) -> rx.Component:
    """How far the reading has come, and how soon it is wanted."""
    return rx.el.div(
        reading_status_badge(row.reading_status),
        rx.cond(row.priority != "routine", priority_badge(row.priority), rx.fragment()),
        class_name="badges",
    )


def _patient(row: Any) -> rx.Component:
    return rx.el.div(
        thumbnail(row),
        rx.el.div(
            page_link(
                shown_patient(row),
                to=viewer_path(row),
                # The row would choose the study, and show beside the list what is about to be left.
                on_click=rx.stop_propagation,
                class_name="study-link",
            ),
            _under(patient_line(row)),
            class_name="patient-words",
        ),
        class_name="patient-cell",
    )


def _description(row: Any) -> rx.Component:
    return rx.fragment(
        rx.el.p(rx.cond(row.study_description, row.study_description, words.NO_DESCRIPTION)),
        _under(row.accession_number),
        rx.cond(row.tags.length() > 0, tags(row), rx.fragment()),
    )


def _readers(row: Any) -> rx.Component:
    return rx.fragment(
        rx.el.p(row.assigned_to_name),
        rx.cond(
            row.claimed_by_name,
            rx.el.p(icon("eye", 12), row.claimed_by_name, class_name="under reader"),
            rx.fragment(),
        ),
    )


def _under(content: Any) -> rx.Component:
    return rx.el.p(content, class_name="under")


def tags(row: Any) -> rx.Component:
    """The study's tags, each as a small label."""
    return rx.el.div(
        rx.foreach(row.tags, lambda name: rx.el.span(name, class_name="modality tag")),
        class_name="badges",
    )


def shown_patient(row: Any) -> Any:
    """A patient's name, or that there is none."""
    return rx.cond(row.patient_name, row.patient_name, words.NO_NAME)


def shown_patient_id(row: Any) -> Any:
    """A patient's ID, or that there is none."""
    return rx.cond(row.patient_id, row.patient_id, words.NO_ID)


def patient_line(row: Any) -> Any:
    """ID, sex and age in one line."""
    return rx.fragment(
        shown_patient_id(row),
        rx.cond(row.patient_sex, rx.fragment(" · ", row.patient_sex), rx.fragment()),
        rx.cond(row.patient_age, rx.fragment(" · ", row.patient_age), rx.fragment()),
        rx.cond(row.is_patient_corrected, rx.fragment(" · ", Status.CORRECTED), rx.fragment()),
    )


def in_one_line(first: Any, *others: Any) -> Any:
    """Vars of text in one line; those that are empty are left out.

    Args:
        first: Never empty.
        *others: What follows.
    """
    for other in others:
        first = first + rx.cond(other, " · " + other, "")
    return first


def modalities(row: Any) -> rx.Component:
    """Each modality as a small label."""
    return rx.el.div(
        rx.foreach(row.modalities, lambda name: rx.el.span(name, class_name="modality")),
        class_name="badges",
    )


def thumbnail(row: Any, size_px: int = 96) -> rx.Component:
    """A picture of the study, or the sign of what it holds."""
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
        _no_thumbnail(is_film=row.has_film),
    )


def _no_thumbnail(*, is_film: Any) -> rx.Component:
    """The sign of what there is no picture of, in the picture's place."""
    return rx.el.span(
        rx.cond(is_film, icon("film", 18), icon("file-text", 18)),
        class_name="thumbnail thumbnail--none",
    )


def study_card(row: Any, *more: Any, others: Any, actions: rx.Component) -> rx.Component:
    """One study in more words, with the patient's other studies.

    Args:
        row: Var of the `StudyRow`.
        *more: What stands between the facts and the other studies.
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
            _fact(words.BODY_PART, row.body_part_examined),
            _fact(words.REFERRER, row.referring_physician_name),
            _fact(words.INSTITUTION, row.institution_name),
            _fact(words.SERIES, row.series_count.to_string()),
            _fact(words.IMAGES, row.instance_count.to_string()),
            class_name="facts",
        ),
        *more,
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


def series_picture(row: Any, series: Any) -> rx.Component:
    """A series of a study as a picture with its name and size.

    Args:
        row: Var of the `StudyRow`.
        series: Var of a `SeriesLine`.
    """
    address = (
        rx.Var.create("/api/v1/studies/")
        + row.study_instance_uid
        + "/series/"
        + series.series_instance_uid
        + "/thumbnail?size=128"
    )
    return rx.el.li(
        rx.cond(
            series.frame_count > 0,
            rx.el.img(src=address, alt="", loading="lazy", class_name="thumbnail"),
            _no_thumbnail(is_film=series.is_film),
        ),
        rx.el.span(
            rx.el.span(series.modality, class_name="modality"),
            " ",
            series.instance_count,
            class_name="picture-kind",
        ),
        rx.el.span(series.description, class_name="under"),
        class_name="picture",
    )
