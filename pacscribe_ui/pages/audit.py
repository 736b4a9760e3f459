"""`/audit`: who did what, newest first, and who saw whom, for those who may read it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.audit_table import access_table, audit_table
from pacscribe_ui.components.button import button, icon_button
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.field import select_field, text_field
from pacscribe_ui.components.filter_bar import filter_bar
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.audit import PEOPLE, AuditState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Audit as words
from pacscribe_ui.text import Lists

ROUTE = "/audit"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, AuditState.load]


def page() -> rx.Component:
    """The page."""
    return frame(
        rx.el.div(
            rx.el.div(
                rx.el.h1(words.TITLE),
                rx.cond(
                    AuditState.is_loaded & (AuditState.problem == ""),
                    rx.el.p(_count(), class_name="worklist-count", role="status"),
                ),
                class_name="worklist-head",
            ),
            rx.el.p(words.LEAD, class_name="audit-lead"),
            _filters(),
            _subject(),
            rx.cond(
                AuditState.is_loaded,
                rx.cond(
                    AuditState.problem,
                    empty_state(
                        words.PROBLEM_TITLE,
                        AuditState.problem,
                        button(Lists.CLEAR, on_click=AuditState.clear),
                        icon="circle-alert",
                    ),
                    _content(),
                ),
                skeleton_rows(),
            ),
            class_name="audit",
        ),
        active="audit",
    )


def _count() -> rx.Component:
    return rx.cond(
        AuditState.total == 1,
        words.FOUND_ONE,
        rx.fragment(
            rx.cond(AuditState.is_exact, "", words.MORE_THAN), AuditState.total, words.FOUND
        ),
    )


def _filters() -> rx.Component:
    query = AuditState.query
    return rx.fragment(
        rx.el.div(_patient_search(), _study_search(), class_name="audit-searches"),
        filter_bar(
            select_field(
                words.WHAT,
                [("", words.ANY), *words.ACTIONS.items()],
                name="action",
                value=query.action,
                on_change=lambda chosen: AuditState.filter_by("action", chosen),
            ),
            select_field(
                words.OUTCOME,
                [("", words.ANY), *words.OUTCOMES.items()],
                name="outcome",
                value=query.outcome,
                on_change=lambda chosen: AuditState.filter_by("outcome", chosen),
            ),
            _person(query.person),
            first_day=(words.DATE_FROM, query.date_from),
            last_day=(words.DATE_TO, query.date_to),
            on_filter=AuditState.filter_by,
            is_filtered=AuditState.is_filtered,
            on_clear=AuditState.clear,
            class_name="audit-filters",
        ),
    )


def _person(chosen: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(words.WHO, html_for="field-person", class_name="field-label"),
        rx.el.select(
            rx.el.option(words.ANY, value=""),
            rx.foreach(
                AuditState.people,
                lambda person: rx.el.option(person.display_name, value=person.user_id),
            ),
            value=chosen,
            on_change=lambda value: AuditState.filter_by("person", value),
            id="field-person",
            name="person",
            class_name="input input--select",
        ),
        class_name="field",
    )


def _patient_search() -> rx.Component:
    return rx.el.div(
        rx.el.form(
            text_field(
                words.PATIENT,
                name="patient",
                type="search",
                placeholder=words.PATIENT_HINT,
                auto_complete="off",
                max_length=200,
            ),
            button(words.FIND, icon="search", type="submit"),
            on_submit=AuditState.find_patients,
            role="search",
            aria_label=words.WHO_SAW,
            class_name="audit-search",
        ),
        rx.el.p(AuditState.search_note, role="status", class_name="under"),
        rx.cond(
            AuditState.has_found_patients,
            rx.el.ul(
                rx.foreach(
                    AuditState.found_patients,
                    lambda patient: rx.el.li(
                        button(
                            rx.el.strong(rx.cond(patient.name, patient.name, words.NO_NAME)),
                            rx.el.span(
                                patient.patient_id,
                                rx.cond(patient.birth_date, " · ", ""),
                                patient.birth_date,
                                class_name="under",
                            ),
                            variant="quiet",
                            on_click=AuditState.choose_patient(patient.sealed),
                        )
                    ),
                ),
                aria_label=words.FOUND_PATIENTS,
                class_name="audit-patients",
            ),
        ),
        class_name="audit-patient",
    )


def _study_search() -> rx.Component:
    return rx.el.form(
        text_field(
            words.STUDY_FIELD,
            name="study",
            type="search",
            auto_complete="off",
            max_length=64,
        ),
        button(words.FIND, icon="search", type="submit"),
        on_submit=AuditState.find_study,
        role="search",
        aria_label=words.FIND_STUDY,
        class_name="audit-search",
    )


def _subject() -> rx.Component:
    """Whom or what the entries are about, the two ways to look at them, and the ways out."""
    return rx.el.div(
        rx.cond(
            AuditState.patient,
            rx.el.p(words.ABOUT_PATIENT, rx.el.strong(AuditState.patient)),
            rx.cond(
                AuditState.query.study,
                rx.el.p(
                    words.ABOUT_STUDY,
                    rx.el.strong(AuditState.query.study, class_name="identifier"),
                ),
            ),
        ),
        rx.cond(
            AuditState.query.session,
            rx.el.p(
                words.ABOUT_SESSION,
                rx.el.strong(AuditState.query.session, class_name="identifier"),
            ),
        ),
        rx.cond(
            AuditState.can_be_summed,
            rx.el.div(
                _view(words.PEOPLE_VIEW, PEOPLE),
                _view(words.ENTRIES_VIEW, ""),
                role="group",
                aria_label=words.VIEWS,
                class_name="row",
            ),
        ),
        rx.cond(
            AuditState.may_export & AuditState.has_lines,
            rx.el.div(
                _export("csv"),
                _export("jsonl"),
                rx.cond(AuditState.view == PEOPLE, rx.fragment(), _export("xml")),
                role="group",
                aria_label=words.EXPORT,
                class_name="row audit-exports",
            ),
        ),
        class_name="audit-subject",
    )


def _export(name: str) -> rx.Component:
    return button(
        words.EXPORTS[name], icon="download", small=True, on_click=AuditState.export(name)
    )


def _view(label: str, name: str) -> rx.Component:
    return button(
        label,
        small=True,
        on_click=AuditState.filter_by("view", name),
        aria_pressed=rx.cond(AuditState.view == name, "true", "false"),
    )


def _content() -> rx.Component:
    return rx.cond(
        AuditState.has_lines,
        rx.cond(
            AuditState.view == PEOPLE,
            _table(access_table(AuditState.accesses), words.ACCESS_TABLE),
            rx.fragment(_table(audit_table(AuditState.lines), words.TABLE), _pager()),
        ),
        empty_state(
            words.NONE_FOUND_TITLE,
            words.NONE_FOUND,
            button(Lists.CLEAR, on_click=AuditState.clear),
            icon="search-x",
        ),
    )


def _table(table: rx.Component, name: str) -> rx.Component:
    return rx.el.div(table, class_name="table-frame", tab_index=0, role="region", aria_label=name)


def _pager() -> rx.Component:
    return rx.cond(
        AuditState.has_newer | AuditState.has_older,
        rx.el.nav(
            icon_button(
                "chevron-left",
                words.PREVIOUS,
                on_click=AuditState.turn("newer"),
                disabled=~AuditState.has_newer,
            ),
            icon_button(
                "chevron-right",
                words.NEXT,
                on_click=AuditState.turn("older"),
                disabled=~AuditState.has_older,
            ),
            aria_label=Lists.PAGES,
            class_name="pages",
        ),
    )
