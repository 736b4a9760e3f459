"""`/settings/emergencies`: administrators review what was opened in an emergency."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.field import row_text_area
from pacscribe_ui.components.given_access import given_access
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.emergencies import EmergenciesState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Emergencies as words

ROUTE = "/settings/emergencies"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, EmergenciesState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(EmergenciesState.is_loaded, _queue(), skeleton_rows()),
        active="emergencies",
        title=words.TITLE,
        lead=words.LEAD,
    )


def _queue() -> rx.Component:
    state: Any = EmergenciesState
    return rx.el.div(
        settings_part(
            words.WAITING,
            rx.cond(
                state.waiting.length() > 0,
                rx.el.ul(rx.foreach(state.waiting, _waiting), class_name="decisions"),
                empty_state(words.NONE_TITLE, words.NONE, icon="circle-check"),
            ),
        ),
        settings_part(
            words.DONE,
            rx.cond(
                state.done.length() > 0,
                rx.el.ul(rx.foreach(state.done, _done), class_name="decisions"),
                rx.el.p(words.DONE_NONE, class_name="soft"),
            ),
        ),
        class_name="settings-content",
    )


def _what(line: Any) -> rx.Component:
    return rx.el.div(
        given_access(
            line.person,
            line.began_at,
            line.ended_at,
            line.reason,
            between=words.FROM_TO,
            is_live=line.is_live,
            live=words.LIVE,
        ),
        rx.el.ul(
            rx.foreach(
                line.studies,
                lambda study: rx.el.li(
                    rx.cond(study.path, page_link(study.label, to=study.path), study.label)
                ),
            ),
            class_name="stack stack--tight",
        ),
    )


def _waiting(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            _what(line),
            rx.cond(
                line.may_review,
                rx.el.form(
                    rx.el.input(type="hidden", name="emergency_id", value=line.emergency_id),
                    row_text_area(
                        words.FINDING,
                        name="finding",
                        required=True,
                        rows="2",
                    ),
                    rx.el.div(
                        button(words.REVIEW, variant="primary", icon="check", type="submit"),
                        rx.cond(
                            line.is_live,
                            button(words.END, on_click=EmergenciesState.end(line.emergency_id)),
                        ),
                        class_name="row",
                    ),
                    on_submit=EmergenciesState.review,
                    class_name="stack",
                ),
                rx.el.p(words.OWN, class_name="soft"),
            ),
            class_name="stack",
        ),
        class_name="decision",
    )


def _done(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            _what(line),
            rx.el.p(
                words.REVIEWED_BY,
                line.reviewer,
                ", ",
                local_time(line.reviewed_at),
                class_name="soft",
            ),
            rx.el.p(line.review, dir="auto"),
        ),
        class_name="decision",
    )
