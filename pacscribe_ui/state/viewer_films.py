"""The films of the viewer: which viewports play, how fast and which way. When an image is due is decided in the browser."""

from dataclasses import replace

import reflex as rx

from backend.core.permissions import Permission
from pacscribe_ui.state import viewport_film
from pacscribe_ui.state.base import requires
from pacscribe_ui.state.viewer_views import ViewsState
from pacscribe_ui.state.viewport_sets import all_paused, all_playing
from pacscribe_ui.state.viewport_view import ViewportView


class FilmsState(ViewsState, mixin=True):
    """Films of one study."""

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def play_in(self, index: int, serial: int = 0) -> None:
        """Play or pause the film of a viewport."""
        self._hear(serial)
        if 0 <= index < len(self.views):
            self._film(index, "")

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def film_ended(self, index: int, serial: int = 0) -> None:
        """A film that plays once has come to its end."""
        self._hear(serial)
        if 0 <= index < len(self.views):
            view = self.views[index]
            self._put(index, replace(view, film=replace(view.film, is_playing=False)))

    def _film(self, index: int, command: str) -> None:
        view = self.views[index]
        if self._can_play(view):
            film = viewport_film.changed(view.film, command, view.image_index)
            self._put(index, replace(view, film=film))

    def _can_play(self, view: ViewportView) -> bool:
        series = self._series_of(view)
        return series.image_count > 1 or bool(series.video_sop_instance_uid)

    def _pause_all(self) -> None:
        self.views = all_paused(self.views)

    def _command_cine(self, detail: str) -> None:
        if detail == "all":
            stacks = [self._can_play(view) for view in self.views]
            self.views = all_playing(self.views, stacks)
        else:
            self._film(self.active, detail)
