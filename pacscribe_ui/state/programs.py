"""The signed-in person's own access tokens, and the one that was just made, until they have copied it."""

from typing import Any

import reflex as rx

from backend.schemas.tokens import NewToken
from pacscribe_ui.state.base import SIGNED_IN, ask, caller, notify, requires, services
from pacscribe_ui.state.program_lines import (
    ProgramLine,
    days_of,
    program_line,
    reach_line,
    scope_lines,
)
from pacscribe_ui.state.rights_lines import RightLine, toggled
from pacscribe_ui.text import Programs as words

PATH = "/settings/tokens"


class ProgramsState(rx.State):
    """One's own tokens."""

    lines: tuple[ProgramLine, ...] = ()
    is_loaded: bool = False
    rights: tuple[RightLine, ...] = ()
    reach: str = ""
    # The only moment at which it can be read; gone when the page is left.
    shown_once: str = ""

    _chosen: tuple[str, ...] = ()

    @rx.event
    @requires(SIGNED_IN)
    async def load(self) -> Any:
        """Show one's tokens and what a new one can be for."""
        self.lines = tuple(map(program_line, await ask(services().tokens.list_own, caller())))
        self.is_loaded, self.shown_once, self._chosen = True, "", ()
        return ProgramsState.offer

    @rx.event
    @requires(SIGNED_IN)
    async def offer(self) -> None:
        """Show what a new token can be for."""
        possible = await ask(services().tokens.scopes, caller())
        self.rights = scope_lines(possible, self._chosen)
        self.reach = reach_line(possible, self._chosen)

    @rx.event
    @requires(SIGNED_IN)
    async def toggle(self, permission: str) -> Any:
        """Tick what a new token is for, or not."""
        self._chosen = toggled(self._chosen, permission)
        return ProgramsState.offer

    @rx.event
    @requires(SIGNED_IN)
    async def make(self, form: dict[str, Any]) -> Any:
        """Make a token and show it, this once."""
        made: NewToken = await ask(
            services().tokens.create,
            caller(),
            name=str(form.get("name", "")),
            scopes=self._chosen,
            days=days_of(form.get("days", "")),
        )
        self.shown_once, self._chosen = made.token, ()
        self.lines = (program_line(made.view), *self.lines)
        return ProgramsState.offer

    @rx.event
    @requires(SIGNED_IN)
    async def taken(self) -> None:
        """Forget the token that was shown."""
        self.shown_once = ""

    @rx.event
    @requires(SIGNED_IN)
    async def revoke(self, key: str) -> Any:
        """End a token at once."""
        ended = program_line(await ask(services().tokens.revoke, caller(), key))
        self.lines = tuple(ended if line.key == ended.key else line for line in self.lines)
        return notify(words.REVOKED_NOTICE)
