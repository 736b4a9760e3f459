"""`/settings/organization`: its name, what it demands of signing in, what it keeps."""

from typing import Any

import reflex as rx

from backend.core.vocabulary import JoinRule
from pacscribe_ui.components.button import button
from pacscribe_ui.components.field import select_field, text_field
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.rights_grid import effects
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.organization import PATH, OrganizationPageState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Organization as words

ROUTE = PATH
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, OrganizationPageState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(OrganizationPageState.is_loaded, _content(), skeleton_rows()),
        active="organization",
        title=words.TITLE,
        lead=words.LEAD,
    )


def _content() -> rx.Component:
    state = OrganizationPageState
    bounds = state.bounds
    return rx.fragment(
        rx.el.div(
            rx.el.div(_typed(words.NAME, "name", state.entered.name), class_name="name-field"),
            settings_part(
                words.SIGN_IN,
                rx.el.div(
                    select_field(
                        words.SECOND_FACTOR,
                        words.FACTORS,
                        name="second_factor",
                        value=state.entered.second_factor,
                        on_change=lambda value: state.enter("second_factor", value),
                    ),
                    _typed(
                        words.IDLE,
                        "idle_minutes",
                        state.entered.idle_minutes,
                        hint=_hint(
                            words.IDLE_HINT, bounds.usual_idle_minutes, bounds.longest_idle_minutes
                        ),
                        input_mode="numeric",
                    ),
                    _typed(
                        words.LONGEST,
                        "session_hours",
                        state.entered.session_hours,
                        hint=_hint(
                            words.LONGEST_HINT,
                            bounds.usual_session_hours,
                            bounds.longest_session_hours,
                        ),
                        input_mode="numeric",
                    ),
                    _typed(
                        words.REASON,
                        "override_reason",
                        state.entered.override_reason,
                        hint=words.REASON_HINT,
                    ),
                    class_name="policies",
                ),
            ),
            settings_part(
                words.JOIN,
                rx.el.p(words.JOIN_LEAD, class_name="soft"),
                rx.el.div(
                    select_field(
                        words.WHO,
                        words.JOINING,
                        name="joining",
                        value=state.entered.joining,
                        on_change=lambda value: state.enter("joining", value),
                    ),
                    rx.cond(
                        state.entered.joining == JoinRule.DOMAINS.value,
                        _typed(
                            words.DOMAINS,
                            "mail_domains",
                            state.entered.mail_domains,
                            hint=words.DOMAINS_HINT,
                        ),
                    ),
                    class_name="policies",
                ),
            ),
            # The fields show anew what is kept once it has been changed, or left.
            key=state.serial,
            class_name="settings-content",
        ),
        rx.cond(state.is_changed, _ending()),
        settings_part(
            words.KEPT,
            rx.el.dl(
                *[
                    rx.el.div(rx.el.dt(what), rx.el.dd(_filled(how, "{years}", bounds.audit_years)))
                    for what, how in words.KEPT_LINES
                ],
                class_name="person-facts",
            ),
        ),
    )


def _typed(label: str, name: str, value: Any, **props: Any) -> rx.Component:
    return text_field(
        label,
        name=name,
        default_value=value,
        auto_complete="off",
        on_blur=lambda typed: OrganizationPageState.enter(name, typed),
        **props,
    )


def _ending() -> rx.Component:
    state = OrganizationPageState
    return effects(
        state.effects,
        state.problem,
        rx.el.div(
            button(
                words.SAVE,
                variant="primary",
                icon="check",
                disabled=state.fingerprint == "",
                on_click=state.confirm(state.fingerprint),
            ),
            button(words.LEAVE, on_click=state.leave),
            class_name="row",
        ),
    )


def _hint(sentence: str, usual: Any, longest: Any) -> rx.Component:
    before, _, rest = sentence.partition("{usual}")
    between, _, after = rest.partition("{longest}")
    return rx.fragment(before, usual, between, longest, after)


def _filled(sentence: str, mark: str, value: Any) -> rx.Component:
    before, found, after = sentence.partition(mark)
    return rx.fragment(before, value, after) if found else rx.fragment(sentence)
