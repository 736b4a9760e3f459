"""`/confirm-email#token=...`: one of the two mailed links by which an address is changed."""

import reflex as rx

from pacscribe_ui.pages.joining_form import joining_page, link_field, outcome
from pacscribe_ui.state.joining import JoiningState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Confirm
from pacscribe_ui.text import ConfirmEmail as words

ROUTE = "/confirm-email"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, JoiningState.load]


def page() -> rx.Component:
    """The page."""
    return joining_page(
        words,
        link_field(),
        on_submit=JoiningState.agree,
        outcomes={
            "half": outcome(words.HALF_TITLE, words.HALF, label=Confirm.SIGN_IN),
            "done": outcome(words.DONE_TITLE, words.DONE, label=Confirm.SIGN_IN),
        },
    )
