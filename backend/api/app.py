"""Puts the routes together. Each noun's routes are in a module of its own; the list here is complete.

A module offers `routes: list[BaseRoute]`, relative to `/api/v1`, and is named in `_NOUNS`, so that a
route nobody placed does not exist.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from backend import bootstrap
from backend.api import (
    attachments,
    audit,
    documents,
    health,
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
from backend.api.refusals import answer_refusal
from backend.core.errors import NotFound, Refusal

_PREFIX = "/api/v1"
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


def build_api() -> Starlette:
    """The HTTP and WebSocket surface beside the pages.

    Returns:
        An app to which the pages are added last, since they take every path that is left.
    """
    routes: list[BaseRoute] = [*health.routes(_require_database)]
    nouns = [route for noun in _NOUNS for route in noun]
    # Otherwise an unknown API address would be answered with the page for unknown pages.
    routes.append(Mount(_PREFIX, routes=[*nouns, _unknown_below("/")]))
    routes.append(_unknown_below("/api/"))
    return Starlette(routes=routes, exception_handlers={Refusal: answer_refusal})


def tiles_first(app: ASGIApp) -> ASGIApp:
    """Let tiles past the layers around the pages, which cost more than the drawing of a small one.

    Args:
        app: Everything, the routes of tiles among it.
    """
    return tiles.TilesFirst(app)


def _require_database() -> None:
    with bootstrap.services().database.system_read() as session:
        session.connection()


def _unknown_below(prefix: str) -> Route:
    return Route(prefix + "{rest:path}", _unknown, methods=_METHODS)


async def _unknown(_: Request) -> Response:
    return JSONResponse({"error": NotFound.default_sentence, "code": "NotFound"}, status_code=404)
