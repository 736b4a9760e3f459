"""`/study/{study_instance_uid}`: all about one study beside its images."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.arrived import arrived
from pacscribe_ui.components.audit_links import study_trail_link, who_saw_link
from pacscribe_ui.components.button import button
from pacscribe_ui.components.dialog import dialog, dialog_actions
from pacscribe_ui.components.document_link import document_link
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.field import text_area
from pacscribe_ui.components.filter_bar import pager
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.components.study_table import (
    modalities,
    patient_line,
    series_picture,
    shown_patient,
    status_badges,
    tags,
    viewer_path,
)
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.pages.study_tags import tags_panel
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.study import StudyState
from pacscribe_ui.state.study_tags import TagsState
from pacscribe_ui.text import Study as words

ROUTE = "/study/[study_instance_uid]"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, TagsState.load, StudyState.load]


def page() -> rx.Component:
    """The page."""
    return frame(
        arrived(
            StudyState.visit,
            rx.cond(
                StudyState.problem,
                rx.fragment(
                    rx.el.h1(words.TITLE, class_name="unseen"),
                    empty_state(
                        words.TITLE,
                        StudyState.problem,
                        page_link(words.BACK, to="/worklist", class_name="button button--primary"),
                        icon="circle-alert",
                    ),
                ),
                rx.fragment(rx.foreach(StudyState.study, _study)),
            ),
            rx.fragment(rx.el.h1(words.TITLE, class_name="unseen"), skeleton_rows()),
        ),
        active="worklist",
    )


def _study(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.header(
            rx.el.div(
                rx.el.h1(shown_patient(row)),
                rx.el.p(
                    patient_line(row),
                    rx.cond(row.patient_birth_date, " · " + row.patient_birth_date, ""),
                    class_name="under",
                ),
                rx.el.p(
                    rx.cond(row.study_description, row.study_description + " · ", ""),
                    row.study_date,
                    " ",
                    row.study_time,
                    class_name="study-what",
                ),
                rx.el.div(modalities(row), status_badges(row), tags(row), class_name="badges"),
            ),
            rx.el.div(
                page_link(
                    icon("scan-eye", 16),
                    words.OPEN,
                    to=viewer_path(row),
                    class_name="button button--primary",
                ),
                rx.cond(
                    row.report_id,
                    page_link(
                        icon("file-text", 16),
                        words.REPORT,
                        to=rx.Var.create("/report/") + row.report_id,
                        class_name="button button--secondary",
                    ),
                ),
                page_link(
                    icon("paperclip", 16),
                    words.ATTACHMENTS,
                    to=rx.Var.create("/attachments/") + row.study_instance_uid,
                    class_name="button button--secondary",
                ),
                page_link(words.BACK, to="/worklist", class_name="button button--quiet"),
                class_name="row",
            ),
            class_name="study-head",
        ),
        rx.el.div(
            rx.el.div(_series(row), tags_panel(), _notes(), class_name="study-main"),
            rx.el.div(_documents(row), _timeline(row), _access(), class_name="study-side"),
            class_name="study-columns",
        ),
        class_name="study-page",
    )


def _panel(title: str, *content: Any) -> rx.Component:
    return rx.el.section(rx.el.h2(title), *content, class_name="panel")


def _series(row: Any) -> rx.Component:
    def line(each: Any) -> rx.Component:
        is_open = StudyState.open_series == each.series_instance_uid
        return rx.el.li(
            rx.el.ul(series_picture(row, each), class_name="series-picture"),
            rx.el.div(
                rx.el.p(
                    each.series_number,
                    " ",
                    rx.cond(each.description, each.description, words.NO_DESCRIPTION),
                ),
                rx.el.p(
                    each.modality,
                    " · ",
                    each.instance_count,
                    rx.cond(each.instance_count == 1, words.ONE_OBJECT, words.SEVERAL_OBJECTS),
                    rx.cond(each.body_part, rx.fragment(" · ", each.body_part)),
                    class_name="under",
                ),
                class_name="series-words",
            ),
            button(
                words.SHOW_OBJECTS,
                icon="list",
                small=True,
                on_click=StudyState.show_objects(each.series_instance_uid),
                aria_expanded=rx.cond(is_open, "true", "false"),
            ),
            rx.cond(is_open, _objects()),
            class_name="series-line",
        )

    return _panel(
        words.SERIES, rx.el.ul(rx.foreach(StudyState.series, line), class_name="series-list")
    )


def _objects() -> rx.Component:
    headings = (words.NUMBER, words.KIND, words.SYNTAX, words.SIZE, words.NOTE_COLUMN)
    table = rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*[rx.el.th(word, scope="col") for word in headings])),
            rx.el.tbody(
                rx.foreach(
                    StudyState.instances,
                    lambda each: rx.el.tr(
                        rx.el.td(each.number),
                        rx.el.td(each.kind),
                        rx.el.td(each.transfer_syntax),
                        rx.el.td(each.size),
                        rx.el.td(each.note),
                    ),
                )
            ),
            class_name="table",
        ),
        class_name="table-frame",
        tab_index=0,
        role="region",
        aria_label=words.SERIES,
    )
    turned = pager(
        StudyState.instances_page,
        StudyState.instances_page_count,
        StudyState.turn_objects,
        previous=words.PREVIOUS_OBJECTS,
        next=words.NEXT_OBJECTS,
    )
    return rx.el.div(table, turned, class_name="series-objects")


def _notes() -> rx.Component:
    def note(each: Any) -> rx.Component:
        is_in_hand = StudyState.note_in_hand == each.note_id
        return rx.el.li(
            rx.el.p(
                rx.el.strong(each.author_name),
                " ",
                local_time(each.written_at),
                rx.cond(
                    each.edited_at,
                    rx.fragment(" · ", words.EDITED, local_time(each.edited_at)),
                ),
                class_name="under",
            ),
            rx.cond(
                is_in_hand,
                rx.el.form(
                    text_area(
                        words.CHANGE_NOTE,
                        name="text",
                        default_value=each.text,
                        id="field-note-in-hand",
                        label_hidden=True,
                        max_length=4000,
                    ),
                    rx.el.div(
                        button(words.SAVE_NOTE, variant="primary", small=True, type="submit"),
                        button(words.CANCEL, small=True, on_click=StudyState.take_note("")),
                        class_name="row",
                    ),
                    on_submit=StudyState.change_note,
                    class_name="stack",
                ),
                rx.fragment(
                    rx.el.p(each.text, class_name="report-text"),
                    rx.cond(
                        each.is_own,
                        rx.el.div(
                            button(
                                words.CHANGE_NOTE,
                                variant="quiet",
                                small=True,
                                on_click=StudyState.take_note(each.note_id),
                            ),
                            button(
                                words.DELETE_NOTE,
                                variant="quiet",
                                small=True,
                                on_click=StudyState.ask_to_delete_note(each.note_id),
                            ),
                            class_name="row",
                        ),
                    ),
                ),
            ),
            class_name="note",
        )

    return _panel(
        words.NOTES,
        rx.el.p(words.NOTES_LEAD, class_name="under"),
        rx.cond(
            StudyState.note_count > 0,
            rx.el.ul(rx.foreach(StudyState.notes, note), class_name="notes"),
            rx.el.p(words.NO_NOTES, class_name="under"),
        ),
        rx.el.form(
            text_area(words.WRITE_NOTE, name="text", id="field-new-note", max_length=4000),
            button(words.SEND_NOTE, type="submit"),
            on_submit=StudyState.write_note,
            reset_on_submit=True,
            class_name="stack",
        ),
        dialog(
            words.DELETE_NOTE_TITLE,
            rx.el.p(words.DELETE_NOTE_MEANS),
            dialog_actions(
                button(words.KEEP_NOTE, on_click=StudyState.ask_to_delete_note("")),
                button(
                    words.DELETE_NOTE,
                    variant="danger",
                    on_click=StudyState.delete_note(StudyState.note_to_delete),
                ),
            ),
            is_open=StudyState.note_to_delete != "",
            on_dismiss=StudyState.ask_to_delete_note(""),
            name="delete-note",
        ),
    )


def _documents(row: Any) -> rx.Component:
    return _panel(
        words.DOCUMENTS,
        rx.cond(
            StudyState.document_count > 0,
            rx.el.ul(
                rx.foreach(StudyState.documents, lambda each: document_link(row, each)),
                class_name="others",
            ),
            rx.el.p(words.NO_DOCUMENTS, class_name="under"),
        ),
    )


def _timeline(row: Any) -> rx.Component:
    return _panel(
        words.TIMELINE,
        rx.el.p(
            rx.cond(StudyState.is_trail, words.TIMELINE_TRAIL, words.TIMELINE_SHORT),
            class_name="under",
        ),
        rx.cond(
            StudyState.is_trail,
            rx.el.div(
                who_saw_link(row.study_instance_uid),
                study_trail_link(row.study_instance_uid),
                class_name="row",
            ),
        ),
        rx.el.ol(
            rx.foreach(
                StudyState.events,
                lambda event: rx.el.li(
                    rx.el.p(event.what),
                    rx.el.p(local_time(event.at), " ", event.who, class_name="under"),
                ),
            ),
            class_name="timeline",
        ),
    )


def _access() -> rx.Component:
    return _panel(
        words.ACCESS,
        rx.el.p(words.ACCESS_LEAD, class_name="under"),
        rx.el.ul(
            rx.foreach(
                StudyState.people,
                lambda person: rx.el.li(
                    rx.el.p(person.display_name, " ", rx.el.span(person.roles, class_name="under")),
                    rx.el.p(person.rights.join(" · "), class_name="under"),
                ),
            ),
            class_name="timeline",
        ),
    )
