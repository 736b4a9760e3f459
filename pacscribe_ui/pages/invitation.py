"""`/invitation#token=...`: the mailed link by which somebody who was invited makes their account."""

import reflex as rx

from pacscribe_ui.components.field import text_field
from pacscribe_ui.pages.joining_form import joining_page, link_field, new_password_field, outcome
from pacscribe_ui.pages.sign_up import about_fields, attestation
from pacscribe_ui.state.joining import JoiningState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Confirm, SignUp
from pacscribe_ui.text import Invitation as words

ROUTE = "/invitation"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, JoiningState.load]


def page() -> rx.Component:
    """The page."""
    return joining_page(
        words,
        link_field(),
        text_field(
            SignUp.NAME,
            name="display_name",
            hint=SignUp.NAME_HINT,
            required=True,
            max_length=200,
            auto_complete="name",
        ),
        *about_fields(),
        new_password_field(Confirm.PASSWORD, words.PASSWORD_HINT, 12),
        attestation(),
        on_submit=JoiningState.accept,
        outcomes={"done": outcome(words.DONE_TITLE, words.DONE, label=Confirm.SIGN_IN)},
    )
