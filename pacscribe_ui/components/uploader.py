"""The upload area: values in, outcomes out. Sending is in `uploader.jsx`; what came of it is kept by the state."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

_module = script("uploader.jsx")


class Uploader(rx.NoSSRComponent):
    """Drop zone, file and folder pickers and a progress bar."""

    library = _module
    tag = "Uploader"

    endpoint: rx.Var[str]
    words: rx.Var[dict[str, str]]
    # A list of outcomes, each as `schemas.studies.IngestOutcome`.
    on_outcomes: rx.EventHandler[rx.event.passthrough_event_spec(list[dict[str, str]])]
    # How many files were not sent, and why.
    on_finished: rx.EventHandler[rx.event.passthrough_event_spec(int, str)]  # pyright: ignore[reportCallIssue]  # Reflex types only equal arguments


def uploader(words: dict[str, str], *, on_outcomes: Any, on_finished: Any) -> rx.Component:
    """The upload area.

    Args:
        words: Its sentences (`text.UPLOADER`).
        on_outcomes: Called with a list of outcomes as they arrive.
        on_finished: Called with the number of unsent files and the reason.
    """
    return Uploader.create(
        endpoint="/api/v1/uploads",
        words=words,
        on_outcomes=on_outcomes,
        on_finished=on_finished,
    )
