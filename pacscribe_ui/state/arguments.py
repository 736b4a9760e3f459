"""Whether what a browser sent for a handler's arguments is what the handler's annotations ask for.

Reflex looks at neither types nor names, and anybody can send anything. What is not understood here is refused.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Final, get_args, get_origin

from reflex_base.event import EventHandler
from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

_MOST_CHARACTERS: Final = 200_000
_MOST_MEMBERS: Final = 10_000
# Numbers of a browser beyond this are no whole numbers any more.
_LARGEST_WHOLE: Final = 2**53
_WHOLE = re.compile(r"[+-]?[0-9]{1,16}")


def fits(handler: EventHandler, payload: Any) -> bool:
    """Whether the handler can be called with what was sent.

    Args:
        handler: Its annotations say what it takes: text, numbers, truth values, lists and maps of these. `Any` in a
            list or a map is one of the simple ones, or a list of them.
        payload: What was sent.
    """
    code, hints = handler.fn.__code__, handler.fn.__annotations__
    names = code.co_varnames[1 : code.co_argcount]
    needed = names[: len(names) - len(handler.fn.__defaults__ or ())]
    return (
        isinstance(payload, dict)
        and set(needed) <= set(payload) <= set(names)
        and all(_is_of(hints.get(name), value) for name, value in payload.items())
    )


def _is_of(hint: Any, value: Any) -> bool:
    if hint in _SIMPLE:
        return _SIMPLE[hint](value)
    if hint is Any:
        return _is_simple(value) or _is_list(value, _is_simple)
    kinds = get_args(hint)
    if get_origin(hint) is list:
        return _is_list(value, lambda each: _is_of(kinds[0], each))
    if get_origin(hint) is dict:
        if isinstance(value, dict) and FORM_DATA_ENTRIES_KEY in value:
            return len(value) == 1 and _is_list(
                value[FORM_DATA_ENTRIES_KEY], lambda entry: _is_entry(kinds[1], entry)
            )
        return (
            isinstance(value, dict)
            and len(value) <= _MOST_MEMBERS
            and all(_is_text(key) and _is_of(kinds[1], each) for key, each in value.items())
        )
    return False


def _is_entry(hint: Any, entry: Any) -> bool:
    """A field of a form, as browsers send it: its name and what is in it."""
    return (
        isinstance(entry, list)
        and len(entry) == 2
        and _is_text(entry[0])
        and _is_of(hint, entry[1])
    )


def _is_list(value: Any, is_member: Callable[[Any], bool]) -> bool:
    return (
        isinstance(value, list) and len(value) <= _MOST_MEMBERS and all(is_member(v) for v in value)
    )


def _is_simple(value: Any) -> bool:
    return value is None or isinstance(value, bool) or _is_text(value) or _is_float(value)


def _is_text(value: Any) -> bool:
    """Text that every database keeps: no NUL, and no half of a character."""
    if not isinstance(value, str) or len(value) > _MOST_CHARACTERS or "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):  # as inputs send it
        return _WHOLE.fullmatch(value.strip()) is not None
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_WHOLE


def _is_float(value: Any) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def _is_float_or_written(value: Any) -> bool:
    if not isinstance(value, str):
        return _is_float(value)
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


_SIMPLE: Final[dict[Any, Callable[[Any], bool]]] = {
    str: _is_text,
    int: _is_whole,
    float: _is_float_or_written,
    bool: lambda value: isinstance(value, bool),
}
