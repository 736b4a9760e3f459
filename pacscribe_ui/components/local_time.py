"""A moment, shown in the time zone of whoever reads it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

_module = script("local_time.jsx")


class LocalTime(rx.NoSSRComponent):
    """`<time>` with a moment of the back end (ISO 8601, UTC)."""

    library = _module
    tag = "LocalTime"

    moment: rx.Var[str]


def local_time(moment: Any, **props: Any) -> rx.Component:
    """Show `moment` in the reader's own time zone, to the minute."""
    return LocalTime.create(moment=moment, **props)
