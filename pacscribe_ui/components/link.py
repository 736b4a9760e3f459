"""Links inside PACScribe: they change the page without loading it anew, so that the next screen is there at once."""

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


def page_link(*children: Any, to: Any, **props: Any) -> rx.Component:
    """A link to another page of PACScribe.

    Args:
        *children: What is shown.
        to: Address, a path.
        **props: Anything an `<a>` takes.
    """
    return ReactRouterLink.create(*children, to=to, **props)
