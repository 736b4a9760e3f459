"""From what a browser sends, a query string or a message, to a frozen question. Every value is checked; nothing is drawn here."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.core.errors import Malformed
from backend.core.identifiers import is_uid
from backend.schemas.opening import OpeningRequest
from backend.schemas.viewing import Encoding, TileRequest

_ENCODINGS = {"jpeg": Encoding.JPEG, "png": Encoding.PNG}
_STACK_ID = re.compile(r"[a-z0-9.-]{1,64}")
_FUNCTIONS = frozenset({"linear", "linear-exact", "sigmoid"})
MAX_LEVEL = 16
MAX_TILE = 1024
MAX_FRAME_NUMBER = 2**31
MAX_QUALITY = 95
MAX_PREFETCH = 2000
MAX_BOX_PX = 16_384
MAX_VOI_LUT = 1024
# In the place of a window: one of the look-up tables of the file.
VOI_LUT = "voi-lut"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a request over the socket is told from others.

    Attributes:
        seq: Number that the client gave the request.
        viewport: Which viewport asks.
        generation: Which of its wishes this belongs to.
    """

    seq: int
    viewport: str
    generation: int


@dataclass(frozen=True, slots=True)
class TileAsk(Wish):
    """A tile that a viewport asks for over the socket.

    Attributes:
        study_instance_uid: The study.
        request: What to draw.
    """

    study_instance_uid: str
    request: TileRequest


@dataclass(frozen=True, slots=True)
class OpeningAsk(Wish):
    """The first image of a study, asked for by a click on it."""

    request: OpeningRequest


@dataclass(frozen=True, slots=True)
class PrefetchAsk:
    """What a viewport will probably want next: (SOP Instance UID, frame number from 1), most wanted first."""

    viewport: str
    study_instance_uid: str
    images: tuple[tuple[str, int], ...]
    level: int


def tile_from_query(path: Mapping[str, Any], query: Mapping[str, str]) -> TileRequest:
    """The request that a path and its query string describe.

    Raises:
        Malformed: If a value is not one.
    """
    window = query.get("window")
    return _tile(
        sop=path["sop_instance_uid"],
        frame=path["frame_number"],
        level=_whole_text(query.get("level", "0")),
        row=_whole_text(query.get("row", "-1")),
        column=_whole_text(query.get("column", "-1")),
        window=_window_text(window) if window else None,
        invert=query.get("invert", "0") in ("1", "true"),
        encoding=query.get("encoding", "jpeg"),
        quality=_whole_text(query.get("quality", "85")),
        shutter=query.get("shutter", "1") not in ("0", "false"),
    )


def level_from_query(query: Mapping[str, str]) -> int:
    """The level of the pyramid that a query string names; 0 if it names none.

    Raises:
        Malformed: If it is not one.
    """
    return _between("level", _whole_text(query.get("level", "0")), 0, MAX_LEVEL)


def tile_from_message(message: Mapping[str, Any]) -> TileAsk:
    """The tile that a message asks for.

    Raises:
        Malformed: If a value is missing or not one.
    """
    return TileAsk(
        seq=_whole(message.get("seq")),
        viewport=_name(message.get("viewport")),
        generation=_whole(message.get("generation")),
        study_instance_uid=_uid(message.get("study")),
        request=_tile(
            sop=_uid(message.get("sop")),
            frame=_whole(message.get("frame", 1)),
            level=_whole(message.get("level", 0)),
            row=_whole(message.get("row", -1)),
            column=_whole(message.get("column", -1)),
            window=_window(message.get("window")),
            invert=_truth("invert", message.get("invert", False)),
            encoding=message.get("encoding", "jpeg"),
            quality=_whole(message.get("quality", 85)),
            shutter=_truth("shutter", message.get("shutter", True)),
        ),
    )


def stack_from_query(query: Mapping[str, str]) -> str:
    """The stack of a series that a query names; empty for the first.

    Raises:
        Malformed: If it cannot be the name of a stack.
    """
    return _stack(query.get("stack", ""))


def opening_from_message(message: Mapping[str, Any]) -> OpeningAsk:
    """The opening that a message asks for.

    Raises:
        Malformed: If a value is missing or not one.
    """
    return OpeningAsk(
        seq=_whole(message.get("seq")),
        viewport=_name(message.get("viewport")),
        generation=_whole(message.get("generation")),
        request=opening_request(message),
    )


def opening_request(message: Mapping[str, Any]) -> OpeningRequest:
    """Which study a message wants opened, or made ready to be opened.

    Raises:
        Malformed: If a value is missing or not one.
    """
    box = message.get("box")
    if not isinstance(box, list) or len(box) != 2:
        raise Malformed("`box` is [width, height] in pixels.")
    width, height = (_between("box", _whole(side), 1, MAX_BOX_PX) for side in box)
    series = message.get("series")
    number, window = _voi(_window(message.get("window")))
    return OpeningRequest(
        study_instance_uid=_uid(message.get("study")),
        box_width_px=width,
        box_height_px=height,
        series_instance_uid=_uid(series) if series else "",
        stack_id=_stack(message.get("stack", "")),
        image_index=_between("index", _whole(message.get("index", 1)), 1, MAX_FRAME_NUMBER),
        window_center=window[0] if window else None,
        window_width=window[1] if window else None,
        voi_function=window[2] if window else "linear",
        invert=_truth("invert", message.get("invert", False)),
        quality=_between("quality", _whole(message.get("quality", 85)), 1, MAX_QUALITY),
        voi_lut_number=number,
        with_shutter=_truth("shutter", message.get("shutter", True)),
    )


def prefetch_from_message(message: Mapping[str, Any]) -> PrefetchAsk:
    """The list that a message asks to make ready.

    Raises:
        Malformed: If a value is missing or not one.
    """
    images = message.get("images")
    if not isinstance(images, list) or len(images) > MAX_PREFETCH:
        raise Malformed(f"`images` is a list of at most {MAX_PREFETCH} images.")
    if not all(isinstance(image, list) and len(image) == 2 for image in images):
        raise Malformed("An image is written [SOP Instance UID, frame number].")
    return PrefetchAsk(
        viewport=_name(message.get("viewport")),
        study_instance_uid=_uid(message.get("study")),
        images=tuple((_uid(sop), _whole(frame)) for sop, frame in images),
        level=_between("level", _whole(message.get("level", 0)), 0, MAX_LEVEL),
    )


def _tile(
    *,
    sop: str,
    frame: int,
    level: int,
    row: int,
    column: int,
    window: tuple[float, float, str] | int | None,
    invert: bool,
    encoding: object,
    quality: int,
    shutter: bool,
) -> TileRequest:
    if not isinstance(encoding, str) or encoding not in _ENCODINGS:
        raise Malformed("`encoding` is jpeg or png.")
    if (row == -1) != (column == -1):
        raise Malformed("`row` and `column` of a tile belong together.")
    number, values = _voi(window)
    return TileRequest(
        sop_instance_uid=sop,
        frame_number=_between("frame", frame, 1, MAX_FRAME_NUMBER),
        level=_between("level", level, 0, MAX_LEVEL),
        tile_row=_between("row", row, -1, MAX_TILE),
        tile_column=_between("column", column, -1, MAX_TILE),
        window_center=values[0] if values else None,
        window_width=values[1] if values else None,
        voi_function=values[2] if values else "linear",
        invert=invert,
        encoding=_ENCODINGS[encoding],
        quality=_between("quality", quality, 1, MAX_QUALITY),
        voi_lut_number=number,
        with_shutter=shutter,
    )


def _voi(
    window: tuple[float, float, str] | int | None,
) -> tuple[int | None, tuple[float, float, str] | None]:
    """Number of a VOI LUT, or center, width and function; neither for the first look."""
    return (window, None) if isinstance(window, int) else (None, window)


def _between(name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise Malformed(f"`{name}` is a number from {low} to {high}.")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed("A whole number is missing from the request.")
    return value


def _whole_text(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise Malformed("A whole number is expected in the request.")
    return int(text)


def _truth(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise Malformed(f"`{name}` is true or false.")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        raise Malformed("`viewport` is a name of at most 64 characters.")
    return value


def _uid(value: object) -> str:
    if not isinstance(value, str) or not is_uid(value):
        raise Malformed("A DICOM UID is missing from the request.")
    return value


def _stack(value: object) -> str:
    if not isinstance(value, str) or not (value == "" or _STACK_ID.fullmatch(value)):
        raise Malformed("`stack` is the name of a stack of a series, such as b-1000.")
    return value


def _window(value: object) -> tuple[float, float, str] | int | None:
    """[center, width], [center, width, function] or ["voi-lut", number]; None for the first look."""
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2 and value[0] == VOI_LUT:
        return _between("window", _whole(value[1]), 1, MAX_VOI_LUT)
    if not isinstance(value, list) or len(value) not in (2, 3):
        raise Malformed("`window` is [center, width, function].")
    center, width = _number(value[0]), _number(value[1])
    function = value[2] if len(value) == 3 else "linear"
    if not isinstance(function, str) or function not in _FUNCTIONS:
        raise Malformed("The function of a window is linear, linear-exact or sigmoid.")
    return center, width, function


def _window_text(text: str) -> tuple[float, float, str] | int | None:
    """`center,width`, `center,width,function` or `voi-lut,number`."""
    parts = text.split(",")
    if parts[0] == VOI_LUT and len(parts) == 2:
        return _window([VOI_LUT, _whole_text(parts[1])])
    try:
        numbers: list[object] = [float(part) for part in parts[:2]]
    except ValueError:
        raise Malformed("`window` is written center,width,function.") from None
    return _window([*numbers, *parts[2:]])


def _number(value: object) -> float:
    # JSON as Python reads it allows NaN and Infinity, and whole numbers too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed("A number is missing from the window.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Malformed("The numbers of a window are finite.")
    return number
