"""A hidden form field filled from the address, for forms that may be sent before the page has its state."""

import reflex as rx

from pacscribe_ui.components.script import script

_source = script("address_field.jsx")


class AddressField(rx.Component):
    """Holds the parameter of its name, or nothing; whoever takes the form judges it."""

    library = _source
    tag = "AddressField"
    name: rx.Var[str]


def address_field(name: str) -> rx.Component:
    """A hidden field.

    Args:
        name: Of the field, and of the parameter.
    """
    return AddressField.create(name=name)
