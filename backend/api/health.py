"""`/healthz` and `/readyz`, for whatever watches over the program. They say nothing about what it holds."""

import asyncio
import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_log = logging.getLogger("pacscribe.health")
_PATIENCE_SECONDS = 5.0

PATHS = frozenset({"/healthz", "/readyz"})
"""Where the two are found."""


def routes(is_ready: Callable[[], None]) -> list[Route]:
    """The two routes.

    Args:
        is_ready: Returns when the database answers; raises if it does not. Called in a thread.
    """

    async def healthz(_: Request) -> Response:
        """The process answers."""
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        """The process and its database answer."""
        try:
            await asyncio.wait_for(asyncio.to_thread(is_ready), _PATIENCE_SECONDS)
        except Exception:  # noqa: BLE001 - whatever it is, it is not ready
            _log.exception("The database does not answer")
            return JSONResponse({"status": "not ready"}, status_code=503)
        return JSONResponse({"status": "ready"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
