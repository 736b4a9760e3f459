"""`/sign-in/recovery-codes`: after the first second factor was added, on the way in; shown this once."""

import reflex as rx

from pacscribe_ui.components.button import button, link_button
from pacscribe_ui.components.loading import loading
from pacscribe_ui.components.recovery_codes import recovery_codes
from pacscribe_ui.pages.entrance import entrance
from pacscribe_ui.state.recovery_codes import RecoveryCodesState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import RecoveryCodes as words

ROUTE = "/sign-in/recovery-codes"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, RecoveryCodesState.load]


def page() -> rx.Component:
    """The page."""
    return entrance(
        words.TITLE,
        words.LEAD,
        rx.cond(RecoveryCodesState.file != "", _codes(), loading()),
    )


def _codes() -> rx.Component:
    return rx.fragment(
        rx.el.p(words.WHAT_FOR),
        recovery_codes(RecoveryCodesState.codes),
        link_button(
            words.AS_FILE,
            href=RecoveryCodesState.file,
            icon="download",
            download=words.FILE_NAME,
            class_name="button--wide",
        ),
        button(
            words.KEPT,
            variant="primary",
            class_name="button--wide",
            on_click=RecoveryCodesState.go_on,
        ),
    )
