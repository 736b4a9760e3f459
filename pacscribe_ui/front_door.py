"""What the HTTP server runs: the files of the pages are answered at once, then who signs in, then the API, then the events of the pages.

Importing what PACScribe is made of and putting it together is nearly all of a start. The files hold nobody's data and
are the same whoever asks, so the door needs none of it: neither keys nor database nor Reflex. Signing in is a form that
is posted to the entrance, which needs keys and database, but nothing that shows images. A request for what is not open
yet waits.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from backend.api.built_site import BuiltSite
from backend.api.hardening import ASGIApp, Message, Receive, Scope, Send, Surroundings, harden
from backend.api.logs import configure_logging

Leaving = Callable[[], AbstractContextManager[None]]

# Where Reflex puts the built site, relative to the folder it runs in.
_STATIC_DIR = Path(".web") / "build" / "client"

_App = TypeVar("_App", bound=ASGIApp)


class Part(Protocol):
    """What answers for some addresses and knows for which."""

    def has(self, scope: Scope) -> bool:
        """Whether a request is for one of them."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer such a request."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """How what is behind the door is put together: one after the other, each in a thread, once the server has started.

    Attributes:
        entrance: Keys, database, and signing in.
        api: The other services and the API.
        pages: All else; it lives as long as the server.
    """

    entrance: Callable[[], Part]
    api: Callable[[], Part]
    pages: Callable[[], ASGIApp]


class _Room(Generic[_App]):
    """An app that is not loaded yet, or is."""

    def __init__(self) -> None:
        self._app: _App | None = None
        self._is_open = asyncio.Event()

    def open(self, app: _App) -> None:
        """Let everybody in who waits."""
        self._app = app
        self._is_open.set()

    async def entered(self) -> _App:
        """The app, once it is loaded."""
        while self._app is None:
            await self._is_open.wait()
        return self._app


class FrontDoor:
    """Lets requests through to the entrance, the API and the pages, those for built files past them.

    Args:
        site: The built files.
        house: What is behind the door.
        leaving: Within it an error ends the process: a door that never opens is worse than none.
    """

    def __init__(self, site: BuiltSite, house: House, leaving: Leaving) -> None:
        self._site = site
        self._house = house
        self._leaving = leaving
        self._entrance: _Room[Part] = _Room()
        self._api: _Room[Part] = _Room()
        self._pages: _Room[ASGIApp] = _Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, wait, or begin."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._site.has(scope):
            await self._site(scope, receive, send)
        else:
            answering = await self._behind(scope)
            await answering(scope, receive, send)

    async def _behind(self, scope: Scope) -> ASGIApp:
        """Who answers a request, once that is loaded."""
        for room in (self._entrance, self._api):
            part = await room.entered()
            if part.has(scope):
                return part
        return await self._pages.entered()

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the server to begin, load what is behind the door, and let it live as long as the server."""
        begin = await receive()
        await send({"type": "lifespan.startup.complete"})
        untold = [begin]

        async def told() -> Message:
            return untold.pop() if untold else await receive()

        async def answered(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._pages.open(pages)
            elif message["type"] != "lifespan.startup.failed":  # its error follows
                await send(message)

        with self._leaving():
            self._entrance.open(await asyncio.to_thread(self._house.entrance))
            self._api.open(await asyncio.to_thread(self._house.api))
            pages = await asyncio.to_thread(self._house.pages)
            await pages(scope, told, answered)


def asgi(
    house: House,
    leaving: Leaving,
    *,
    public_url: str,
    trusted_proxy_hops: int,
) -> ASGIApp:
    """Built once per process.

    Args:
        house: What is behind the door.
        leaving: What to do about an error meanwhile, see `FrontDoor`.
        public_url: See `Surroundings`.
        trusted_proxy_hops: See `Surroundings`.
    """

    def loaded_pages() -> ASGIApp:
        pages = house.pages()
        configure_logging()  # once more, for what was loaded may have brought its own ways of logging
        return pages

    configure_logging()
    return harden(
        FrontDoor(BuiltSite(_STATIC_DIR), replace(house, pages=loaded_pages), leaving),
        Surroundings(
            public_url=public_url, trusted_proxy_hops=trusted_proxy_hops, static_dir=_STATIC_DIR
        ),
    )
