"""`/worklist`: the studies of the organization, searched, filtered and opened."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import reading_status_badge
from pacscribe_ui.components.button import button
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.filter_bar import filter_bar, pager
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.row_keys import row_keys
from pacscribe_ui.components.study_table import study_card, study_table, viewer_path
from pacscribe_ui.components.viewport import viewer_preload
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.worklist import WorklistState
from pacscribe_ui.text import Lists, Status
from pacscribe_ui.text import Worklist as words

ROUTE = "/worklist"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, WorklistState.load]

_STATUSES = (
    ("unread", Status.UNREAD),
    ("reading", Status.READING),
    ("reported", Status.REPORTED),
)


def page() -> rx.Component:
    """The page."""
    return frame(
        rx.el.div(
            rx.el.div(
                rx.el.div(rx.el.h1(words.TITLE), _count(), class_name="worklist-head"),
                _filters(),
                rx.cond(WorklistState.is_loaded, _content(), skeleton_rows()),
                class_name="worklist-list",
            ),
            rx.el.aside(_preview(), aria_label=words.PREVIEW, class_name="worklist-preview"),
            viewer_preload(),
            class_name="worklist",
        ),
        active="worklist",
        wide=True,
    )


def _count() -> rx.Component:
    total = WorklistState.page.total
    return rx.cond(
        WorklistState.is_loaded,
        rx.el.p(
            rx.cond(total == 1, words.FOUND_ONE, rx.fragment(total, words.FOUND)),
            class_name="worklist-count",
            role="status",
        ),
    )


def _filters() -> rx.Component:
    state = WorklistState
    return rx.el.div(
        rx.el.form(
            text_field(
                words.SEARCH,
                name="text",
                type="search",
                placeholder=words.SEARCH_HINT,
                default_value=state.query.text,
                key=state.query.text,
                auto_complete="off",
                label_hidden=True,
            ),
            button(words.SEARCH_SUBMIT, icon="search", type="submit"),
            on_submit=state.search,
            class_name="worklist-search",
            role="search",
        ),
        filter_bar(
            _select(
                words.STATUS,
                "status",
                state.query.status,
                words.ANY_STATUS,
                [rx.el.option(word, value=value) for value, word in _STATUSES],
            ),
            _select(
                words.MODALITY,
                "modality",
                state.query.modality,
                words.ANY_MODALITY,
                [rx.foreach(state.page.modalities, lambda m: rx.el.option(m, value=m))],
            ),
            first_day=(words.DATE_FROM, state.date_from),
            last_day=(words.DATE_TO, state.date_to),
            on_filter=state.filter_by,
            is_filtered=state.is_filtered,
            on_clear=state.clear,
            class_name="worklist-filters",
        ),
        class_name="worklist-controls",
    )


def _select(label: str, name: str, value: Any, any_word: str, options: list[Any]) -> rx.Component:
    return rx.el.select(
        rx.el.option(any_word, value=""),
        *options,
        value=value,
        on_change=lambda chosen: WorklistState.filter_by(name, chosen),
        aria_label=label,
        name=name,
        class_name="input input--select",
    )


def _content() -> rx.Component:
    state = WorklistState
    return rx.cond(
        state.page.total > 0,
        rx.fragment(
            row_keys(
                study_table(
                    state.page.rows,
                    query=state.query,
                    chosen_uid=state.chosen_uid,
                    on_sort=state.sort_by,
                    on_choose=state.choose,
                ),
                selector=".study-link",
                label=words.TABLE,
                class_name="table-scroll",
            ),
            pager(state.page.page, state.page.page_count, state.go_to_page),
        ),
        rx.cond(
            state.is_filtered,
            empty_state(
                words.NONE_FOUND_TITLE,
                words.NONE_FOUND,
                button(Lists.CLEAR, on_click=state.clear),
                icon="search-x",
            ),
            empty_state(
                words.EMPTY_TITLE,
                words.EMPTY,
                rx.cond(
                    SessionState.may_upload,
                    page_link(words.UPLOAD, to="/upload", class_name="button button--primary"),
                ),
            ),
        ),
    )


def _preview() -> rx.Component:
    return rx.cond(
        WorklistState.chosen.length() > 0,
        rx.foreach(
            WorklistState.chosen,
            lambda row: study_card(row, others=WorklistState.others, actions=_actions(row)),
        ),
        rx.el.p(icon("mouse-pointer-click", 20), words.CHOOSE, class_name="preview-hint"),
    )


def _actions(row: Any) -> rx.Component:
    return rx.el.div(
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
        reading_status_badge(row.reading_status),
        class_name="row",
    )
