"""What the HTTP server runs: the files of the pages are answered at once, then the API, then the events of the pages.

Importing what PACScribe is made of and putting it together is nearly all of a start. The files hold nobody's data and
are the same whoever asks, so the door needs none of it: neither keys nor database nor Reflex. Signing in is a form that
is posted to the API, which needs keys and database, but not Reflex. A request for what is not open yet waits.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from backend.api.built_site import BuiltSite
from backend.api.hardening import ASGIApp, Message, Receive, Scope, Send, Surroundings, harden
from backend.api.logs import configure_logging

Leaving = Callable[[], AbstractContextManager[None]]

# Where Reflex puts the built site, relative to the folder it runs in.
_STATIC_DIR = Path(".web") / "build" / "client"

_App = TypeVar("_App", bound=ASGIApp)


class Api(Protocol):
    """What answers for some addresses and knows for which."""

    def has(self, scope: Scope) -> bool:
        """Whether a request is for one of them."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer such a request."""
        ...


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
    """Lets requests through to the API and the pages, those for built files past them.

    Args:
        site: The built files.
        load_api: Puts together keys, database, services and the API; called in a thread when the server starts.
        load_pages: Puts together all else, afterwards, likewise. It lives as long as the server.
        leaving: Within it an error ends the process: a door that never opens is worse than none.
    """

    def __init__(
        self,
        site: BuiltSite,
        load_api: Callable[[], Api],
        load_pages: Callable[[], ASGIApp],
        leaving: Leaving,
    ) -> None:
        self._site = site
        self._load_api = load_api
        self._load_pages = load_pages
        self._leaving = leaving
        self._api: _Room[Api] = _Room()
        self._pages: _Room[ASGIApp] = _Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, wait, or begin."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._site.has(scope):
            await self._site(scope, receive, send)
        else:
            api = await self._api.entered()
            answering = api if api.has(scope) else await self._pages.entered()
            await answering(scope, receive, send)

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
            self._api.open(await asyncio.to_thread(self._load_api))
            pages = await asyncio.to_thread(self._load_pages)
            await pages(scope, told, answered)


def asgi(
    load_api: Callable[[], Api],
    load_pages: Callable[[], ASGIApp],
    leaving: Leaving,
    *,
    public_url: str,
    trusted_proxy_hops: int,
) -> ASGIApp:
    """Built once per process.

    Args:
        load_api: See `FrontDoor`.
        load_pages: See `FrontDoor`.
        leaving: What to do about an error meanwhile, see `FrontDoor`.
        public_url: See `Surroundings`.
        trusted_proxy_hops: See `Surroundings`.
    """

    def loaded_pages() -> ASGIApp:
        pages = load_pages()
        configure_logging()  # once more, for what was loaded may have brought its own ways of logging
        return pages

    configure_logging()
    return harden(
        FrontDoor(BuiltSite(_STATIC_DIR), load_api, loaded_pages, leaving),
        Surroundings(
            public_url=public_url, trusted_proxy_hops=trusted_proxy_hops, static_dir=_STATIC_DIR
        ),
    )
