"""`/settings`: goes on to the first section."""

import reflex as rx

from pacscribe_ui.components.link import go_on
from pacscribe_ui.components.loading import loading
from pacscribe_ui.pages.settings_frame import settings_frame
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.settings import SettingsState
from pacscribe_ui.text import Settings as words

ROUTE = "/settings"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, SettingsState.load]


def page() -> rx.Component:
    """The page, for the moment until the browser has gone on."""
    return settings_frame(
        rx.cond(SettingsState.first_path != "", go_on(SettingsState.first_path), loading()),
        active="",
        title=words.TITLE,
    )
