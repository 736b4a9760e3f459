"""Identifiers where there is no room for them: the same room for each, and the whole in the tooltip and on the clipboard."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.script import script
from pacscribe_ui.text import Clipboard as words

_module = script("copy_button.jsx")
script("clipboard.js")  # imported by the module


class _CopyButton(rx.Component):
    """A button around an icon, and what came of it."""

    library = _module
    tag = "CopyButton"

    whole: rx.Var[str]
    label: rx.Var[str]
    copied: rx.Var[str]
    refused: rx.Var[str]


def identifier(whole: Any, short: Any) -> rx.Component:
    """The identifier itself, which may stand in a link.

    Args:
        whole: Var of it.
        short: Var of it with its middle left out.
    """
    return rx.el.span(short, title=whole, class_name="identifier")


def copy_identifier(whole: Any, short: Any) -> rx.Component:
    """A button that puts it on the clipboard; takes what `identifier` takes."""
    return _CopyButton.create(
        icon("copy", 14),
        whole=whole,
        label=rx.Var.create(words.COPY) + short,
        copied=words.COPIED,
        refused=words.REFUSED,
    )
