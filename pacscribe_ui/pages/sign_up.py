"""`/sign-up`: somebody asks for an account. What it asks for is what whoever lets them in must know, and no more."""

import reflex as rx

from pacscribe_ui.components.field import check_box, select_field, text_field
from pacscribe_ui.pages.joining_form import joining_page, no_mail_notice, outcome
from pacscribe_ui.state.joining import JoiningState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import SignUp as words

ROUTE = "/sign-up"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, JoiningState.load]


def page() -> rx.Component:
    """The page."""
    return joining_page(
        words,
        no_mail_notice(),
        rx.cond(
            JoiningState.may_found,
            select_field(
                words.KIND,
                [("join", words.JOIN), ("found", words.FOUND)],
                name="kind",
                on_change=JoiningState.choose_kind,
            ),
        ),
        text_field(
            words.ORGANIZATION,
            name="organization",
            hint=rx.cond(
                JoiningState.is_founding, words.NEW_ORGANIZATION_HINT, words.ORGANIZATION_HINT
            ),
            required=True,
            max_length=200,
            auto_complete="organization",
        ),
        text_field(
            words.NAME,
            name="display_name",
            hint=words.NAME_HINT,
            required=True,
            max_length=200,
            auto_complete="name",
        ),
        select_field(words.ROLE, words.ROLES, name="wished_role"),
        text_field(
            words.EMAIL,
            name="email",
            type="email",
            hint=words.EMAIL_HINT,
            required=True,
            auto_complete="email",
        ),
        *about_fields(),
        attestation(),
        on_submit=JoiningState.sign_up,
        outcomes={"sent": outcome(words.SENT_TITLE, words.SENT, label=words.SIGN_IN)},
    )


def about_fields() -> tuple[rx.Component, rx.Component]:
    """What one may say of oneself."""
    return (
        text_field(
            words.PHONE,
            name="phone",
            type="tel",
            hint=words.PHONE_HINT,
            max_length=40,
            auto_complete="tel",
        ),
        text_field(words.SPECIALTY, name="specialty", max_length=100, auto_complete="off"),
    )


def attestation() -> rx.Component:
    """That one works in health care, and is no child."""
    return rx.el.div(
        check_box(words.ATTEST, name="is_attested", required=True, aria_describedby="attest-hint"),
        rx.el.p(words.ATTEST_HINT, id="attest-hint", class_name="field-hint"),
        class_name="field",
    )
