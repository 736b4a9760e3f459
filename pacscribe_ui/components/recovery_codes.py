"""Recovery codes, as a list to write down or to print."""

from typing import Any

import reflex as rx


def recovery_codes(codes: Any) -> rx.Component:
    """The list; a click on a code chooses the whole of it.

    Args:
        codes: Var of them.
    """
    return rx.el.ol(
        rx.foreach(codes, lambda code: rx.el.li(rx.el.code(code))),
        class_name="recovery-codes",
        translate="no",
    )
