"""Proving once more who one is: a request of its own, for only an answer can exchange the cookie's token."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api import session_cookie
from backend.api.json_bodies import json_object, text_of
from backend.services.proving import Proof


async def step_up(request: Request) -> Response:
    """`POST /api/v1/step-up` with `{"password": "..."}`: 204 and a new token in the cookie."""
    caller = await asyncio.to_thread(session_cookie.require_caller, request)
    body = await json_object(request)
    signed_in = await asyncio.to_thread(
        bootstrap.services().proving.step_up,
        caller,
        Proof(password=text_of(body, "password")),
        session_cookie.cookie_header_of(request),
    )
    response = Response(status_code=204, headers={"cache-control": "no-store"})
    session_cookie.set_cookie(response, signed_in)
    return response


routes: list[BaseRoute] = [Route("/step-up", step_up, methods=["POST"])]
