"""What stands where nothing is to be shown: why, and what to do about it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import icon as line_icon


def empty_state(
    title: Any, sentence: Any = "", *actions: rx.Component, icon: str = "inbox"
) -> rx.Component:
    """An empty place.

    Args:
        title: What is not here.
        sentence: Why, or what to do.
        *actions: Buttons or links that help.
        icon: Lucide icon.
    """
    return rx.el.div(
        line_icon(icon, 32),
        rx.el.p(title, class_name="empty-title"),
        rx.el.p(sentence, class_name="empty-text"),
        rx.el.div(*actions, class_name="row") if actions else rx.fragment(),
        class_name="empty",
    )


def error_state(title: Any, sentence: Any, *actions: rx.Component) -> rx.Component:
    """A place whose content could not be loaded; takes what `empty_state` takes."""
    return rx.el.div(
        line_icon("triangle-alert", 32),
        rx.el.p(title, class_name="empty-title"),
        rx.el.p(sentence, class_name="empty-text"),
        rx.el.div(*actions, class_name="row") if actions else rx.fragment(),
        class_name="empty empty--error",
        role="alert",
    )
