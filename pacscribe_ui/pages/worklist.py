"""`/worklist`: the studies of the organization, searched, filtered and opened."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.audit_links import who_saw_link
from pacscribe_ui.components.badge import reading_status_badge
from pacscribe_ui.components.button import button, icon_button
from pacscribe_ui.components.column_chooser import column_chooser
from pacscribe_ui.components.disclosure import disclosure
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.filter_bar import pager
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.search_field import search_field
from pacscribe_ui.components.study_table import (
    card_order,
    series_picture,
    study_card,
    study_table,
    viewer_path,
)
from pacscribe_ui.components.viewport import viewer_preload
from pacscribe_ui.components.worklist_bulk import (
    bulk_bar,
    delete_dialog,
    key_sheet,
    view_bar,
    view_dialog,
)
from pacscribe_ui.components.worklist_filters import active_filters, every_filter, quick_filters
from pacscribe_ui.components.worklist_hands import worklist_hands
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.worklist import WorklistState
from pacscribe_ui.state.worklist_acts import WorklistActsState
from pacscribe_ui.text import Lists
from pacscribe_ui.text import Worklist as words

ROUTE = "/worklist"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, WorklistState.load, WorklistActsState.prepare]


def page() -> rx.Component:
    """The page."""
    return frame(
        rx.el.div(
            rx.el.div(
                _head(),
                _filters(),
                _news(),
                rx.cond(WorklistState.is_loaded, _content(), skeleton_rows()),
                class_name="worklist-list",
            ),
            rx.el.aside(_preview(), aria_label=words.PREVIEW, class_name="worklist-preview"),
            column_chooser(
                WorklistState.columns,
                WorklistState.hidden_columns,
                is_open=WorklistState.is_columns_open,
                on_close=WorklistState.show_columns(False),
                on_toggle=WorklistState.toggle_column,
                on_move=WorklistState.move_column,
                on_usual=WorklistState.usual_columns,
            ),
            delete_dialog(
                WorklistActsState.deletion,
                on_keep=WorklistActsState.keep_all,
                on_delete=WorklistActsState.delete,
            ),
            view_dialog(
                is_open=WorklistActsState.is_view_open,
                may_share=WorklistActsState.may_edit,
                on_close=WorklistActsState.show_view_form(False),
                on_keep=WorklistActsState.keep_view,
            ),
            key_sheet(
                is_open=WorklistActsState.is_help_open,
                on_close=WorklistActsState.show_help(False),
            ),
            viewer_preload(),
            class_name="worklist",
        ),
        active="worklist",
        wide=True,
    )


def _head() -> rx.Component:
    acts = WorklistActsState
    return rx.el.div(
        rx.el.h1(words.TITLE),
        _count(),
        view_bar(
            acts.views,
            on_open=acts.open_view,
            on_delete=acts.delete_view,
            on_new=acts.show_view_form(True),
            can_keep=WorklistState.filter_count > 0,
            on_all=WorklistState.clear,
        ),
        rx.el.div(
            rx.cond(
                acts.may_export,
                disclosure(
                    words.EXPORT,
                    icon("download", 18),
                    _exports(words.EXPORT_SHOWN, has_every_column=False),
                    _exports(words.EXPORT_EVERY, has_every_column=True),
                ),
            ),
            icon_button("keyboard", words.HELP, on_click=acts.show_help(True)),
            class_name="row worklist-tools",
        ),
        class_name="worklist-head",
    )


def _exports(title: str, *, has_every_column: bool) -> rx.Component:
    """A file of each kind."""
    return rx.el.div(
        rx.el.p(title, class_name="tools-section-title"),
        *[
            button(
                label,
                variant="quiet",
                on_click=WorklistActsState.export(file_format, has_every_column),
                aria_label=f"{title}: {label}",
                data_closes=True,
            )
            for file_format, label in words.EXPORTS.items()
        ],
        role="group",
        aria_label=title,
        class_name="tools-section",
    )


def _news() -> rx.Component:
    """What has come since the list was opened; it is put into the list when somebody asks for it."""
    return rx.el.div(
        rx.cond(
            WorklistState.arrivals > 0,
            rx.el.p(
                icon("bell", 16),
                rx.cond(
                    WorklistState.arrivals == 1,
                    words.NEWS_ONE,
                    rx.fragment(WorklistState.arrivals, words.NEWS),
                ),
                button(words.SHOW, small=True, on_click=WorklistState.show_news),
                class_name="news",
            ),
        ),
        role="status",
        class_name="news-place",
    )


def _count() -> rx.Component:
    page = WorklistState.page
    return rx.cond(
        WorklistState.is_loaded & (WorklistState.problem == ""),
        rx.el.p(
            rx.cond(
                page.total == 1,
                words.FOUND_ONE,
                rx.fragment(
                    rx.cond(page.is_exact, "", words.AT_LEAST),
                    rx.cond(page.is_exact, page.total, page.total - 1),
                    words.FOUND,
                ),
            ),
            class_name="worklist-count",
            role="status",
        ),
    )


def _filters() -> rx.Component:
    state = WorklistState
    return rx.el.div(
        rx.el.div(
            rx.el.form(
                search_field(
                    words.SEARCH,
                    text=state.query.text,
                    serial=state.field_serial,
                    is_there=rx.State.is_hydrated,
                    placeholder=words.SEARCH_HINT,
                    label_hidden=True,
                ),
                button(words.SEARCH_SUBMIT, icon="search", type="submit"),
                on_submit=state.search,
                class_name="worklist-search",
                role="search",
            ),
            quick_filters(
                state.query,
                state.toggle,
                _modality(),
                button(
                    words.MORE_FILTERS,
                    icon="sliders-horizontal",
                    on_click=state.show_filters(~rx.Var.create(state.is_filter_open)),
                    aria_expanded=rx.cond(state.is_filter_open, "true", "false"),
                    aria_controls="every-filter",
                ),
                icon_button("columns-3", words.COLUMNS_BUTTON, on_click=state.show_columns(True)),
            ),
            class_name="worklist-bar",
        ),
        rx.cond(
            state.is_filter_open,
            every_filter(
                state.query,
                state.choices,
                state.dates,
                may_ask_for_priors=WorklistActsState.may_ask_for_priors,
                on_toggle=state.toggle,
                on_filter=state.filter_by,
            ),
        ),
        rx.cond(
            state.filter_count > 0,
            active_filters(
                state.chips,
                state.take_away,
                rx.cond(
                    (state.query.text != "") & (state.query.spelling == "") & (state.similar == ""),
                    button(
                        words.SHOW_SIMILAR,
                        icon="spell-check",
                        variant="quiet",
                        small=True,
                        on_click=state.toggle("spelling", "similar"),
                    ),
                ),
                button(Lists.CLEAR, icon="x", variant="quiet", small=True, on_click=state.clear),
            ),
        ),
        rx.cond(
            state.similar,
            rx.el.p(
                icon("spell-check", 16),
                rx.cond(state.query.spelling != "", words.SIMILAR_TOO, words.SIMILAR),
                state.similar,
                class_name="similar",
                role="status",
            ),
        ),
        class_name="worklist-controls",
    )


def _modality() -> rx.Component:
    state = WorklistState
    return rx.el.select(
        rx.el.option(words.ANY_MODALITY, value=""),
        rx.foreach(state.page.modalities, lambda each: rx.el.option(each, value=each)),
        value=state.first_modality,
        on_change=lambda chosen: state.filter_by("modality", chosen),
        aria_label=words.MODALITY,
        name="modality",
        class_name="input input--select quick-select",
    )


def _content() -> rx.Component:
    state = WorklistState
    return rx.cond(
        state.problem,
        empty_state(
            words.PROBLEM_TITLE,
            state.problem,
            button(words.ANEW, variant="primary", on_click=state.clear),
            icon="circle-alert",
        ),
        worklist_hands(
            rx.cond(state.page.total > 0, _table(), _nothing()),
            selected=state.selected,
            can_select=state.may_select,
            on_choose=state.choose,
            on_select=state.select,
            on_zone=state.live_in,
            on_news=WorklistActsState.hear,
            on_help=WorklistActsState.show_help(True),
            news_path="/api/v1/worklist/state",
            class_name="worklist-hands",
        ),
    )


def _table() -> rx.Component:
    state = WorklistState
    acts = WorklistActsState
    return rx.fragment(
        rx.cond(
            state.selection_count > 0,
            bulk_bar(
                acts,
                count=state.selection_count,
                choices=state.choices,
                may_edit=acts.may_edit,
                may_delete=acts.may_delete,
                on_clear=state.select([]),
            ),
        ),
        card_order(
            state.columns,
            state.query,
            can_select=state.may_select,
            on_sort=state.sort_by,
        ),
        rx.el.div(
            study_table(
                state.page.rows,
                columns=state.columns,
                is_usual=state.has_usual_columns,
                query=state.query,
                chosen_uid=state.chosen_uid,
                can_select=state.may_select,
                selected=state.selected,
                on_sort=state.sort_by,
                on_choose=state.choose,
            ),
            aria_label=words.TABLE,
            role="region",
            tab_index=0,
            class_name="table-scroll",
        ),
        pager(state.page.page, state.page.page_count, state.go_to_page),
    )


def _nothing() -> rx.Component:
    return rx.cond(
        WorklistState.filter_count > 0,
        empty_state(
            words.NONE_FOUND_TITLE,
            words.NONE_FOUND,
            button(Lists.CLEAR, on_click=WorklistState.clear),
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
    )


def _preview() -> rx.Component:
    return rx.cond(
        WorklistState.chosen.length() > 0,
        rx.foreach(
            WorklistState.chosen,
            lambda row: study_card(
                row, _closer(row), others=WorklistState.others, actions=_actions(row)
            ),
        ),
        rx.el.p(icon("mouse-pointer-click", 20), words.CHOOSE, class_name="preview-hint"),
    )


def _closer(row: Any) -> rx.Component:
    """The series as pictures and the report's text, once somebody asks for them."""
    acts = WorklistActsState
    is_shown = acts.preview_uid == row.study_instance_uid
    report: Any = acts.report
    return rx.el.div(
        rx.el.div(
            button(
                words.SHOW_PICTURES,
                icon="images",
                small=True,
                on_click=acts.look_closer(row.study_instance_uid),
            ),
            rx.cond(
                row.report_id,
                button(
                    words.SHOW_REPORT,
                    icon="file-text",
                    small=True,
                    on_click=acts.read_report(row.report_id),
                ),
            ),
            class_name="row",
        ),
        rx.cond(
            is_shown,
            rx.el.ul(
                rx.foreach(acts.series, lambda each: series_picture(row, each)),
                aria_label=words.PICTURES,
                class_name="pictures",
            ),
        ),
        rx.cond(
            report,
            rx.cond(
                report.study_instance_uid == row.study_instance_uid,
                rx.el.div(
                    rx.el.h3(words.FINDINGS, class_name="card-subtitle"),
                    rx.el.p(report.sections.findings, class_name="report-text"),
                    rx.el.h3(words.IMPRESSION, class_name="card-subtitle"),
                    rx.el.p(report.sections.impression, class_name="report-text"),
                ),
            ),
        ),
        class_name="closer",
    )


def _claim(row: Any) -> rx.Component:
    acts = WorklistActsState
    uid = row.study_instance_uid
    return rx.cond(
        row.is_claimed_by_me,
        button(words.RELEASE, icon="eye-off", on_click=acts.release(uid)),
        rx.cond(
            row.claimed_by_name,
            rx.fragment(
                rx.el.p(words.READ_BY, row.claimed_by_name, class_name="under"),
                rx.cond(
                    acts.may_release_for_others,
                    button(
                        words.RELEASE_FOR_OTHER,
                        icon="eye-off",
                        on_click=acts.release_for_other(uid),
                    ),
                ),
            ),
            rx.cond(
                acts.may_claim & (row.reading_status != "reported"),
                button(words.CLAIM, icon="eye", on_click=acts.claim(uid)),
            ),
        ),
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
        page_link(
            icon("paperclip", 16),
            words.ATTACHMENTS,
            to=rx.Var.create("/attachments/") + row.study_instance_uid,
            class_name="button button--secondary",
        ),
        _claim(row),
        page_link(
            words.STUDY_PAGE,
            to=rx.Var.create("/study/") + row.study_instance_uid,
            class_name="button button--quiet",
        ),
        rx.cond(SessionState.may_view_audit, who_saw_link(row.study_instance_uid)),
        reading_status_badge(row.reading_status),
        class_name="row card-actions",
    )
