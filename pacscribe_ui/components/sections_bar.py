"""The list of a page's sections; where it is a bar that scrolls, the section that is open is in sight."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

_source = script("sections_bar.jsx")


class SectionsBar(rx.Component):
    """The part that only JavaScript can do: scroll to what is open when the list has come."""

    library = _source
    tag = "SectionsBar"


def sections_bar(label: str, *entries: Any) -> rx.Component:
    """The list.

    Args:
        label: What it is called for assistive tools.
        *entries: `<li>`s with links; the one to the page that is open has `aria-current`.
    """
    return SectionsBar.create(
        rx.el.ul(*entries),
        custom_attrs={"aria-label": label},
        class_name="settings-sections",
    )
