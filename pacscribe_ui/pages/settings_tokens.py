"""`/settings/tokens`: everybody's own access tokens."""

import reflex as rx

from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.program_list import program_form, program_list, shown_once
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.programs import PATH, ProgramsState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Programs as words

ROUTE = PATH
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, ProgramsState.load]


def page() -> rx.Component:
    """The page."""
    state = ProgramsState
    return settings_frame(
        shown_once(state.shown_once, state.taken),
        rx.cond(
            state.is_loaded,
            rx.cond(
                state.lines.length() > 0,  # type: ignore[attr-defined]  # a var
                program_list(state.lines, state.revoke),
                empty_state(words.NONE_TITLE, words.NONE, icon="key-round"),
            ),
            skeleton_rows(),
        ),
        settings_part(words.NEW, program_form(state.rights, state.reach, state.toggle, state.make)),
        active="tokens",
        title=words.TITLE,
        lead=words.LEAD,
    )
