"""Puts the routes together, those that `entrance` opens earlier too. Each noun's routes are in a module of its own; the list here is complete.

A module offers `routes: list[BaseRoute]`, relative to `/api/v1`, and is named in `_NOUNS`, so that a
route nobody placed does not exist.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from backend.api import (
    attachments,
    audit,
    documents,
    overlays,
    passkeys,
    pixels,
    reports,
    session,
    sign_in,
    step_up,
    stream,
    tiles,
    tus,
    uploads,
    videos,
    worklist,
)
from backend.api.entrance import PREFIX, well_being
from backend.api.health import PATHS
from backend.api.refusals import answer_refusal
from backend.core.errors import NotFound, Refusal

_ALL_OF_IT = "/api/"
_NOUNS: tuple[list[BaseRoute], ...] = (
    sign_in.routes,
    passkeys.routes,
    session.routes,
    step_up.routes,
    uploads.routes,
    tus.routes,
    attachments.routes,
    tiles.routes,
    pixels.routes,
    stream.routes,
    overlays.routes,
    videos.routes,
    documents.routes,
    reports.routes,
    worklist.routes,
    audit.routes,
)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class Api:
    """The HTTP and WebSocket surface beside the pages, which are no part of it.

    Tiles go past the layers around the other routes, which cost more than the drawing of a small one.
    """

    def __init__(self) -> None:
        self._routes = tiles.TilesFirst(build_api())

    def has(self, scope: Scope) -> bool:
        """Whether a request is for one of its addresses, used or not."""
        path: str = scope["path"]
        return path.startswith(_ALL_OF_IT) or path in PATHS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._routes(scope, receive, send)


def build_api() -> Starlette:
    """The routes of `Api`."""
    routes: list[BaseRoute] = well_being()
    nouns = [route for noun in _NOUNS for route in noun]
    # Otherwise an unknown address would be answered as text, where its neighbours are answered as JSON.
    routes.append(Mount(PREFIX, routes=[*nouns, _unknown_below("/")]))
    routes.append(_unknown_below(_ALL_OF_IT))
    return Starlette(routes=routes, exception_handlers={Refusal: answer_refusal})


def _unknown_below(prefix: str) -> Route:
    return Route(prefix + "{rest:path}", _unknown, methods=_METHODS)


async def _unknown(_: Request) -> Response:
    return JSONResponse({"error": NotFound.default_sentence, "code": "NotFound"}, status_code=404)
