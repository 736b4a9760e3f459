"""`/emergency`: somebody opens, for an hour and with a reason, what is otherwise closed to them."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.field import text_area, text_field
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.emergencies import EmergencyState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import EmergencyPage as words

ROUTE = "/emergency"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, EmergencyState.load]


def page() -> rx.Component:
    """The page."""
    return frame(
        rx.el.div(
            rx.el.div(
                rx.el.h1(words.TITLE),
                rx.el.p(words.LEAD, class_name="settings-lead"),
            ),
            rx.cond(
                SessionState.may_open_emergencies,
                rx.fragment(_open_now(), _form()),
                rx.cond(
                    SessionState.is_signed_in,
                    inline_notice("accent", words.NOT_YOURS),
                    skeleton_rows(),
                ),
            ),
            class_name="settings-content narrow",
        ),
        active="emergency",
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.h2(words.NAME_IT),
        rx.el.p(words.NAME_IT_HINT, class_name="soft"),
        rx.el.fieldset(
            rx.el.legend(words.BY_ACCESSION),
            text_field(
                words.ACCESSION, name="accession", hint=words.ACCESSION_HINT, auto_complete="off"
            ),
            class_name="choices",
        ),
        rx.el.fieldset(
            rx.el.legend(words.BY_PATIENT),
            text_field(
                words.PATIENT_ID, name="patient_id", hint=words.PATIENT_HINT, auto_complete="off"
            ),
            text_field(words.BIRTH_DATE, name="birth_date", type="date", auto_complete="off"),
            class_name="choices",
        ),
        text_area(words.REASON, name="reason", hint=words.REASON_HINT, required=True, rows="3"),
        rx.el.div(button(words.OPEN, variant="danger", icon="siren", type="submit")),
        key=EmergencyState.taken,
        on_submit=EmergencyState.open,
        class_name="stack",
        aria_label=words.NAME_IT,
    )


def _open_now() -> rx.Component:
    return rx.el.section(
        rx.el.h2(words.NOW_OPEN),
        rx.cond(
            EmergencyState.is_loaded,
            rx.cond(
                EmergencyState.lines.length() > 0,  # type: ignore[attr-defined]  # a var of a tuple
                rx.el.ul(rx.foreach(EmergencyState.lines, _open_line), class_name="decisions"),
                rx.el.p(words.NOTHING, class_name="soft"),
            ),
            skeleton_rows(),
        ),
        class_name="settings-part",
    )


def _open_line(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(line.name, dir="auto"),
            rx.el.p(line.facts, class_name="numbers"),
            rx.el.p(words.UNTIL, local_time(line.until), class_name="soft"),
        ),
        rx.el.div(
            page_link(
                words.LOOK,
                to=line.path,
                class_name="button button--secondary",
                aria_label=line.label,
            ),
            button(
                words.END,
                aria_label=words.END_LABEL,
                on_click=EmergencyState.end(line.emergency_id),
            ),
            class_name="decision-acts",
        ),
        class_name="decision",
    )
