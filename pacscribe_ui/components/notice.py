"""The notice: one sentence about what just happened. A region that is always there, so that it is read out."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.script import script
from pacscribe_ui.text import Shell

script("say.js")
_source = script("notices.jsx")


class Notices(rx.Component):
    """Says the last sentence: the state's, or one that the browser has said by itself (`say.js`)."""

    library = _source
    tag = "Notices"

    kind: rx.Var[str]
    text: rx.Var[str]
    serial: rx.Var[int]
    # What its close button does, in a word.
    close: rx.Var[str]
    on_dismiss: rx.EventHandler[rx.event.no_args_event_spec]


def notice(kind: Any, sentence: Any, serial: Any, on_dismiss: Any) -> rx.Component:
    """A toast fed by state or by the browser; needs no eval, unlike Reflex's own.

    Args:
        kind: Var: `status` (leaves by itself after some seconds) or `alert` (stays until closed).
        sentence: Var: the sentence; empty shows nothing.
        serial: Var: another number for every notice, so that the same sentence shows again.
        on_dismiss: Event of the close button.
    """
    return Notices.create(
        *[icon(name, 18) for name in ("circle-check", "triangle-alert", "x")],
        kind=kind,
        text=sentence,
        serial=serial,
        close=Shell.CLOSE,
        on_dismiss=on_dismiss,
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
