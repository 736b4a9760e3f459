"""`/settings/conflicts`: administrators decide whose contradicting files are, and set patients right."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import corrected_badge
from pacscribe_ui.components.button import button
from pacscribe_ui.components.decision import (
    choices,
    comparison,
    content_differences,
    erasure_dialog,
    history,
    outcome,
    which_holds,
)
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.field import select_field, text_field
from pacscribe_ui.components.filter_bar import pager
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import loading, skeleton_rows
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.conflicts import PATH, ConflictsState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Conflicts as words

ROUTE = PATH
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, ConflictsState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(
            ConflictsState.is_loaded,
            rx.cond(ConflictsState.conflict_key != "", _conflict(), _overview()),
            skeleton_rows(),
        ),
        active="conflicts",
        title=words.TITLE,
        lead=words.LEAD,
    )


def _overview() -> rx.Component:
    return rx.el.div(
        settings_part(
            words.WAITING,
            rx.cond(
                ConflictsState.waiting_total > 0,
                rx.fragment(
                    rx.el.ul(rx.foreach(ConflictsState.waiting, _waiting), class_name="decisions"),
                    pager(
                        ConflictsState.page, ConflictsState.page_count, ConflictsState.go_to_page
                    ),
                ),
                empty_state(words.NONE_TITLE, words.NONE, icon="circle-check"),
            ),
        ),
        settings_part(
            words.PATIENTS, rx.cond(ConflictsState.chosen.patient_key != "", _patient(), _search())
        ),
        settings_part(
            words.HISTORY,
            rx.cond(
                _count(ConflictsState.history) > 0,
                history(
                    ConflictsState.history,
                    ConflictsState.undo,
                    may_erase=ConflictsState.may_erase,
                    on_erase=ConflictsState.ask_to_erase,
                ),
                rx.el.p(words.HISTORY_EMPTY, class_name="soft"),
            ),
        ),
        erasure_dialog(
            ConflictsState.erasure,
            on_keep=ConflictsState.ask_to_erase(""),
            on_erase=ConflictsState.erase,
        ),
        _news(),
        class_name="conflicts",
    )


def _news() -> rx.Component:
    """That the lists are no longer as they are shown; they are put right when somebody asks for it, and no row moves."""
    return rx.el.div(
        rx.cond(
            ConflictsState.has_news,
            rx.el.p(
                icon("bell", 16),
                words.NEWS,
                button(words.SHOW, small=True, on_click=ConflictsState.show_news),
                class_name="news",
            ),
        ),
        role="status",
        class_name="conflicts-news",
    )


def _waiting(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(line.who, dir="auto"),
            rx.el.p(line.facts, class_name="numbers"),
            rx.el.p(line.what, class_name="soft"),
            rx.el.p(words.ARRIVED, local_time(line.arrived_at), class_name="faint"),
        ),
        page_link(
            words.DECIDE,
            to=PATH + "?conflict=" + line.conflict_key,
            class_name="button button--secondary",
            aria_label=line.label,
        ),
        class_name="decision",
    )


def _conflict() -> rx.Component:
    state = ConflictsState
    return rx.el.div(
        page_link(icon("arrow-left", 16), words.BACK, to=PATH, class_name="back"),
        settings_part(
            state.what,  # type: ignore[arg-type]  # a var of text
            rx.el.p(state.meaning, class_name="soft"),
            rx.cond(_count(state.stored) > 1, _stored()),
            rx.cond(_count(state.stored) == 0, rx.el.p(words.NOBODY, class_name="soft")),
            comparison(state.compared, state.stored_studies, state.came_studies),
            rx.el.p(state.files, class_name="faint source-files", dir="auto"),
        ),
        rx.cond(
            state.is_comparing | (_count(state.contents) > 0),
            settings_part(
                words.CONTENTS,
                rx.cond(
                    state.is_comparing,
                    loading(words.COMPARING),
                    rx.foreach(state.contents, content_differences),
                ),
            ),
        ),
        choices(
            state.choices,
            state.entered.choice,
            lambda key: state.enter("choice", key),
            words.QUESTION,
        ),
        rx.match(
            state.entered.choice,
            ("merge", which_holds(state.differing, state.hold)),
            ("correct", _values()),
            rx.fragment(),
        ),
        rx.cond(state.entered.choice != "", _ending()),
        class_name="conflicts",
    )


def _stored() -> rx.Component:
    state = ConflictsState
    return _choose_patient(words.STORED_AS, state.stored, "patient_key", state.entered.patient_key)


def _choose_patient(label: str, lines: Any, name: str, chosen: Any) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(label),
        rx.foreach(
            lines,
            lambda line: rx.el.label(
                rx.el.input(
                    type="radio",
                    name=name,
                    value=line.patient_key,
                    checked=chosen == line.patient_key,
                    on_change=ConflictsState.enter(name, line.patient_key),
                ),
                rx.el.span(
                    rx.el.strong(line.name, dir="auto"), rx.el.span(line.facts, class_name="soft")
                ),
                class_name="choice",
            ),
        ),
        class_name="choices",
    )


def _values() -> rx.Component:
    entered = ConflictsState.entered
    return rx.el.fieldset(
        rx.el.legend(words.RIGHT_VALUES),
        rx.el.div(
            _value(words.FAMILY, "family", entered.family),
            _value(words.GIVEN, "given", entered.given),
            _value(words.PATIENT_ID, "patient_id", entered.patient_id),
            _value(words.ISSUER, "issuer", entered.issuer),
            text_field(
                words.BORN,
                name="born",
                type="date",
                value=entered.born,
                on_change=lambda value: ConflictsState.enter("born", value),
            ),
            select_field(
                words.SEX,
                words.SEXES,
                name="sex",
                value=entered.sex,
                on_change=lambda value: ConflictsState.enter("sex", value),
            ),
            class_name="values",
        ),
        class_name="choices",
    )


def _value(label: str, name: str, value: Any) -> rx.Component:
    return text_field(
        label,
        name=name,
        default_value=value,
        dir="auto",
        auto_complete="off",
        on_blur=lambda typed: ConflictsState.enter(name, typed),
    )


def _ending() -> rx.Component:
    entered = ConflictsState.entered
    return rx.el.div(
        text_field(
            words.REASON,
            name="reason",
            hint=words.REASON_HINT,
            default_value=entered.reason,
            auto_complete="off",
            on_blur=lambda typed: ConflictsState.enter("reason", typed),
        ),
        outcome(
            ConflictsState.effects,
            ConflictsState.problem,
            button(
                rx.match(entered.choice, *words.DO.items(), ""),
                variant="primary",
                icon="check",
                disabled=ConflictsState.fingerprint == "",
                on_click=ConflictsState.confirm(ConflictsState.fingerprint),
            ),
        ),
        class_name="stack",
    )


def _search() -> rx.Component:
    return rx.el.div(
        rx.el.p(words.PATIENTS_LEAD, class_name="soft"),
        _search_form(),
        rx.cond(
            _count(ConflictsState.found) > 0,
            rx.el.ul(rx.foreach(ConflictsState.found, _found), class_name="decisions"),
            rx.cond(ConflictsState.has_searched, rx.el.p(words.FOUND_NONE, role="status")),
        ),
        class_name="stack",
    )


def _search_form() -> rx.Component:
    return rx.el.form(
        text_field(words.FIND, name="text", type="search", auto_complete="off"),
        button(words.FIND_DO, icon="search", type="submit"),
        on_submit=ConflictsState.find,
        class_name="find",
        role="search",
    )


def _found(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.strong(line.name, dir="auto"),
                corrected_badge(line.is_corrected),
                class_name="row",
            ),
            rx.el.p(line.facts, class_name="numbers"),
        ),
        button(
            words.CHOOSE,
            aria_label=line.label,
            on_click=ConflictsState.choose_patient(line.patient_key),
        ),
        class_name="decision",
    )


def _patient() -> rx.Component:
    state = ConflictsState
    return rx.el.div(
        button(words.LEAVE, icon="arrow-left", on_click=state.choose_patient("")),
        rx.el.div(
            rx.el.span(words.CHOSEN, class_name="faint"),
            rx.el.strong(state.chosen.name, dir="auto"),
            rx.el.p(state.chosen.facts, class_name="numbers"),
            class_name="chosen",
        ),
        choices(
            state.choices, state.entered.choice, lambda key: state.enter("choice", key), words.MODE
        ),
        rx.match(
            state.entered.choice,
            ("correct-patient", _values()),
            ("split", rx.fragment(_which_studies(), _values())),
            ("merge-patients", _who_else()),
            rx.fragment(),
        ),
        rx.cond(state.entered.choice != "", _ending()),
        class_name="stack",
    )


def _which_studies() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(words.WHICH_STUDIES),
        rx.foreach(
            ConflictsState.studies,
            lambda line: rx.el.label(
                rx.el.input(
                    type="checkbox",
                    name="study",
                    checked=line.is_chosen,
                    on_change=ConflictsState.toggle_study(line.uid),
                ),
                rx.el.span(line.label),
                class_name="choice choice--small",
            ),
        ),
        class_name="choices",
    )


def _who_else() -> rx.Component:
    state = ConflictsState
    return rx.el.div(
        _search_form(),
        rx.cond(
            _count(state.others) > 0,
            _choose_patient(words.WHO_ELSE, state.others, "other_key", state.entered.other_key),
        ),
        class_name="stack",
    )


def _count(rows: Any) -> Any:
    """How many rows a var holds."""
    return rows.length()
