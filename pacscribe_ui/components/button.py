"""Buttons and links that look like them. What they do is given by the page."""

from typing import Any, Literal

import reflex as rx

from pacscribe_ui.components.icon import icon as line_icon

Variant = Literal["primary", "secondary", "quiet", "danger"]


def button(
    *children: Any,
    variant: Variant = "secondary",
    icon: str = "",
    small: bool = False,
    type: Literal["button", "submit", "reset"] = "button",  # noqa: A002 - the attribute's name
    **props: Any,
) -> rx.Component:
    """A button with a word on it.

    Args:
        *children: Its label.
        variant: `primary` once per screen, `danger` for what cannot be taken back.
        icon: Lucide icon before the label.
        small: For use inside rows.
        type: `submit` inside a form that sends.
        **props: Anything a `<button>` takes, such as `on_click`, `disabled`, `aria_label`.
    """
    content = [line_icon(icon, 16), *children] if icon else list(children)
    return rx.el.button(*content, type=type, class_name=_classes(variant, small, props), **props)


def icon_button(
    icon: str, label: Any, *, variant: Variant = "quiet", small: bool = False, **props: Any
) -> rx.Component:
    """A button with an icon only; the label is its accessible name and its tooltip.

    Args:
        icon: Lucide icon.
        label: What the button does, in words.
        variant: As for `button`.
        small: For use inside rows.
        **props: Anything a `<button>` takes.
    """
    return rx.el.button(
        line_icon(icon, 18),
        type="button",
        aria_label=label,
        title=label,
        class_name=f"{_classes(variant, small, props)} button--icon",
        **props,
    )


def link_button(
    *children: Any,
    href: Any,
    variant: Variant = "secondary",
    icon: str = "",
    small: bool = False,
    **props: Any,
) -> rx.Component:
    """A link that looks like a button, for going somewhere.

    Args:
        *children: Its label.
        href: Where it goes.
        variant: As for `button`.
        icon: Lucide icon before the label.
        small: For use inside rows.
        **props: Anything an `<a>` takes.
    """
    content = [line_icon(icon, 16), *children] if icon else list(children)
    return rx.el.a(*content, href=href, class_name=_classes(variant, small, props), **props)


def _classes(variant: Variant, small: bool, props: dict[str, Any]) -> str:
    more = props.pop("class_name", "")
    size = " button--small" if small else ""
    return f"button button--{variant}{size} {more}".rstrip()
