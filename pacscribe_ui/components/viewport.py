"""The viewport and the helpers around it that only a browser can run: values in, events out.

`viewport.jsx` is the frame; `viewport_engine.js` knows what is wished for, `viewport_asking.js` asks for it, `viewport_glass.js`
paints and says what it painted, `viewport_labels.js` writes the corners, `viewport_stream.js` is the line
to the server, `viewport_pace.js` times it, `viewport_cache.js` keeps what came, `viewport_picture.js`
unpacks it, `viewport_series.js` asks what a series holds, `viewport_ahead.js` knows what will be wanted
next, `viewport_opening.js` opens a study before its page is there, `viewport_hands.js` reads hands,
`viewport_told.js` knows what of their moves the page's state has heard, `viewport_geometry.js` calculates.
`viewer_keys.jsx` hears keys and buttons of the page, `viewport_keys.js` and `viewport_commands.js` turn them
into moves of an engine, `viewport_windows.js` into windows, `viewer_ahead.js` into what holds for the page until its
state says so too, by the rules in `viewer_changes.js`; `viewer_bar.jsx`, `layout_grid.jsx`, `window_numbers.jsx` and
`viewer_panel.jsx` show it; `viewer_dialogs.jsx` opens dialogs; `viewer_menu.js` is the menu of an image.
`viewport_header.js` is the bar over a viewport, `viewport_cine.js` plays; `viewport_together.js` has viewports
follow each other (`viewport_links.js`) and draws reference lines (`viewport_lines.js`), by the planes of
`viewport_space.js`.
`viewport_probe.js`, `viewport_loupe.js` and `viewport_region.js` lie over the image and ask the server about its
values (`viewport_pixels.js`). A video has `viewport_video.jsx` as its frame and `viewport_video.js` in the engine's
place; what hands do with the place of either is `viewport_placed.js`; `viewport_video_clock.js` knows which frame is
when. No grey value is made here; what rests smaller than it came is averaged by `viewport_area.js`.
"""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

# Every file is linked beside the others, so that they find each other by relative imports.
_PARTS = (
    *(
        "geometry",
        "labels",
        "overlay",
        "area",
        "glass",
        "engine",
        "asking",
        "hands",
        "keys",
        "commands",
        "header",
        "windows",
    ),
    *("pixels", "probe", "loupe", "region", "ratio"),
    *("space", "links", "lines", "together", "cine"),
    *("cache", "pace", "series", "picture", "stream", "ahead", "opening", "told", "placed"),
)
for _name in _PARTS:
    script(f"viewport_{_name}.js")
for _name in ("address", "ahead", "changes", "engines", "menu", "rest"):
    script(f"viewer_{_name}.js")
script("disclosure.jsx")
script("clipboard.js")
_keys = script("viewer_keys.jsx")
_together = script("viewer_together.jsx")
_numbers = script("window_numbers.jsx")
_bar = script("viewer_bar.jsx")
_grid = script("layout_grid.jsx")
_panel = script("viewer_panel.jsx")
script("say.js")
script("server_watch.js")
script("dialog.jsx")
_dialogs = script("viewer_dialogs.jsx")
script("viewport_video_clock.js")
script("viewport_video.js")
script("viewport_video.jsx")
_module = script("viewport.jsx")


class Glass(rx.Component):
    """The viewports in their layout, each a canvas that shows one series.

    Not loaded lazily, as browser-only parts usually are: that would put two more renderings between a
    study's arrival and the request for its first image. The first viewport asks for the image of the study in the address by
    itself, before the page's state has said anything.
    """

    library = _module
    tag = "Glass"

    layout: rx.Var[str]
    # By its place in the largest layout, what each viewport shows, and what waits where the layout shows none (`Pane`).
    panes: rx.Var[Any]
    # Index of the viewport that keys are for, and whether it is large.
    active: rx.Var[int]
    is_maximised: rx.Var[bool]
    # Whether the state holds the study.
    is_loaded: rx.Var[bool]
    # The study that the page is on its way to, or an empty text.
    going_to: rx.Var[str]
    patient_lines: rx.Var[list[str]]
    study_lines: rx.Var[list[str]]
    tool: rx.Var[str]
    text_level: rx.Var[str]
    # {is_smooth, is_magnifying, slider_side, wheel_step}: how this person looks at images.
    habits: rx.Var[Any]
    words: rx.Var[dict[str, Any]]
    # Index of the viewport that was touched, and the number of the decision.
    on_chosen: rx.EventHandler[rx.event.passthrough_event_spec(int, int)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments
    # Index of the viewport that was double-clicked, and the number of the decision.
    on_maximised: rx.EventHandler[rx.event.passthrough_event_spec(int, int)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments
    # Index of the viewport, the key of the stack that was dropped on it, and the number of the decision.
    on_dropped: rx.EventHandler[rx.event.passthrough_event_spec(int, str, int)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments
    # Index of the viewport that was dragged, of the one whose place it takes, and the number of the decision.
    on_swapped: rx.EventHandler[rx.event.passthrough_event_spec(int, int, int)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments
    # Index of the viewport whose film is to play or pause, and the number of the decision.
    on_played: rx.EventHandler[rx.event.passthrough_event_spec(int, int)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments
    # Index of the viewport whose film has come to its end, and the number of the decision.
    on_film_ended: rx.EventHandler[rx.event.passthrough_event_spec(int, int)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments


class ViewerTogether(rx.Component):
    """What viewports do together: links, reference lines, one word to the state when hands rest; shows nothing."""

    library = _together
    tag = "ViewerTogether"

    active: rx.Var[int]
    is_linked: rx.Var[bool]
    has_lines: rx.Var[bool]
    # Index of the viewport and what hands have moved, once they rest.
    on_settled: rx.EventHandler[rx.event.passthrough_event_spec(int, dict[str, Any])]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments
    # The same of several viewports, with their indices.
    on_settled_together: rx.EventHandler[rx.event.passthrough_event_spec(list[dict[str, Any]])]


class ViewerKeys(rx.Component):
    """Keys of the viewer, buttons with a `data-command`, the menu of an image, drags from the strip, the address."""

    library = _keys
    tag = "ViewerKeys"

    # The state's `PageNow`: what the browser goes ahead from.
    page: rx.Var[Any]
    # The stacks of the study.
    cards: rx.Var[list[Any]]
    search: rx.Var[str]
    # The table of commands with their usual keys, and what of it is otherwise for this person.
    commands: rx.Var[list[dict[str, Any]]]
    own_keys: rx.Var[dict[str, list[str]]]
    own_keys_shown: rx.Var[dict[str, str]]
    # `menu`, the name of the image's; and what is said: `link_copied`, `link_refused`, `linked_by_hand`,
    # `nothing_to_link`, `no_full_screen`, `idle` of a command that has nothing to act on.
    words: rx.Var[dict[str, str]]
    # Grows when a link to what is seen is to be copied.
    link_serial: rx.Var[int]
    # Name of a command that the page's state has to know of, and the number of the decision.
    on_command: rx.EventHandler[rx.event.passthrough_event_spec(str, int)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments
    # For each viewport the offset in mm, or None; and the number of the decision.
    on_linked_by_hand: rx.EventHandler[rx.event.passthrough_event_spec(list[Any], int)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments
    # The device is used with fingers.
    on_coarse: rx.EventHandler[rx.event.no_args_event_spec]
    # Study Instance UID of the study whose page was left.
    on_left: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class CommandButton(rx.Component):
    """A button that gives a command, pressed while what it switches is on. Its children are its face."""

    library = _bar
    tag = "CommandButton"

    # The command.
    name: rx.Var[str]
    # What it does, where its face does not say so in words; and what it does while it is on, if that is other.
    label: rx.Var[str]
    label_on: rx.Var[str]
    # Why it does nothing, while there is nothing for it to act on.
    why_idle: rx.Var[str]


class TextLevels(rx.Component):
    """The list of how much text lies over the images."""

    library = _bar
    tag = "TextLevels"

    levels: rx.Var[dict[str, str]]
    label: rx.Var[str]


class FilmSpeed(rx.Component):
    """The speed of the active viewport's film."""

    library = _bar
    tag = "FilmSpeed"

    # With `{speed}` in it.
    said: rx.Var[str]


class WindowList(rx.Component):
    """The list of windows of the image in the active viewport."""

    library = _bar
    tag = "WindowList"

    # `list`, `as_stored`, `own`, `filed`, `table` with `{number}` in it, `idle`, why there is none; and `names` of presets.
    words: rx.Var[dict[str, Any]]


class WindowNumbers(rx.Component):
    """Center and width of the active viewport's window, to be written."""

    library = _numbers
    tag = "WindowNumbers"

    # `center` and `width`, their short forms `center_short` and `width_short`; `hint`, before the unit; `submit`; why what
    # was written is no window: `no_numbers`, `no_width`, `no_width_of_one`; `idle`, why nothing can be written.
    words: rx.Var[dict[str, str]]


class LayoutGrid(rx.Component):
    """The layouts as a small grid, whose cells give the commands `layout-1x1` to `layout-3x3`."""

    library = _grid
    tag = "LayoutGrid"

    labels: rx.Var[dict[str, str]]
    label: rx.Var[str]


class ViewerPanel(rx.Component):
    """Shows its children while the panel beside the images is open."""

    library = _panel
    tag = "ViewerPanel"

    # Whether there is anything to show in it.
    is_available: rx.Var[bool]
    is_open: rx.Var[bool]


class PanelEdge(rx.Component):
    """The edge that changes the width of a panel at the right of its parent."""

    library = _panel
    tag = "PanelEdge"

    label: rx.Var[str]


class PanelPlace(rx.Component):
    """Keeps the room of the panel until it is known whether it is shown, so that the image does not jump aside."""

    library = _panel
    tag = "PanelPlace"

    # Whether all of the page has come.
    is_settled: rx.Var[bool]
    is_shown: rx.Var[bool]


class ViewerDialog(rx.Component):
    """A modal dialog over the viewer, there while the dialog of the page has one of these names."""

    library = _dialogs
    tag = "ViewerDialog"

    names: rx.Var[list[str]]
    heading_id: rx.Var[str]


class WhileDialog(rx.Component):
    """Shows its first child while the dialog of the page has this name, else its second."""

    library = _dialogs
    tag = "WhileDialog"

    name: rx.Var[str]


class SettingsForm(rx.Component):
    """The form of the viewer's settings."""

    library = _dialogs
    tag = "SettingsForm"

    # Its fields by name, and the number of the decision.
    on_saved: rx.EventHandler[rx.event.passthrough_event_spec(dict[str, Any], int)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments


class ViewerPreload(rx.NoSSRComponent):
    """Loads the viewer's code and opens its line before a study is chosen; shows nothing."""

    library = _module
    tag = "ViewerPreload"

    page: rx.Var[str]


def viewer_preload() -> rx.Component:
    """For pages from which studies are opened."""
    return ViewerPreload.create(page="/viewer/any")
