"""`/settings/profile`: what somebody says of themselves, their address, their password."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import Variant, button
from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.loading import loading
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.profile import ProfileState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Profile as words

ROUTE = "/settings/profile"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, ProfileState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(
            ProfileState.is_loaded,
            rx.fragment(_about(), _email(), _password()),
            loading(),
        ),
        active="profile",
        title=words.TITLE,
        lead=words.LEAD,
    )


def _about() -> rx.Component:
    profile = ProfileState.profile
    return settings_part(
        words.ABOUT,
        rx.el.dl(
            *_fact(words.ORGANIZATION, profile.organization),
            *_fact(words.ROLES, ProfileState.role_names),
            class_name="profile-facts",
        ),
        _form(
            text_field(
                words.NAME,
                name="display_name",
                hint=words.NAME_HINT,
                default_value=profile.display_name,
                required=True,
                max_length=200,
                auto_complete="name",
            ),
            text_field(
                words.PHONE,
                name="phone",
                type="tel",
                default_value=profile.phone,
                max_length=40,
                auto_complete="tel",
            ),
            text_field(
                words.SPECIALTY,
                name="specialty",
                default_value=profile.specialty,
                max_length=100,
                auto_complete="off",
            ),
            submit=words.SAVE,
            variant="primary",
            sentence=ProfileState.about_sentence,
            on_submit=ProfileState.save,
        ),
    )


def _email() -> rx.Component:
    waits = rx.el.div(
        inline_notice("accent", ProfileState.wanted_state, title=ProfileState.wanted),
        button(words.EMAIL_GIVE_UP, on_click=ProfileState.keep_email),
        class_name="profile-waiting",
    )
    return settings_part(
        words.EMAIL,
        rx.el.dl(*_fact(words.EMAIL_NOW, ProfileState.profile.email), class_name="profile-facts"),
        rx.cond(
            ProfileState.wanted != "",
            waits,
            _form(
                text_field(
                    words.EMAIL_NEW,
                    name="new_email",
                    type="email",
                    hint=words.EMAIL_HINT,
                    required=True,
                    auto_complete="email",
                ),
                text_field(
                    words.EMAIL_PASSWORD,
                    name="email_password",
                    type="password",
                    required=True,
                    auto_complete="current-password",
                ),
                submit=words.EMAIL_SUBMIT,
                sentence=ProfileState.email_sentence,
                on_submit=ProfileState.change_email,
            ),
        ),
    )


def _password() -> rx.Component:
    return settings_part(
        words.PASSWORD,
        rx.fragment(
            _form(
                text_field(
                    words.PASSWORD_OLD,
                    name="old_password",
                    type="password",
                    required=True,
                    auto_complete="current-password",
                ),
                text_field(
                    words.PASSWORD_NEW,
                    name="new_password",
                    type="password",
                    hint=ProfileState.length_hint,
                    required=True,
                    min_length=ProfileState.profile.least_characters,
                    auto_complete="new-password",
                ),
                submit=words.PASSWORD_SUBMIT,
                sentence=ProfileState.word_sentence,
                on_submit=ProfileState.change_password,
            ),
            key=ProfileState.serial,
        ),
    )


def _form(
    *fields: Any, submit: str, sentence: Any, on_submit: Any, variant: Variant = "secondary"
) -> rx.Component:
    return rx.el.form(
        rx.cond(sentence != "", inline_notice("danger", sentence)),
        *fields,
        rx.el.div(button(submit, type="submit", variant=variant)),
        on_submit=on_submit,
        class_name="settings-form",
    )


def _fact(name: str, value: Any) -> tuple[rx.Component, rx.Component]:
    return rx.el.dt(name), rx.el.dd(value)
