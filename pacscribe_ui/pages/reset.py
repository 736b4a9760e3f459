"""`/reset#token=...`: the mailed link behind which a new password is chosen. It signs nobody in."""

import reflex as rx

from pacscribe_ui.pages.joining_form import joining_page, link_field, new_password_field, outcome
from pacscribe_ui.state.joining import JoiningState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Confirm, Invitation
from pacscribe_ui.text import Reset as words

ROUTE = "/reset"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, JoiningState.load]


def page() -> rx.Component:
    """The page."""
    return joining_page(
        words,
        link_field(),
        new_password_field(words.PASSWORD, Invitation.PASSWORD_HINT, 12),
        on_submit=JoiningState.choose,
        outcomes={"done": outcome(words.DONE_TITLE, words.DONE, label=Confirm.SIGN_IN)},
    )
