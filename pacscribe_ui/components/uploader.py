"""The upload area: what was sent and what became of it. Sending is in `upload_engine.js`, how it looks in `uploader.jsx`."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

for _name in (
    "engine.js",
    "files.js",
    "journal.js",
    "list.jsx",
    "pieces.js",
    "plan.js",
    "progress.jsx",
    "record.js",
    "wire.js",
):
    script(f"upload_{_name}")  # imported by the module
_module = script("uploader.jsx")


class Uploader(rx.NoSSRComponent):
    """Drop zone, pickers, progress, counts and the list of files."""

    library = _module
    tag = "Uploader"

    endpoint: rx.Var[str]
    words: rx.Var[dict[str, str]]
    # UIDs of the studies that something arrived of, the latest last.
    on_studies: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]
    # How many instances had each outcome, and how many files (`unsent`) have none.
    on_finished: rx.EventHandler[rx.event.passthrough_event_spec(dict[str, int])]


def uploader(words: dict[str, str], *, on_studies: Any, on_finished: Any) -> rx.Component:
    """The upload area.

    Args:
        words: Its sentences (`text.UPLOADER`).
        on_studies: Called with UIDs of studies as instances of them are taken in.
        on_finished: Called with the counts once every file has an outcome, or has failed.
    """
    return Uploader.create(
        endpoint="/api/v1/tus", words=words, on_studies=on_studies, on_finished=on_finished
    )
