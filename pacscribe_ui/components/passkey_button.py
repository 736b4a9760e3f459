"""A button for a passkey on the way in. The challenge, its answer and the cookie are between browser and server."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script
from pacscribe_ui.text import PASSKEY

_module = script("passkey_button.jsx")
script("passkey.js")  # imported by the module


class PasskeyButton(rx.NoSSRComponent):
    """Signs in, or makes the first passkey."""

    library = _module
    tag = "PasskeyButton"

    path: rx.Var[str]
    begin_path: rx.Var[str]
    makes: rx.Var[bool]
    remember_id: rx.Var[str]
    is_primary: rx.Var[bool]
    label: rx.Var[str]
    words: rx.Var[dict[str, str]]


def passkey_button(label: str, *, path: str, begin_path: str, **props: Any) -> rx.Component:
    """The button; it is not shown where the browser knows no passkeys.

    Args:
        label: What is on it.
        path: Address below `/api/v1/` that takes the answer.
        begin_path: Address below it that gives the challenge.
        **props: `makes` a new one, `remember_id` of a check box, `is_primary`.
    """
    return PasskeyButton.create(
        label=label, path=path, begin_path=begin_path, words=PASSKEY, **props
    )
