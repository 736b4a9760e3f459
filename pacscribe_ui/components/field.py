"""Form fields: a label, the control, a hint, and what is wrong with it."""

from collections.abc import Sequence
from typing import Any

import reflex as rx


def text_field(
    label: Any,
    *,
    name: str,
    type: str = "text",  # noqa: A002 - the attribute's name
    hint: Any = "",
    error: Any = "",
    label_hidden: bool = False,
    **props: Any,
) -> rx.Component:
    """A line of text with its label.

    Args:
        label: What to write here.
        name: Name of the value in the form; also makes the control's id, `field-{name}`.
        type: `text`, `email`, `password`, `search`, `date`...
        hint: How to write it.
        error: What is wrong; an empty text or var is nothing.
        label_hidden: Keep the label for assistive tools only.
        **props: Anything an `<input>` takes.
    """
    control = rx.el.input(
        **_described({"name": name, "type": type, "class_name": "input", **props}, hint, error)
    )
    return _field(label, name, control, hint, error, props.get("id"), label_hidden=label_hidden)


def text_area(
    label: Any,
    *,
    name: str,
    hint: Any = "",
    error: Any = "",
    label_hidden: bool = False,
    **props: Any,
) -> rx.Component:
    """Several lines of text with their label; takes what `text_field` takes."""
    control = rx.el.textarea(
        **_described({"name": name, "class_name": "input input--area", **props}, hint, error)
    )
    return _field(label, name, control, hint, error, props.get("id"), label_hidden=label_hidden)


def row_text_area(label: Any, *, name: str, **props: Any) -> rx.Component:
    """Several lines of text in a row of a list, where names repeat: the label holds the control."""
    return rx.el.label(
        rx.el.span(label, class_name="field-label"),
        rx.el.textarea(name=name, class_name="input input--area", **props),
        class_name="field",
    )


def select_field(
    label: Any,
    options: Sequence[tuple[str, Any]],
    *,
    name: str,
    hint: Any = "",
    error: Any = "",
    label_hidden: bool = False,
    **props: Any,
) -> rx.Component:
    """A choice of one; takes what `text_field` takes.

    Args:
        label: What is chosen.
        options: Value and label of each choice.
        name: Name of the value in the form.
        hint: How to choose.
        error: What is wrong.
        label_hidden: Keep the label for assistive tools only.
        **props: Anything a `<select>` takes, such as `value` and `on_change`.
    """
    control = rx.el.select(
        *[rx.el.option(shown, value=value) for value, shown in options],
        **_described({"name": name, "class_name": "input input--select", **props}, hint, error),
    )
    return _field(label, name, control, hint, error, props.get("id"), label_hidden=label_hidden)


def check_box(label: Any, *, name: str, **props: Any) -> rx.Component:
    """A choice of yes or no; the label is part of what can be pressed."""
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, **props), rx.el.span(label), class_name="check"
    )


def _described(props: dict[str, Any], hint: Any, error: Any) -> dict[str, Any]:
    identifier = props.setdefault("id", f"field-{props['name']}")
    described = []
    if not _is_empty(hint):
        described.append(f"{identifier}-hint")
    if not _is_empty(error):
        described.append(f"{identifier}-error")
        props["aria_invalid"] = rx.cond(error, "true", "false")
    if described:
        props["aria_describedby"] = " ".join(described)
    return props


def _field(
    label: Any,
    name: str,
    control: rx.Component,
    hint: Any,
    error: Any,
    identifier: str | None,
    *,
    label_hidden: bool,
) -> rx.Component:
    identifier = identifier or f"field-{name}"
    parts: list[Any] = [
        rx.el.label(
            label, html_for=identifier, class_name="unseen" if label_hidden else "field-label"
        ),
        control,
    ]
    if not _is_empty(hint):
        parts.append(rx.el.p(hint, id=f"{identifier}-hint", class_name="field-hint"))
    if not _is_empty(error):
        parts.append(
            rx.el.p(
                rx.cond(error, error, ""),
                id=f"{identifier}-error",
                class_name="field-error",
                role="alert",
            )
        )
    return rx.el.div(*parts, class_name="field")


def _is_empty(value: Any) -> bool:
    return isinstance(value, str) and not value
