"""Signing in, signing out, and the first set-up: form posts answered with a redirect, for only an answer can set a cookie.

That a form comes from our own pages is checked by `api.hardening` (Origin). What is right is decided in `services.accounts`.
"""

import asyncio
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap_people
from backend.access.passwords import PasswordRefused
from backend.api import session_cookie
from backend.core.addresses import HOME, local_path
from backend.core.errors import Malformed, ProofRefused, Refusal, SignInRefused, TooManyAttempts
from backend.schemas.people import HalfSignedIn, SignedIn
from backend.services.first_people import SetUp, SetUpLinkRefused
from backend.services.second_step import StepOver

SECOND_STEP = "/sign-in/second-step"
RECOVERY_CODES = "/sign-in/recovery-codes"

_MAX_BODY_BYTES = 16 * 1024
_MAX_FIELDS = 16
_FORM = "application/x-www-form-urlencoded"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")
# What the pages make a sentence of (`pacscribe_ui.text.SignIn.REFUSED`).
_CODES: tuple[tuple[type[Refusal], str], ...] = (
    (SignInRefused, "1"),
    (ProofRefused, "code"),
    (TooManyAttempts, "wait"),
    (SetUpLinkRefused, "used"),
    (PasswordRefused, "weak"),
    (Malformed, "incomplete"),
)


async def sign_in(request: Request) -> Response:
    """`POST /sign-in` with `email`, `password`, `next`: to where the person wanted to go, or back with a code."""
    form = await _form(request)
    target = local_path(form.get("next", ""))
    try:
        signed_in = await asyncio.to_thread(
            bootstrap_people.people().accounts.sign_in,
            form.get("email", ""),
            form.get("password", ""),
            session_cookie.origin_of(request),
            session_cookie.cookie_header_of(request),
        )
    except Refusal as refusal:
        return _see_other(f"/sign-in?refused={_code(refusal)}&next={quote(target, safe='')}")
    return _entered(signed_in, target)


async def second_step(request: Request) -> Response:
    """`POST /sign-in/code` with `code`, `remember`, `next`: a code of an app, or a recovery code."""
    form = await _form(request)
    target = local_path(form.get("next", ""))
    return await _finished(
        target,
        target,
        lambda: bootstrap_people.people().second_steps.with_code(
            session_cookie.cookie_header_of(request),
            form.get("code", ""),
            session_cookie.origin_of(request),
            remembers=form.get("remember", "") == "yes",
        ),
    )


async def enrol(request: Request) -> Response:
    """`POST /sign-in/enrol` with `code`, `next`: the first code of a new app; then to the recovery codes."""
    form = await _form(request)
    target = local_path(form.get("next", ""))
    return await _finished(
        target,
        after_enrolment(target),
        lambda: bootstrap_people.people().second_steps.enrol_app(
            session_cookie.cookie_header_of(request),
            form.get("code", ""),
            session_cookie.origin_of(request),
        ),
    )


async def _finished(target: str, then: str, finish: Callable[[], SignedIn]) -> Response:
    """The answer to a second step: on to `then`; or back with a code, to where the person goes in the end."""
    try:
        signed_in = await asyncio.to_thread(finish)
    except StepOver:
        response = _see_other(f"/sign-in?refused=late&next={quote(target, safe='')}")
        session_cookie.clear_step_cookie(response)
        return response
    except Refusal as refusal:
        return _see_other(f"{SECOND_STEP}?refused={_code(refusal)}&next={quote(target, safe='')}")
    response = _see_other(then)
    session_cookie.set_cookie(response, signed_in)
    session_cookie.clear_step_cookie(response)
    return response


async def sign_out(request: Request) -> Response:
    """`POST /sign-out`: the session ends on the server, the cookie goes, and nothing stays in the browser's cache."""
    caller = await asyncio.to_thread(session_cookie.caller_or_none, request, touches=False)
    if caller is not None:
        await asyncio.to_thread(bootstrap_people.people().accounts.sign_out, caller)
    response = _see_other("/sign-in?refused=out")
    session_cookie.clear_cookie(response)
    return response


async def set_up(request: Request) -> Response:
    """`POST /set-up` with the token of the one-time link: creates organization and administrator; on to the second step."""
    form = await _form(request)
    token = form.get("token", "")
    try:
        signed_in = await asyncio.to_thread(
            bootstrap_people.people().first_people.set_up,
            token,
            SetUp(
                organization_name=form.get("organization_name", ""),
                display_name=form.get("display_name", ""),
                email=form.get("email", ""),
                password=form.get("password", ""),
            ),
            session_cookie.origin_of(request),
        )
    except Refusal as refusal:
        # The fragment lets the person try again; browsers send it to nobody.
        fragment = f"#token={token}" if _TOKEN.fullmatch(token) else ""
        return _see_other(f"/set-up?refused={_code(refusal)}{fragment}")
    return _entered(signed_in, HOME)


def after_enrolment(target: str) -> str:
    """Where somebody is shown the recovery codes of their first second factor, on their way to `target`."""
    return f"{RECOVERY_CODES}?next={quote(target, safe='')}"


def _entered(signed_in: SignedIn | HalfSignedIn, target: str) -> Response:
    """The answer to a password that was right: on to `target`, or first to the second step."""
    if isinstance(signed_in, HalfSignedIn):
        response = _see_other(f"{SECOND_STEP}?next={quote(target, safe='')}")
        session_cookie.set_step_cookie(response, signed_in)
        return response
    response = _see_other(target)
    session_cookie.set_cookie(response, signed_in)
    return response


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form, kept in memory only.

    Raises:
        Malformed: If it is no such form.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Malformed("Send this as a form.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise Malformed("The form is too large.")
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise Malformed("The form cannot be read.") from None
    return dict(pairs)


def _code(refusal: Refusal) -> str:
    for kind, code in _CODES:
        if isinstance(refusal, kind):
            return code
    return "otherwise"


def _see_other(target: str) -> Response:
    return RedirectResponse(target, status_code=303, headers={"cache-control": "no-store"})


FORMS = (
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-in/code", second_step, methods=["POST"]),
    Route("/sign-in/enrol", enrol, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/set-up", set_up, methods=["POST"]),
)
routes: list[BaseRoute] = [*FORMS]
