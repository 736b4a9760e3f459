"""A list whose rows are walked with the arrow keys. Which rows there are is the page's business."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

_module = script("row_keys.jsx")


class RowKeys(rx.Component):
    """A `<div>` in which arrow keys, Home and End move between links."""

    library = _module
    tag = "RowKeys"

    # CSS selector of the links to move between.
    selector: rx.Var[str]


def row_keys(*children: Any, selector: str, label: str, **props: Any) -> rx.Component:
    """Wrap a list.

    Args:
        *children: The list.
        selector: CSS selector of the link in each row.
        label: Name of the region, which the keyboard can reach by itself.
        **props: Class name and the like.
    """
    # Reflex would take attributes that it does not know for style.
    attributes = {"role": "region", "aria-label": label, "tabIndex": 0}
    return RowKeys.create(*children, selector=selector, custom_attrs=attributes, **props)
