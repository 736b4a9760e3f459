"""The guard before every event: deny by default. Whether a caller may touch a given study is decided below.

Every handler, and every public method of a state, can be called by whoever opens the socket; no page
needs to offer it. So each event is met here, under the state's lock: the session is looked up in the
database, a state filled for another session is wiped, and a handler that does not declare who may
call it is refused.
"""

import json
import logging
import secrets
from functools import cache
from typing import Any
from urllib.parse import quote

import reflex as rx
from reflex.app import App
from reflex.event import Event, EventSpec
from reflex.middleware.middleware import Middleware
from reflex.state import (
    BaseState,
    FrontendEventExceptionState,
    OnLoadInternalState,
    State,
    StateUpdate,
)
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import format_event_handler

from backend.core.caller import Caller, Origin
from backend.core.errors import Malformed, NotAllowed, NotSignedIn, Refusal
from backend.core.permissions import Permission
from backend.core.redaction import described_exception
from pacscribe_ui import text
from pacscribe_ui.state.arguments import fits
from pacscribe_ui.state.arrival import must_wait
from pacscribe_ui.state.base import (
    PUBLIC,
    SIGNED_IN,
    Interrupted,
    ask,
    declared_rights,
    find_caller,
    remember_caller,
    remember_visitor,
    services,
    warn,
)
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.step_up import StepUpState
from pacscribe_ui.state.support_door import is_open

_log = logging.getLogger("pacscribe.guard")


@cache
def _framework_events() -> frozenset[str]:
    """Events of Reflex itself that a page cannot do without; all others of its own are refused."""
    own: dict[type[State], tuple[str, ...]] = {
        State: ("hydrate", "hydrate_and_load", "set_is_hydrated"),
        OnLoadInternalState: ("on_load_internal", "set_is_hydrated"),
    }
    return frozenset(
        format_event_handler(state.event_handlers[name])
        for state, names in own.items()
        for name in names
    )


@cache
def _error_report() -> str:
    """The event with which Reflex's pages report an error of their own."""
    handlers = FrontendEventExceptionState.event_handlers
    return format_event_handler(handlers["handle_frontend_exception"])


class Guard(Middleware):
    """Meets every event before its handler."""

    async def preprocess(
        self,
        app: App,  # noqa: ARG002 - the signature is Reflex's
        state: BaseState,
        event: Event,
    ) -> StateUpdate | None:
        """Let the event through (None) or answer it instead.

        Args:
            app: The app.
            state: The state tree of the tab, locked.
            event: What came over the socket, or was chained by a handler.
        """
        is_framework = event.name in _framework_events()
        router_data = state._get_root_state().router_data
        headers = router_data.get("headers") or {}
        cookies = str(headers.get("cookie", ""))
        origin = Origin(str(router_data.get("ip", "")), str(headers.get("user-agent", "")))
        remember_visitor(origin)
        # A page that reconnects by itself is nobody doing something.
        found = await find_caller(cookies, origin, touches=not is_framework)
        remember_caller(found, cookies, event)
        was_wiped = await _bind(state, found)
        if await must_wait(state._get_root_state(), event):
            return StateUpdate(delta=await _whole(state) if was_wiped else {})
        if is_framework:
            return None
        if event.name == _error_report():
            # The browser's own words are not logged, and nobody is told that they were refused.
            _log.warning("a page reported an error")
            return StateUpdate()
        refusal = _refusal(event, found)
        if refusal is None:
            return None
        _log.warning(
            "refused event %s for %s: %s",
            event.name if event.name in RegistrationContext.get().event_handlers else "(unknown)",
            found.user_id if found else "nobody",
            type(refusal).__name__,
        )
        if found is not None and isinstance(refusal, NotAllowed):
            await _record(event, found)
        delta = await _whole(state) if was_wiped else {}
        return StateUpdate(delta=delta, events=_shown(state, refusal))


async def _bind(state: BaseState, found: Caller | None) -> bool:
    """Give the state tree to the session that asks; what was filled for another is wiped.

    Returns:
        Whether anything was wiped.
    """
    # Support sees one organization after the other in one session; nothing of the one is left for the other.
    owner = found.session_id + found.support_access_id if found else ""
    root = state._get_root_state()
    session = await root.get_state(SessionState)
    if session._owner == owner:
        return False
    had_owner = bool(session._owner)
    if had_owner:
        # Lazily loaded branches would keep what they hold, so all of them are reset.
        root.reset()
    session._owner = owner
    return had_owner


async def _whole(state: BaseState) -> dict[str, Any]:
    """What wiped the state, as the browser must see it: nobody's data stays on the glass."""
    root = state._get_root_state()
    delta = await root._get_resolved_delta()
    root._clean()
    return delta


def _refusal(event: Event, found: Caller | None) -> Refusal | None:
    registered = RegistrationContext.get().event_handlers.get(event.name)
    rights = declared_rights(registered.handler.fn) if registered else None
    if registered is None or rights is None:
        return NotAllowed()
    if PUBLIC not in rights:
        if found is None:
            return NotSignedIn()
        if not all(right == SIGNED_IN or right in found.permissions for right in rights):
            return NotAllowed()
    if found is not None and found.is_support and not is_open(event.name):
        return NotAllowed()
    return None if fits(registered.handler, event.payload) else Malformed()


async def _record(event: Event, found: Caller) -> None:
    """Keep in the audit trail that somebody called a handler that they may not call."""
    registered = RegistrationContext.get().event_handlers.get(event.name)
    rights = (declared_rights(registered.handler.fn) if registered else None) or frozenset()
    missing = sorted(
        right
        for right in rights
        if isinstance(right, Permission) and right not in found.permissions
    )
    # A name that is none of ours was chosen by whoever sent it.
    name = event.name.rsplit("____", 1)[-1] if registered else "unknown"
    await ask(services().audit_trail.record_refused, found, missing[0] if missing else None, name)


def _shown(state: BaseState, refusal: Refusal) -> list[Event]:
    """What the user gets to see: the sign-in page if they are signed out, else a sentence."""
    if isinstance(refusal, NotSignedIn):
        router_data = state._get_root_state().router_data
        url = router_data.get("asPath") or router_data.get("pathname") or "/"
        target = f"/sign-in?next={quote(str(url), safe='')}"
        return Event.from_event_type([rx.redirect(target)])
    return Event.from_event_type([warn(refusal.sentence)])


def handle_exception(exception: Exception) -> EventSpec | None:
    """Reflex's hook for an exception in a handler: a refusal is shown, anything else gets a reference.

    Nothing that was sent is logged; neither is an exception's message, which may quote it.
    """
    if isinstance(exception, NotSignedIn):
        return rx.redirect("/sign-in")
    if isinstance(exception, Interrupted) and exception.event is not None:
        return _asks_for_proof(exception.event)
    if isinstance(exception, Refusal):
        return warn(exception.sentence)
    reference = secrets.token_hex(4)
    _log.error("handler failed, reference %s: %s", reference, described_exception(exception))
    return warn(text.UNEXPECTED.format(reference=reference))


def _asks_for_proof(event: Event) -> Any:
    """The event that opens the dialog; what was refused goes on after it."""
    return StepUpState.begin(event.name, json.dumps(event.payload))


def handle_frontend_exception(exception: Exception) -> None:
    """Reflex's hook for an error in the browser: counted, not quoted, for its text is the browser's."""
    _log.warning("a page reported an error of kind %s", type(exception).__name__)
