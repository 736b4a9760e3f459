"""`/settings/checks`: whether what is stored is what was taken in."""

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.check_tables import damage_table, run_table
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.checks import ChecksState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Checks as words

ROUTE = "/settings/checks"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, ChecksState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(ChecksState.is_loaded, _content(), skeleton_rows()),
        active="checks",
        title=words.TITLE,
        lead=words.LEAD,
        actions=button(words.CHECK_ALL, icon="shield-check", on_click=ChecksState.check_all),
    )


def _content() -> rx.Component:
    return rx.fragment(
        rx.cond(
            ChecksState.is_sound,
            inline_notice("good", ChecksState.background, title=ChecksState.headline),
            inline_notice("danger", words.WHAT_TO_DO, title=ChecksState.headline),
        ),
        rx.cond(
            ~ChecksState.is_sound,
            settings_part(
                words.DAMAGES,
                damage_table(ChecksState.damages),
                rx.cond(ChecksState.has_more, rx.el.p(words.FIRST_ONES, class_name="faint")),
                rx.el.p(ChecksState.background, class_name="faint"),
            ),
        ),
        settings_part(
            words.RUNS,
            rx.cond(
                ChecksState.has_runs,
                run_table(ChecksState.runs),
                empty_state(words.NO_RUNS_TITLE, words.NO_RUNS, icon="shield-check"),
            ),
        ),
    )
