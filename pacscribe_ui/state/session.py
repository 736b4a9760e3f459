"""Whose page this is: what the bar at the top shows. Who may do what is decided below, not here."""

import reflex as rx

from backend.core.caller import Caller
from backend.core.permissions import Permission
from pacscribe_ui.state.base import PUBLIC, NoticeState, ask, caller_or_none, requires, services
from pacscribe_ui.state.checks import AlertLine, alert_line
from pacscribe_ui.state.rights_lines import role_name
from pacscribe_ui.state.settings_sections import first_path, sections_for


class SessionState(rx.State):
    """The signed-in person, as far as the page shows it."""

    # Which session this tab's state was filled for; the guard wipes the state when it is another's.
    _owner: str = ""

    display_name: str = ""
    role_names: str = ""
    is_signed_in: bool = False
    is_demo: bool = False
    may_upload: bool = False
    may_view_audit: bool = False
    may_write_reports: bool = False
    may_open_emergencies: bool = False
    may_use_support: bool = False
    alerts: tuple[AlertLine, ...] = ()
    # Keys of the sections of the settings that this person may see.
    settings_sections: tuple[str, ...] = ()
    settings_path: str = ""

    @rx.event
    @requires(PUBLIC)
    async def enter(self) -> None:
        """Fill the bar at the top; every page's first `on_load` event."""
        (await self.get_state(NoticeState))._enter(str(self.router.url.path))
        self.is_demo = services().settings.demo
        person = caller_or_none()
        self.is_signed_in = person is not None
        self.display_name = person.display_name if person else ""
        self.role_names = ", ".join(map(role_name, person.roles)) if person else ""
        self._show_rights(person)
        banners = await ask(services().banners.of, person) if person else ()
        self.alerts = tuple(map(alert_line, banners))

    def _show_rights(self, person: Caller | None) -> None:
        self.may_upload = person is not None and person.may(Permission.STUDY_UPLOAD)
        self.may_view_audit = person is not None and person.may(Permission.AUDIT_VIEW)
        self.may_write_reports = person is not None and person.may(Permission.REPORT_WRITE)
        may = person.may if person else lambda _permission: False
        self.may_open_emergencies = may(Permission.EMERGENCY_OPEN) and not may(Permission.STUDY_ALL)
        self.may_use_support = may(Permission.SUPPORT_USE)
        self.settings_sections = sections_for(person)
        self.settings_path = first_path(person)
