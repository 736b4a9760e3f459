"""Links inside PACScribe: they change the page without loading it anew, so that the next screen is there at once.

A jump within a page is left to the browser: the router would take it for another address without its question.
"""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML
from reflex_components_core.react_router.dom import ReactRouterLink


def page_link(*children: Any, to: Any, **props: Any) -> rx.Component:
    """A link to another page of PACScribe.

    Args:
        *children: What is shown.
        to: Address, a path.
        **props: Anything an `<a>` takes.
    """
    return ReactRouterLink.create(*children, to=to, **props)


class _GoOn(rx.Component):
    """The router's own: it goes when it is shown, and cannot once the page is another one."""

    library = "react-router"
    tag = "Navigate"

    to: rx.Var[str]
    replace: rx.Var[bool]


def go_on(to: Any) -> rx.Component:
    """Goes on to another page of PACScribe as soon as it is shown; `to` is a path. Back does not lead here again."""
    return _GoOn.create(to=to, replace=True)


class _Jump(BaseHTML):
    """`<a>` with nothing between it and the browser."""

    tag = "a"
    href: rx.Var[str]


def jump(*children: Any, target_id: str, **props: Any) -> rx.Component:
    """A link to a place on the same page.

    Args:
        *children: What is shown.
        target_id: Id of the element to go to.
        **props: Anything an `<a>` takes.
    """
    return _Jump.create(*children, href=f"#{target_id}", **props)
