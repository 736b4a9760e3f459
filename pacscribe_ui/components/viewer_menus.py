"""What the bar over the images has no room for: the layout with what viewports do together, and the ways to play a film."""

from typing import Any

import reflex as rx

from pacscribe_ui.commands import command, first_key
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.viewport import CommandButton, FilmSpeed, LayoutGrid
from pacscribe_ui.text import Viewer as words

_TOGETHER = (
    ("join", "link-2"),
    ("join-here", "hand"),
    ("join-forget", "link-2-off"),
    ("lines", "spline"),
)
_FILM = (
    ("cine-filed", "file-text"),
    ("cine-loop", "repeat"),
    ("cine-sweep", "arrow-left-right"),
    ("cine-once", "arrow-right-to-line"),
    ("cine-first", "arrow-right-from-line"),
    ("cine-last", "arrow-left-from-line"),
    ("cine-whole", "move-horizontal"),
    ("cine-all", "layout-grid"),
)


def layout_controls(own_keys: Any) -> list[rx.Component]:
    """The grid of layouts, and what viewports do together.

    Args:
        own_keys: Var: keys of one's own, as they are shown, by the names of commands.
    """
    return [
        LayoutGrid.create(labels=words.LAYOUTS, label=words.LAYOUT_GROUP),
        *[_row(name, glyph, own_keys) for name, glyph in _TOGETHER],
    ]


def film_controls(own_keys: Any) -> list[rx.Component]:
    """How the active viewport plays.

    Args:
        own_keys: Var: keys of one's own, as they are shown, by the names of commands.
    """
    return [
        rx.el.div(
            _small("cine-slower", "minus", own_keys),
            FilmSpeed.create(said=words.SPEED),
            _small("cine-faster", "plus", own_keys),
            class_name="film-speed",
        ),
        *[_row(name, glyph, own_keys) for name, glyph in _FILM],
    ]


def titled(name: str, own_keys: Any, label: Any = None) -> Any:
    """Var: what a command does, with its key: for buttons.

    Args:
        name: The command.
        own_keys: Var: keys of one's own, as they are shown, by the names of commands.
        label: What it does, if that changes.
    """
    key = _key_of(name, own_keys)
    in_brackets = rx.cond(key != "", rx.Var.create(" (") + key + ")", "")
    return rx.Var.create(command(name).label if label is None else label) + in_brackets


def _key_of(name: str, own_keys: Any) -> Any:
    return rx.cond(own_keys.contains(name), own_keys[name], first_key(name))


def _row(name: str, glyph: str, own_keys: Any) -> rx.Component:
    """A command in words, with its key; the menu stays open, so that a switch is seen to have changed."""
    key = _key_of(name, own_keys)
    return CommandButton.create(
        icon(glyph, 18),
        rx.el.span(command(name).label),
        rx.cond(key != "", rx.el.kbd(key, aria_hidden="true")),
        name=name,
        class_name="tool tool--labelled",
    )


def _small(name: str, glyph: str, own_keys: Any) -> rx.Component:
    return CommandButton.create(
        icon(glyph, 18), name=name, label=titled(name, own_keys), class_name="tool"
    )
