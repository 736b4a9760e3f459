"""The slim bar over the images: tools, windows, size, turns, film, layout. Values in, commands out.

One row at every width: groups with a rank leave the bar for the menu at its end when there is no room (`viewer.css`
says at which width), the highest rank first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from pacscribe_ui.commands import command
from pacscribe_ui.components.disclosure import disclosure
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.viewer_menus import (
    film_controls,
    layout_controls,
    titled,
    together_controls,
)
from pacscribe_ui.components.viewport import WindowNumbers
from pacscribe_ui.text import Viewer as words

_TOOLS = (
    ("window", "contrast"),
    ("pan", "move"),
    ("zoom", "search"),
    ("scroll", "layers"),
    ("probe", "pipette"),
)
_SIZES = (("zoom-out", "zoom-out"), ("zoom-in", "zoom-in"), ("fit", "maximize"))
_TURNS = (
    ("rotate-left", "rotate-ccw-square"),
    ("rotate-right", "rotate-cw-square"),
    ("mirror", "flip-horizontal-2"),
    ("flip-vertical", "flip-vertical-2"),
    ("invert", "blend"),
    ("reset", "undo-2"),
)
_PAGE = (
    ("overlay", "pencil-line"),
    ("shutter", "blinds"),
    ("study-prior", "arrow-left-from-line"),
    ("study-next", "arrow-right-from-line"),
    ("study-page", "file-search"),
    ("copy-link", "link"),
    ("full-screen", "expand"),
    ("settings", "settings-2"),
    ("keys", "keyboard"),
)


@dataclass(frozen=True, slots=True)
class ToolbarValues:
    """Vars that the bar shows."""

    tool: Any
    text_level: Any
    is_smooth: Any
    is_magnifying: Any
    layout: Any
    own_keys: Any
    is_inverted: Any
    film: Any
    speed_text: Any
    is_linked: Any
    has_lines: Any
    is_panel_open: Any
    window_choices: Any
    window_choice: Any
    shown_window: Any
    window_unit: Any


@dataclass(frozen=True, slots=True)
class ToolbarEvents:
    """What its fields call; its buttons and lists name commands, which `viewer_keys.jsx` hears.

    Attributes:
        write_window: With the numbers in the two fields, where the browser finds no window in them.
    """

    write_window: Any


@dataclass(frozen=True, slots=True)
class _Group:
    """Some controls that belong together.

    Attributes:
        label: What they are for.
        rank: 0 stays in the bar; the others leave it when there is no room, the highest first.
        controls: Makes them; called once for the bar and once for the menu.
        more: Makes what the bar has behind a button, and the menu in its place.
        face: Makes what is on that button.
    """

    label: str
    rank: int
    controls: Callable[[], Sequence[rx.Component]]
    more: Callable[[], Sequence[rx.Component]] | None = None
    face: Callable[[], rx.Component] | None = None


def viewer_toolbar(
    values: ToolbarValues, events: ToolbarEvents, *, as_stored: str, own_window: str
) -> rx.Component:
    """The bar.

    Args:
        values: What it shows.
        events: What it calls.
        as_stored: Value of the list of windows for the first look.
        own_window: Value for a window that is not in the list.
    """
    groups = (
        _Group(words.TOOLS, 0, lambda: _tools(values)),
        _Group(words.PRESET, 0, lambda: [_window_list(values, as_stored, own_window)]),
        _Group(words.WINDOW_GROUP, 2, lambda: [_window_numbers(values, events)]),
        _Group(words.SIZE_GROUP, 4, lambda: _sizes(values)),
        _Group(words.TURN_GROUP, 5, lambda: _turns(values)),
        _Group(words.LOOK_GROUP, 6, lambda: _looks(values)),
        _Group(
            words.CINE_GROUP,
            3,
            lambda: _film(values),
            lambda: film_controls(values.film, values.speed_text, values.own_keys),
            lambda: rx.el.span(values.speed_text, class_name="tools-rate"),
        ),
        _Group(
            words.LAYOUT_GROUP,
            1,
            list,
            lambda: [
                *layout_controls(values.layout),
                *together_controls(values.is_linked, values.has_lines, values.own_keys),
            ],
            lambda: icon("layout-grid", 18),
        ),
    )
    leaving = sorted((each for each in groups if each.rank), key=lambda each: each.rank)
    return rx.el.div(
        *[_in_bar(each) for each in groups],
        rx.el.div(
            disclosure(
                words.MORE,
                icon("ellipsis", 18),
                *[_in_menu(each) for each in leaving],
                _in_menu(_Group(words.TEXT_LEVEL, 0, lambda: [_text_levels(values)])),
                _in_menu(_Group(words.PAGE_GROUP, 0, lambda: _page(values))),
            ),
            _button(
                "panel",
                "panel-right",
                values,
                label=rx.cond(values.is_panel_open, words.PANEL_HIDE, words.COMMANDS["panel"]),
                pressed=values.is_panel_open,
            ),
            class_name="tools-group tools-group--end",
        ),
        role="toolbar",
        aria_label=words.TOOLBAR,
        class_name="tools",
    )


def _in_bar(group: _Group) -> rx.Component:
    rank = f" tools-group--{group.rank}" if group.rank else ""
    behind = []
    if group.more is not None and group.face is not None:
        behind = [disclosure(group.label, group.face(), *group.more())]
    return rx.el.div(
        *group.controls(),
        *behind,
        role="group",
        aria_label=group.label,
        class_name="tools-group" + rank,
    )


def _in_menu(group: _Group) -> rx.Component:
    rank = f" tools-section--{group.rank}" if group.rank else ""
    return rx.el.section(
        rx.el.h2(group.label, class_name="tools-section-title"),
        rx.el.div(
            *group.controls(),
            *(group.more() if group.more is not None else ()),
            class_name="tools-section-controls",
        ),
        class_name="tools-section" + rank,
    )


def _button(
    name: str,
    glyph: Any,
    values: ToolbarValues,
    *,
    label: Any = None,
    pressed: Any = None,
    is_word: bool = False,
    shows_label: bool = False,
) -> rx.Component:
    """A button that gives a command.

    Args:
        name: The command.
        glyph: Name of its icon, or a component.
        values: Of the bar: it knows the keys that somebody has chosen.
        label: What it does, if that changes.
        pressed: Var: whether it is on; None if it is no switch.
        is_word: `glyph` is a word and not the name of an icon.
        shows_label: Say in words what it does, beside the icon; using it closes the menu it is in.
    """
    given = command(name)
    title = titled(name, values.own_keys, label)
    more: dict[str, Any] = {} if pressed is None else {"aria_pressed": pressed}
    attributes = {"data-command": name, **({"data-closes": ""} if shows_label else {})}
    if isinstance(glyph, str):
        glyph = rx.el.span(glyph, aria_hidden="true") if is_word else icon(glyph, 18)
    return rx.el.button(
        glyph,
        *([rx.el.span(given.label)] if shows_label else []),
        type="button",
        title=title,
        custom_attrs=attributes,
        class_name="tool tool--labelled" if shows_label else "tool",
        **({} if shows_label else {"aria_label": title}),
        **more,
    )


def _tools(values: ToolbarValues) -> list[rx.Component]:
    return [
        _button(f"tool-{tool}", glyph, values, pressed=values.tool == tool)
        for tool, glyph in _TOOLS
    ]


def _sizes(values: ToolbarValues) -> list[rx.Component]:
    return [
        *[_button(name, glyph, values) for name, glyph in _SIZES],
        _button("one-to-one", words.ONE_TO_ONE_SHORT, values, is_word=True),
    ]


def _turns(values: ToolbarValues) -> list[rx.Component]:
    return [
        _button(name, glyph, values, pressed=values.is_inverted if name == "invert" else None)
        for name, glyph in _TURNS
    ]


def _looks(values: ToolbarValues) -> list[rx.Component]:
    return [
        _button("magnifier", "scan-search", values, pressed=values.is_magnifying),
        _button(
            "tool-region", "square-dashed-mouse-pointer", values, pressed=values.tool == "region"
        ),
        _button("window-visible", "scan-eye", values),
    ]


def _page(values: ToolbarValues) -> list[rx.Component]:
    return [
        _button("smoothing", "grid-3x3", values, pressed=values.is_smooth, shows_label=True),
        *[_button(name, glyph, values, shows_label=True) for name, glyph in _PAGE],
    ]


def _text_levels(values: ToolbarValues) -> rx.Component:
    return rx.el.select(
        *[rx.el.option(label, value=level) for level, label in words.TEXT_LEVELS.items()],
        value=values.text_level,
        custom_attrs={"data-commands": "text"},
        aria_label=words.TEXT_LEVEL,
        class_name="tools-select tools-select--wide",
    )


def _window_list(values: ToolbarValues, as_stored: str, own_window: str) -> rx.Component:
    return rx.el.select(
        rx.el.option(words.AS_STORED, value=as_stored),
        rx.foreach(
            values.window_choices,
            lambda choice: rx.el.option(
                choice.label,
                rx.cond(choice.shortcut, " (" + choice.shortcut + ")", ""),
                value=choice.value,
            ),
        ),
        rx.cond(
            values.window_choice == own_window,
            rx.el.option(words.OWN_WINDOW, value=own_window),
        ),
        value=values.window_choice,
        custom_attrs={"data-commands": "choose"},
        aria_label=words.PRESET,
        class_name="tools-select",
    )


def _window_numbers(values: ToolbarValues, events: ToolbarEvents) -> rx.Component:
    return WindowNumbers.create(
        center=values.shown_window[0],
        width=values.shown_window[1],
        hint=rx.cond(values.window_unit, words.WINDOW_IN + values.window_unit, ""),
        words={
            "center": words.CENTER,
            "center_short": words.CENTER_SHORT,
            "width": words.WIDTH,
            "width_short": words.WIDTH_SHORT,
            "submit": words.WINDOW_GROUP,
        },
        on_refused=events.write_window,
    )


def _film(values: ToolbarValues) -> list[rx.Component]:
    return [
        _button("image-previous", "chevron-up", values),
        _button("image-next", "chevron-down", values),
        _button(
            "cine",
            rx.cond(values.film.is_playing, icon("pause", 18), icon("play", 18)),
            values,
            label=rx.cond(values.film.is_playing, words.PAUSE, words.COMMANDS["cine"]),
            pressed=values.film.is_playing,
        ),
    ]
