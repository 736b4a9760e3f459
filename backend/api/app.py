"""Puts the routes together. Each noun's routes are in a module of its own; this list is complete.

Every module offers `routes(...) -> list[BaseRoute]` and is named here, so that a route nobody placed
does not exist.
"""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.api import health
from backend.api.refusals import answer_refusal
from backend.core.errors import NotFound, Refusal

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def build_api(is_ready: Callable[[], None], *nouns: Sequence[BaseRoute]) -> Starlette:
    """The HTTP and WebSocket surface beside the pages.

    Args:
        is_ready: Returns when the database answers; raises if it does not.
        *nouns: The routes of each noun.

    Returns:
        An app to which the pages are added last, since they take every path that is left.
    """
    routes: list[BaseRoute] = [*health.routes(is_ready)]
    for noun in nouns:
        routes.extend(noun)
    # Otherwise an unknown API address would be answered with the page for unknown pages.
    routes.append(Route("/api/{rest:path}", _unknown, methods=_METHODS))
    return Starlette(routes=routes, exception_handlers={Refusal: answer_refusal})


async def _unknown(_: Request) -> Response:
    return JSONResponse({"error": NotFound.default_sentence, "reason": "NotFound"}, status_code=404)
