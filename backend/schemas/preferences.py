"""How somebody likes to look at images and at lists: what is kept for their account."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from backend.core.worklist_query import WorklistColumn, zone_of

# What each preference may be; the first is the usual.
CHOICES: dict[str, tuple[str, ...]] = {
    "tool": ("", "window", "pan", "zoom", "scroll"),  # empty: window, on touch screens scroll
    "text_level": ("full", "minimal", "none", "anonymous"),
    "smoothing": ("smooth", "sharp"),
    "slider_side": ("right", "left"),
    "wheel": ("ahead", "back"),  # where turning the wheel towards the hand goes
}
_LAYOUT = re.compile(r"[1-9]x[1-9]")


@dataclass(frozen=True, slots=True)
class ViewerPreferences:
    """Choices of one person; what a value may be is in `CHOICES`.

    Attributes:
        tool: What dragging does at first.
        text_level: How much text lies over the images.
        smoothing: Whether enlarged pixels run into each other.
        layout: Viewports at first, rows by columns; an address that names a layout wins.
        slider_side: Where the slider for the thumb is.
        wheel: Which way the wheel scrolls.
    """

    tool: str = ""
    text_level: str = "full"
    smoothing: str = "smooth"
    layout: str = "1x1"
    slider_side: str = "right"
    wheel: str = "ahead"


def viewer_preferences(values: Mapping[str, Any]) -> ViewerPreferences:
    """Preferences from values of any origin; what is missing or is none of the choices has its usual value."""
    known = {each.name for each in fields(ViewerPreferences)}
    kept = {name: value for name, value in values.items() if name in known and _may_be(name, value)}
    return ViewerPreferences(**kept)


def _may_be(name: str, value: object) -> bool:
    if name == "layout":
        return isinstance(value, str) and _LAYOUT.fullmatch(value) is not None
    return value in CHOICES[name]


# What everybody starts with; the patient's column holds the link and is always there.
USUAL_COLUMNS = (
    "status",
    "patient",
    "date",
    "modality",
    "description",
    "assigned",
    "arrived",
    "images",
)


@dataclass(frozen=True, slots=True)
class WorklistPreferences:
    """Choices of one person for the worklist.

    Attributes:
        columns: `WorklistColumn`s that are shown, in this order.
        time_zone: IANA name of the time zone that days are counted in; empty for UTC.
    """

    columns: tuple[str, ...] = USUAL_COLUMNS
    time_zone: str = ""


def worklist_preferences(values: Mapping[str, Any]) -> WorklistPreferences:
    """Preferences from values of any origin; what is missing or is none of the choices has its usual value."""
    asked = values.get("columns")
    columns: tuple[str, ...] = USUAL_COLUMNS
    if isinstance(asked, list | tuple):
        known = {column.value for column in WorklistColumn}
        columns = tuple(dict.fromkeys(each for each in asked if each in known))
        if WorklistColumn.PATIENT_NAME not in columns:
            columns = (WorklistColumn.PATIENT_NAME.value, *columns)
    zone = values.get("time_zone")
    is_zone = isinstance(zone, str) and zone_of(zone).key == zone
    return WorklistPreferences(columns, str(zone) if is_zone else "")
