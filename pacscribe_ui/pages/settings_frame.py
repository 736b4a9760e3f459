"""The frame around the pages of administrators: a title, the list of sections, the section itself.

A new page is listed by a line in `state/settings_sections.py`, and calls `settings_frame` with its key.
"""

from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.sections_bar import sections_bar
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.settings_sections import SECTIONS, Section
from pacscribe_ui.text import Settings as words


def settings_frame(
    *content: Any, active: str, title: str, lead: Any = "", actions: Any = None
) -> rx.Component:
    """A page of the settings.

    The page's `on_load` must begin with `SessionState.enter`, which fills the list of sections.

    Args:
        *content: What stands below the title.
        active: Key of its section.
        title: The page's `<h1>`.
        lead: A sentence about what it is for.
        actions: Buttons beside the title.
    """
    return frame(
        rx.el.div(
            sections_bar(words.SECTIONS, *[_entry(section, active) for section in SECTIONS]),
            rx.el.div(
                rx.el.div(
                    rx.el.div(
                        rx.el.h1(title),
                        rx.el.p(lead, class_name="settings-lead") if lead else rx.fragment(),
                    ),
                    actions if actions is not None else rx.fragment(),
                    class_name="settings-head",
                ),
                *content,
                class_name="settings-content",
            ),
            class_name="settings",
        ),
        active="settings",
    )


def settings_part(title: Any, *content: Any) -> rx.Component:
    """A part of a section, with its own heading."""
    return rx.el.section(rx.el.h2(title), *content, class_name="settings-part")


def _entry(section: Section, active: str) -> rx.Component:
    current: dict[str, Any] = {"aria_current": "page"} if section.key == active else {}
    seen: Any = SessionState.settings_sections
    return rx.cond(
        seen.contains(section.key),
        rx.el.li(
            page_link(
                icon(section.icon_name),
                section.label,
                to=section.path,
                class_name="settings-link",
                **current,
            ),
            data_group=section.group,
        ),
    )
