"""What the viewer page remembers: the study, the viewports and what each shows. The address says it all again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import isawaitable
from typing import Any
from urllib.parse import unquote, urlencode

import reflex as rx

from backend.core.errors import Malformed, Refusal
from backend.core.permissions import Permission
from backend.schemas.viewing import StudyView
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.state.viewer_films import FilmsState
from pacscribe_ui.state.viewer_keys import KeysState
from pacscribe_ui.state.viewer_layout import LAYOUTS, filled, kept_active, place_of, relaid, swapped
from pacscribe_ui.state.viewer_links import LinksState
from pacscribe_ui.state.viewer_look import LookState
from pacscribe_ui.state.viewer_page import PageNow
from pacscribe_ui.state.viewer_parts import (
    Pane,
    SeriesCard,
    first_shown,
    found_stack,
)
from pacscribe_ui.state.viewport_view import (
    ViewportView,
    from_parameters,
    key_of,
    of_series,
    series_named,
    settled,
    to_parameters,
)
from pacscribe_ui.state.visit import VisitState
from pacscribe_ui.text import Viewer as words


class ViewerState(KeysState, FilmsState, LinksState, VisitState, rx.State):
    """One study on the glass."""

    is_loaded: bool = False
    trouble: str = ""
    layout: str = "1x1"
    is_maximised: bool = False
    is_panel_open: bool = True
    # Counts how often a link was asked for before the address was up to date; the browser copies it then.
    link_serial: int = 0
    # Study Instance UID of the study that the page is on its way to; the browser goes there.
    going_to: str = ""
    # Views of viewports that a smaller layout does not show, by their places.
    _waiting: dict[int, ViewportView] = {}
    # Whether somebody has decided about the panel, so that a touch screen's usual does not undo it.
    _is_panel_decided: bool = False
    # The screen may say what it is before the address is read again, or after.
    _is_touch: bool = False

    # ------------------------------------------------------------ what follows from it

    @rx.var
    def panes(self) -> dict[int, Pane]:
        """What each viewport shows by its place in the largest layout; and what waits where this one shows none."""
        cards = {card.key: card for card in self.cards}
        return {
            place: Pane(view=view, series=cards.get(key_of(view), SeriesCard()))
            for place, view in self._placed().items()
        }

    @rx.var
    def page(self) -> PageNow:
        """What the browser goes ahead from."""
        return PageNow(
            study=self.study.study_instance_uid,
            heard=self.heard,
            layout=self.layout,
            active=self.active,
            is_maximised=self.is_maximised,
            tool=self.tool,
            tool_before=self._tool_before,
            text_level=self.text_level,
            text_before=self._text_before,
            is_smooth=self.is_smooth,
            is_magnifying=self.is_magnifying,
            is_linked=self.is_linked,
            has_lines=self.has_lines,
            is_panel_open=self.is_panel_open,
            dialog=self.dialog,
            going_to=self.going_to,
            keys={place: key_of(view) for place, view in self._placed().items()},
            films={place: view.film for place, view in self._placed().items()},
        )

    @rx.var
    def is_panel_usual(self) -> bool:
        """Whether nobody has decided about the panel, nor said that this is a touch screen, where it is closed at first."""
        return not (self._is_panel_decided or self._is_touch)

    @rx.var
    def search(self) -> str:
        """The part of the address after the question mark: all that is needed to see this again."""
        if not self.is_loaded:
            return ""
        parameters = {"layout": self.layout, "active": str(self.active + 1)}
        if self.is_maximised:
            parameters["large"] = "1"
        parameters |= self._look_parameters()
        if not self.is_linked:
            parameters["link"] = "0"
        if self.has_lines:
            parameters["lines"] = "1"
        if self._is_panel_decided:
            parameters["report"] = "1" if self.is_panel_open else "0"
        for position, view in enumerate(self.views, start=1):
            parameters |= to_parameters(view, position)
        return "?" + urlencode(parameters, safe=",")

    # ------------------------------------------------------------ opening

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def open(self) -> Any:
        """Show the study and the views that the address names; the rest of a large study follows."""
        study_instance_uid = unquote(self.router.url.path.rstrip("/").rpartition("/")[2])
        parameters = dict(self.router.url.query_parameters)
        if study_instance_uid != self.study.study_instance_uid:
            self.reset()
        try:
            study = await ask(
                services().viewing.open_study,
                caller(),
                study_instance_uid,
                needed=series_named(parameters),
            )
        except Refusal as refusal:
            self.reset()
            self.trouble = refusal.sentence
            return None
        await self._load_preferences()
        self.going_to = ""
        self._hang(study, parameters)
        self._arrive()
        return None if study.is_whole else ViewerState.complete

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def complete(self) -> None:
        """Find the stacks of the series that were left for later, once the first image is on its way."""
        opened = self.study.study_instance_uid
        if not opened or self.study.is_whole:
            return
        study = await ask(services().viewing.open_study, caller(), opened, is_whole=True)
        if self.study.study_instance_uid == opened:
            self.study = study
            self.views = [found_stack(view, study.series) for view in self.views]

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def leave(self, study_instance_uid: str) -> None:
        """The page of a study was left: nothing of it stays in the tab's state to be shown for another.

        Where a study is refused the empty viewports go as well, but the page stays, and says why.
        """
        if study_instance_uid and study_instance_uid == self.study.study_instance_uid:
            self.reset()

    # ------------------------------------------------------------ what hands did in the browser

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def settle(self, index: int, values: dict[str, Any]) -> None:
        """Keep what hands have moved, once they rest."""
        if 0 <= index < len(self.views):
            self._put(index, settled(self.views[index], values))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def swap_viewports(self, one: int, other: int, serial: int = 0) -> None:
        """Two viewports change places; the one that was moved is the active one then."""
        self._hear(serial)
        known = range(len(self.views))
        if one in known and other in known and one != other:
            self.views = swapped(self.views, one, other)
            self._activate(other)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def choose_viewport(self, index: int, serial: int = 0) -> None:
        """Make a viewport the one that buttons and keys are for."""
        self._hear(serial)
        self._activate(index)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def maximise(self, index: int, serial: int = 0) -> None:
        """One viewport large, or all of them again."""
        self._hear(serial)
        if len(self.views) > 1 or self.is_maximised:
            self.is_maximised = not self.is_maximised
        self._activate(index)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def show_series(self, index: int, key: str, serial: int = 0) -> None:
        """Show a stack of a series in a viewport."""
        self._hear(serial)
        self._show(index, key)
        self._activate(index)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def start_with_touch(self) -> None:
        """On a touch screen one finger scrolls until a tool is chosen, and the images have the room."""
        self._is_touch = True
        self.tool = self.preferences.tool or "scroll"
        if not self._is_panel_decided:
            self.is_panel_open = False

    # ------------------------------------------------------------ buttons and keys

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def command(self, name: str, serial: int = 0) -> Any:
        """What a key, a button or a menu asks for; the browser may have gone ahead with it, and gives the decision's number."""
        self._hear(serial)
        kind, _, detail = name.partition("-")
        act = _PAGE_COMMANDS.get(kind)
        if act is None:
            raise Malformed("There is no such command.")
        answer = act(self, detail)
        return await answer if isawaitable(answer) else answer

    # ------------------------------------------------------------ inside

    def _placed(self) -> dict[int, ViewportView]:
        shown = {place_of(self.layout, index): view for index, view in enumerate(self.views)}
        return {**self._waiting, **shown}

    def _hang(self, study: StudyView, parameters: Mapping[str, str]) -> None:
        self.study = study
        self.trouble = ""
        self.is_loaded = True
        layout = parameters.get("layout", self.preferences.layout)
        self.layout = layout if layout in LAYOUTS else "1x1"
        asked = [from_parameters(parameters, at) for at in range(1, LAYOUTS[self.layout] + 1)]
        views = [found_stack(view, self.study.series) for view in asked]
        if not any(view.series_instance_uid for view in views):
            views = filled([first_shown(self.study.series), *views[1:]], self._offered())
        revision = max(view.revision for view in self.views) + 1
        self.views = [replace(view, revision=revision) for view in views]
        self._waiting = {}
        active = parameters.get("active", "1")
        self.active = int(active) - 1 if active in map(str, range(1, len(views) + 1)) else 0
        self.is_maximised = parameters.get("large") == "1" and len(views) > 1
        self._follow_address(parameters)
        self.is_linked = parameters.get("link") != "0"
        self.has_lines = parameters.get("lines") == "1"
        self._is_panel_decided = parameters.get("report") in {"0", "1"}
        self.is_panel_open = parameters.get("report", "0" if self._is_touch else "1") != "0"

    def _show(self, index: int, key: str) -> None:
        card = next((card for card in self.cards if card.key == key), None)
        if card is not None and 0 <= index < len(self.views):
            revision = self.views[index].revision + 1
            view = of_series(card.series_instance_uid, card.stack_id)
            self._put(index, replace(view, revision=revision))

    def _activate(self, index: int) -> None:
        if 0 <= index < len(self.views):
            self.active = index

    def _offered(self) -> list[ViewportView]:
        """A first view of everything that can be shown, in the order of the strip."""
        return [
            of_series(card.series_instance_uid, card.stack_id)
            for card in self.cards
            if card.is_displayable or card.video_sop_instance_uid
        ]

    def _lay_out(self, layout: str) -> None:
        views, self._waiting = relaid(self.views, self._waiting, self.layout, layout)
        self.views = filled(views, self._offered())
        self.layout = layout
        self.is_maximised = False

    # ------------------------------------------------------------ commands by the first word of their names

    def _command_panel(self, _detail: str) -> None:
        self.is_panel_open = not self.is_panel_open
        self._is_panel_decided = True

    def _command_cancel(self, detail: str) -> None:
        LookState._command_cancel(self, detail)
        self._pause_all()

    async def _command_study(self, detail: str) -> Any:
        opened = self.study.study_instance_uid
        step = 1 if detail == "next" else -1
        found = await ask(services().worklist.study_beside, caller(), opened, step)
        if self.study.study_instance_uid != opened:
            return None
        self.going_to = found
        return None if found else notify(words.NO_NEXT if step > 0 else words.NO_PRIOR)

    def _command_copy(self, _detail: str) -> None:
        self.link_serial += 1

    def _command_maximise(self, _detail: str) -> None:
        if len(self.views) > 1:
            self.is_maximised = not self.is_maximised

    def _command_layout(self, detail: str) -> None:
        """Change the number of viewports; new ones show the series that are not shown yet."""
        if detail in LAYOUTS:
            active = kept_active(self.active, self.layout, detail)
            self._lay_out(detail)
            self._activate(active)

    def _command_show(self, key: str) -> None:
        """Show a stack of a series in the active viewport."""
        self._show(self.active, key)
        self._activate(self.active)

    def _command_series(self, detail: str) -> None:
        shown = [card.key for card in self.cards]
        now = self.active_key
        if not shown:
            return
        step = 1 if detail == "next" else -1
        at = shown.index(now) + step if now in shown else 0
        if 0 <= at < len(shown):
            self._show(self.active, shown[at])
            self._activate(self.active)

    def _command_viewport(self, detail: str) -> None:
        step = 1 if detail == "next" else -1
        self._activate((self.active + step) % len(self.views))

    def _command_swap(self, detail: str) -> None:
        """Move the active viewport to where its neighbour is, and the neighbour here."""
        other = (self.active + (1 if detail == "next" else -1)) % len(self.views)
        if other != self.active:
            self.views = swapped(self.views, self.active, other)
            self._activate(other)


_PAGE_COMMANDS: dict[str, Callable[[ViewerState, str], Any]] = {
    "tool": ViewerState._command_tool,
    "text": ViewerState._command_text,
    "anonymous": ViewerState._command_anonymous,
    "smoothing": ViewerState._command_smoothing,
    "magnifier": ViewerState._command_magnifier,
    "settings": ViewerState._command_settings,
    "close": ViewerState._command_close,
    "cine": ViewerState._command_cine,
    "panel": ViewerState._command_panel,
    "cancel": ViewerState._command_cancel,
    "study": ViewerState._command_study,
    "copy": ViewerState._command_copy,
    "keys": ViewerState._command_keys,
    "maximise": ViewerState._command_maximise,
    "layout": ViewerState._command_layout,
    "show": ViewerState._command_show,
    "series": ViewerState._command_series,
    "viewport": ViewerState._command_viewport,
    "swap": ViewerState._command_swap,
    "join": ViewerState._command_join,
    "lines": ViewerState._command_lines,
}
