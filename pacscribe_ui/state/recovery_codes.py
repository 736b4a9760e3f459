"""The end of adding one's first second factor: its recovery codes, until they are kept."""

from typing import Any
from urllib.parse import quote

import reflex as rx

from backend.core.addresses import HOME, local_path
from backend.core.errors import Refusal
from pacscribe_ui.state.base import SIGNED_IN, ask, caller, requires, services


class RecoveryCodesState(rx.State):
    """The codes, on no other page and in no other place."""

    codes: tuple[str, ...] = ()
    # All of them as a file that the browser makes.
    file: str = ""
    next_path: str = HOME

    @rx.event
    @requires(SIGNED_IN)
    async def load(self) -> Any:
        """Make the codes and show them, if there are none yet; who has some goes on."""
        self.next_path = local_path(str(self.router.url.query_parameters.get("next", "")))
        if self.codes:
            return None  # the same page again, after the line was broken
        try:
            codes = await ask(services().factors.first_recovery_codes, caller())
        except Refusal:
            # Not from here: they hold no factor, or proved it long ago. Their own page says what to do.
            return rx.redirect("/settings/security", replace=True)
        if not codes:
            return rx.redirect(self.next_path, replace=True)
        self._show(codes)
        return None

    @rx.event
    @requires(SIGNED_IN)
    async def go_on(self) -> Any:
        """They are kept: go on to where the person was going. Nothing of them stays here."""
        self.codes, self.file = (), ""
        return rx.redirect(self.next_path, replace=True)

    def _show(self, codes: tuple[str, ...]) -> None:
        lines = "".join(f"{code}\n" for code in codes)
        self.codes, self.file = codes, f"data:text/plain;charset=utf-8,{quote(lines)}"
