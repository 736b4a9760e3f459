"""`/confirm#token=...`: the mailed link that confirms an address. The password is chosen here, by whoever reads the mail."""

import reflex as rx

from pacscribe_ui.pages.joining_form import joining_page, link_field, new_password_field, outcome
from pacscribe_ui.state.joining import JoiningState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Confirm as words

ROUTE = "/confirm"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, JoiningState.load]


def page() -> rx.Component:
    """The page."""
    return joining_page(
        words,
        link_field(),
        new_password_field(words.PASSWORD, words.PASSWORD_HINT, 15),
        on_submit=JoiningState.confirm,
        outcomes={
            "waits": outcome(words.WAITS_TITLE, words.WAITS, label=words.SIGN_IN),
            "done": outcome(words.DONE_TITLE, words.DONE, label=words.SIGN_IN),
        },
    )
