"""`/forgotten`: somebody asks for a link to choose a new password. The page says the same to everybody."""

import reflex as rx

from pacscribe_ui.components.field import text_field
from pacscribe_ui.pages.joining_form import joining_page, no_mail_notice, outcome
from pacscribe_ui.state.joining import JoiningState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Forgotten as words

ROUTE = "/forgotten"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, JoiningState.load]


def page() -> rx.Component:
    """The page."""
    return joining_page(
        words,
        no_mail_notice(),
        text_field(
            words.EMAIL,
            name="email",
            type="email",
            required=True,
            auto_complete="username",
            auto_focus=True,
        ),
        on_submit=JoiningState.forget,
        outcomes={"sent": outcome(words.SENT_TITLE, words.SENT, label=words.SIGN_IN)},
    )
