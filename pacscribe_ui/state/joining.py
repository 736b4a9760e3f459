"""What the pages remember on which people come in and get a new password. What was typed stays in the browser."""

from typing import Any

import reflex as rx

from backend.core.errors import Refusal
from backend.schemas.joining import invitation_form, said, sign_up_form
from pacscribe_ui.state.base import PUBLIC, ask, requires, services, visitor

OUTCOMES = ("sent", "done", "waits", "half")


class JoiningState(rx.State):
    """The sentence above the form, and how far it has come; the same for all of these pages."""

    sentence: str = ""
    # Nothing, or what the page says instead of its form: one of `OUTCOMES`.
    outcome: str = ""
    may_found: bool = False
    sends_mail: bool = True
    is_founding: bool = False

    @rx.event
    @requires(PUBLIC)
    async def load(self) -> None:
        """Begin anew, or with what the address says came of the form: it outlives the line and the server."""
        self.reset()
        named = str(self.router.url.query_parameters.get("outcome", ""))
        self.outcome = named if named in OUTCOMES else ""
        self.may_found = services().sign_ups.may_found
        self.sends_mail = services().letters.can_leave

    @rx.event
    @requires(PUBLIC)
    async def choose_kind(self, kind: str) -> None:
        """Join an organization, or found one."""
        self.is_founding = kind == "found"

    @rx.event
    @requires(PUBLIC)
    async def sign_up(self, form: dict[str, Any]) -> Any:
        """Ask for an account."""
        with self._refused():
            await ask(services().sign_ups.ask, sign_up_form(form), visitor())
            return self._came_of_it("sent")
        return None

    @rx.event
    @requires(PUBLIC)
    async def confirm(self, form: dict[str, Any]) -> Any:
        """Confirm the address with the mailed link, and choose the password."""
        words = (said(form, "token"), said(form, "password"), visitor())
        with self._refused():
            is_in = await ask(services().sign_ups.confirm, *words)
            return self._came_of_it("done" if is_in else "waits")
        return None

    @rx.event
    @requires(PUBLIC)
    async def accept(self, form: dict[str, Any]) -> Any:
        """Accept an invitation."""
        words = (said(form, "token"), invitation_form(form), said(form, "password"), visitor())
        with self._refused():
            await ask(services().sign_ups.accept, *words)
            return self._came_of_it("done")
        return None

    @rx.event
    @requires(PUBLIC)
    async def forget(self, form: dict[str, Any]) -> Any:
        """Ask for a link to choose a new password."""
        with self._refused():
            await ask(services().forgotten.ask, said(form, "email"), visitor())
            return self._came_of_it("sent")
        return None

    @rx.event
    @requires(PUBLIC)
    async def choose(self, form: dict[str, Any]) -> Any:
        """Choose a new password with the mailed link."""
        words = (said(form, "token"), said(form, "password"), visitor())
        with self._refused():
            await ask(services().forgotten.reset, *words)
            return self._came_of_it("done")
        return None

    @rx.event
    @requires(PUBLIC)
    async def agree(self, form: dict[str, Any]) -> Any:
        """Agree to another address, with one of the two mailed links."""
        with self._refused():
            is_done = await ask(services().profiles.confirm_email, said(form, "token"), visitor())
            return self._came_of_it("done" if is_done else "half")
        return None

    def _came_of_it(self, outcome: str) -> Any:
        self.outcome = outcome
        return rx.redirect(f"{self.router.url.path}?outcome={outcome}", replace=True)

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
