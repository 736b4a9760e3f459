"""A field outside of forms that tells what was typed once it is settled: by Enter, or by leaving it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

_source = script("settled_field.jsx")


class _SettledField(rx.Component):
    """An `<input>`."""

    library = _source
    tag = "SettledField"

    value: rx.Var[str]
    type: rx.Var[str]
    min: rx.Var[str]
    max: rx.Var[str]
    max_length: rx.Var[int]
    on_settle: rx.EventHandler[rx.event.passthrough_event_spec(str)]


def settled_field(value: Any, on_settle: Any, **props: Any) -> rx.Component:
    """The field; its label stands around it.

    Args:
        value: Var: what holds now.
        on_settle: Called with another text once it is settled.
        **props: `type`, `min`, `max` and `max_length` of the `<input>`.
    """
    return _SettledField.create(
        value=value, on_settle=on_settle, auto_complete="off", class_name="input", **props
    )
