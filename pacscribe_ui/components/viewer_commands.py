"""The viewer's commands with their keys, and what hands do: one table for keys, buttons, menus and the sheet.

Words are in `text`. What a command does is in `viewport_commands.js` where the browser can do it by itself, else
in `state/viewer.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pacscribe_ui.text import Viewer as words


@dataclass(frozen=True, slots=True)
class Command:
    """Something the viewer can be told to do.

    Attributes:
        name: What is sent; `text.Viewer.COMMANDS` says what it does.
        section: Part of the sheet: `tools`, `window`, `view`, `go` or `page`.
        keys: Keys that give it, as `viewport_keys.js` writes them: `Shift+R`, `Ctrl+ArrowLeft`, `+`, `Space`. The
            first one stands on buttons.
        row: Row of the sheet that it shares with its neighbours; empty for a row of its own.
        is_common: Whether the menu of the image offers it.
    """

    name: str
    section: str
    keys: tuple[str, ...] = ()
    row: str = ""
    is_common: bool = False

    @property
    def label(self) -> str:
        """What it does."""
        return words.COMMANDS.get(self.name) or words.COMMAND_ROWS[self.row]

    @property
    def titled(self) -> str:
        """What it does, with its key: for buttons."""
        return f"{self.label} ({shown_key(self.keys[0])})" if self.keys else self.label


@dataclass(frozen=True, slots=True)
class Gesture:
    """Something hands do on an image.

    Attributes:
        name: `text.Viewer.GESTURES` says how it is done and what comes of it.
        device: `mouse`, `touch` or `pen`.
        twins: Commands that do the same without a pointer.
    """

    name: str
    device: str
    twins: tuple[str, ...]


_PRESETS = tuple(
    Command(f"preset-{number}", "window", (str(number),), row="presets") for number in range(1, 10)
)

COMMANDS: tuple[Command, ...] = (
    Command("tool-window", "tools", ("W",), row="tools"),
    Command("tool-pan", "tools", ("M",), row="tools"),
    Command("tool-zoom", "tools", ("Z",), row="tools"),
    Command("tool-scroll", "tools", ("S",), row="tools"),
    Command("tool-probe", "tools", ("P",), row="tools", is_common=True),
    Command("tool-region", "tools", ("U",)),
    Command("magnifier", "tools", ("J",), is_common=True),
    Command("cancel", "tools", ("Escape",)),
    *_PRESETS,
    Command("preset-0", "window", ("0",)),
    Command("window-visible", "window", ("Shift+W",), is_common=True),
    Command("window-narrower", "window", ("Ctrl+Shift+ArrowLeft",), row="window-width"),
    Command("window-wider", "window", ("Ctrl+Shift+ArrowRight",), row="window-width"),
    Command("window-lower", "window", ("Ctrl+Shift+ArrowUp",), row="window-center"),
    Command("window-higher", "window", ("Ctrl+Shift+ArrowDown",), row="window-center"),
    Command("zoom-in", "view", ("+",), row="zoom"),
    Command("zoom-out", "view", ("-",), row="zoom"),
    Command("fit", "view", ("=",), is_common=True),
    Command("one-to-one", "view", ("O",), is_common=True),
    Command("pan-left", "view", ("Ctrl+ArrowLeft",), row="pan"),
    Command("pan-right", "view", ("Ctrl+ArrowRight",), row="pan"),
    Command("pan-up", "view", ("Ctrl+ArrowUp",), row="pan"),
    Command("pan-down", "view", ("Ctrl+ArrowDown",), row="pan"),
    Command("rotate-right", "view", ("R",), row="rotate", is_common=True),
    Command("rotate-left", "view", ("Shift+R",), row="rotate"),
    Command("mirror", "view", ("H",), row="flip", is_common=True),
    Command("flip-vertical", "view", ("V",), row="flip"),
    Command("invert", "view", ("I",), is_common=True),
    Command("smoothing", "view", ("Shift+I",)),
    Command("shutter", "view", ("Shift+B",), is_common=True),
    Command("overlay", "view", ("Shift+G",), is_common=True),
    Command("text", "view", ("T",), is_common=True),
    Command("anonymous", "view", ("Shift+T",)),
    Command("reset", "view", ("Space",), is_common=True),
    Command("image-previous", "go", ("ArrowUp",), row="image"),
    Command("image-next", "go", ("ArrowDown",), row="image"),
    Command("image-back", "go", ("Shift+ArrowUp",), row="images"),
    Command("image-ahead", "go", ("Shift+ArrowDown",), row="images"),
    Command("image-first", "go", ("Home",), row="ends"),
    Command("image-last", "go", ("End",), row="ends"),
    Command("series-previous", "go", ("PageUp",), row="series"),
    Command("series-next", "go", ("PageDown",), row="series"),
    Command("viewport-previous", "go", ("ArrowLeft",), row="viewport"),
    Command("viewport-next", "go", ("ArrowRight",), row="viewport"),
    Command("study-prior", "go", ("[",), row="study"),
    Command("study-next", "go", ("]",), row="study"),
    Command("cine", "go", ("C",)),
    Command("cine-all", "go", ("Shift+C",)),
    Command("cine-slower", "go", ("<",), row="speed"),
    Command("cine-faster", "go", (">",), row="speed"),
    Command("cine-filed", "go"),
    Command("cine-loop", "go"),
    Command("cine-sweep", "go"),
    Command("cine-once", "go"),
    Command("cine-first", "go"),
    Command("cine-last", "go"),
    Command("cine-whole", "go"),
    Command("join", "viewports", ("Shift+L",)),
    Command("join-here", "viewports", ("Shift+H",)),
    Command("join-forget", "viewports"),
    Command("lines", "viewports", ("D",)),
    Command("swap-previous", "viewports", ("Shift+ArrowLeft",), row="swap"),
    Command("swap-next", "viewports", ("Shift+ArrowRight",), row="swap"),
    Command("maximise", "page", ("Enter",), is_common=True),
    Command("full-screen", "page", ("Shift+Enter",), is_common=True),
    Command("panel", "page", ("N",)),
    Command("study-page", "page", ("Shift+S",)),
    Command("copy-link", "page", ("Y",), is_common=True),
    Command("menu", "page", ("ContextMenu", "Shift+F10")),
    Command("settings", "page", is_common=True),
    Command("keys", "page", ("?",), is_common=True),
)

_BY_NAME = {each.name: each for each in COMMANDS}

_WINDOW_TWINS = ("window-wider", "window-narrower", "window-higher", "window-lower")
_PAN_TWINS = ("pan-left", "pan-right", "pan-up", "pan-down")
_ZOOM_TWINS = ("zoom-in", "zoom-out")
_SCROLL_TWINS = ("image-previous", "image-next")

GESTURES: tuple[Gesture, ...] = (
    Gesture("left-drag", "mouse", (*_WINDOW_TWINS, *_PAN_TWINS, *_ZOOM_TWINS, *_SCROLL_TWINS)),
    Gesture("shift-drag", "mouse", _WINDOW_TWINS),
    # Move and zoom until the viewport shows the region and nothing else, then take the window of what it shows.
    Gesture("region-drag", "mouse", ("window-visible", *_ZOOM_TWINS, *_PAN_TWINS)),
    Gesture("middle-drag", "mouse", _PAN_TWINS),
    Gesture("right-drag", "mouse", _ZOOM_TWINS),
    Gesture("right-click", "mouse", ("menu",)),
    Gesture("wheel", "mouse", _SCROLL_TWINS),
    Gesture("ctrl-wheel", "mouse", _ZOOM_TWINS),
    Gesture("double-click", "mouse", ("maximise",)),
    Gesture("hover", "mouse", ("tool-probe", *_PAN_TWINS)),
    Gesture("handle-drag", "mouse", ("swap-previous", "swap-next")),
    Gesture("one-finger", "touch", (*_SCROLL_TWINS, *_PAN_TWINS)),
    Gesture("loupe-finger", "touch", ("magnifier", *_PAN_TWINS)),
    Gesture("two-fingers", "touch", (*_ZOOM_TWINS, *_PAN_TWINS)),
    Gesture("three-fingers", "touch", _WINDOW_TWINS),
    Gesture("tap", "touch", ("viewport-previous", "viewport-next")),
    Gesture("double-tap", "touch", ("fit", "maximise")),
    Gesture("long-press", "touch", ("menu",)),
    Gesture("slider", "touch", _SCROLL_TWINS),
    Gesture("pen-drag", "pen", (*_WINDOW_TWINS, *_PAN_TWINS, *_ZOOM_TWINS, *_SCROLL_TWINS)),
)


def command(name: str) -> Command:
    """The command of this name."""
    return _BY_NAME[name]


def shown_key(key: str) -> str:
    """A key as the sheet writes it: `Ctrl+←`."""
    if key == "+":
        return key
    return "+".join(words.KEY_NAMES.get(part, part) for part in key.split("+"))


def key_table() -> list[dict[str, Any]]:
    """What the page's script is told: every command with its keys, and whether the menu of the image has it."""
    return [
        {
            "name": each.name,
            "label": each.label,
            "keys": list(each.keys),
            "shown": shown_key(each.keys[0]) if each.keys else "",
            "is_common": each.is_common,
        }
        for each in COMMANDS
    ]


def sheet() -> list[tuple[str, list[tuple[str, str]]]]:
    """Sections of the sheet: a heading, and rows of keys or movements with what they do."""
    sections = [
        (heading, _rows(each for each in COMMANDS if each.section == section and each.keys))
        for section, heading in words.COMMAND_SECTIONS.items()
    ]
    sections += [
        (heading, [words.GESTURES[each.name] for each in GESTURES if each.device == device])
        for device, heading in words.GESTURE_SECTIONS.items()
    ]
    return sections


def _rows(commands: Iterable[Command]) -> list[tuple[str, str]]:
    rows = []
    with_keys = (each for each in commands if each.keys)
    for row, together in groupby(with_keys, key=lambda each: each.row or each.name):
        keys = [key for each in together for key in each.keys]
        meaning = words.COMMAND_ROWS.get(row) or words.COMMANDS[row]
        rows.append((shown_keys(keys), meaning))
    return rows


def shown_keys(keys: Sequence[str]) -> str:
    """Several keys as the sheet writes them, what is held with them once: `Ctrl+ ← →`."""
    parts = []
    for held, together in groupby(keys, key=lambda key: key[: key[:-1].rfind("+") + 1]):
        found = [shown_key(key.removeprefix(held)) for key in together]
        if len(found) > 5:
            found = [found[0], "…", found[-1]]
        separator = " " if held and len(found) > 1 else ""
        parts.append(f"{held}{separator}" + " ".join(found))
    return "  ".join(parts)
