"""Passkeys on the way in: alone, or as the second step. JSON, for a script has to ask the browser for them.

Passkeys of people who are signed in are added over the pages' socket (`services.factors`).
"""

import asyncio
import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.access.passkeys import Site, site_of
from backend.api import session_cookie
from backend.api.json_bodies import json_object, text_of
from backend.api.sign_in import after_enrolment
from backend.core.addresses import local_path
from backend.schemas.people import SignedIn
from backend.services.factors import passkey_name

_NO_STORE = {"cache-control": "no-store"}


def site_asked(request: Request) -> Site:
    """The site that a request stands for: its passkeys work under that name only.

    Raises:
        Malformed: If passkeys do not work there, saying where they do.
    """
    return site_of(bootstrap.services().settings.public_url, request.headers.get("origin", ""))


async def begin(request: Request) -> Response:
    """`POST /sign-in/passkey/begin` with `{}`: a challenge for anybody, `{"ceremony": token, "options": {...}}`."""
    await json_object(request)
    begin_sign_in = bootstrap.services().passkey_sign_in.begin
    token, options = await asyncio.to_thread(begin_sign_in, site_asked(request))
    return JSONResponse({"ceremony": token, "options": json.loads(options)}, headers=_NO_STORE)


async def finish(request: Request) -> Response:
    """`POST /sign-in/passkey` with `{"ceremony", "answer", "next"}`: a session, and `{"next": path}`."""
    body = await json_object(request)
    signed_in = await asyncio.to_thread(
        bootstrap.services().passkey_sign_in.finish,
        text_of(body, "ceremony"),
        text_of(body, "answer"),
        site_asked(request),
        session_cookie.origin_of(request),
        session_cookie.cookie_header_of(request),
    )
    return _entered(signed_in, local_path(text_of(body, "next")))


async def begin_second_step(request: Request) -> Response:
    """`POST /sign-in/second-step/passkey/begin` with `{}`: a challenge for the passkeys of who is half signed in."""
    await json_object(request)
    options = await asyncio.to_thread(
        bootstrap.services().second_steps.passkey_options,
        session_cookie.cookie_header_of(request),
        site_asked(request),
    )
    return JSONResponse({"options": json.loads(options)}, headers=_NO_STORE)


async def finish_second_step(request: Request) -> Response:
    """`POST /sign-in/second-step/passkey` with `{"answer", "next", "remember"}`."""
    body = await json_object(request)
    signed_in = await asyncio.to_thread(
        bootstrap.services().second_steps.with_passkey,
        session_cookie.cookie_header_of(request),
        text_of(body, "answer"),
        site_asked(request),
        session_cookie.origin_of(request),
        remembers=text_of(body, "remember") == "yes",
    )
    return _entered(signed_in, local_path(text_of(body, "next")))


async def begin_enrolment(request: Request) -> Response:
    """`POST /sign-in/enrol/passkey/begin` with `{}`: a challenge for the first passkey of who must have a factor."""
    await json_object(request)
    options = await asyncio.to_thread(
        bootstrap.services().second_steps.enrol_passkey_options,
        session_cookie.cookie_header_of(request),
        site_asked(request),
    )
    return JSONResponse({"options": json.loads(options)}, headers=_NO_STORE)


async def finish_enrolment(request: Request) -> Response:
    """`POST /sign-in/enrol/passkey` with `{"answer", "name", "next"}`; then to the recovery codes."""
    body = await json_object(request)
    signed_in = await asyncio.to_thread(
        bootstrap.services().second_steps.enrol_passkey,
        session_cookie.cookie_header_of(request),
        text_of(body, "answer"),
        passkey_name(text_of(body, "name")),
        site_asked(request),
        session_cookie.origin_of(request),
    )
    return _entered(signed_in, after_enrolment(local_path(text_of(body, "next"))))


def _entered(signed_in: SignedIn, target: str) -> Response:
    response = JSONResponse({"next": target}, headers=_NO_STORE)
    session_cookie.set_cookie(response, signed_in)
    session_cookie.clear_step_cookie(response)
    return response


routes: list[BaseRoute] = [
    Route("/sign-in/passkey/begin", begin, methods=["POST"]),
    Route("/sign-in/passkey", finish, methods=["POST"]),
    Route("/sign-in/second-step/passkey/begin", begin_second_step, methods=["POST"]),
    Route("/sign-in/second-step/passkey", finish_second_step, methods=["POST"]),
    Route("/sign-in/enrol/passkey/begin", begin_enrolment, methods=["POST"]),
    Route("/sign-in/enrol/passkey", finish_enrolment, methods=["POST"]),
]
