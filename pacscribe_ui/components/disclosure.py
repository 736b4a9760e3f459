"""A button that shows a panel below itself, for what there is no room for in a bar."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

_source = script("disclosure.jsx")


class Disclosure(rx.Component):
    """The part that only JavaScript can do: open it, close it when it has been used."""

    library = _source
    tag = "Disclosure"
    label: rx.Var[str]


def disclosure(label: Any, face: rx.Component, *content: rx.Component) -> rx.Component:
    """A button with a panel.

    Args:
        label: The button's accessible name and tooltip.
        face: What is on the button.
        *content: The panel; a press on what has `data-closes` closes it.
    """
    return Disclosure.create(face, *content, label=label)
