"""The study and its viewports' views: what every part of the viewer's state builds on."""

import reflex as rx

from backend.schemas.viewing import StudyView
from pacscribe_ui.state.viewer_parts import NO_STUDY, SeriesCard, series_card
from pacscribe_ui.state.viewport_view import ViewportView, key_of


class ViewsState(rx.State, mixin=True):
    """Views of one study."""

    study: StudyView = NO_STUDY
    views: list[ViewportView] = [ViewportView()]
    active: int = 0
    # Number of the last decision of the browser's that is in all this.
    heard: int = 0

    @rx.var
    def cards(self) -> list[SeriesCard]:
        """The stacks of the study's series, in the order of the strip."""
        return [series_card(self.study.study_instance_uid, series) for series in self.study.series]

    @rx.var
    def active_key(self) -> str:
        """The stack in the active viewport."""
        return key_of(self.views[self.active])

    def _hear(self, serial: int) -> None:
        """The browser has gone ahead with a decision; from now on it need not any more."""
        self.heard = max(self.heard, serial)

    def _put(self, index: int, view: ViewportView) -> None:
        if view != self.views[index]:
            self.views = [*self.views[:index], view, *self.views[index + 1 :]]

    def _series_of(self, view: ViewportView) -> SeriesCard:
        return next(
            (each for each in self.cards if each.key == key_of(view)),
            SeriesCard(),
        )
