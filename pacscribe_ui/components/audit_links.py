"""Links from a study to the audit trail."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.text import Audit as words


def who_saw_link(study_instance_uid: Any) -> rx.Component:
    """Who saw the patient of a study.

    Args:
        study_instance_uid: Var of the study's UID.
    """
    return page_link(
        icon("history", 16),
        words.WHO_SAW,
        to=rx.Var.create("/audit?view=people&patient_of=") + study_instance_uid,
        class_name="button button--quiet",
    )


def study_trail_link(study_instance_uid: Any) -> rx.Component:
    """Every entry about a study; takes what `who_saw_link` takes."""
    return page_link(
        icon("scroll-text", 16),
        words.EVERY_ENTRY,
        to=rx.Var.create("/audit?study=") + study_instance_uid,
        class_name="button button--quiet",
    )
