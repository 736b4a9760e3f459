"""What the pages have in common on which people come in: a form that gives way to what came of it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button, link_button
from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.fragment_field import fragment_field
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.pages.entrance import entrance
from pacscribe_ui.state.joining import JoiningState
from pacscribe_ui.text import Confirm, Mail


def joining_page(
    words: Any, *fields: Any, on_submit: Any, outcomes: dict[str, rx.Component]
) -> rx.Component:
    """A page with one form.

    Args:
        words: Has `TITLE`, `LEAD` and `SUBMIT`.
        *fields: What stands in the form above its button.
        on_submit: Event that takes the form.
        outcomes: What is shown instead of the form, by what came of it.
    """
    form: Any = rx.el.form(
        *fields,
        button(words.SUBMIT, variant="primary", type="submit", class_name="button--wide"),
        on_submit=on_submit,
        reset_on_submit=False,
    )
    return entrance(
        words.TITLE,
        words.LEAD,
        rx.cond(JoiningState.sentence != "", inline_notice("danger", JoiningState.sentence)),
        rx.match(JoiningState.outcome, *outcomes.items(), form),
    )


def outcome(title: str, sentence: str, *, label: str, href: str = "/sign-in") -> rx.Component:
    """What came of it, and where it goes on."""
    return rx.el.div(
        rx.el.div(inline_notice("good", sentence, title=title), role="status"),
        link_button(label, href=href, variant="primary", class_name="button--wide"),
        class_name="stack",
    )


def link_field() -> rx.Component:
    """The token of the mailed link, out of the fragment of the address."""
    return fragment_field(
        "token", inline_notice("warning", Confirm.NO_TOKEN, title=Confirm.NO_TOKEN_TITLE)
    )


def new_password_field(label: str, hint: str, least_characters: int) -> rx.Component:
    """A password to be chosen."""
    return text_field(
        label,
        name="password",
        type="password",
        hint=hint,
        required=True,
        min_length=least_characters,
        auto_complete="new-password",
    )


def no_mail_notice() -> rx.Component:
    """That letters wait, where they do."""
    return rx.cond(
        JoiningState.sends_mail,
        rx.fragment(),
        inline_notice("warning", Mail.NONE, title=Mail.NONE_TITLE),
    )
