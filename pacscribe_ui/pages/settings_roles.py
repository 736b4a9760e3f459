"""`/settings/roles`: the built-in roles as they are, the organization's own to be made, copied, changed and deleted."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.button import button
from pacscribe_ui.components.dialog import dialog, dialog_actions
from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.rights_grid import effects, may, rights_grid
from pacscribe_ui.pages.settings_frame import settings_frame
from pacscribe_ui.state.roles import NEW, PATH, RolesState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Roles as words

ROUTE = PATH
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, RolesState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(
            RolesState.is_loaded,
            rx.cond(RolesState.editing != "", _editor(), _list()),
            skeleton_rows(),
        ),
        _deleting(),
        active="roles",
        title=words.TITLE,
        lead=words.LEAD,
        actions=rx.cond(
            RolesState.editing == "",
            page_link(
                icon("plus", 16),
                words.NEW,
                to=f"{PATH}?role={NEW}",
                class_name="button button--primary",
            ),
        ),
    )


def _list() -> rx.Component:
    return rx.el.ul(
        rx.foreach(RolesState.lines, _role), class_name="role-cards", aria_label=words.LIST
    )


def _role(line: Any) -> rx.Component:
    copy_to = f"{PATH}?role={NEW}&from=" + line.role_key
    return rx.el.li(
        rx.el.div(
            rx.el.h2(line.name, dir="auto"),
            rx.cond(
                line.is_built_in,
                badge(words.BUILT_IN, shape="ring"),
                badge(words.OWN, shape="dot", tone="accent"),
            ),
            rx.el.span(line.holders, class_name="faint"),
            class_name="row",
        ),
        may(line.sentences),
        rx.el.div(
            page_link(
                icon("copy", 16),
                words.COPY,
                to=copy_to,
                aria_label=line.copy_label,
                class_name="button button--secondary",
            ),
            rx.cond(
                ~line.is_built_in.to(bool),
                rx.fragment(
                    page_link(
                        icon("pencil", 16),
                        words.CHANGE,
                        to=PATH + "?role=" + line.role_key,
                        aria_label=line.change_label,
                        class_name="button button--secondary",
                    ),
                    button(
                        words.DELETE,
                        icon="trash-2",
                        aria_label=line.delete_label,
                        on_click=RolesState.begin_deleting(line.role_key),
                    ),
                ),
            ),
            class_name="row",
        ),
        class_name="card role-card",
    )


def _editor() -> rx.Component:
    is_new = RolesState.editing == NEW
    return rx.el.div(
        page_link(icon("arrow-left", 16), words.BACK, to=PATH, class_name="back"),
        rx.el.h2(rx.cond(is_new, words.NEW_TITLE, words.CHANGE_TITLE)),
        text_field(
            words.NAME,
            name="role-name",
            hint=words.NAME_HINT,
            default_value=RolesState.name,
            key=RolesState.editing,
            auto_complete="off",
            dir="auto",
            on_blur=RolesState.rename,
        ),
        rights_grid(RolesState.rights, words.MAY, RolesState.toggle, name="right"),
        effects(
            RolesState.effects,
            RolesState.problem,
            button(
                rx.cond(is_new, words.SAVE_NEW, words.SAVE),
                variant="primary",
                icon="check",
                disabled=RolesState.fingerprint == "",
                on_click=RolesState.confirm(RolesState.fingerprint),
            ),
        ),
        class_name="stack",
    )


def _deleting() -> rx.Component:
    return dialog(
        words.DELETE_TITLE,
        rx.el.p(rx.el.strong(RolesState.deleting_name, dir="auto")),
        effects(RolesState.effects, RolesState.problem),
        dialog_actions(
            button(words.KEEP, on_click=RolesState.keep),
            button(
                words.DELETE,
                variant="danger",
                icon="trash-2",
                disabled=RolesState.fingerprint == "",
                on_click=RolesState.delete(RolesState.fingerprint),
            ),
        ),
        is_open=RolesState.deleting != "",
        on_dismiss=RolesState.keep,
        name="delete-role",
    )
