"""The door between pages and the back end: who is asking, what they may call, how refusals are shown.

A handler of a page looks like this:

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def load(self) -> None:
        page = await ask(services().worklist.page, caller(), query)

`ask` runs a use case in a thread, for a handler that blocks would stop every user's page. A refusal
may simply be let through: it ends the handler and is shown to the user as a notice.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, Final, ParamSpec, TypeVar

import reflex as rx
from reflex.event import Event

from backend import bootstrap
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.errors import NotAllowed, NotSignedIn, StepUpNeeded
from backend.core.permissions import Permission

P = ParamSpec("P")
R = TypeVar("R")
Handler = TypeVar("Handler", bound=Callable[..., Any])

PUBLIC: Final = "public"
"""Anybody may call the handler, signed in or not."""
SIGNED_IN: Final = "signed-in"
"""Anybody with a session may call the handler."""

_ATTRIBUTE = "__pacscribe_requires__"
_caller: ContextVar[Caller | None] = ContextVar("pacscribe_caller", default=None)
_cookies: ContextVar[str] = ContextVar("pacscribe_cookies", default="")
_visitor: ContextVar[Origin | None] = ContextVar("pacscribe_visitor", default=None)
_event: ContextVar[Event | None] = ContextVar("pacscribe_event", default=None)


class Interrupted(StepUpNeeded):
    """A dangerous act waits for a proof; knows the event that asked for it."""

    def __init__(self, event: Event | None) -> None:
        super().__init__()
        self.event = event


def requires(*rights: Permission | str) -> Callable[[Handler], Handler]:
    """Declare who may call an event handler; stands **below** `@rx.event`.

    Every handler needs it: the guard refuses one without. A use case checks the permission again
    itself, on the very study or report; this one keeps strangers from the handler's code.

    Args:
        *rights: Permissions that the caller needs, all of them; or `PUBLIC`, or `SIGNED_IN`.

    Raises:
        TypeError: Nothing is declared, or something that is no right.
    """
    words = {PUBLIC, SIGNED_IN}
    if not rights or not all(isinstance(r, Permission) or r in words for r in rights):
        raise TypeError("Declare permissions, PUBLIC or SIGNED_IN.")

    def declare(handler: Handler) -> Handler:
        setattr(handler, _ATTRIBUTE, frozenset(rights))
        return handler

    return declare


def declared_rights(handler: Callable[..., Any]) -> frozenset[Permission | str] | None:
    """What `requires` declared for a handler, or None if nothing was."""
    return getattr(handler, _ATTRIBUTE, None)


def services() -> bootstrap.Services:
    """The use cases of the back end."""
    return bootstrap.services()


def caller() -> Caller:
    """Who is calling the handler that runs now, as the guard found them when the event came.

    Raises:
        NotSignedIn: Nobody is signed in.
    """
    found = _caller.get()
    if found is None:
        raise NotSignedIn
    return found


def caller_or_none() -> Caller | None:
    """Who is calling, or None on pages that are public."""
    return _caller.get()


def visitor() -> Origin:
    """Where the event in hand comes from, signed in or not."""
    return _visitor.get() or Origin()


def cookies() -> str:
    """The cookies that the page's socket came with, as the guard found them."""
    return _cookies.get()


async def ask(use_case: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a use case in a thread.

    Args:
        use_case: What to call, usually a method of one of `services()`.
        *args: Its arguments, the caller first.
        **kwargs: Its named arguments.

    Raises:
        Refusal: As the use case raises it; let through, it is shown to the user.
    """
    try:
        return await asyncio.to_thread(use_case, *args, **kwargs)
    except StepUpNeeded as needed:
        # Reflex hands exceptions on without the event they ended; the guard wants to repeat it.
        raise Interrupted(_event.get()) from needed


async def recheck(*permissions: Permission, touches: bool = True) -> Caller:
    """Look the session up again, inside a long handler or before `async with self` in a background task.

    The guard looks when an event comes; what runs for minutes must look again by itself.

    Args:
        *permissions: What the caller must still hold.
        touches: Whether a person is doing something; a page that keeps itself up to date is nobody.

    Raises:
        NotSignedIn: The session has ended.
        NotAllowed: A permission was taken away.
    """
    found = await find_caller(_cookies.get(), touches=touches)
    if found is None:
        raise NotSignedIn
    if not all(found.may(permission) for permission in permissions):
        raise NotAllowed
    return found


async def find_caller(
    cookie_header: str, origin: Origin | None = None, *, touches: bool = True
) -> Caller | None:
    """Whose session the cookies belong to, from the database.

    Args:
        cookie_header: The `Cookie` header of the socket's request.
        origin: Where the socket comes from.
        touches: Whether a person did something, which keeps the session alive.
    """
    if not cookie_header:
        return None
    return await asyncio.to_thread(
        services().sessions.caller_of_cookie, cookie_header, origin, touches=touches
    )


def remember_caller(found: Caller | None, cookie_header: str, event: Event | None = None) -> None:
    """Make `caller()` answer `found` for the event in hand; called by the guard only."""
    _caller.set(found)
    _cookies.set(cookie_header)
    _event.set(event)


def remember_visitor(origin: Origin) -> None:
    """Make `visitor()` answer `origin` for the event in hand; called by the guard only."""
    _visitor.set(origin)


# As `.notice--status` in the style sheet.
_NOTICE_LASTS = timedelta(seconds=8)


class NoticeState(rx.State):
    """The one notice a page shows: a sentence about what just happened."""

    kind: str = ""
    text: str = ""
    serial: int = 0
    _page: str = ""  # where it was shown; it does not follow to another one
    _shown_at: datetime | None = None

    @rx.event
    @requires(PUBLIC)
    async def show(self, kind: str, text: str) -> None:
        """Show a sentence; `kind` is `status` (goes by itself) or `alert` (stays until closed)."""
        self.kind = "alert" if kind == "alert" else "status"
        self.text = text[:400]
        self.serial += 1
        self._page, self._shown_at = str(self.router.url.path), clock.now()

    @rx.event
    @requires(PUBLIC)
    async def dismiss(self) -> None:
        """Close the notice."""
        self.text = ""

    def _enter(self, page: str) -> None:
        """A page is opened: what was said on another one is over, and what was said some time ago is not said again."""
        is_old = self._shown_at is None or clock.now() - self._shown_at >= _NOTICE_LASTS
        if page != self._page or is_old:
            self.text = ""


def notify(text: str) -> Any:
    """The event that tells the user something went well; return or yield it from a handler."""
    return NoticeState.show("status", text)


def warn(text: str) -> Any:
    """The event that tells the user something did not work; return or yield it from a handler."""
    return NoticeState.show("alert", text)
