"""What the bar over the images has no room for: the layout with what viewports do together, and the ways to play a film."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.script import script
from pacscribe_ui.components.viewer_commands import command, shown_key
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
    # Rows and columns, such as 2x3.
    on_choose: rx.EventHandler[rx.event.passthrough_event_spec(str)]


def layout_controls(layout: Any, on_choose: Any) -> list[rx.Component]:
    """The grid of layouts.

    Args:
        layout: Var: the layout, such as `2x3`.
        on_choose: Called with another one.
    """
    return [
        LayoutGrid.create(
            layout=layout, labels=words.LAYOUTS, label=words.LAYOUT_GROUP, on_choose=on_choose
        )
    ]


def together_controls(is_linked: Any, has_lines: Any) -> list[rx.Component]:
    """What viewports do together.

    Args:
        is_linked: Var: whether they are linked.
        has_lines: Var: whether reference lines are shown.
    """
    return [
        _row("join", "link-2", pressed=is_linked),
        _row("join-here", "hand"),
        _row("join-forget", "link-2-off"),
        _row("lines", "spline", pressed=has_lines),
    ]


def film_controls(film: Any, speed_text: Any) -> list[rx.Component]:
    """How the active viewport plays.

    Args:
        film: Var: its `Film`.
        speed_text: Var: its speed in words.
    """
    return [
        rx.el.div(
            _small("cine-slower", "minus"),
            rx.el.span(speed_text, class_name="tools-rate"),
            _small("cine-faster", "plus"),
            class_name="film-speed",
        ),
        *[_row(name, glyph, pressed=film.way == way) for name, way, glyph in _WAYS],
        _row("cine-first", "arrow-right-from-line", pressed=film.first_index.is_not_none()),
        _row("cine-last", "arrow-left-from-line", pressed=film.last_index.is_not_none()),
        _row("cine-whole", "move-horizontal"),
        _row("cine-all", "layout-grid"),
    ]


def _row(name: str, glyph: str, *, pressed: Any = None) -> rx.Component:
    """A command in words, with its key; a switch stays open to be seen to have changed."""
    given = command(name)
    more: dict[str, Any] = {} if pressed is None else {"aria_pressed": pressed}
    key = rx.el.kbd(shown_key(given.keys[0]), aria_hidden="true") if given.keys else rx.fragment()
    return rx.el.button(
        icon(glyph, 18),
        rx.el.span(given.label),
        key,
        type="button",
        custom_attrs={"data-command": name},
        class_name="tool tool--labelled",
        **more,
    )


def _small(name: str, glyph: str) -> rx.Component:
    titled = command(name).titled
    return rx.el.button(
        icon(glyph, 18),
        type="button",
        title=titled,
        aria_label=titled,
        custom_attrs={"data-command": name},
        class_name="tool",
    )
