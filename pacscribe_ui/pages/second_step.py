"""`/sign-in/second-step`: a code, a recovery code or a passkey; or, for who has none and must, adding one."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.address_field import address_field
from pacscribe_ui.components.app_setup import app_setup
from pacscribe_ui.components.button import button, link_button
from pacscribe_ui.components.field import check_box, text_field
from pacscribe_ui.components.loading import loading
from pacscribe_ui.components.native_form import native_form
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.components.passkey_button import passkey_button
from pacscribe_ui.pages.entrance import entrance
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.sign_in import SecondStepState
from pacscribe_ui.text import SecondStep as words

ROUTE = "/sign-in/second-step"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, SecondStepState.load]

_REMEMBER = "remember-device"


def page() -> rx.Component:
    """The page."""
    return entrance(
        rx.cond(SecondStepState.must_enrol, words.ENROL_TITLE, words.TITLE),
        rx.cond(SecondStepState.must_enrol, words.ENROL_LEAD, words.LEAD),
        rx.cond(
            SecondStepState.is_loaded,
            rx.cond(SecondStepState.is_over, _over(), _step()),
            loading(),
        ),
    )


def _over() -> rx.Component:
    return rx.fragment(
        inline_notice("warning", words.OVER, title=words.OVER_TITLE),
        link_button(words.AGAIN, href="/sign-in", variant="primary"),
    )


def _step() -> rx.Component:
    return rx.fragment(
        rx.el.p(words.WHO, rx.el.strong(SecondStepState.email, dir="auto"), class_name="soft"),
        rx.cond(
            SecondStepState.sentence != "",
            inline_notice("danger", SecondStepState.sentence, title=words.FAILURE_TITLE),
        ),
        rx.cond(SecondStepState.must_enrol, _enrolment(), _proof()),
        rx.el.a(words.OTHER, href="/sign-in"),
    )


def _proof() -> rx.Component:
    takes_codes: Any = SecondStepState.has_app | SecondStepState.has_recovery_codes
    return rx.fragment(
        rx.cond(
            SecondStepState.has_passkey,
            passkey_button(
                words.PASSKEY,
                path="sign-in/second-step/passkey",
                begin_path="sign-in/second-step/passkey/begin",
                remember_id=_REMEMBER,
                is_primary=~SecondStepState.has_app,
            ),
        ),
        native_form(
            rx.cond(
                takes_codes,
                text_field(
                    rx.cond(SecondStepState.has_app, words.CODE_OR_RECOVERY, words.RECOVERY),
                    name="code",
                    hint=rx.cond(SecondStepState.has_app, words.CODE_HINT, words.RECOVERY_HINT),
                    required=True,
                    auto_complete="one-time-code",
                    auto_focus=True,
                    max_length=20,
                    spell_check=False,
                ),
            ),
            check_box(words.REMEMBER, name="remember", value="yes", id=_REMEMBER),
            address_field("next"),
            rx.cond(
                takes_codes,
                button(words.SUBMIT, variant="primary", type="submit", class_name="button--wide"),
            ),
            action="/api/v1/sign-in/code",
        ),
    )


def _enrolment() -> rx.Component:
    return rx.fragment(
        app_setup(SecondStepState.app_picture, SecondStepState.app_key),
        native_form(
            text_field(
                words.FIRST_CODE,
                name="code",
                required=True,
                auto_complete="one-time-code",
                input_mode="numeric",
                max_length=10,
                spell_check=False,
            ),
            address_field("next"),
            button(words.SUBMIT, variant="primary", type="submit", class_name="button--wide"),
            action="/api/v1/sign-in/enrol",
        ),
        passkey_button(
            words.MAKE_PASSKEY,
            path="sign-in/enrol/passkey",
            begin_path="sign-in/enrol/passkey/begin",
            makes=True,
        ),
    )
