"""A field for words to look for. It holds what somebody types, also while an answer or the page's state is on its way."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.script import script

_source = script("search_field.jsx")


class _BegunAnew(rx.Component):
    """Its children, put up anew whenever they are to be."""

    library = _source
    tag = "BegunAnew"

    serial: rx.Var[int]
    is_there: rx.Var[bool]


def search_field(
    label: Any, *, text: Any, serial: Any, is_there: Any, **props: Any
) -> rx.Component:
    """The field, by the name `text`.

    Args:
        label: What is looked for.
        text: Var: what was searched for; the field begins with it.
        serial: Var: another one whenever the field is to begin anew.
        is_there: Var: whether the page has its state.
        **props: What `text_field` takes.
    """
    return _BegunAnew.create(
        text_field(
            label, name="text", type="search", default_value=text, auto_complete="off", **props
        ),
        serial=serial,
        is_there=is_there,
    )
