"""Viewports that move together and show each other's reference lines. Where they move to is decided in the browser."""

from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from pacscribe_ui.state.base import notify, requires, warn
from pacscribe_ui.state.viewer_views import ViewsState
from pacscribe_ui.state.viewport_sets import all_settled, linked_by_hand, without_links_by_hand
from pacscribe_ui.text import Viewer as words


class LinksState(ViewsState, mixin=True):
    """Links between the viewports of one study."""

    is_linked: bool = True
    has_lines: bool = False
    # Counts how often a link by hand was asked for; the browser measures it.
    hand_serial: int = 0

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def settle_together(self, moves: list[dict[str, Any]]) -> None:
        """Keep what viewports that are linked have moved to, once they rest."""
        self.views = all_settled(self.views, moves)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def link_by_hand(self, offsets: list[Any]) -> Any:
        """Keep how far apart viewports lie that somebody has linked: mm for each in order, None to leave one alone."""
        if not offsets:
            return warn(words.NOTHING_TO_LINK)
        self.views = linked_by_hand(self.views, offsets)
        self.is_linked = True
        return notify(words.LINKED_BY_HAND)

    def _command_join(self, detail: str) -> None:
        if detail == "here":
            self.hand_serial += 1
        elif detail == "forget":
            self.views = without_links_by_hand(self.views)
        else:
            self.is_linked = not self.is_linked

    def _command_lines(self, _detail: str) -> None:
        self.has_lines = not self.has_lines
