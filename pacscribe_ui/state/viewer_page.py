"""The page of the viewer as the browser has to know it, to go ahead of the state with what hands decide."""

from dataclasses import dataclass

from pacscribe_ui.state.viewer_look import PASSING_TOOLS, TEXT_LEVELS
from pacscribe_ui.state.viewport_film import SPEEDS, Film


@dataclass(frozen=True, slots=True)
class PageNow:
    """What is not the view of a single viewport.

    Attributes:
        study: Its Study Instance UID.
        heard: Number of the last decision of the browser's that is in all this.
        layout: Rows and columns of viewports.
        active: Index of the viewport that keys are for.
        is_maximised: Whether that viewport is large.
        tool: The tool in hand.
        tool_before: The one that comes back when a passing one is put down.
        text_level: How much text lies over the images.
        text_before: The level that comes back when the patient's data are shown again.
        is_smooth: Whether enlarged pixels run into each other.
        is_magnifying: Whether the magnifier is on.
        is_linked: Whether viewports move together.
        has_lines: Whether they show each other's reference lines.
        is_panel_open: Whether the report stands beside the images.
        dialog: The dialog that is open: `keys`, `changing-keys`, `settings`; empty for none.
        going_to: Study Instance UID of the study that the page is on its way to; empty for none.
        keys: By its place in the largest layout, the stack of each viewport, shown or waiting; empty for none.
        films: Likewise, how it plays.
        text_levels: All levels in the order of their key.
        passing_tools: Tools that are put down again by Escape.
        speeds: All speeds of films.
    """

    study: str
    heard: int
    layout: str
    active: int
    is_maximised: bool
    tool: str
    tool_before: str
    text_level: str
    text_before: str
    is_smooth: bool
    is_magnifying: bool
    is_linked: bool
    has_lines: bool
    is_panel_open: bool
    dialog: str
    going_to: str
    keys: dict[int, str]
    films: dict[int, Film]
    text_levels: tuple[str, ...] = TEXT_LEVELS
    passing_tools: tuple[str, ...] = PASSING_TOOLS
    speeds: tuple[float, ...] = SPEEDS
