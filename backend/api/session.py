"""How long the browser's session still lasts, and keeping it: what a page asks to warn somebody before it goes blank."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api import session_cookie

_NO_STORE = {"cache-control": "no-store"}


async def time_left(request: Request) -> Response:
    """`GET /api/v1/session`: `{"idle_seconds", "longest_seconds"}`; asking does not keep the session alive.

    Both are 0 when it is over, and the browser is told to drop what it may have kept of the pages.
    """
    left = await asyncio.to_thread(
        bootstrap.services().sessions.time_left, session_cookie.cookie_header_of(request)
    )
    headers = _NO_STORE if left is not None else {**_NO_STORE, "clear-site-data": '"cache"'}
    return JSONResponse(
        {
            "idle_seconds": left.idle_seconds if left is not None else 0,
            "longest_seconds": left.longest_seconds if left is not None else 0,
        },
        headers=headers,
    )


async def stay(request: Request) -> Response:
    """`POST /api/v1/session/stay`: a person is there. Pages send it for keys, pointers and wheels, never by themselves."""
    await asyncio.to_thread(session_cookie.require_caller, request)
    return Response(status_code=204, headers=_NO_STORE)


routes: list[BaseRoute] = [
    Route("/session", time_left, methods=["GET"]),
    Route("/session/stay", stay, methods=["POST"]),
]
