"""`/settings/access`: administrators open studies to people whose roles do not reach all."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.reaching import ReachingState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Reaching as words

ROUTE = "/settings/access"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, ReachingState.load]


def page() -> rx.Component:
    """The page."""
    state: Any = ReachingState
    return settings_frame(
        rx.cond(
            state.is_loaded,
            rx.el.div(
                settings_part(
                    words.OPEN,
                    rx.cond(
                        state.lines.length() > 0,
                        rx.el.ul(rx.foreach(state.lines, _line), class_name="decisions"),
                        rx.el.p(words.OPEN_NONE, class_name="soft"),
                    ),
                ),
                rx.cond(
                    state.people.length() > 0,
                    rx.fragment(_care(), _name(), _study()),
                    empty_state(words.NOBODY_TITLE, words.NOBODY, icon="users"),
                ),
                class_name="settings-content narrow",
            ),
            skeleton_rows(),
        ),
        active="access",
        title=words.TITLE,
        lead=words.LEAD,
    )


def _line(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(line.person),
            rx.el.p(line.kind_word, ": ", rx.el.span(line.what, dir="auto")),
            rx.el.p(
                rx.cond(
                    line.until != "",
                    rx.fragment(words.UNTIL, local_time(line.until)),
                    words.NO_END,
                ),
                class_name="soft",
            ),
            rx.el.p(line.reason, class_name="faint", dir="auto"),
        ),
        button(
            words.CLOSE,
            aria_label=line.label,
            on_click=ReachingState.close(line.kind, line.opening_id),
        ),
        class_name="decision",
    )


def _care() -> rx.Component:
    return _form(
        words.CARE,
        words.DO_CARE,
        ReachingState.give_care,
        _typed(words.PATIENT_ID, "patient_id"),
        _days(words.DAYS_CARE),
    )


def _name() -> rx.Component:
    names: Any = ReachingState.names
    return _form(
        words.NAME,
        words.DO_NAME,
        ReachingState.give_name,
        _chosen(words.REFERRER, "name", rx.foreach(names, _option)),
    )


def _study() -> rx.Component:
    return _form(
        words.STUDY,
        words.DO_STUDY,
        ReachingState.open_study,
        _typed(words.STUDY_UID, "study"),
        _days(words.DAYS_CARE[1:]),
    )


def _form(title: str, do: str, on_submit: Any, *fields: rx.Component) -> rx.Component:
    people: Any = ReachingState.people
    return settings_part(
        title,
        rx.el.form(
            _chosen(words.PERSON, "person", rx.foreach(people, _option)),
            *fields,
            _typed(words.REASON, "reason"),
            rx.el.div(button(do, variant="primary", type="submit")),
            key=ReachingState.taken,
            on_submit=on_submit,
            class_name="stack",
            aria_label=title,
        ),
    )


def _option(choice: Any) -> rx.Component:
    return rx.el.option(choice.label, value=choice.key)


def _days(options: tuple[tuple[str, str], ...]) -> rx.Component:
    return _chosen(
        words.DAYS, "days", *[rx.el.option(shown, value=value) for value, shown in options]
    )


def _chosen(label: str, name: str, *options: Any) -> rx.Component:
    """A choice of one. Three forms of the page have fields of the same name, so each label holds its control."""
    return rx.el.label(
        rx.el.span(label, class_name="field-label"),
        rx.el.select(*options, name=name, class_name="input input--select"),
        class_name="field",
    )


def _typed(label: str, name: str) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="field-label"),
        rx.el.input(name=name, class_name="input", required=True, auto_complete="off"),
        class_name="field",
    )
