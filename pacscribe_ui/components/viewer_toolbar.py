"""The slim bar over the images: tools, windows, size, turns, film, layout. Its controls only name commands.

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
from pacscribe_ui.components.viewer_menus import film_controls, layout_controls, titled
from pacscribe_ui.components.viewport import (
    CommandButton,
    FilmSpeed,
    TextLevels,
    WindowList,
    WindowNumbers,
)
from pacscribe_ui.text import Viewer as words

_TOOLS = (
    ("tool-window", "contrast"),
    ("tool-pan", "move"),
    ("tool-zoom", "search"),
    ("tool-scroll", "layers"),
    ("tool-probe", "pipette"),
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
_LOOKS = (
    ("magnifier", "scan-search"),
    ("tool-region", "square-dashed-mouse-pointer"),
    ("window-visible", "scan-eye"),
)
_STEPS = (("image-previous", "chevron-up"), ("image-next", "chevron-down"))
_PAGE = (
    ("smoothing", "grid-3x3"),
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


def viewer_toolbar(own_keys: Any) -> rx.Component:
    """The bar.

    Args:
        own_keys: Var: keys of one's own, as they are shown, by the names of commands.
    """
    groups = (
        _Group(words.TOOLS, 0, lambda: _buttons(_TOOLS, own_keys)),
        _Group(words.PRESET, 0, lambda: [_window_list()]),
        _Group(words.WINDOW_GROUP, 2, lambda: [_window_numbers()]),
        _Group(words.SIZE_GROUP, 4, lambda: _sizes(own_keys)),
        _Group(words.TURN_GROUP, 5, lambda: _buttons(_TURNS, own_keys)),
        _Group(words.LOOK_GROUP, 6, lambda: _buttons(_LOOKS, own_keys)),
        _Group(
            words.CINE_GROUP,
            3,
            lambda: _film(own_keys),
            lambda: film_controls(own_keys),
            lambda: FilmSpeed.create(said=words.SPEED),
        ),
        _Group(
            words.LAYOUT_GROUP,
            1,
            list,
            lambda: layout_controls(own_keys),
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
                _in_menu(_Group(words.TEXT_LEVEL, 0, _text_levels)),
                _in_menu(_Group(words.PAGE_GROUP, 0, lambda: _page(own_keys))),
            ),
            _button("panel", icon("panel-right", 18), own_keys, label_on=words.PANEL_HIDE),
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
    name: str, face: rx.Component, own_keys: Any, *, label_on: str | None = None
) -> rx.Component:
    """A button that gives a command.

    Args:
        name: The command.
        face: What is on it.
        own_keys: Var: keys of one's own, as they are shown, by the names of commands.
        label_on: What it does while it is on, if that is other.
    """
    return CommandButton.create(
        face,
        name=name,
        label=titled(name, own_keys),
        why_idle=words.NOT_OF_VIDEO,
        class_name="tool",
        **({} if label_on is None else {"label_on": titled(name, own_keys, label_on)}),
    )


def _buttons(named: Sequence[tuple[str, str]], own_keys: Any) -> list[rx.Component]:
    return [_button(name, icon(glyph, 18), own_keys) for name, glyph in named]


def _sizes(own_keys: Any) -> list[rx.Component]:
    one_to_one = rx.el.span(words.ONE_TO_ONE_SHORT, aria_hidden="true")
    return [*_buttons(_SIZES, own_keys), _button("one-to-one", one_to_one, own_keys)]


def _film(own_keys: Any) -> list[rx.Component]:
    face = rx.fragment(
        rx.el.span(icon("play", 18), class_name="when-off"),
        rx.el.span(icon("pause", 18), class_name="when-on"),
    )
    return [
        *_buttons(_STEPS, own_keys),
        _button("cine", face, own_keys, label_on=words.PAUSE),
    ]


def _page(own_keys: Any) -> list[rx.Component]:
    """What the menu says in words beside the icons; using one closes the menu."""
    return [
        CommandButton.create(
            icon(glyph, 18),
            rx.el.span(command(name).label),
            name=name,
            why_idle=words.NOT_OF_VIDEO,
            custom_attrs={"title": titled(name, own_keys), "data-closes": ""},
            class_name="tool tool--labelled",
        )
        for name, glyph in _PAGE
    ]


def _text_levels() -> list[rx.Component]:
    return [TextLevels.create(levels=words.TEXT_LEVELS, label=words.TEXT_LEVEL)]


def _window_list() -> rx.Component:
    return WindowList.create(
        words={
            "list": words.PRESET,
            "as_stored": words.AS_STORED,
            "own": words.OWN_WINDOW,
            "filed": words.FROM_FILE,
            "table": words.TABLE,
            "names": words.PRESETS | words.MEASURED_WINDOWS,
            "idle": words.NOT_OF_VIDEO,
        }
    )


def _window_numbers() -> rx.Component:
    return WindowNumbers.create(
        words={
            "center": words.CENTER,
            "center_short": words.CENTER_SHORT,
            "width": words.WIDTH,
            "width_short": words.WIDTH_SHORT,
            "hint": words.WINDOW_IN,
            "submit": words.WINDOW_GROUP,
            "no_numbers": words.NO_NUMBERS,
            "no_width": words.NO_WIDTH,
            "no_width_of_one": words.NO_WIDTH_OF_ONE,
            "idle": words.NOT_OF_VIDEO,
        }
    )
