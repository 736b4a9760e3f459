"""What the pages of signing in show. Signing in itself is a form post to the API."""

from typing import Any

import reflex as rx

from backend.core.addresses import local_path
from backend.schemas.factors import SecondStepView
from pacscribe_ui.state.base import PUBLIC, ask, caller_or_none, cookies, requires, services
from pacscribe_ui.text import SecondStep, SignIn

_INFORMATION = frozenset({"out", "ended"})


class SignInState(rx.State):
    """The sentence above the form."""

    sentence: str = ""
    is_information: bool = False

    @rx.event
    @requires(PUBLIC)
    async def load(self) -> Any:
        """Read the address; who is signed in already goes on."""
        query = self.router.url.query_parameters
        code = str(query.get("refused", ""))
        if caller_or_none() is not None and not code:
            return rx.redirect(local_path(str(query.get("next", ""))))
        self.is_information = code in _INFORMATION
        self.sentence = SignIn.REFUSED.get(code, SignIn.REFUSED_OTHERWISE) if code else ""
        return None


class SecondStepState(rx.State):
    """What is offered after the password, to whom it was right for."""

    is_loaded: bool = False
    is_over: bool = False
    email: str = ""
    has_app: bool = False
    has_passkey: bool = False
    has_recovery_codes: bool = False
    must_enrol: bool = False
    # Of the app that is being added, for its owner's eyes: the key in groups, and its QR code.
    app_key: str = ""
    app_picture: str = ""
    sentence: str = ""

    @rx.event
    @requires(PUBLIC)
    async def load(self) -> Any:
        """Show what the cookie of the first step opens; who is signed in already goes on."""
        query = self.router.url.query_parameters
        code = str(query.get("refused", ""))
        self.sentence = SecondStep.REFUSED.get(code, SecondStep.REFUSED_OTHERWISE) if code else ""
        view = await ask(services().second_steps.view, cookies())
        if view is None and caller_or_none() is not None:
            return rx.redirect(local_path(str(query.get("next", ""))))
        self.is_loaded, self.is_over = True, view is None
        if view is not None:
            await self._offer(view)
        return None

    async def _offer(self, view: SecondStepView) -> None:
        self.email, self.has_app, self.has_passkey = view.email, view.has_app, view.has_passkey
        self.has_recovery_codes, self.must_enrol = view.has_recovery_codes, view.must_enrol
        if view.must_enrol:
            app = await ask(services().second_steps.app_enrolment, cookies())
            self.app_key, self.app_picture = grouped(app.key), app.picture


def grouped(key: str) -> str:
    """A key in groups of four, as it is easier to type."""
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
