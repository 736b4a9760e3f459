"""How one viewport shows its series: values, what hands make of them, their form in the address. No pixels here."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pacscribe_ui.state import viewport_film
from pacscribe_ui.state.viewport_film import NO_FILM, Film

MOST_VIEWPORTS = 9
MINIMUM_ZOOM = 0.01
MAXIMUM_ZOOM = 64.0
# Device pixels per CSS pixel, with what browsers make larger or smaller themselves.
_LEAST_RATIO = 0.1
_LARGEST_RATIO = 20.0
_ROTATIONS = (0, 90, 180, 270)
_VOI_FUNCTIONS = ("linear", "linear-exact", "sigmoid")
# As far as windows are drawn.
_LARGEST = 1e18
_Choice = TypeVar("_Choice")
_STACK_ID = re.compile(r"[a-z0-9.-]{1,64}")
# In an address, in the place of a window: one of the look-up tables of the file.
VOI_LUT = "voi-lut"
# Letters of an address for what is either so or not.
_MARKS = {
    "m": "is_mirrored",
    "i": "is_inverted",
    "u": "is_shutter_lifted",
    "o": "is_overlay_hidden",
}


@dataclass(frozen=True, slots=True)
class ViewportView:
    """What a viewport is told to show.

    Attributes:
        series_instance_uid: The series; empty for an empty viewport.
        stack_id: Which stack of it; empty where it is one.
        image_index: From 1, in viewing order.
        window_center: None for each image's first look.
        window_width: None likewise.
        voi_function: `linear`, `linear-exact` or `sigmoid`.
        zoom: Device pixels per image column; None fits the image to the viewport.
        zoom_ratio: Device pixels per CSS pixel of the screen that this zoom is for; None for whichever shows it.
        pan_column_px: How far right of the image's middle the viewport's middle is, in image pixels.
        pan_row_px: How far below it.
        rotation: 0, 90, 180 or 270 degrees clockwise.
        is_mirrored: Left and right changed places, after the rotation (PS3.3 C.10.6).
        is_inverted: Grey values inverted.
        voi_lut_number: One of the file's VOI LUTs, from 1, in place of a window; None for none.
        is_shutter_lifted: Whether what the file's display shutter covers is to be seen.
        is_overlay_hidden: Whether the image is shown without the overlay planes of the file.
        film: How it plays.
        link_offset_mm: Where this viewport lies for a link by hand: the patient point that it shows, less the point that
            the viewport of the offset 0 shows. None without such a link.
        revision: Counts changes made here; the viewport takes over values when it grows.
        hand_serial: Number of the last message about hands that is in this view; 0 for none.
    """

    series_instance_uid: str = ""
    stack_id: str = ""
    image_index: int = 1
    window_center: float | None = None
    window_width: float | None = None
    voi_function: str = "linear"
    zoom: float | None = None
    zoom_ratio: float | None = None
    pan_column_px: float = 0.0
    pan_row_px: float = 0.0
    rotation: int = 0
    is_mirrored: bool = False
    is_inverted: bool = False
    voi_lut_number: int | None = None
    is_shutter_lifted: bool = False
    is_overlay_hidden: bool = False
    film: Film = NO_FILM
    link_offset_mm: tuple[float, float, float] | None = None
    revision: int = 0
    hand_serial: int = 0


def of_series(series_instance_uid: str, stack_id: str = "") -> ViewportView:
    """A stack of a series as it is shown first."""
    return ViewportView(series_instance_uid=series_instance_uid, stack_id=stack_id)


def stack_key(series_instance_uid: str, stack_id: str) -> str:
    """One text that names a stack within its study."""
    return f"{series_instance_uid}/{stack_id}" if stack_id else series_instance_uid


def key_of(view: ViewportView) -> str:
    """The text that names the stack a viewport shows."""
    return stack_key(view.series_instance_uid, view.stack_id)


def settled(view: ViewportView, values: Mapping[str, Any]) -> ViewportView:
    """The view after hands have moved it in the browser.

    Args:
        view: As it was.
        values: From the browser: what hands have moved, a window whole. Whatever is not there, or is not a value of its
            kind, is left as it was.

    Returns:
        The view with the same revision; the same view if the values belong to another stack.
    """
    if values.get("series_instance_uid") != view.series_instance_uid:
        return view
    if values.get("stack_id", "") != view.stack_id:
        return view
    news = {name: read(values[name], view) for name, read in _READ.items() if name in values}
    moved = replace(view, **news)
    if "voi_lut_number" in values and values["voi_lut_number"] is not None:
        return tabled(moved, _index(values["voi_lut_number"], 1))
    if not {"window_center", "window_width"} <= values.keys():
        return moved
    center, width = _number(values["window_center"]), _number(values["window_width"])
    if center is None or width is None:
        return first_look(moved)
    function = _one_of(values.get("voi_function"), _VOI_FUNCTIONS, view.voi_function)
    return windowed(moved, center, width, function) or moved


def windowed(
    view: ViewportView, center: float, width: float, voi_function: str = "linear"
) -> ViewportView | None:
    """The view with a window, or None if the standard defines no such window (PS3.3 C.11.2.1.2)."""
    is_linear = voi_function == "linear"
    if not (math.isfinite(center) and math.isfinite(width)) or abs(center) > _LARGEST:
        return None
    if width > _LARGEST or width <= 0 or (is_linear and width < 1):
        return None
    return replace(
        view,
        window_center=center,
        window_width=width,
        voi_function=voi_function,
        voi_lut_number=None,
    )


def tabled(view: ViewportView, voi_lut_number: int) -> ViewportView:
    """The view with one of the file's VOI LUTs, from 1, in place of a window."""
    return replace(first_look(view), voi_lut_number=voi_lut_number)


def first_look(view: ViewportView) -> ViewportView:
    """The view with what each image is shown with first."""
    return replace(view, window_center=None, window_width=None, voi_lut_number=None)


# ---------------------------------------------------------------- the address


def to_parameters(view: ViewportView, position: int) -> dict[str, str]:
    """A view as parameters of the address; what has its default is left out.

    Args:
        view: The view.
        position: Of the viewport, from 1; ends the parameters' names.
    """
    if not view.series_instance_uid:
        return {}
    values = {"s": view.series_instance_uid}
    if view.stack_id:
        values["k"] = view.stack_id
    if view.image_index != 1:
        values["i"] = str(view.image_index)
    if view.window_center is not None and view.window_width is not None:
        center, width = _exact_text(view.window_center), _exact_text(view.window_width)
        values["w"] = f"{center},{width},{view.voi_function}"
    if view.voi_lut_number is not None:
        values["w"] = f"{VOI_LUT},{view.voi_lut_number}"
    if view.zoom is not None:
        ratio = () if view.zoom_ratio is None else (view.zoom_ratio,)
        values["z"] = ",".join(number_text(part) for part in (view.zoom, *ratio))
    if view.pan_column_px or view.pan_row_px:
        values["p"] = f"{number_text(view.pan_column_px)},{number_text(view.pan_row_px)}"
    if view.rotation:
        values["r"] = str(view.rotation)
    marks = "".join(mark for mark, name in _MARKS.items() if getattr(view, name))
    if marks:
        values["f"] = marks
    if film := viewport_film.to_parameter(view.film):
        values["c"] = film
    if view.link_offset_mm is not None:
        values["o"] = ",".join(number_text(part) for part in view.link_offset_mm)
    return {f"{name}{position}": value for name, value in values.items()}


def from_parameters(parameters: Mapping[str, str], position: int) -> ViewportView:
    """The view that an address asks for; what cannot be understood has its default."""
    stack_id = parameters.get(f"k{position}", "")
    view = of_series(
        parameters.get(f"s{position}", ""), stack_id if _STACK_ID.fullmatch(stack_id) else ""
    )
    if not view.series_instance_uid:
        return view
    zoom, _, ratio = parameters.get(f"z{position}", "").partition(",")
    pan = _numbers(parameters.get(f"p{position}", ""))
    rotation = parameters.get(f"r{position}", "0")
    marks = parameters.get(f"f{position}", "")
    view = replace(
        view,
        image_index=_index(parameters.get(f"i{position}"), 1),
        zoom=_zoom(zoom),
        zoom_ratio=_ratio(ratio),
        pan_column_px=pan[0] if len(pan) == 2 else 0.0,
        pan_row_px=pan[1] if len(pan) == 2 else 0.0,
        rotation=int(rotation) if rotation in {"90", "180", "270"} else 0,
        **{name: mark in marks for mark, name in _MARKS.items()},
        film=viewport_film.from_parameters(parameters, f"c{position}"),
        link_offset_mm=millimetres(_numbers(parameters.get(f"o{position}", ""))),
    )
    kind, _, number = parameters.get(f"w{position}", "").partition(",")
    if kind == VOI_LUT:
        return tabled(view, _index(number, 1))
    center_width, _, function = parameters.get(f"w{position}", "").rpartition(",")
    window = _numbers(center_width)
    if len(window) == 2 and function in _VOI_FUNCTIONS:
        return windowed(view, *window, function) or view
    return view


def series_named(parameters: Mapping[str, str]) -> list[str]:
    """The series that an address names."""
    return [parameters.get(f"s{position}", "") for position in range(1, MOST_VIEWPORTS + 1)]


def millimetres(value: object) -> tuple[float, float, float] | None:
    """Three finite numbers of whatever a browser sent, or None."""
    parts = [_number(part) for part in value] if isinstance(value, list | tuple) else []
    if len(parts) != 3 or None in parts:
        return None
    x, y, z = (part or 0.0 for part in parts)
    return x, y, z


def number_text(value: float) -> str:
    """A number without needless zeros."""
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"


def _exact_text(value: float) -> str:
    """The shortest text that is this very number again: a window that is nearly the same draws other grey values."""
    return repr(float(value)).removesuffix(".0")


def _numbers(text: str) -> tuple[float, ...]:
    found = tuple(_number(part) for part in text.split(",")) if text else ()
    return tuple(value for value in found if value is not None) if None not in found else ()


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= _LARGEST else None


def _one_of(value: Any, choices: Sequence[_Choice], otherwise: _Choice) -> _Choice:
    """A value if it is exactly one of the choices, of their kind."""
    return value if type(value) is type(otherwise) and value in choices else otherwise


def _zoom(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and MINIMUM_ZOOM <= number <= MAXIMUM_ZOOM else None


def _ratio(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and _LEAST_RATIO <= number <= _LARGEST_RATIO else None


def _index(value: object, otherwise: int) -> int:
    number = _number(value)
    return int(number) if number is not None and 1 <= number <= 1_000_000 else otherwise


def _serial(value: object, otherwise: int) -> int:
    number = _number(value)
    return int(number) if number is not None and number >= 0 else otherwise


# What hands move, but for windows: how a value from a browser is read.
_READ: dict[str, Callable[[Any, ViewportView], Any]] = {
    "image_index": lambda value, view: _index(value, view.image_index),
    "zoom": lambda value, _view: _zoom(value),
    "zoom_ratio": lambda value, _view: _ratio(value),
    "pan_column_px": lambda value, _view: _number(value) or 0.0,
    "pan_row_px": lambda value, _view: _number(value) or 0.0,
    "rotation": lambda value, view: _one_of(value, _ROTATIONS, view.rotation),
    "is_mirrored": lambda value, view: _one_of(value, (False, True), view.is_mirrored),
    "is_inverted": lambda value, view: _one_of(value, (False, True), view.is_inverted),
    "is_shutter_lifted": lambda value, view: _one_of(value, (False, True), view.is_shutter_lifted),
    "is_overlay_hidden": lambda value, view: _one_of(value, (False, True), view.is_overlay_hidden),
    "hand_serial": lambda value, view: _serial(value, view.hand_serial),
}
