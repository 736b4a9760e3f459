"""A hidden form field filled from the fragment of the address, for secrets that no server may log."""

import reflex as rx

from pacscribe_ui.components.script import script

_source = script("fragment_field.jsx")


class FragmentField(rx.Component):
    """Reads `#name=...` once and takes it out of the address bar."""

    library = _source
    tag = "FragmentField"
    name: rx.Var[str]


def fragment_field(name: str, otherwise: rx.Component) -> rx.Component:
    """A hidden field.

    Args:
        name: Of the field, and of the value in the fragment.
        otherwise: What is shown when the address has no such value.
    """
    return FragmentField.create(otherwise, name=name)
