"""What is shown while something is on its way. It moves only if the user lets things move."""

from typing import Any

import reflex as rx

from pacscribe_ui.text import Shell


def loading(label: Any = Shell.LOADING) -> rx.Component:
    """A turning ring with its word.

    Args:
        label: What is loading.
    """
    return rx.el.div(
        rx.el.span(class_name="spinner", aria_hidden="true"),
        rx.el.span(label),
        class_name="loading",
        role="status",
    )


def skeleton_rows(count: int = 8) -> rx.Component:
    """Grey rows in the place of a list.

    Args:
        count: How many.
    """
    return rx.el.div(
        rx.el.span(Shell.LOADING, class_name="unseen"),
        *[rx.el.div(class_name="skeleton-row", aria_hidden="true") for _ in range(count)],
        class_name="skeleton",
        role="status",
    )
