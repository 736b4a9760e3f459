"""Lets the hands go first: a part of a page that can come some hundredths of a second after the rest."""

import reflex as rx

from pacscribe_ui.components.script import script

_module = script("later.jsx")


class _Later(rx.Component):
    """One of its two children."""

    library = _module
    tag = "Later"


def later(content: rx.Component, meanwhile: rx.Component) -> rx.Component:
    """Put a part on the page in small pieces, so that an image that is being scrolled meanwhile is not held up.

    Args:
        content: What is shown.
        meanwhile: What holds its place until then.
    """
    return _Later.create(content, meanwhile)
