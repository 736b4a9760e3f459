"""The dialog in which somebody chooses how the viewer behaves for them. Values in, one event out."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.dialog import dialog_actions
from pacscribe_ui.components.field import select_field
from pacscribe_ui.components.viewport import SettingsForm, ViewerDialog
from pacscribe_ui.text import Viewer as words


def settings_dialog(preferences: Any, *, on_saved: Any) -> rx.Component:
    """The dialog, there while the page's is `settings`.

    Args:
        preferences: Var: what is kept now (`ViewerPreferences`).
        on_saved: With the form, named as the preferences are, and the number of the decision.
    """
    choices = {**words.SETTING_CHOICES, "layout": words.LAYOUTS}
    return ViewerDialog.create(
        rx.el.h2(words.SETTINGS_TITLE, id="dialog-settings", class_name="dialog-title"),
        SettingsForm.create(
            rx.el.div(
                *[
                    select_field(
                        label,
                        list(choices[name].items()),
                        name=name,
                        id=f"setting-{name}",
                        default_value=getattr(preferences, name),
                    )
                    for name, label in words.SETTINGS.items()
                ],
                class_name="viewer-settings",
            ),
            rx.el.p(words.SETTINGS_HINT, class_name="field-hint"),
            dialog_actions(
                button(words.SETTINGS_CANCEL, data_command="close"),
                button(words.SETTINGS_SAVE, type="submit", variant="primary"),
            ),
            on_saved=on_saved,
        ),
        names=["settings"],
        heading_id="dialog-settings",
        class_name="dialog--settings",
    )
