"""Windows of the active viewport: the list, the fields for numbers, the keys."""

from dataclasses import replace
from typing import Any

import reflex as rx

from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.schemas.pixels import RegionAsk, Spread
from pacscribe_ui.state.base import ask, caller, requires, services
from pacscribe_ui.state.viewer_parts import WindowChoice, WindowScale
from pacscribe_ui.state.viewer_views import ViewsState
from pacscribe_ui.state.viewport_view import first_look, tabled, windowed

AS_STORED = "as-stored"
OWN_WINDOW = "own"


class WindowsState(ViewsState, mixin=True):
    """What the active viewport is windowed with, and could be."""

    window_choices: list[WindowChoice] = []
    window_scale: WindowScale = WindowScale()

    @rx.var
    def shown_window(self) -> tuple[str, str]:
        """Center and width of the window on the glass, for the two fields; empty where there is none."""
        view = self.views[self.active]
        return self._written(view.shown_center), self._written(view.shown_width)

    def _written(self, number: str) -> str:
        if not number or not self.window_scale.is_suv:
            return number
        return f"{float(number) * self.window_scale.factor:.4g}"

    @rx.var
    def window_choice(self) -> str:
        """The entry of the list of windows that the active viewport shows."""
        view = self.views[self.active]
        for choice in self.window_choices:
            if choice.is_shown_by(view):
                return choice.value
        is_first_look = view.window_center is None and view.voi_lut_number is None
        return AS_STORED if is_first_look else OWN_WINDOW

    async def _command_choose(self, value: str) -> None:
        """Choose from the list of windows."""
        if value == AS_STORED:
            self._change(first_look(self.views[self.active]))
        for choice in self.window_choices:
            if choice.value == value:
                await self._choose(choice)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def write_window(self, form: dict[str, Any]) -> None:
        """A window in numbers, as written into the two fields, in the unit of `window_scale`."""
        try:
            center, width = float(form.get("center", "")), float(form.get("width", ""))
        except (TypeError, ValueError):
            raise Malformed("Write center and width as numbers, such as 40 and 400.") from None
        scale = self.window_scale
        if scale.is_suv:
            # From one SUV to another, exactly; and a width below 1 is no odd one.
            self._set_window(center / scale.factor, width / scale.factor, "linear-exact")
        else:
            self._set_window(center, width, self.views[self.active].voi_function)

    def _set_window(self, center: float, width: float, voi_function: str) -> None:
        view = windowed(self.views[self.active], center, width, voi_function)
        if view is None:
            least = "above 0" if voi_function == "linear-exact" else "of 1 or more"
            raise Malformed(f"A window needs a width {least}.")
        self._change(view)

    async def _command_preset(self, detail: str) -> None:
        if detail == "0":
            await self._next_stored_window()
            return
        for choice in self.window_choices:
            if choice.shortcut and choice.shortcut == detail:
                await self._choose(choice)

    async def _next_stored_window(self) -> None:
        """The first look; asked again, the file's windows and tables one after another, then the first look again."""
        stored = [choice for choice in self.window_choices if choice.is_other_look]
        values = [AS_STORED, *(choice.value for choice in stored)]
        now = self.window_choice
        at = values.index(now) + 1 if now in values else 0
        value = values[at % len(values)]
        await self._command_choose(value)

    async def _choose(self, choice: WindowChoice) -> None:
        if choice.voi_lut_number is not None:
            self._change(tabled(self.views[self.active], choice.voi_lut_number))
            return
        if choice.is_measured:
            choice = await self._measured(choice)
        if choice.window_center is not None and choice.window_width is not None:
            self._set_window(choice.window_center, choice.window_width, choice.voi_function)

    async def _measured(self, choice: WindowChoice) -> WindowChoice:
        """A window from the values of the image that is shown; the list keeps its numbers, to know it again."""
        description = await self._description()
        index = self.views[self.active].image_index
        if description is None or not 0 < index <= len(description.images):
            return choice
        image = description.images[index - 1]
        wanted = RegionAsk(image.sop_instance_uid, image.frame_number, spread=Spread(choice.value))
        window = await ask(
            services().viewing.window_of_region, caller(), self.study.study_instance_uid, wanted
        )
        measured = replace(
            choice,
            window_center=window.window_center,
            window_width=window.window_width,
            voi_function=window.voi_function,
        )
        self.window_choices = [
            measured if each.value == choice.value else each for each in self.window_choices
        ]
        return measured
