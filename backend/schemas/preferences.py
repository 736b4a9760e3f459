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
_COMMAND = re.compile(r"[a-z0-9-]{1,40}")
_MOST_KEYS = 200
_LONGEST_KEY = 40


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
        keys: Keys of one's own: pairs of a command of the viewer and its key.
    """

    tool: str = ""
    text_level: str = "full"
    smoothing: str = "smooth"
    layout: str = "1x1"
    slider_side: str = "right"
    wheel: str = "ahead"
    keys: tuple[tuple[str, str], ...] = ()


def viewer_preferences(values: Mapping[str, Any]) -> ViewerPreferences:
    """Preferences from values of any origin; what is missing or is none of the choices has its usual value."""
    known = {each.name for each in fields(ViewerPreferences)}
    kept = {name: value for name, value in values.items() if name in known and _may_be(name, value)}
    kept["keys"] = tuple((command, key) for command, key in kept.get("keys", ()))
    return ViewerPreferences(**kept)


def _may_be(name: str, value: object) -> bool:
    if name == "layout":
        return isinstance(value, str) and _LAYOUT.fullmatch(value) is not None
    if name == "keys":
        if not isinstance(value, list | tuple) or len(value) > _MOST_KEYS:
            return False
        return all(map(_is_key, value))
    return value in CHOICES[name]


def _is_key(given: object) -> bool:
    if not (isinstance(given, list | tuple) and len(given) == 2):
        return False
    command, key = given
    is_command = isinstance(command, str) and _COMMAND.fullmatch(command) is not None
    return is_command and isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY


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
