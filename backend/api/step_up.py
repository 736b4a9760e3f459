"""Proving once more who one is: a request of its own, for only an answer can exchange the cookie's token."""

import asyncio
import json
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api import session_cookie
from backend.api.json_bodies import json_object, text_of
from backend.api.passkeys import site_asked
from backend.services.proving import Proof

_NO_STORE = {"cache-control": "no-store"}


async def choices(request: Request) -> Response:
    """`GET /api/v1/step-up`: with what the caller can prove who they are (`schemas.factors.ProofChoices`)."""
    caller = await asyncio.to_thread(session_cookie.require_caller, request, touches=False)
    answer = await asyncio.to_thread(bootstrap.services().proving.choices, caller)
    return JSONResponse(asdict(answer), headers=_NO_STORE)


async def begin_passkey(request: Request) -> Response:
    """`POST /api/v1/step-up/passkey` with `{}`: `{"ceremony": token, "options": {...}}`."""
    caller = await asyncio.to_thread(session_cookie.require_caller, request)
    await json_object(request)
    begin = bootstrap.services().proving.begin_passkey
    token, options = await asyncio.to_thread(begin, caller, site_asked(request))
    return JSONResponse({"ceremony": token, "options": json.loads(options)}, headers=_NO_STORE)


async def step_up(request: Request) -> Response:
    """`POST /api/v1/step-up` with `{"password", "code"}` or `{"ceremony", "passkey"}`: 204 and a new token."""
    caller = await asyncio.to_thread(session_cookie.require_caller, request)
    body = await json_object(request)
    signed_in = await asyncio.to_thread(
        bootstrap.services().proving.step_up,
        caller,
        proof_in(body, request),
        session_cookie.cookie_header_of(request),
    )
    response = Response(status_code=204, headers=_NO_STORE)
    session_cookie.set_cookie(response, signed_in)
    return response


def proof_in(body: dict[str, Any], request: Request) -> Proof:
    """The proof in a request's body.

    Raises:
        Malformed: If it is none, or a passkey's from where they do not work.
    """
    passkey = text_of(body, "passkey")
    return Proof(
        password=text_of(body, "password"),
        code=text_of(body, "code"),
        ceremony=text_of(body, "ceremony"),
        passkey=passkey,
        site=site_asked(request) if passkey else None,
    )


routes: list[BaseRoute] = [
    Route("/step-up", choices, methods=["GET"]),
    Route("/step-up", step_up, methods=["POST"]),
    Route("/step-up/passkey", begin_passkey, methods=["POST"]),
]
