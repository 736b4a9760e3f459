"""`/support`: an organization lets support look for a time; support sees who does, and looks."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.field import row_text_area, select_field, text_area
from pacscribe_ui.components.given_access import given_access
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.pages.settings_frame import settings_part
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.support import SupportState
from pacscribe_ui.text import Support as words

ROUTE = "/support"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, SupportState.load]


def page() -> rx.Component:
    """The page."""
    return frame(
        rx.el.div(
            rx.el.div(
                rx.el.h1(words.TITLE),
                rx.el.p(
                    rx.cond(SupportState.may_use, words.LEAD_SUPPORT, words.LEAD),
                    class_name="settings-lead",
                ),
            ),
            rx.cond(
                SupportState.is_loaded,
                rx.el.div(
                    rx.cond(SupportState.may_allow, _organization()),
                    rx.cond(SupportState.may_use, _support()),
                ),
                skeleton_rows(),
            ),
            class_name="settings-content narrow",
        ),
        active="support",
    )


def _organization() -> rx.Component:
    state: Any = SupportState
    return rx.el.div(
        settings_part(
            words.LET_IN,
            rx.el.form(
                text_area(
                    words.REASON, name="reason", hint=words.REASON_HINT, required=True, rows="2"
                ),
                select_field(words.HOURS, words.HOURS_CHOICES, name="hours"),
                rx.el.div(
                    button(words.ALLOW, variant="primary", icon="life-buoy", type="submit"),
                    rx.cond(
                        state.is_let_in,
                        button(words.END, variant="danger", on_click=SupportState.end),
                    ),
                    class_name="row",
                ),
                key=state.taken,
                on_submit=SupportState.allow,
                class_name="stack",
                aria_label=words.LET_IN,
            ),
        ),
        settings_part(
            words.LEAVES,
            rx.cond(
                state.leaves.length() > 0,
                rx.el.ul(rx.foreach(state.leaves, _leave), class_name="decisions"),
                rx.el.p(words.LEAVES_NONE, class_name="soft"),
            ),
        ),
        class_name="settings-content",
    )


def _leave(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            given_access(
                line.by,
                line.began_at,
                line.ends_at,
                line.reason,
                between=words.FROM_TO,
                is_live=line.is_live,
                live=words.LIVE,
            ),
        ),
        class_name="decision",
    )


def _support() -> rx.Component:
    state: Any = SupportState
    return rx.el.div(
        rx.cond(
            state.is_looking,
            settings_part(
                words.HERE,
                rx.el.div(
                    rx.el.strong(state.here.name, dir="auto"),
                    rx.el.p(words.UNTIL, local_time(state.here.ends_at), class_name="soft"),
                    rx.el.p(state.here.reason, dir="auto"),
                ),
                rx.el.div(
                    page_link(
                        words.TO_WORKLIST, to="/worklist", class_name="button button--secondary"
                    ),
                    button(words.LEAVE, icon="log-out", on_click=SupportState.leave),
                    class_name="row",
                ),
            ),
            settings_part(
                words.DOORS,
                rx.cond(
                    state.doors.length() > 0,
                    rx.el.ul(rx.foreach(state.doors, _door), class_name="decisions"),
                    empty_state(words.DOORS_NONE_TITLE, words.DOORS_NONE, icon="life-buoy"),
                ),
            ),
        ),
    )


def _door(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(line.name, dir="auto"),
            rx.el.p(words.UNTIL, local_time(line.ends_at), class_name="soft"),
            rx.el.p(line.reason, dir="auto"),
            rx.el.form(
                rx.el.input(type="hidden", name="support_access_id", value=line.support_access_id),
                row_text_area(
                    words.WHY,
                    name="reason",
                    required=True,
                    rows="2",
                ),
                rx.el.div(
                    button(words.ENTER, variant="primary", type="submit", aria_label=line.label)
                ),
                on_submit=SupportState.enter,
                class_name="stack",
            ),
            class_name="stack",
        ),
        class_name="decision",
    )
