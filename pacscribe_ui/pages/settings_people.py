"""`/settings/people`: who belongs to the organization, and one account with everything that can be done with it."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.button import button
from pacscribe_ui.components.dialog import dialog, dialog_actions
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.newcomers import invitation_list, waiting_list
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.components.people_table import (
    held_factors,
    people_table,
    seen,
    standing_badge,
)
from pacscribe_ui.components.program_list import program_form, program_list, shown_once
from pacscribe_ui.components.rights_grid import effects, may, rights_grid
from pacscribe_ui.components.search_field import search_field
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.newcomers import NewcomersState
from pacscribe_ui.state.people import PATH, PeopleState, ServiceProgramsState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Mail as mail
from pacscribe_ui.text import Newcomers as newcomers
from pacscribe_ui.text import People as words
from pacscribe_ui.text import Programs as programs

ROUTE = PATH
TITLE = words.TITLE
# Who waits stands above the accounts: those that are there already are not moved from under a finger.
ON_LOAD = [SessionState.enter, NewcomersState.load, PeopleState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(
            NewcomersState.sends_mail,
            rx.fragment(),
            inline_notice("warning", newcomers.NO_MAIL, title=mail.NONE_TITLE),
        ),
        rx.cond(
            PeopleState.is_loaded,
            rx.cond(
                PeopleState.is_gone,
                _gone(),
                rx.cond(PeopleState.person.line.user_id != "", _person(), _list()),
            ),
            skeleton_rows(),
        ),
        _asking(),
        _newcomer(),
        active="people",
        title=words.TITLE,
        lead=words.LEAD,
        actions=rx.cond(PeopleState.person.line.user_id == "", _making()),
    )


def _making() -> rx.Component:
    state = NewcomersState
    return rx.el.div(
        rx.cond(
            state.may_make_services,
            button(newcomers.SERVICE, icon="server", on_click=state.begin("service", "")),
        ),
        button(
            newcomers.INVITE,
            icon="mail-plus",
            variant="primary",
            on_click=state.begin("invite", ""),
        ),
        class_name="row",
    )


def _list() -> rx.Component:
    state = PeopleState
    coming = NewcomersState
    return rx.el.div(
        rx.cond(
            coming.requests.length() > 0,  # type: ignore[attr-defined]  # a var
            settings_part(
                newcomers.WAITING,
                waiting_list(
                    coming.requests, lambda key: coming.begin("approve", key), coming.decline
                ),
            ),
        ),
        rx.cond(
            coming.invitations.length() > 0,  # type: ignore[attr-defined]  # a var
            settings_part(newcomers.INVITED, invitation_list(coming.invitations, coming.withdraw)),
        ),
        rx.el.form(
            search_field(
                words.FIND,
                text=state.search,
                serial=state.field_serial,
                is_there=rx.State.is_hydrated,
            ),
            button(words.FIND_DO, icon="search", type="submit"),
            rx.cond(
                state.search != "",
                page_link(words.CLEAR, to=PATH, class_name="button button--quiet"),
            ),
            on_submit=state.find,
            class_name="people-find",
            role="search",
        ),
        rx.el.p(state.count, class_name="faint", role="status"),
        rx.cond(
            state.lines.length() > 0,  # type: ignore[attr-defined]  # a var
            people_table(state.lines, PATH + "?person="),
            empty_state(words.NONE_TITLE, words.NONE, icon="search-x"),
        ),
        class_name="stack",
    )


def _gone() -> rx.Component:
    return empty_state(
        words.GONE_TITLE,
        words.GONE,
        page_link(words.BACK, to=PATH, class_name="button button--secondary"),
        icon="user-x",
    )


def _person() -> rx.Component:
    person = PeopleState.person
    return rx.el.div(
        page_link(icon("arrow-left", 16), words.BACK, to=PATH, class_name="back"),
        rx.el.div(
            rx.el.h2(person.line.name, dir="auto"),
            rx.cond(person.line.mark != "", badge(person.line.mark, shape="dot", tone="accent")),
            class_name="row",
        ),
        rx.el.dl(
            _fact(words.STANDING, standing_badge(person.line.standing, person.line.standing_label)),
            rx.cond(person.line.address != "", _fact(words.ADDRESS, person.line.address)),
            _fact(words.SEEN, seen(person.line.seen_at)),
            _fact(words.FACTORS, held_factors(person.line)),
            rx.cond(
                ~person.is_service & person.line.has_factor,
                _fact(words.CODES, person.recovery_codes),
            ),
            _fact(words.SESSIONS, person.sessions),
            _fact(words.PROGRAMS, person.programs),
            class_name="person-facts",
        ),
        rx.cond(
            person.untouchable != "",
            rx.fragment(
                inline_notice("accent", person.untouchable),
                settings_part(words.HOLDS, may(person.may)),
            ),
            rx.fragment(_rights(), _acts()),
        ),
        rx.cond(ServiceProgramsState.is_loaded, _programs()),
        class_name="conflicts",
    )


def _fact(label: str, shown: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(label), rx.el.dd(shown))


def _rights() -> rx.Component:
    state = PeopleState
    return settings_part(
        words.RIGHTS,
        rx.el.fieldset(
            rx.el.legend(words.HAS_ROLES),
            rx.foreach(state.roles, lambda choice: _role(choice, state.toggle_role)),
            class_name="choices",
        ),
        rx.el.details(
            rx.el.summary(words.BESIDE_TITLE, class_name="button button--secondary"),
            rx.el.p(words.BESIDE_LEAD, class_name="soft"),
            rights_grid(state.rights, words.BESIDE_QUESTION, state.toggle_right, name="own"),
            class_name="beside",
        ),
        rx.cond(
            state.is_changed & (state.asked == ""),
            effects(
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
            ),
        ),
    )


def _role(choice: Any, on_toggle: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name="role",
            value=choice.role_key,
            checked=choice.is_chosen,
            on_change=on_toggle(choice.role_key),
        ),
        rx.el.span(
            rx.el.strong(choice.name, dir="auto"), rx.el.span(choice.may, class_name="faint")
        ),
        class_name="choice",
    )


def _acts() -> rx.Component:
    return settings_part(
        words.ACCOUNT,
        rx.el.div(
            rx.foreach(
                PeopleState.person.acts,
                lambda line: button(line.label, on_click=PeopleState.begin(line.act)),
            ),
            class_name="row",
        ),
    )


def _programs() -> rx.Component:
    state = ServiceProgramsState
    return settings_part(
        programs.OF,
        shown_once(state.shown_once, state.taken),
        rx.cond(
            state.lines.length() > 0,  # type: ignore[attr-defined]  # a var
            program_list(state.lines, state.revoke),
            rx.el.p(programs.OF_NONE, class_name="soft"),
        ),
        rx.cond(
            PeopleState.person.is_service,
            program_form(state.rights, state.reach, state.toggle, state.make),
        ),
    )


def _newcomer() -> rx.Component:
    state = NewcomersState
    return dialog(
        rx.match(state.kind, *newcomers.TITLES.items(), ""),
        rx.el.p(rx.match(state.kind, *newcomers.LEADS.items(), ""), class_name="soft"),
        rx.el.form(
            rx.match(
                state.kind,
                (
                    "invite",
                    text_field(
                        newcomers.EMAIL,
                        name="email",
                        type="email",
                        required=True,
                        auto_complete="off",
                    ),
                ),
                (
                    "service",
                    text_field(newcomers.NAME, name="name", required=True, auto_complete="off"),
                ),
                rx.fragment(),
            ),
            rx.el.fieldset(
                rx.el.legend(newcomers.ROLES),
                rx.foreach(state.roles, lambda choice: _role(choice, state.toggle_role)),
                class_name="choices",
            ),
            dialog_actions(
                button(newcomers.LEAVE, on_click=state.leave),
                button(
                    rx.match(state.kind, *newcomers.DO.items(), ""),
                    variant="primary",
                    type="submit",
                ),
            ),
            on_submit=state.submit,
            class_name="stack",
        ),
        is_open=state.kind != "",
        on_dismiss=state.leave,
        name="newcomer",
        class_name="dialog--wide",
    )


def _asking() -> rx.Component:
    state = PeopleState
    return dialog(
        state.question,
        effects(state.effects, state.problem),
        dialog_actions(
            button(words.LEAVE, on_click=state.leave),
            button(
                rx.match(state.asked, *words.ACTS.items(), ""),
                variant="danger",
                disabled=state.fingerprint == "",
                on_click=state.confirm(state.fingerprint),
            ),
        ),
        is_open=state.asked != "",
        on_dismiss=state.leave,
        name="person-act",
    )
