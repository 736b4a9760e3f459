"""Warns before a session ends, and blanks the page when it has ended."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script
from pacscribe_ui.text import SESSION_CLOCK

_module = script("session_clock.jsx")
script("session_clock.js")  # imported by the module


class SessionWatch(rx.NoSSRComponent):
    """Asks the server how long the session lasts, and keeps all tabs in step."""

    library = _module
    tag = "SessionWatch"

    is_signed_in: rx.Var[bool]
    words: rx.Var[dict[str, str]]


def session_clock(is_signed_in: Any) -> rx.Component:
    """The clock; it shows nothing until the last minute.

    Args:
        is_signed_in: Var: whether there is a session to watch.
    """
    return SessionWatch.create(is_signed_in=is_signed_in, words=SESSION_CLOCK)
