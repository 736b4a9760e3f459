"""The shell joined to the session: what every page of the program calls for its frame."""

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from pacscribe_ui.components.notice import notice
from pacscribe_ui.components.session_clock import session_clock
from pacscribe_ui.components.shell import Destination, Person, shell
from pacscribe_ui.components.step_up import step_up
from pacscribe_ui.state.base import NoticeState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.step_up import StepUpState
from pacscribe_ui.text import Shell


def frame(
    *content: Any, active: str = "", wide: bool = False, bar_extra: rx.Component | None = None
) -> rx.Component:
    """A page with bar, landmarks, demo banner and notices around it.

    The page's `on_load` must begin with `SessionState.enter`, which fills the bar.

    Args:
        *content: What stands inside `<main>`; holds exactly one `<h1>`.
        active: `worklist`, `upload`, `audit` or `settings`, if the page is that.
        wide: Use the whole window, without margins (the viewer).
        bar_extra: What the page adds to the bar, such as the patient.
    """
    signed_in = SessionState.is_signed_in
    return shell(
        *content,
        session_clock(signed_in),
        step_up(
            is_open=StepUpState.is_open,
            on_proved=StepUpState.go_on,
            on_dismiss=StepUpState.give_up,
        ),
        active=active,
        destinations=[
            Destination("worklist", Shell.WORKLIST, "/worklist", "list", signed_in),
            Destination("upload", Shell.UPLOAD, "/upload", "upload", SessionState.may_upload),
            Destination(
                "emergency",
                Shell.EMERGENCY,
                "/emergency",
                "siren",
                SessionState.may_open_emergencies,
            ),
            Destination(
                "support", Shell.SUPPORT, "/support", "life-buoy", SessionState.may_use_support
            ),
            Destination("audit", Shell.AUDIT, "/audit", "scroll-text", SessionState.may_view_audit),
            Destination(
                "settings",
                Shell.SETTINGS,
                SessionState.settings_path,
                "settings",
                signed_in,
            ),
        ],
        person=Person(signed_in, SessionState.display_name, SessionState.role_names),
        is_demo=SessionState.is_demo,
        alerts=SessionState.alerts,
        notice=notice(NoticeState.kind, NoticeState.text, NoticeState.serial, NoticeState.dismiss),
        is_connected=~has_connection_errors,
        wide=wide,
        bar_extra=bar_extra,
    )
