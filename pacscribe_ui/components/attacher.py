"""The form that attaches a file to a study. Sending is in `attacher.jsx`; what is attached is listed by the page."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

for _name in (
    "engine.js",
    "journal.js",
    "pieces.js",
    "plan.js",
    "progress.jsx",
    "record.js",
    "wire.js",
):
    script(f"upload_{_name}")  # imported by the module
_module = script("attacher.jsx")


class Attacher(rx.NoSSRComponent):
    """The form."""

    library = _module
    tag = "Attacher"

    endpoint: rx.Var[str]
    study: rx.Var[str]
    confirmation: rx.Var[str]
    patient: rx.Var[str]
    words: rx.Var[dict[str, str]]
    on_attached: rx.EventHandler[rx.event.no_args_event_spec]


def attacher(
    words: dict[str, str],
    *,
    study_instance_uid: Any,
    confirmation: Any,
    patient: Any,
    on_attached: Any,
) -> rx.Component:
    """The form.

    Args:
        words: Its sentences (`text.ATTACHER`).
        study_instance_uid: The study.
        confirmation: What stands for patient and study as they are shown.
        patient: Patient and study in words, beside the box that confirms them.
        on_attached: Called once the file is a series of the study.
    """
    return Attacher.create(
        endpoint=rx.Var.create("/api/v1/attachments/") + study_instance_uid,
        study=study_instance_uid,
        confirmation=confirmation,
        patient=patient,
        words=words,
        on_attached=on_attached,
    )
