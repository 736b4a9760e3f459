"""`/settings/security`: one's own second factors, sessions and remembered browsers."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.app_setup import app_setup
from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.button import button
from pacscribe_ui.components.dialog import dialog, dialog_actions
from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.components.passkey_maker import passkey_maker
from pacscribe_ui.components.recovery_codes import recovery_codes
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.security import SecurityState
from pacscribe_ui.state.security_lines import APP
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import SecondStep
from pacscribe_ui.text import Security as words

ROUTE = "/settings/security"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, SecurityState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(SecurityState.is_loaded, _content(), skeleton_rows()),
        _app_dialog(),
        _passkey_dialog(),
        _rename_dialog(),
        _codes_dialog(),
        _asking(),
        active="security",
        title=words.TITLE,
        lead=words.LEAD,
    )


def _content() -> rx.Component:
    has_any: Any = SecurityState.has_app | SecurityState.has_passkeys
    return rx.fragment(
        rx.cond(
            has_any & (SecurityState.recovery_codes == 0),
            inline_notice("warning", words.FIRST, title=words.FIRST_TITLE),
        ),
        settings_part(
            words.FACTORS,
            rx.el.p(
                rx.cond(SecurityState.is_required, words.REQUIRED, words.NONE), class_name="soft"
            ),
            rx.el.div(_app(), _passkeys(), _recovery(has_any), class_name="factors"),
        ),
        settings_part(words.SESSIONS, _sessions()),
        settings_part(words.DEVICES, rx.el.p(words.DEVICES_LEAD, class_name="soft"), _devices()),
    )


def _factor(title: str, *content: Any, action: Any) -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h3(title), action, class_name="row row--spread"),
        *content,
        class_name="card factor",
    )


def _app() -> rx.Component:
    return _factor(
        words.APP,
        rx.cond(
            SecurityState.has_app,
            rx.el.p(words.APP_ON, local_time(SecurityState.app_since)),
            rx.el.p(words.APP_OFF, class_name="soft"),
        ),
        action=rx.cond(
            SecurityState.has_app,
            button(words.REMOVE_APP, small=True, on_click=SecurityState.begin_removing(APP)),
            button(words.ADD_APP, small=True, icon="plus", on_click=SecurityState.begin_app),
        ),
    )


def _passkeys() -> rx.Component:
    return _factor(
        words.PASSKEYS,
        rx.cond(
            SecurityState.has_passkeys,
            rx.el.ul(rx.foreach(SecurityState.passkeys, _passkey), class_name="passkeys"),
            rx.el.p(words.NO_PASSKEYS, class_name="soft"),
        ),
        action=button(
            words.ADD_PASSKEY, small=True, icon="plus", on_click=SecurityState.begin_passkey
        ),
    )


def _passkey(key: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(key.name, dir="auto"),
            rx.cond(
                key.is_suspended,
                badge(words.SUSPENDED, shape="double-up", tone="danger"),
            ),
            rx.el.p(
                rx.cond(
                    key.last_used_at != "",
                    rx.fragment(words.USED, local_time(key.last_used_at)),
                    words.NEVER_USED,
                ),
                " · ",
                words.ADDED,
                local_time(key.created_at),
                rx.cond(key.is_synced, " · " + words.SYNCED, ""),
                class_name="faint",
            ),
        ),
        rx.el.div(
            button(
                words.RENAME,
                small=True,
                variant="quiet",
                aria_label=rx.Var.create(words.RENAME_LABEL) + key.name,
                on_click=SecurityState.begin_rename(key.passkey_id),
            ),
            button(
                words.REMOVE,
                small=True,
                aria_label=rx.Var.create(words.REMOVE_LABEL) + key.name,
                on_click=SecurityState.begin_removing(key.passkey_id),
            ),
            class_name="row",
        ),
        class_name="passkey",
    )


def _recovery(has_any: Any) -> rx.Component:
    return _factor(
        words.RECOVERY,
        rx.cond(
            SecurityState.recovery_codes > 0,
            rx.el.p(SecurityState.recovery_codes, " ", words.RECOVERY_LEFT, class_name="numbers"),
            rx.el.p(words.RECOVERY_NONE, class_name="soft"),
        ),
        action=rx.cond(
            has_any,
            button(words.NEW_RECOVERY, small=True, on_click=SecurityState.begin_codes),
        ),
    )


def _sessions() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.table(
                rx.el.caption(words.SESSIONS, class_name="unseen"),
                rx.el.thead(
                    rx.el.tr(
                        *[
                            rx.el.th(heading, scope="col")
                            for heading in (
                                words.BROWSER,
                                words.ADDRESS,
                                words.HOW,
                                words.SIGNED_IN,
                                words.LAST_USED,
                            )
                        ],
                        rx.el.th(rx.el.span(words.END, class_name="unseen"), scope="col"),
                    )
                ),
                rx.el.tbody(rx.foreach(SecurityState.sessions, _session)),
                class_name="plain-table",
            ),
            class_name="table-room",
            tab_index=0,
            role="region",
            aria_label=words.SESSIONS,
        ),
        rx.cond(
            SecurityState.has_others,
            rx.el.div(button(words.END_OTHERS, icon="log-out", on_click=SecurityState.end_others)),
        ),
    )


def _session(line: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(line.browser, scope="row"),
        rx.el.td(line.ip_address, class_name="numbers"),
        rx.el.td(line.method),
        rx.el.td(local_time(line.began_at)),
        rx.el.td(local_time(line.last_used_at)),
        rx.el.td(
            rx.cond(
                line.is_this,
                badge(words.THIS, shape="check", tone="good"),
                button(
                    words.END,
                    small=True,
                    aria_label=rx.Var.create(words.END_LABEL) + line.browser,
                    on_click=SecurityState.end_session(line.session_id),
                ),
            )
        ),
    )


def _devices() -> rx.Component:
    return rx.cond(
        SecurityState.has_devices,
        rx.el.ul(
            rx.foreach(
                SecurityState.devices,
                lambda line: rx.el.li(
                    rx.el.div(
                        rx.el.strong(line.browser),
                        rx.el.p(
                            line.ip_address,
                            " · ",
                            words.USED,
                            local_time(line.last_used_at),
                            " · ",
                            words.UNTIL,
                            " ",
                            local_time(line.until),
                            class_name="faint",
                        ),
                    ),
                    button(
                        words.FORGET,
                        small=True,
                        aria_label=rx.Var.create(words.FORGET_LABEL) + line.browser,
                        on_click=SecurityState.forget_device(line.device_id),
                    ),
                    class_name="passkey",
                ),
            ),
            class_name="passkeys card",
        ),
        rx.el.p(words.NO_DEVICES, class_name="soft"),
    )


def _app_dialog() -> rx.Component:
    return dialog(
        words.APP_TITLE,
        rx.el.form(
            app_setup(SecurityState.app_picture, SecurityState.app_key),
            text_field(
                SecondStep.FIRST_CODE,
                name="code",
                error=SecurityState.problem,
                required=True,
                auto_complete="one-time-code",
                input_mode="numeric",
                max_length=10,
                auto_focus=True,
            ),
            dialog_actions(
                button(words.CANCEL, on_click=SecurityState.close),
                button(words.CONFIRM, variant="primary", type="submit"),
            ),
            on_submit=SecurityState.confirm_app,
            class_name="stack",
        ),
        is_open=SecurityState.dialog == "app",
        on_dismiss=SecurityState.close,
        name="app",
    )


def _passkey_dialog() -> rx.Component:
    return dialog(
        words.PASSKEY_TITLE,
        passkey_maker(
            SecurityState.passkey_options,
            problem=SecurityState.problem,
            on_made=SecurityState.add_passkey,
            on_dismiss=SecurityState.close,
        ),
        is_open=SecurityState.dialog == "passkey",
        on_dismiss=SecurityState.close,
        name="passkey",
    )


def _rename_dialog() -> rx.Component:
    return dialog(
        words.RENAME_TITLE,
        rx.el.form(
            text_field(
                words.PASSKEY_NAME,
                name="name",
                default_value=SecurityState.renamed_name,
                required=True,
                max_length=60,
                auto_focus=True,
            ),
            dialog_actions(
                button(words.CANCEL, on_click=SecurityState.close),
                button(words.SAVE, variant="primary", type="submit"),
            ),
            on_submit=SecurityState.rename,
            class_name="stack",
        ),
        is_open=SecurityState.dialog == "rename",
        on_dismiss=SecurityState.close,
        name="rename",
    )


def _codes_dialog() -> rx.Component:
    return dialog(
        words.CODES_TITLE,
        rx.el.p(words.CODES_LEAD),
        recovery_codes(SecurityState.new_codes),
        dialog_actions(
            button(words.CODES_KEPT, variant="primary", on_click=SecurityState.close),
        ),
        is_open=SecurityState.dialog == "codes",
        on_dismiss=SecurityState.close,
        name="codes",
    )


def _asking() -> rx.Component:
    asked: Any = SecurityState.asked
    return dialog(
        asked.question,
        rx.foreach(asked.effects, lambda effect: rx.el.p(effect, dir="auto")),
        dialog_actions(
            button(words.KEEP, on_click=SecurityState.close),
            rx.cond(
                asked.is_possible,
                button(asked.label, variant="danger", on_click=SecurityState.carry_out),
            ),
        ),
        is_open=SecurityState.dialog == "asking",
        on_dismiss=SecurityState.close,
        name="asking",
    )
