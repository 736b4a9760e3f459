"""`/sign-in`: a form that the browser posts, because only a real answer can set the session's cookie."""

import reflex as rx

from pacscribe_ui.components.address_field import address_field
from pacscribe_ui.components.button import button
from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.native_form import native_form
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.components.passkey_button import passkey_button
from pacscribe_ui.pages.entrance import entrance
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.sign_in import SignInState
from pacscribe_ui.text import Forgotten, SignIn

ROUTE = "/sign-in"
TITLE = SignIn.TITLE
ON_LOAD = [SessionState.enter, SignInState.load]


def page() -> rx.Component:
    """The page."""
    return entrance(
        SignIn.TITLE,
        SignIn.LEAD,
        rx.cond(
            SignInState.sentence != "",
            rx.cond(
                SignInState.is_information,
                inline_notice("accent", SignInState.sentence),
                inline_notice("danger", SignInState.sentence, title=SignIn.FAILURE_TITLE),
            ),
        ),
        native_form(
            text_field(
                SignIn.EMAIL,
                name="email",
                type="email",
                required=True,
                auto_complete="username",
                auto_focus=True,
            ),
            text_field(
                SignIn.PASSWORD,
                name="password",
                type="password",
                required=True,
                auto_complete="current-password",
            ),
            address_field("next"),
            button(SignIn.SUBMIT, variant="primary", type="submit", class_name="button--wide"),
            action="/api/v1/sign-in",
        ),
        passkey_button(
            SignIn.PASSKEY,
            path="sign-in/passkey",
            begin_path="sign-in/passkey/begin",
        ),
        rx.el.div(
            page_link(Forgotten.LINK, to="/forgotten"),
            page_link(Forgotten.SIGN_UP_LINK, to="/sign-up"),
            class_name="entrance-ways",
        ),
    )
