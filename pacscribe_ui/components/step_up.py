"""The dialog that asks for a proof before a dangerous act; it sends the proof itself, so that no state ever holds it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script
from pacscribe_ui.text import STEP_UP

_module = script("step_up.jsx")
script("proof_fields.jsx")  # imported by the module, as is the next
script("passkey.js")


class StepUp(rx.NoSSRComponent):
    """A modal dialog with the field for the password."""

    library = _module
    tag = "StepUp"

    is_open: rx.Var[bool]
    words: rx.Var[dict[str, str]]
    on_proved: rx.EventHandler[rx.event.no_args_event_spec]
    on_dismiss: rx.EventHandler[rx.event.no_args_event_spec]


def step_up(*, is_open: Any, on_proved: Any, on_dismiss: Any) -> rx.Component:
    """The dialog.

    Args:
        is_open: Var: whether it is shown.
        on_proved: Event: the person has proved who they are.
        on_dismiss: Event: they do not want to.
    """
    return StepUp.create(is_open=is_open, words=STEP_UP, on_proved=on_proved, on_dismiss=on_dismiss)
