"""The form that makes a passkey for somebody who is signed in."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script
from pacscribe_ui.text import PASSKEY
from pacscribe_ui.text import Security as words

_module = script("passkey_maker.jsx")
script("passkey.js")  # imported by the module


class PasskeyMaker(rx.NoSSRComponent):
    """A name, and the browser's own dialog."""

    library = _module
    tag = "PasskeyMaker"

    options: rx.Var[str]
    problem: rx.Var[str]
    words: rx.Var[dict[str, str]]
    # `answer`, the browser's, as JSON; and `name`.
    on_made: rx.EventHandler[rx.event.passthrough_event_spec(dict[str, str])]
    on_dismiss: rx.EventHandler[rx.event.no_args_event_spec]


def passkey_maker(options: Any, *, problem: Any, on_made: Any, on_dismiss: Any) -> rx.Component:
    """The form.

    Args:
        options: Var: what the browser needs, as JSON.
        problem: Var: why the last answer was refused.
        on_made: Event handler; takes `answer` and `name`.
        on_dismiss: Event: not now.
    """
    return PasskeyMaker.create(
        options=options,
        problem=problem,
        on_made=on_made,
        on_dismiss=on_dismiss,
        words={
            **PASSKEY,
            "name_label": words.PASSKEY_NAME,
            "name_hint": words.PASSKEY_NAME_HINT,
            "create": words.CREATE,
            "cancel": words.CANCEL,
        },
    )
