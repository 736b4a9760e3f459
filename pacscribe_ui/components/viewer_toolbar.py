"""The slim bar over the images: tools, windows, size, turns, film, layout. Values in, commands out."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import icon
from pacscribe_ui.text import Viewer as words

_TOOLS = (
    ("window", "contrast", words.TOOL_WINDOW),
    ("pan", "move", words.TOOL_PAN),
    ("zoom", "search", words.TOOL_ZOOM),
    ("scroll", "layers", words.TOOL_SCROLL),
)
_SIZES = (
    ("zoom-out", "zoom-out", words.ZOOM_OUT),
    ("zoom-in", "zoom-in", words.ZOOM_IN),
    ("fit", "maximize", words.FIT),
)
_TURNS = (
    ("rotate-left", "rotate-ccw-square", words.ROTATE_LEFT),
    ("rotate-right", "rotate-cw-square", words.ROTATE_RIGHT),
    ("mirror", "flip-horizontal-2", words.MIRROR),
    ("flip-vertical", "flip-vertical-2", words.FLIP),
    ("invert", "blend", words.INVERT),
    ("reset", "undo-2", words.RESET),
)
_LAYOUTS = (("1x1", "square"), ("1x2", "columns-2"), ("2x2", "grid-2x2"))


@dataclass(frozen=True, slots=True)
class ToolbarValues:
    """Vars that the bar shows."""

    tool: Any
    layout: Any
    is_inverted: Any
    is_playing: Any
    rate_text: Any
    is_panel_open: Any
    window_choices: Any
    window_choice: Any
    shown_center: Any
    shown_width: Any
    voi_function: Any


@dataclass(frozen=True, slots=True)
class ToolbarEvents:
    """What its controls call.

    Attributes:
        command: With the name of a command.
        choose_window: With a value of the list of windows.
        write_window: With the form of the two fields.
        choose_layout: With `1x1`, `1x2` or `2x2`.
    """

    command: Any
    choose_window: Any
    write_window: Any
    choose_layout: Any


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
    return rx.el.div(
        _group(
            words.TOOLS,
            *[
                _button(glyph, label, events.command(f"tool-{tool}"), pressed=values.tool == tool)
                for tool, glyph, label in _TOOLS
            ],
        ),
        _window_group(values, events, as_stored, own_window),
        _group(
            words.SIZE_GROUP,
            *[_button(glyph, label, events.command(name)) for name, glyph, label in _SIZES],
            _button(
                words.ONE_TO_ONE_SHORT, words.ONE_TO_ONE, events.command("one-to-one"), is_word=True
            ),
        ),
        _group(
            words.TURN_GROUP,
            *[
                _button(
                    glyph,
                    label,
                    events.command(name),
                    pressed=values.is_inverted if name == "invert" else None,
                )
                for name, glyph, label in _TURNS
            ],
        ),
        _film_group(values, events),
        _group(
            words.LAYOUT_GROUP,
            *[
                _button(
                    glyph,
                    words.LAYOUTS[layout],
                    events.choose_layout(layout),
                    pressed=values.layout == layout,
                )
                for layout, glyph in _LAYOUTS
            ],
        ),
        rx.el.div(
            _button("captions", words.TEXT_LEVEL, events.command("text")),
            _button("keyboard", words.KEYS, events.command("keys")),
            _button(
                "panel-right",
                rx.cond(values.is_panel_open, words.PANEL_HIDE, words.PANEL_SHOW),
                events.command("panel"),
                pressed=values.is_panel_open,
            ),
            class_name="tools-group tools-group--end",
        ),
        role="toolbar",
        aria_label=words.TOOLBAR,
        class_name="tools",
    )


def _group(label: str, *children: rx.Component) -> rx.Component:
    return rx.el.div(*children, role="group", aria_label=label, class_name="tools-group")


def _button(
    glyph: str, label: Any, on_click: Any, *, pressed: Any = None, is_word: bool = False
) -> rx.Component:
    state = {} if pressed is None else {"aria_pressed": pressed}
    return rx.el.button(
        rx.el.span(glyph, aria_hidden="true") if is_word else icon(glyph, 18),
        type="button",
        aria_label=label,
        title=label,
        on_click=on_click,
        class_name="tool",
        **state,
    )


def _window_group(
    values: ToolbarValues, events: ToolbarEvents, as_stored: str, own_window: str
) -> rx.Component:
    return _group(
        words.WINDOW_GROUP,
        rx.el.select(
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
            on_change=events.choose_window,
            aria_label=words.PRESET,
            class_name="tools-select",
        ),
        rx.el.form(
            _number(words.CENTER, words.CENTER_SHORT, "center", values.shown_center),
            _number(words.WIDTH, words.WIDTH_SHORT, "width", values.shown_width),
            rx.el.button(words.WINDOW_GROUP, type="submit", class_name="unseen", tab_index=-1),
            on_submit=events.write_window,
            class_name="tools-numbers",
        ),
    )


def _number(label: str, short: str, name: str, shown: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(short, aria_hidden="true"),
        rx.el.input(
            name=name,
            default_value=shown,
            # A new value on the glass makes a new field: what is being typed is never overwritten by React.
            key=shown,
            input_mode="decimal",
            auto_complete="off",
            aria_label=label,
            class_name="tools-number",
        ),
        class_name="tools-number-label",
    )


def _film_group(values: ToolbarValues, events: ToolbarEvents) -> rx.Component:
    return _group(
        words.CINE_GROUP,
        _button("chevron-up", words.PREVIOUS_IMAGE, events.command("image-previous")),
        _button("chevron-down", words.NEXT_IMAGE, events.command("image-next")),
        rx.el.button(
            rx.cond(values.is_playing, icon("pause", 18), icon("play", 18)),
            type="button",
            aria_label=rx.cond(values.is_playing, words.PAUSE, words.PLAY),
            title=rx.cond(values.is_playing, words.PAUSE, words.PLAY),
            aria_pressed=values.is_playing,
            on_click=events.command("cine"),
            class_name="tool",
        ),
        rx.cond(
            values.is_playing,
            rx.el.span(
                _button("minus", words.SLOWER, events.command("cine-slower")),
                rx.el.span(values.rate_text, class_name="tools-rate"),
                _button("plus", words.FASTER, events.command("cine-faster")),
                class_name="tools-speed",
            ),
        ),
    )
