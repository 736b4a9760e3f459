"""The viewer's commands with their keys, and what hands do: one table for keys, buttons, menus and the sheet.

Somebody may have given commands keys of their own, which are kept by the names of the commands (`own`). Words are in
`text`. What a command does is in `viewport_commands.js` where the browser can do it by itself, else in `state/viewer.py`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
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
        is_fixed: Whether its keys are the same for everybody.
    """

    name: str
    section: str
    keys: tuple[str, ...] = ()
    row: str = ""
    is_common: bool = False
    is_fixed: bool = False

    @property
    def label(self) -> str:
        """What it does."""
        return words.COMMANDS.get(self.name) or words.COMMAND_ROWS[self.row]


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
    # As they are numbered in the list.
    Command(f"preset-{number}", "window", (str(number),), row="presets", is_fixed=True)
    for number in range(1, 10)
)

COMMANDS: tuple[Command, ...] = (
    Command("tool-window", "tools", ("W",), row="tools"),
    Command("tool-pan", "tools", ("M",), row="tools"),
    Command("tool-zoom", "tools", ("Z",), row="tools"),
    Command("tool-scroll", "tools", ("S",), row="tools"),
    Command("tool-probe", "tools", ("P",), row="tools", is_common=True),
    Command("tool-region", "tools", ("U",)),
    Command("magnifier", "tools", ("J",), is_common=True),
    Command("cancel", "tools", ("Escape",), is_fixed=True),
    *_PRESETS,
    Command("preset-0", "window", ("0",), is_fixed=True),
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
    Command("menu", "page", ("ContextMenu", "Shift+F10"), is_fixed=True),
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


# ---------------------------------------------------------------- keys of one's own

_KEY = re.compile(r"(?P<held>(?:Ctrl\+)?(?:Shift\+)?)(?P<last>.+)")
_ARROWS = frozenset({"ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"})
_NAMED = frozenset(
    {"Home", "End", "PageUp", "PageDown", "Space", "Enter", "Insert", "Delete", "Backspace"}
)
_FIXED_KEYS = frozenset(key for each in COMMANDS if each.is_fixed for key in each.keys)


def may_be_key(key: str) -> bool:
    """Whether browsers leave a key to a page, on every system, and tell it.

    Letters and signs, also with Shift; what moves a cursor, also with Shift; arrows with Ctrl as well. What else is held
    with Ctrl or Alt, the function keys, Tab and Esc are the browser's.
    """
    found = _KEY.fullmatch(key)
    if not found:
        return False
    held, last = found["held"], found["last"]
    if last in _ARROWS:
        return True
    is_sign = len(last) == 1 and last.isprintable() and not last.isspace()
    return "Ctrl" not in held and (is_sign or last in _NAMED)


def keys_now(own: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The keys of every command, by its name.

    Args:
        own: Keys of one's own. What is none, is of no command or is given twice does not count.
    """
    given: dict[str, str] = {}
    for name, key in own.items():
        is_known = name in _BY_NAME and not _BY_NAME[name].is_fixed
        if is_known and may_be_key(key) and key not in {*_FIXED_KEYS, *given.values()}:
            given[name] = key
    # A usual key that was given to another command is that one's, also where a release brought it later.
    taken = set(given.values())
    return {
        each.name: (given[each.name],)
        if each.name in given
        else tuple(key for key in each.keys if key not in taken)
        for each in COMMANDS
    }


def changed_keys(own: Mapping[str, str]) -> dict[str, list[str]]:
    """The keys of the commands whose keys are not the usual ones."""
    return {name: list(keys) for name, keys in keys_now(own).items() if keys != _BY_NAME[name].keys}


def why_not(name: str, key: str, own: Mapping[str, str]) -> str:
    """Why a command cannot have a key, in one sentence; empty where it can.

    Args:
        name: A command whose keys may change.
        key: As `viewport_keys.js` writes it.
        own: Keys of one's own.
    """
    if not may_be_key(key) and key not in _FIXED_KEYS:
        return words.KEY_OF_BROWSER.format(key=shown_key(key))
    for other, keys in keys_now(own).items():
        if key in keys and other != name:
            sentence = words.KEY_FIXED if _BY_NAME[other].is_fixed else words.KEY_TAKEN
            return sentence.format(key=shown_key(key), label=_BY_NAME[other].label)
    return ""


def with_key(name: str, key: str, own: Mapping[str, str]) -> dict[str, str]:
    """Keys of one's own, with another one for a command; the usual one is none of one's own."""
    others = {other: kept for other, kept in own.items() if other != name}
    return others if (key,) == _BY_NAME[name].keys else {**others, name: key}


# ---------------------------------------------------------------- how they are written


def shown_key(key: str) -> str:
    """A key as the sheet writes it: `Ctrl+←`."""
    if key == "+":
        return key
    return "+".join(words.KEY_NAMES.get(part, part) for part in key.split("+"))


def first_key(name: str) -> str:
    """The usual key of a command as buttons write it; empty where it has none."""
    keys = _BY_NAME[name].keys
    return shown_key(keys[0]) if keys else ""


def key_table() -> list[dict[str, Any]]:
    """What the page's script is told: every command with its usual keys, and whether the menu of the image has it."""
    return [
        {
            "name": each.name,
            "label": each.label,
            "keys": list(each.keys),
            "shown": first_key(each.name),
            "is_common": each.is_common,
        }
        for each in COMMANDS
    ]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of the sheet.

    Attributes:
        shown: Keys or movements, as they are written.
        meaning: What they do.
        name: The command, in the list in which keys are changed.
        is_own: Whether its key is not the usual one.
    """

    shown: str
    meaning: str
    name: str = ""
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class SheetSection:
    """A heading of the sheet, and its rows."""

    heading: str
    rows: list[SheetRow]


def sheet(own: Mapping[str, str]) -> list[SheetSection]:
    """The sheet of keys and gestures.

    Args:
        own: Keys of one's own.
    """
    keys = keys_now(own)
    sections = [
        SheetSection(heading, _rows((each for each in COMMANDS if each.section == section), keys))
        for section, heading in words.COMMAND_SECTIONS.items()
    ]
    sections += [
        SheetSection(
            heading,
            [SheetRow(*words.GESTURES[each.name]) for each in GESTURES if each.device == device],
        )
        for device, heading in words.GESTURE_SECTIONS.items()
    ]
    return sections


def changeable(own: Mapping[str, str]) -> list[SheetSection]:
    """Every command whose key can be changed, in the order of the sheet.

    Args:
        own: Keys of one's own.
    """
    keys = keys_now(own)
    return [
        SheetSection(
            heading,
            [
                SheetRow(
                    shown_keys(keys[each.name]) or words.NO_KEY,
                    each.label,
                    each.name,
                    is_own=keys[each.name] != each.keys,
                )
                for each in COMMANDS
                if each.section == section and not each.is_fixed
            ],
        )
        for section, heading in words.COMMAND_SECTIONS.items()
    ]


def _rows(
    commands: Iterable[Command], keys_by_name: Mapping[str, tuple[str, ...]]
) -> list[SheetRow]:
    rows = []
    with_keys = (each for each in commands if keys_by_name[each.name])
    for row, together in groupby(with_keys, key=lambda each: each.row or each.name):
        keys = [key for each in together for key in keys_by_name[each.name]]
        meaning = words.COMMAND_ROWS.get(row) or words.COMMANDS[row]
        rows.append(SheetRow(shown_keys(keys), meaning))
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
