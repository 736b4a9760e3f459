"""`/settings`: goes on to the first section, and says so where there is none."""

import reflex as rx

from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.loading import loading
from pacscribe_ui.pages.settings_frame import settings_frame
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.settings import SettingsState
from pacscribe_ui.text import Settings as words

ROUTE = "/settings"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, SettingsState.go_to_first]


def page() -> rx.Component:
    """The page, for the moment until the browser has gone on."""
    return settings_frame(
        rx.cond(
            SessionState.is_signed_in & ~SessionState.may_see_settings,
            empty_state(words.NONE_TITLE, words.NONE, icon="settings"),
            loading(),
        ),
        active="",
        title=words.TITLE,
    )
