"""A moment, shown in the time zone of whoever reads it."""

from typing import Any

import reflex as rx

_module = rx.asset("local_time.jsx", shared=True)


class LocalTime(rx.NoSSRComponent):
    """`<time>` with a moment of the back end (ISO 8601, UTC)."""

    library = _module.importable_path
    tag = "LocalTime"

    moment: rx.Var[str]


def local_time(moment: Any, **props: Any) -> rx.Component:
    """Show `moment` in the reader's own time zone, to the minute."""
    return LocalTime.create(moment=moment, **props)
