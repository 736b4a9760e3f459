"""How a viewport plays its series as a film: what a hand has chosen, the commands, their form in the address.

The times of the images are the files' own and come with the description of the series; playing is done in the browser.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
AS_FILED = ""
WAYS = (AS_FILED, "loop", "sweep", "once")


@dataclass(frozen=True, slots=True)
class Film:
    """How a viewport plays.

    Attributes:
        is_playing: Whether it does.
        speed: Times the speed that the file asks for.
        way: `loop` around and around, `sweep` back and forth, `once`; empty as the file prefers.
        first_index: First image to be played, from 1; None for the file's own choice.
        last_index: Last image to be played; None likewise.
    """

    is_playing: bool = False
    speed: float = 1.0
    way: str = AS_FILED
    first_index: int | None = None
    last_index: int | None = None


NO_FILM = Film()


def changed(film: Film, command: str, image_index: int) -> Film:
    """The film after a command; the same one if there is no such command.

    Args:
        film: As it was.
        command: A key of `_COMMANDS`; empty to play or pause.
        image_index: The image that is shown, for the ends of the range.
    """
    change = _COMMANDS.get(command)
    return film if change is None else change(film, image_index)


def _toggled(film: Film, _image_index: int) -> Film:
    return replace(film, is_playing=not film.is_playing)


def _slower(film: Film, _image_index: int) -> Film:
    speeds = [speed for speed in SPEEDS if speed < film.speed]
    return replace(film, speed=speeds[-1] if speeds else SPEEDS[0])


def _faster(film: Film, _image_index: int) -> Film:
    speeds = [speed for speed in SPEEDS if speed > film.speed]
    return replace(film, speed=speeds[0] if speeds else SPEEDS[-1])


def _going(way: str) -> Callable[[Film, int], Film]:
    return lambda film, _image_index: replace(film, way=way)


def _from_here(film: Film, image_index: int) -> Film:
    """The range begins here; an end that lies before is given up."""
    end = film.last_index
    return replace(
        film,
        first_index=image_index,
        last_index=end if end is not None and end > image_index else None,
    )


def _until_here(film: Film, image_index: int) -> Film:
    start = film.first_index
    return replace(
        film,
        last_index=image_index,
        first_index=start if start is not None and start < image_index else None,
    )


_COMMANDS: dict[str, Callable[[Film, int], Film]] = {
    "": _toggled,
    "slower": _slower,
    "faster": _faster,
    "filed": _going(AS_FILED),
    "loop": _going("loop"),
    "sweep": _going("sweep"),
    "once": _going("once"),
    "first": _from_here,
    "last": _until_here,
    "whole": lambda film, _image_index: replace(film, first_index=None, last_index=None),
}


def to_parameter(film: Film) -> str:
    """A film for the address, such as `2,sweep,5,20`; empty where nothing was chosen."""
    parts = (
        "" if film.speed == 1 else f"{film.speed:g}",
        film.way,
        "" if film.first_index is None else str(film.first_index),
        "" if film.last_index is None else str(film.last_index),
    )
    return ",".join(parts) if any(parts) else ""


def from_parameters(parameters: Mapping[str, str], name: str) -> Film:
    """The film that an address asks for, at rest; what cannot be understood has its default."""
    parts = parameters.get(name, "").split(",")
    if len(parts) != 4:
        return NO_FILM
    speed = next((speed for speed in SPEEDS if f"{speed:g}" == parts[0]), 1.0)
    first, last = _index(parts[2]), _index(parts[3])
    if first is not None and last is not None and first >= last:
        first = last = None
    way = parts[1] if parts[1] in WAYS else AS_FILED
    return Film(speed=speed, way=way, first_index=first, last_index=last)


def _index(text: str) -> int | None:
    return (
        int(text) if text.isascii() and text.isdigit() and 1 <= _size(text) <= 1_000_000 else None
    )


def _size(text: str) -> float:
    return float(text) if len(text) < 8 else math.inf
