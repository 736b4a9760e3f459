"""The settings' own address: it goes on to the first section that somebody may see."""

from typing import Any

import reflex as rx

from pacscribe_ui.state.base import SIGNED_IN, caller, requires
from pacscribe_ui.state.settings_sections import SECTIONS, sections_for


class SettingsState(rx.State):
    """Remembers nothing."""

    @rx.event
    @requires(SIGNED_IN)
    async def go_to_first(self) -> Any:
        """Go on to the first section; stay where there is none."""
        seen = sections_for(caller())
        paths = [section.path for section in SECTIONS if section.key in seen]
        return rx.redirect(paths[0], replace=True) if paths else None
