"""The editor's own requests: the draft as it is kept, saves, signatures. What they mean is in `services.reporting`.

The editor does not send text through the pages' socket: a request can be finished by the browser after its page has
gone, is answered one by one, and a password in it touches no state.
"""

import asyncio
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.json_bodies import json_object
from backend.api.refusals import status_of
from backend.api.session_cookie import require_caller
from backend.api.step_up import proof_in
from backend.core.errors import Malformed, ReportChangedMeanwhile
from backend.schemas.reporting import ReportSections
from backend.services.report_content import SECTION_NAMES

_MAX_BODY_BYTES = 4 * 1024 * 1024
_NO_STORE = {"cache-control": "private, no-store"}


async def draft(request: Request) -> Response:
    """`GET /api/v1/reports/{report_id}/draft`: what is kept at this moment (`schemas.reporting.DraftView`)."""
    # The editor asks this by itself whenever its window comes to the front.
    caller = await asyncio.to_thread(require_caller, request, touches=False)
    report_id = request.path_params["report_id"]
    view = await asyncio.to_thread(bootstrap.services().reporting.draft, caller, report_id)
    return JSONResponse(asdict(view), headers=_NO_STORE)


async def save(request: Request) -> Response:
    """`POST /api/v1/reports/{report_id}/draft` with `{"draft_version": 3, "sections": {...}}`: keep the text.

    Answers `DraftSaved`. When somebody else saved first (409), what they saved comes along under `draft`, so that
    both texts can be shown; nothing is overwritten.
    """
    caller = await asyncio.to_thread(require_caller, request)
    reporting = bootstrap.services().reporting
    report_id = request.path_params["report_id"]
    body = await _json_object(request)
    sections = _sections(body.get("sections"))
    version = _whole_number(body.get("draft_version"))
    try:
        saved = await asyncio.to_thread(reporting.save_draft, caller, report_id, version, sections)
    except ReportChangedMeanwhile as refusal:
        theirs = await asyncio.to_thread(reporting.draft, caller, report_id)
        return JSONResponse(
            {
                "error": refusal.sentence,
                "code": type(refusal).__name__,
                "draft": asdict(theirs),
            },
            status_code=status_of(refusal),
            headers=_NO_STORE,
        )
    return JSONResponse(asdict(saved), headers=_NO_STORE)


async def take_over(request: Request) -> Response:
    """`POST /api/v1/reports/{report_id}/take-over` with `{}`: make somebody else's draft one's own; answers the draft."""
    caller = await asyncio.to_thread(require_caller, request)
    await _json_object(request)
    reporting = bootstrap.services().reporting
    report_id = request.path_params["report_id"]
    await asyncio.to_thread(reporting.take_over, caller, report_id)
    view = await asyncio.to_thread(reporting.draft, caller, report_id)
    return JSONResponse(asdict(view), headers=_NO_STORE)


async def sign(request: Request) -> Response:
    """`POST /api/v1/reports/{report_id}/sign` with `{"draft_version": 3, "password": "..."}`: sign what was saved.

    Who holds a second factor gives a `code` as well, or a passkey instead (`api.step_up`). Answers the number, hash and
    time of the new version. What was given is compared and forgotten.
    """
    caller = await asyncio.to_thread(require_caller, request)
    body = await _json_object(request)
    if "password" not in body and "passkey" not in body:
        raise Malformed("Type your password to sign.")
    report = await asyncio.to_thread(
        bootstrap.services().reporting.sign,
        caller,
        request.path_params["report_id"],
        _whole_number(body.get("draft_version")),
        proof_in(body, request),
    )
    newest = report.versions[0]
    return JSONResponse(
        {
            "report_id": report.report_id,
            "version_number": newest.version_number,
            "content_sha256": newest.content_sha256,
            "signed_at": newest.signed_at,
        },
        headers=_NO_STORE,
    )


async def _json_object(request: Request) -> dict[str, Any]:
    too_large = "This report is too long to be saved. Shorten it."
    return await json_object(request, max_bytes=_MAX_BODY_BYTES, too_large=too_large)


def _sections(content: object) -> ReportSections:
    """All seven sections: one that is missing must not be taken for one that was emptied."""
    if not isinstance(content, dict) or set(content) != set(SECTION_NAMES):
        raise Malformed("A report is saved with all its sections.")
    if not all(isinstance(text, str) for text in content.values()):
        raise Malformed("A section is text.")
    return ReportSections(**content)


def _whole_number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed
    return value


routes: list[BaseRoute] = [
    Route("/reports/{report_id}/draft", draft, methods=["GET"]),
    Route("/reports/{report_id}/draft", save, methods=["POST"]),
    Route("/reports/{report_id}/take-over", take_over, methods=["POST"]),
    Route("/reports/{report_id}/sign", sign, methods=["POST"]),
]
