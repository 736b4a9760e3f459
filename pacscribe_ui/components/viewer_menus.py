"""What the bar over the images has no room for: the layout with what viewports do together, and the ways to play a film."""

from typing import Any

import reflex as rx

from pacscribe_ui.commands import command, first_key
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.script import script
from pacscribe_ui.text import Viewer as words

_source = script("layout_grid.jsx")
_WAYS = (
    ("cine-filed", "", "file-text"),
    ("cine-loop", "loop", "repeat"),
    ("cine-sweep", "sweep", "arrow-left-right"),
    ("cine-once", "once", "arrow-right-to-line"),
)


class LayoutGrid(rx.Component):
    """The part of the layout's menu that only JavaScript can do: light up cells, walk by arrow keys."""

    library = _source
    tag = "LayoutGrid"

    layout: rx.Var[str]
    labels: rx.Var[dict[str, str]]
    label: rx.Var[str]


def layout_controls(layout: Any) -> list[rx.Component]:
    """The grid of layouts: its cells give the commands `layout-1x1` to `layout-3x3`.

    Args:
        layout: Var: the layout, such as `2x3`.
    """
    return [LayoutGrid.create(layout=layout, labels=words.LAYOUTS, label=words.LAYOUT_GROUP)]


def together_controls(is_linked: Any, has_lines: Any, own_keys: Any) -> list[rx.Component]:
    """What viewports do together.

    Args:
        is_linked: Var: whether they are linked.
        has_lines: Var: whether reference lines are shown.
        own_keys: Var: keys of one's own, as they are shown, by the names of commands.
    """
    return [
        _row("join", "link-2", own_keys, pressed=is_linked),
        _row("join-here", "hand", own_keys),
        _row("join-forget", "link-2-off", own_keys),
        _row("lines", "spline", own_keys, pressed=has_lines),
    ]


def film_controls(film: Any, speed_text: Any, own_keys: Any) -> list[rx.Component]:
    """How the active viewport plays.

    Args:
        film: Var: its `Film`.
        speed_text: Var: its speed in words.
        own_keys: Var: keys of one's own, as they are shown, by the names of commands.
    """
    return [
        rx.el.div(
            _small("cine-slower", "minus", own_keys),
            rx.el.span(speed_text, class_name="tools-rate"),
            _small("cine-faster", "plus", own_keys),
            class_name="film-speed",
        ),
        *[_row(name, glyph, own_keys, pressed=film.way == way) for name, way, glyph in _WAYS],
        _row(
            "cine-first", "arrow-right-from-line", own_keys, pressed=film.first_index.is_not_none()
        ),
        _row("cine-last", "arrow-left-from-line", own_keys, pressed=film.last_index.is_not_none()),
        _row("cine-whole", "move-horizontal", own_keys),
        _row("cine-all", "layout-grid", own_keys),
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


def _row(name: str, glyph: str, own_keys: Any, *, pressed: Any = None) -> rx.Component:
    """A command in words, with its key; a switch stays open to be seen to have changed."""
    more: dict[str, Any] = {} if pressed is None else {"aria_pressed": pressed}
    key = _key_of(name, own_keys)
    return rx.el.button(
        icon(glyph, 18),
        rx.el.span(command(name).label),
        rx.cond(key != "", rx.el.kbd(key, aria_hidden="true")),
        type="button",
        custom_attrs={"data-command": name},
        class_name="tool tool--labelled",
        **more,
    )


def _small(name: str, glyph: str, own_keys: Any) -> rx.Component:
    title = titled(name, own_keys)
    return rx.el.button(
        icon(glyph, 18),
        type="button",
        title=title,
        aria_label=title,
        custom_attrs={"data-command": name},
        class_name="tool",
    )
