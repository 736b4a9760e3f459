"""`/set-up#token=...`: the first account, made with the one-time link that the program printed."""

import reflex as rx

from pacscribe_ui.components.button import button
from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.fragment_field import fragment_field
from pacscribe_ui.components.native_form import native_form
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.pages.entrance import entrance
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.sign_in import SignInState
from pacscribe_ui.text import SetUp

ROUTE = "/set-up"
TITLE = SetUp.TITLE
ON_LOAD = [SessionState.enter, SignInState.load]


def page() -> rx.Component:
    """The page."""
    return entrance(
        SetUp.TITLE,
        SetUp.LEAD,
        rx.cond(SignInState.sentence != "", inline_notice("danger", SignInState.sentence)),
        native_form(
            fragment_field(
                "token", inline_notice("warning", SetUp.NO_TOKEN, title=SetUp.NO_TOKEN_TITLE)
            ),
            text_field(
                SetUp.ORGANIZATION,
                name="organization_name",
                required=True,
                auto_complete="organization",
            ),
            text_field(
                SetUp.NAME,
                name="display_name",
                hint=SetUp.NAME_HINT,
                required=True,
                auto_complete="name",
            ),
            text_field(
                SetUp.EMAIL, name="email", type="email", required=True, auto_complete="username"
            ),
            text_field(
                SetUp.PASSWORD,
                name="password",
                type="password",
                hint=SetUp.PASSWORD_HINT,
                required=True,
                min_length=12,
                auto_complete="new-password",
            ),
            button(SetUp.SUBMIT, variant="primary", type="submit", class_name="button--wide"),
            action="/api/v1/set-up",
        ),
    )
