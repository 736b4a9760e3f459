"""Holds a page back until the state was read for the address that the browser is at."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.script import script

_module = script("arrived.jsx")


class _Arrived(rx.Component):
    """One of its two children."""

    library = _module
    tag = "Arrived"

    # Of a `VisitState`.
    visit: rx.Var[str]


def arrived(visit: Any, page: Any, meanwhile: rx.Component | None = None) -> rx.Component:
    """Show what belongs to an address; while a page is changed the state is still that of the page before.

    Args:
        visit: Var: `visit` of the state that `page` shows, a `VisitState`.
        page: What to show once it is there.
        meanwhile: What to show until then; grey rows unless given.
    """
    return _Arrived.create(page, meanwhile or skeleton_rows(), visit=visit)
