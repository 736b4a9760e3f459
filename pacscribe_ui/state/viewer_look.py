"""How somebody looks: the tool in hand, how much text lies over the images, smoothing, the magnifier."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from backend.schemas.preferences import ViewerPreferences, viewer_preferences
from pacscribe_ui.state.base import ask, caller, requires, services
from pacscribe_ui.state.viewer_parts import patient_lines, study_lines
from pacscribe_ui.state.viewer_views import ViewsState

TOOLS = ("window", "pan", "zoom", "scroll", "probe", "region")
TEXT_LEVELS = ("full", "minimal", "none", "anonymous")
ANONYMOUS = "anonymous"
# Tools that are put down again by Escape.
PASSING_TOOLS = ("probe", "region")


@dataclass(frozen=True, slots=True)
class Habits:
    """What every viewport is told of how somebody looks.

    Attributes:
        is_smooth: Whether enlarged pixels run into each other.
        is_magnifying: Whether the magnifier is on.
        slider_side: `left` or `right`.
        wheel_step: 1 scrolls ahead when the wheel turns towards the hand, -1 back.
    """

    is_smooth: bool = True
    is_magnifying: bool = False
    slider_side: str = "right"
    wheel_step: int = 1


class LookState(ViewsState, mixin=True):
    """What is the same for all viewports."""

    tool: str = "window"
    text_level: str = "full"
    is_smooth: bool = True
    is_magnifying: bool = False
    # The dialog that is open: `keys`, `changing-keys`, `settings`; empty for none.
    dialog: str = ""
    preferences: ViewerPreferences = ViewerPreferences()
    # What was there before a passing tool, or before the patient's data were hidden.
    _tool_before: str = "window"
    _text_before: str = "full"

    @rx.var
    def habits(self) -> Habits:
        """What the viewports are told."""
        return Habits(
            is_smooth=self.is_smooth,
            is_magnifying=self.is_magnifying,
            slider_side=self.preferences.slider_side,
            wheel_step=1 if self.preferences.wheel == "ahead" else -1,
        )

    @rx.var
    def is_anonymous(self) -> bool:
        """Whether nothing on the page may say whose images these are."""
        return self.text_level == ANONYMOUS

    @rx.var
    def patient_lines(self) -> list[str]:
        """Upper left corner: whose images these are."""
        return patient_lines(self.study, is_anonymous=self.text_level == ANONYMOUS)

    @rx.var
    def study_lines(self) -> list[str]:
        """Upper right corner: which study."""
        return study_lines(self.study, is_anonymous=self.text_level == ANONYMOUS)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def save_settings(self, form: dict[str, Any], serial: int = 0) -> None:
        """Keep what somebody has chosen for themselves, and look that way from now on."""
        self._hear(serial)
        chosen = replace(viewer_preferences(form), keys=self.preferences.keys)
        self.preferences = await ask(services().preferences.save_viewer, caller(), chosen)
        self._follow_preferences()
        self.dialog = ""

    async def _load_preferences(self) -> None:
        self.preferences = await ask(services().preferences.viewer, caller())
        self._follow_preferences()

    def _follow_preferences(self) -> None:
        self.tool = self.preferences.tool or "window"
        self.text_level = self.preferences.text_level
        self.is_smooth = self.preferences.smoothing == "smooth"

    def _follow_address(self, parameters: Mapping[str, str]) -> None:
        """An address that names a layout says all of a view: what it leaves out is the usual, not the preferred."""
        if "layout" not in parameters:
            return
        text_level = parameters.get("text", "")
        self.text_level = text_level if text_level in TEXT_LEVELS else "full"
        self.is_smooth = parameters.get("smooth") != "0"

    def _command_settings(self, _detail: str) -> None:
        self.dialog = "settings"

    def _look_parameters(self) -> dict[str, str]:
        """What the address says of it; the usual is left out."""
        parameters = {}
        if self.text_level != "full":
            parameters["text"] = self.text_level
        if not self.is_smooth:
            parameters["smooth"] = "0"
        return parameters

    def _take_up(self, tool: str) -> None:
        if self.tool not in PASSING_TOOLS:
            self._tool_before = self.tool
        self.tool = tool

    def _command_tool(self, detail: str) -> None:
        if detail in TOOLS:
            self._take_up(detail)

    def _command_text(self, detail: str) -> None:
        """The level of a name, or the next one."""
        at = TEXT_LEVELS.index(self.text_level)
        if not detail:
            self.text_level = TEXT_LEVELS[(at + 1) % len(TEXT_LEVELS)]
        elif detail in TEXT_LEVELS:
            self.text_level = detail

    def _command_anonymous(self, _detail: str) -> None:
        if self.text_level == ANONYMOUS:
            self.text_level = self._text_before
        else:
            self._text_before = self.text_level
            self.text_level = ANONYMOUS

    def _command_smoothing(self, _detail: str) -> None:
        self.is_smooth = not self.is_smooth

    def _command_magnifier(self, _detail: str) -> None:
        self.is_magnifying = not self.is_magnifying

    def _command_cancel(self, _detail: str) -> None:
        """Escape: what is only there for a moment goes."""
        self.is_magnifying = False
        if self.tool in PASSING_TOOLS:
            self.tool = self._tool_before
