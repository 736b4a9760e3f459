"""What the page about oneself remembers: no more than it shows."""

from typing import Any

import reflex as rx

from backend.core.errors import Refusal
from backend.schemas.joining import said
from backend.schemas.profile import ProfileView, profile_form
from pacscribe_ui.state.base import SIGNED_IN, ask, caller, notify, requires, services
from pacscribe_ui.state.rights_lines import role_name
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Profile as words

_NOBODY = ProfileView("", "", "", "", "", (), "", False, False, 0)


class ProfileState(rx.State):
    """One's own account."""

    profile: ProfileView = _NOBODY
    is_loaded: bool = False
    role_names: str = ""
    length_hint: str = ""
    wanted: str = ""
    wanted_state: str = ""
    # What is wrong, beside the form that it is about.
    about_sentence: str = ""
    email_sentence: str = ""
    word_sentence: str = ""
    # Another number empties the forms.
    serial: int = 0

    @rx.event
    @requires(SIGNED_IN)
    async def load(self) -> None:
        """Show the account."""
        self.reset()
        self._show(await ask(services().profiles.view, caller()))
        self.is_loaded = True

    @rx.event
    @requires(SIGNED_IN)
    async def save(self, form: dict[str, Any]) -> Any:
        """Keep name, phone and specialty."""
        self.about_sentence = ""
        try:
            self._show(await ask(services().profiles.change, caller(), profile_form(form)))
        except Refusal as refusal:
            self.about_sentence = refusal.sentence
            return None
        return [notify(words.SAVED), SessionState.enter]

    @rx.event
    @requires(SIGNED_IN)
    async def change_email(self, form: dict[str, Any]) -> Any:
        """Ask for another address."""
        self.email_sentence = ""
        asked = (caller(), said(form, "new_email"), said(form, "email_password"))
        try:
            await ask(services().profiles.change_email, *asked)
        except Refusal as refusal:
            self.email_sentence = refusal.sentence
            return None
        return [notify(words.EMAIL_SENT), ProfileState.load]

    @rx.event
    @requires(SIGNED_IN)
    async def keep_email(self) -> Any:
        """Keep the present address after all."""
        self._show(await ask(services().profiles.give_up_email_change, caller()))
        return notify(words.EMAIL_GIVEN_UP)

    @rx.event
    @requires(SIGNED_IN)
    async def change_password(self, form: dict[str, Any]) -> Any:
        """Choose another password."""
        self.word_sentence = ""
        asked = (caller(), said(form, "old_password"), said(form, "new_password"))
        try:
            await ask(services().profiles.change_password, *asked)
        except Refusal as refusal:
            self.word_sentence = refusal.sentence
            return None
        self.serial += 1
        return notify(words.PASSWORD_CHANGED)

    def _show(self, profile: ProfileView) -> None:
        self.profile = profile
        self.role_names = ", ".join(map(role_name, profile.roles))
        self.length_hint = words.PASSWORD_HINT.format(least=profile.least_characters)
        wanted = profile.email_wanted
        self.wanted = words.EMAIL_WAITS.format(email=wanted) if wanted else ""
        agreed = "old" if profile.is_old_confirmed else "new" if profile.is_new_confirmed else ""
        self.wanted_state = words.EMAIL_STATES[agreed or "none"]
