"""The page about one's own sign-in: second factors, sessions, remembered browsers. What may be done is decided below."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.core.caller import Caller
from backend.core.errors import Refusal, StepUpNeeded
from backend.schemas.factors import DeviceView, FactorsView, PasskeyView, SessionView
from pacscribe_ui.state.base import SIGNED_IN, ask, caller, notify, requires, services
from pacscribe_ui.state.security_lines import (
    APP,
    CODES,
    NOTHING_ASKED,
    Asked,
    asked_for_codes,
    asked_to_remove,
)
from pacscribe_ui.state.sign_in import grouped
from pacscribe_ui.text import Security as words


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session as it is listed."""

    session_id: str
    browser: str
    ip_address: str
    method: str
    began_at: str
    last_used_at: str
    is_this: bool


class SecurityState(rx.State):
    """What the page shows, and which dialog is open."""

    is_loaded: bool = False
    is_required: bool = False
    has_app: bool = False
    app_since: str = ""
    passkeys: tuple[PasskeyView, ...] = ()
    recovery_codes: int = 0
    sessions: tuple[SessionLine, ...] = ()
    devices: tuple[DeviceView, ...] = ()
    has_passkeys: bool = False
    has_others: bool = False
    has_devices: bool = False

    # `app`, `passkey`, `rename`, `codes`, or `asking` before something goes; empty when no dialog is open.
    dialog: str = ""
    problem: str = ""
    app_key: str = ""
    app_picture: str = ""
    passkey_options: str = ""
    renamed_name: str = ""
    new_codes: tuple[str, ...] = ()
    asked: Asked = NOTHING_ASKED

    # What finishes what was begun; it stays here.
    _ceremony: str = ""
    _renamed_id: str = ""
    _held: FactorsView | None = None

    @rx.event
    @requires(SIGNED_IN)
    async def load(self) -> None:
        """Fill the page."""
        self._close()
        await self._refresh()

    @rx.event
    @requires(SIGNED_IN)
    async def close(self) -> None:
        """Close the dialog; what it showed is gone from the page."""
        self._close()

    @rx.event
    @requires(SIGNED_IN)
    async def begin_app(self) -> None:
        """Show what an authenticator app needs."""
        token, app = await ask(services().factors.begin_app, caller())
        self._close()
        self._ceremony, self.app_key, self.app_picture = token, grouped(app.key), app.picture
        self.dialog = "app"

    @rx.event
    @requires(SIGNED_IN)
    async def confirm_app(self, form: dict[str, Any]) -> Any:
        """Take the app into use by its first code."""
        code = str(form.get("code", ""))
        adding = ask(services().factors.confirm_app, caller(), self._ceremony, code)
        return await self._added(adding, words.APP_ADDED)

    @rx.event
    @requires(SIGNED_IN)
    async def begin_removing(self, what: str) -> None:
        """Say what it will do if a factor goes: the app (`app`), or a passkey by its identifier."""
        self._close()
        if self._held is not None:
            self.asked, self.dialog = asked_to_remove(what, self._held), "asking"

    @rx.event
    @requires(SIGNED_IN)
    async def begin_codes(self) -> Any:
        """Say what it will do if new recovery codes are made; without earlier ones that is nothing."""
        self._close()
        if not self.recovery_codes:
            return SecurityState.make_codes
        self.asked, self.dialog = asked_for_codes(self.recovery_codes), "asking"
        return None

    @rx.event
    @requires(SIGNED_IN)
    async def carry_out(self) -> Any:
        """Do what was asked about."""
        what = self.asked.what
        if what == CODES:
            return SecurityState.make_codes
        await ask(_removal(what), caller())
        self._close()
        await self._refresh()
        return notify(words.APP_REMOVED if what == APP else words.PASSKEY_REMOVED)

    @rx.event
    @requires(SIGNED_IN)
    async def begin_passkey(self) -> None:
        """Get a challenge for a new passkey."""
        origin = self.router.headers.origin
        token, options = await ask(services().factors.begin_passkey, caller(), origin)
        self._close()
        self._ceremony, self.passkey_options, self.dialog = token, options, "passkey"

    @rx.event
    @requires(SIGNED_IN)
    async def add_passkey(self, made: dict[str, str]) -> Any:
        """Keep the passkey that the browser has made; `made` holds its `answer` and a `name`."""
        answer, name = str(made.get("answer", "")), str(made.get("name", ""))
        origin = self.router.headers.origin
        adding = ask(services().factors.add_passkey, caller(), self._ceremony, answer, name, origin)
        return await self._added(adding, words.PASSKEY_ADDED)

    @rx.event
    @requires(SIGNED_IN)
    async def begin_rename(self, passkey_id: str) -> None:
        """Ask for another name."""
        self._close()
        names = [each.name for each in self.passkeys if each.passkey_id == passkey_id]
        self._renamed_id, self.renamed_name = passkey_id, names[0] if names else ""
        self.dialog = "rename"

    @rx.event
    @requires(SIGNED_IN)
    async def rename(self, form: dict[str, Any]) -> None:
        """Keep the other name."""
        name = str(form.get("name", ""))
        await ask(services().factors.rename_passkey, caller(), self._renamed_id, name)
        self._close()
        await self._refresh()

    @rx.event
    @requires(SIGNED_IN)
    async def make_codes(self) -> None:
        """Make ten recovery codes, and show them this once."""
        codes = await ask(services().factors.new_recovery_codes, caller())
        self._close()
        self.new_codes, self.dialog = codes, "codes"
        await self._refresh()

    @rx.event
    @requires(SIGNED_IN)
    async def end_session(self, session_id: str) -> Any:
        """End one session."""
        await ask(services().own_sessions.end, caller(), session_id)
        await self._refresh()
        return notify(words.ENDED)

    @rx.event
    @requires(SIGNED_IN)
    async def end_others(self) -> Any:
        """End all sessions but this one."""
        await ask(services().own_sessions.end_others, caller())
        await self._refresh()
        return notify(words.ENDED_OTHERS)

    @rx.event
    @requires(SIGNED_IN)
    async def forget_device(self, device_id: str) -> Any:
        """Forget a browser."""
        await ask(services().factors.forget_device, caller(), device_id)
        await self._refresh()
        return notify(words.FORGOTTEN)

    async def _added(self, adding: Awaitable[None], said: str) -> Any:
        """Wait until a factor is added; what is wrong with the answer is said in the dialog that asked for it."""
        try:
            await adding
        except StepUpNeeded:
            raise
        except Refusal as refusal:
            self.problem = refusal.sentence
            return None
        self._close()
        await self._refresh()
        return notify(said)

    async def _refresh(self) -> None:
        self._held = held = await ask(services().factors.overview, caller())
        self.has_app, self.app_since, self.is_required = (
            held.has_app,
            held.app_since,
            held.is_required,
        )
        self.recovery_codes = held.recovery_codes
        self.passkeys = held.passkeys
        sessions = await ask(services().own_sessions.list_all, caller())
        self.sessions = tuple(_session_line(each) for each in sessions)
        self.devices = await ask(services().factors.devices, caller())
        self.has_passkeys, self.has_devices = bool(self.passkeys), bool(self.devices)
        self.has_others = len(self.sessions) > 1
        self.is_loaded = True

    def _close(self) -> None:
        self.dialog = self.problem = self.app_key = self.app_picture = self.passkey_options = ""
        self.renamed_name = self._ceremony = self._renamed_id = ""
        self.new_codes, self.asked = (), NOTHING_ASKED


def _removal(what: str) -> Callable[[Caller], None]:
    factors = services().factors
    if what == APP:
        return factors.remove_app
    return lambda person: factors.remove_passkey(person, what)


def _session_line(view: SessionView) -> SessionLine:
    return SessionLine(
        view.session_id,
        view.browser,
        view.ip_address,
        words.METHODS.get(view.method, view.method),
        view.began_at,
        view.last_used_at,
        view.is_this,
    )
