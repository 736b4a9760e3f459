"""Viewports that move together and show each other's reference lines. Where they move to is decided in the browser."""

from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from pacscribe_ui.state.base import requires
from pacscribe_ui.state.viewer_views import ViewsState
from pacscribe_ui.state.viewport_sets import all_settled, linked_by_hand, without_links_by_hand


class LinksState(ViewsState, mixin=True):
    """Links between the viewports of one study."""

    is_linked: bool = True
    has_lines: bool = False

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def settle_together(self, moves: list[dict[str, Any]]) -> None:
        """Keep what viewports that are linked have moved to, once they rest."""
        self.views = all_settled(self.views, moves)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def link_by_hand(self, offsets: list[Any], serial: int = 0) -> None:
        """Keep how far apart viewports lie that somebody has linked: mm for each in order, None to leave one alone."""
        self._hear(serial)
        self.views = linked_by_hand(self.views, offsets)
        self.is_linked = True

    def _command_join(self, detail: str) -> None:
        if detail == "forget":
            self.views = without_links_by_hand(self.views)
        elif not detail:
            self.is_linked = not self.is_linked

    def _command_lines(self, _detail: str) -> None:
        self.has_lines = not self.has_lines
