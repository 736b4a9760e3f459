"""The settings' own address: it goes on to the first section that somebody may see."""

import reflex as rx

from pacscribe_ui.state.base import SIGNED_IN, caller, requires
from pacscribe_ui.state.settings_sections import first_path


class SettingsState(rx.State):
    """Where the page goes on to. It goes by itself: told to go, it would go even when somebody has gone elsewhere."""

    first_path: str = ""

    @rx.event
    @requires(SIGNED_IN)
    async def load(self) -> None:
        """Find the first section."""
        self.first_path = first_path(caller())
