"""What the pages remember on which people come in and get a new password. What was typed stays in the browser."""

from typing import Any

import reflex as rx

from backend.core.errors import Refusal
from backend.schemas.joining import invitation_form, said, sign_up_form
from pacscribe_ui.state.base import PUBLIC, ask, requires, services, visitor


class JoiningState(rx.State):
    """The sentence above the form, and how far it has come; the same for all of these pages."""

    sentence: str = ""
    # Nothing, or what the page says instead of its form: `sent`, `done`, `waits` or `half`.
    outcome: str = ""
    may_found: bool = False
    sends_mail: bool = True
    is_founding: bool = False

    @rx.event
    @requires(PUBLIC)
    async def load(self) -> None:
        """Begin anew."""
        self.reset()
        self.may_found = services().sign_ups.may_found
        self.sends_mail = services().letters.can_leave

    @rx.event
    @requires(PUBLIC)
    async def choose_kind(self, kind: str) -> None:
        """Join an organization, or found one."""
        self.is_founding = kind == "found"

    @rx.event
    @requires(PUBLIC)
    async def sign_up(self, form: dict[str, Any]) -> None:
        """Ask for an account."""
        with self._refused():
            await ask(services().sign_ups.ask, sign_up_form(form), visitor())
            self.outcome = "sent"

    @rx.event
    @requires(PUBLIC)
    async def confirm(self, form: dict[str, Any]) -> None:
        """Confirm the address with the mailed link, and choose the password."""
        words = (said(form, "token"), said(form, "password"), visitor())
        with self._refused():
            is_in = await ask(services().sign_ups.confirm, *words)
            self.outcome = "done" if is_in else "waits"

    @rx.event
    @requires(PUBLIC)
    async def accept(self, form: dict[str, Any]) -> None:
        """Accept an invitation."""
        words = (said(form, "token"), invitation_form(form), said(form, "password"), visitor())
        with self._refused():
            await ask(services().sign_ups.accept, *words)
            self.outcome = "done"

    @rx.event
    @requires(PUBLIC)
    async def forget(self, form: dict[str, Any]) -> None:
        """Ask for a link to choose a new password."""
        with self._refused():
            await ask(services().forgotten.ask, said(form, "email"), visitor())
            self.outcome = "sent"

    @rx.event
    @requires(PUBLIC)
    async def choose(self, form: dict[str, Any]) -> None:
        """Choose a new password with the mailed link."""
        words = (said(form, "token"), said(form, "password"), visitor())
        with self._refused():
            await ask(services().forgotten.reset, *words)
            self.outcome = "done"

    @rx.event
    @requires(PUBLIC)
    async def agree(self, form: dict[str, Any]) -> None:
        """Agree to another address, with one of the two mailed links."""
        with self._refused():
            is_done = await ask(services().profiles.confirm_email, said(form, "token"), visitor())
            self.outcome = "done" if is_done else "half"

    def _refused(self) -> "_Refusals":
        return _Refusals(self)


class _Refusals:
    """Shows a refusal above the form, and leaves what was typed as it is."""

    def __init__(self, state: JoiningState) -> None:
        self._state = state

    def __enter__(self) -> None:
        self._state.sentence = ""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, Refusal):
            return False
        self._state.sentence = error.sentence
        return True
