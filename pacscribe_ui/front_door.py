"""What the HTTP server runs: the files of the pages are answered at once, all else as soon as the house is open.

Importing the house and putting it together is nearly all of a start. The files hold nobody's data and are the same
whoever asks, so the door needs none of it: neither keys nor database nor Reflex. A request for anything else waits.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from backend.api.built_site import BuiltSite
from backend.api.hardening import ASGIApp, Message, Receive, Scope, Send, Surroundings, harden
from backend.api.logs import configure_logging

Loader = Callable[[], ASGIApp]
Leaving = Callable[[], AbstractContextManager[None]]

# Where Reflex puts the built site, relative to the folder it runs in.
_STATIC_DIR = Path(".web") / "build" / "client"


class FrontDoor:
    """Lets requests through to the house, those for built files past it.

    Args:
        site: The built files.
        load: Puts the house together; called in a thread when the server starts.
        leaving: Within it an error ends the process: a door that never opens is worse than none.
    """

    def __init__(self, site: BuiltSite, load: Loader, leaving: Leaving) -> None:
        self._site = site
        self._load = load
        self._leaving = leaving
        self._house: ASGIApp | None = None
        self._is_open = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, wait, or begin."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._site.has(scope):
            await self._site(scope, receive, send)
        else:
            house = self._house or await self._opened()
            await house(scope, receive, send)

    async def _opened(self) -> ASGIApp:
        while self._house is None:
            await self._is_open.wait()
        return self._house

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the server to begin, load the house, and let it live as long as the server."""
        begin = await receive()
        await send({"type": "lifespan.startup.complete"})
        untold = [begin]

        async def told() -> Message:
            return untold.pop() if untold else await receive()

        async def answered(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._house = house
                self._is_open.set()
            elif message["type"] != "lifespan.startup.failed":  # its error follows
                await send(message)

        with self._leaving():
            house = await asyncio.to_thread(self._load)
            await house(scope, told, answered)


def asgi(load: Loader, leaving: Leaving, *, public_url: str, trusted_proxy_hops: int) -> ASGIApp:
    """Built once per process.

    Args:
        load: Puts the house together, see `FrontDoor`.
        leaving: What to do about an error meanwhile, see `FrontDoor`.
        public_url: See `Surroundings`.
        trusted_proxy_hops: See `Surroundings`.
    """

    def loaded() -> ASGIApp:
        house = load()
        configure_logging()  # once more, for what was loaded may have brought its own ways of logging
        return house

    configure_logging()
    return harden(
        FrontDoor(BuiltSite(_STATIC_DIR), loaded, leaving),
        Surroundings(
            public_url=public_url, trusted_proxy_hops=trusted_proxy_hops, static_dir=_STATIC_DIR
        ),
    )
