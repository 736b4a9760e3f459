"""What is sent as the arguments of a handler: what fits its annotations, and everything that does not."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from reflex_base.event import EventHandler
from reflex_base.registry import RegistrationContext
from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

SECRET = "a-secret-word-that-was-sent"
_WRONG: dict[Any, tuple[Any, ...]] = {
    str: (7, 1.5, True, None, [SECRET], {"$ne": ""}, "x" * 200_001, "a\0b", "half \ud800"),
    int: ("seven", "", "1.5", 1.5, True, None, [1], {"$gt": 0}, 10**400, "9" * 400, -(2**63)),
    float: ("NaN", "inf", "", True, None, [1.0], {"$gt": 0}, float("inf"), float("nan"), 10**400),
    bool: ("true", "", 1, 0, None, [True], {"$ne": False}),
    Any: ({"$ne": ""}, [[SECRET]], [{"a": 1}], "a\0b", float("nan"), "x" * 200_001),
}
_NEST: Any = SECRET
for _ in range(300):
    _NEST = [_NEST]


def of(name: str) -> EventHandler:
    """The handler that is registered under a name."""
    return RegistrationContext.get().event_handlers[name].handler


def arguments(handler: EventHandler) -> Mapping[str, Any]:
    """The annotations of a handler's arguments, by their names."""
    names = handler.fn.__code__.co_varnames[1 : handler.fn.__code__.co_argcount]
    return {name: handler.fn.__annotations__[name] for name in names}


def fitting(handler: EventHandler, text: str = "") -> dict[str, Any]:
    """What the handler can be called with: this text wherever one is asked for."""
    return {name: _value(hint, text) for name, hint in arguments(handler).items()}


def forms(handler: EventHandler) -> dict[str, Any]:
    """What the handler can be called with where it takes a form, as browsers send one."""
    hints = arguments(handler)
    sent = {FORM_DATA_ENTRIES_KEY: [["name", "words"], ["name", "twice"], ["other", ""]]}
    good = fitting(handler)
    return {name: sent if hints[name] == dict[str, Any] else good[name] for name in good}


def misfits(handler: EventHandler) -> Iterator[Any]:
    """Payloads with which the handler cannot be called: each differs in one thing from one that fits."""
    good = fitting(handler)
    yield from ([1, 2], SECRET, 1, None, {**good, "caller": {"permissions": ["study:view"]}})
    yield {**good, "self": SECRET}
    for name, hint in arguments(handler).items():
        for wrong in _wrong(hint):
            yield {**good, name: wrong}
    needed = list(good)[: len(good) - len(handler.fn.__defaults__ or ())]
    for name in needed:
        yield {other: value for other, value in good.items() if other != name}


def _value(hint: Any, text: str) -> Any:
    if get_origin(hint) is list:
        return [_value(get_args(hint)[0], text)]
    if get_origin(hint) is dict:
        return {text or "name": _value(get_args(hint)[1], text)}
    return {int: 1, float: 1.0, bool: True}.get(hint, text)


def _wrong(hint: Any) -> Iterator[Any]:
    yield _NEST
    if get_origin(hint) is list:
        yield from (SECRET, 1, None, {"0": SECRET}, [_value(get_args(hint)[0], "")] * 10_001)
        yield from ([each] for each in _WRONG.get(get_args(hint)[0], (SECRET, None)))
    elif get_origin(hint) is dict:
        yield from (SECRET, 1, None, [SECRET], {"half \ud800": _value(get_args(hint)[1], "")})
        yield from ({"name": each} for each in _WRONG[get_args(hint)[1]])
        # As browsers send a form.
        for entries in (
            SECRET,
            None,
            {},
            [SECRET],
            [["name"]],
            [["name", "", ""]],
            [[7, ""]],
            [["name", {"$ne": ""}]],
        ):
            yield {FORM_DATA_ENTRIES_KEY: entries}
        yield {FORM_DATA_ENTRIES_KEY: [], "name": ""}
    else:
        yield from _WRONG[hint]
