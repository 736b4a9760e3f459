"""The notice: one sentence about what just happened. A region that is always there, so that it is read out."""

from typing import Any, Literal

import reflex as rx

from pacscribe_ui.components.button import icon_button
from pacscribe_ui.components.icon import icon
from pacscribe_ui.text import Shell


def notice(kind: Any, sentence: Any, serial: Any, on_dismiss: Any) -> rx.Component:
    """A toast fed by state; needs no eval, unlike Reflex's own.

    Args:
        kind: Var: `status` (leaves by itself after some seconds) or `alert` (stays until closed).
        sentence: Var: the sentence; empty shows nothing.
        serial: Var: another number for every notice, so that the same sentence shows again.
        on_dismiss: Event of the close button.
    """
    is_alert = kind == "alert"
    return rx.el.div(
        _card("status", "circle-check", sentence, serial, on_dismiss, ~is_alert),
        _card("alert", "triangle-alert", sentence, serial, on_dismiss, is_alert),
        class_name="notices",
    )


def _card(
    role: Literal["status", "alert"],
    icon_name: str,
    sentence: Any,
    serial: Any,
    on_dismiss: Any,
    is_it: Any,
) -> rx.Component:
    return rx.el.div(
        rx.cond(
            is_it & (sentence != ""),
            rx.el.div(
                icon(icon_name, 18),
                rx.el.p(sentence),
                icon_button("x", Shell.CLOSE, small=True, on_click=on_dismiss),
                class_name=f"notice notice--{role}",
                key=serial,
            ),
        ),
        role=role,
        aria_live="assertive" if role == "alert" else "polite",
    )


def inline_notice(tone: str, sentence: Any, *, title: Any = "") -> rx.Component:
    """A sentence inside a page, such as what is wrong with a form.

    Args:
        tone: `danger`, `warning`, `good` or `accent`.
        sentence: What to say.
        title: A few words before it.
    """
    names = {"danger": "triangle-alert", "warning": "triangle-alert", "good": "circle-check"}
    return rx.el.div(
        icon(names.get(tone, "info"), 18),
        rx.el.div(
            # A title that the page's state makes is there by itself, and cannot be asked here.
            rx.fragment() if isinstance(title, str) and not title else rx.el.strong(title),
            rx.el.p(sentence),
        ),
        class_name=f"inline-notice inline-notice--{tone}",
        role="alert" if tone == "danger" else "note",
    )
