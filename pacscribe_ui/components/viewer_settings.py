"""The dialog in which somebody chooses how the viewer behaves for them. Values in, one event out."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.dialog import dialog, dialog_actions
from pacscribe_ui.components.field import select_field
from pacscribe_ui.text import Viewer as words


def settings_dialog(
    preferences: Any, *, is_open: Any, on_save: Any, on_dismiss: Any
) -> rx.Component:
    """The dialog.

    Args:
        preferences: Var: what is kept now (`ViewerPreferences`).
        is_open: Var: whether it is shown.
        on_save: With the form, named as the preferences are.
        on_dismiss: When it is closed without a change.
    """
    choices = {**words.SETTING_CHOICES, "layout": words.LAYOUTS}
    return dialog(
        words.SETTINGS_TITLE,
        rx.el.form(
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
                class_name="settings",
            ),
            rx.el.p(words.SETTINGS_HINT, class_name="field-hint"),
            dialog_actions(
                button(words.SETTINGS_CANCEL, on_click=on_dismiss),
                button(words.SETTINGS_SAVE, type="submit", variant="primary"),
            ),
            on_submit=on_save,
        ),
        is_open=is_open,
        on_dismiss=on_dismiss,
        name="settings",
    )
