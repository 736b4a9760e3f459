"""A form that the browser itself submits. Reflex's own forms always prevent that."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class NativeForm(BaseHTML):
    """`<form>` with nothing between it and the browser."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]
    auto_complete: rx.Var[str]
    enc_type: rx.Var[str]
    no_validate: rx.Var[bool]


def native_form(*children: Any, action: Any, method: str = "post", **props: Any) -> rx.Component:
    """A form whose answer is a page of its own, such as signing in, which sets a cookie.

    Args:
        *children: Fields and a button with `type="submit"`.
        action: Address that takes it.
        method: `post` or `get`.
        **props: Anything a `<form>` takes.
    """
    return NativeForm.create(*children, action=action, method=method, **props)
