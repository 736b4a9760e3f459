"""`/audit`: who did what, newest first, for those who may read it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.audit_table import audit_table
from pacscribe_ui.components.button import button
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.field import select_field
from pacscribe_ui.components.filter_bar import filter_bar, pager
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.audit import AuditState
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
                    rx.el.p(
                        rx.cond(
                            AuditState.total == 1,
                            words.FOUND_ONE,
                            rx.fragment(AuditState.total, words.FOUND),
                        ),
                        class_name="worklist-count",
                        role="status",
                    ),
                ),
                class_name="worklist-head",
            ),
            rx.el.p(words.LEAD, class_name="audit-lead"),
            _filters(),
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


def _filters() -> rx.Component:
    query = AuditState.query
    return filter_bar(
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


def _content() -> rx.Component:
    return rx.cond(
        AuditState.has_lines,
        rx.fragment(
            rx.el.div(
                audit_table(AuditState.lines),
                class_name="table-frame",
                tab_index=0,
                role="region",
                aria_label=words.TABLE,
            ),
            pager(
                AuditState.query.page,
                AuditState.page_count,
                AuditState.go_to_page,
                previous=words.PREVIOUS,
                next=words.NEXT,
            ),
        ),
        empty_state(
            words.NONE_FOUND_TITLE,
            words.NONE_FOUND,
            button(Lists.CLEAR, on_click=AuditState.clear),
            icon="search-x",
        ),
    )
