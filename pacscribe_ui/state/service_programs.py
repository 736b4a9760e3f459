"""The access tokens of one account, as whoever holds `token:manage` sees them; new ones for service accounts only."""

from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from backend.schemas.tokens import NewToken
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.state.program_lines import ProgramLine, days_of, program_line, scope_lines
from pacscribe_ui.state.rights_lines import RightLine, toggled
from pacscribe_ui.text import Programs as words


class ServiceProgramsState(rx.State):
    """Tokens of the account that is open on the page about people."""

    lines: tuple[ProgramLine, ...] = ()
    is_loaded: bool = False
    rights: tuple[RightLine, ...] = ()
    # The only moment at which it can be read; gone when the page is left.
    shown_once: str = ""

    _user_id: str = ""
    _chosen: tuple[str, ...] = ()

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def load(self, user_id: str) -> Any:
        """Show an account's tokens, and what a new one can be for."""
        self._user_id, self._chosen, self.shown_once = user_id, (), ""
        found = await ask(services().tokens.list_of, caller(), user_id)
        self.lines, self.is_loaded = tuple(map(program_line, found)), True
        return ServiceProgramsState.offer

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def offer(self) -> None:
        """Show what a new token can be for."""
        possible = await ask(services().tokens.scopes_for, caller(), self._user_id)
        self.rights = scope_lines(possible, self._chosen)

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def toggle(self, permission: str) -> Any:
        """Tick what a new token is for, or not."""
        self._chosen = toggled(self._chosen, permission)
        return ServiceProgramsState.offer

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def make(self, form: dict[str, Any]) -> Any:
        """Make a token for the account and show it, this once."""
        made: NewToken = await ask(
            services().tokens.create_for,
            caller(),
            self._user_id,
            name=str(form.get("name", "")),
            scopes=self._chosen,
            days=days_of(form.get("days", "")),
        )
        self.shown_once, self._chosen = made.token, ()
        self.lines = (program_line(made.view), *self.lines)
        return ServiceProgramsState.offer

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def taken(self) -> None:
        """Forget the token that was shown."""
        self.shown_once = ""

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def revoke(self, key: str) -> Any:
        """End a token at once."""
        ended = program_line(await ask(services().tokens.revoke, caller(), key))
        self.lines = tuple(ended if line.key == ended.key else line for line in self.lines)
        return notify(words.REVOKED_NOTICE)
