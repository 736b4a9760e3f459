"""The PDF of a signed report over HTTP. What it says is in `services.documents`; drafts have none."""

import asyncio
import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.refusals import status_of
from backend.api.session_cookie import require_caller
from backend.core.errors import Malformed, NotSignedIn, Refusal

_HEADERS = {"cache-control": "private, no-store"}
_MAX_VERSION_DIGITS = 6


async def report_pdf(request: Request) -> Response:
    """`GET /api/v1/reports/{report_id}/pdf[?version=N]`: the newest signed version, or the N-th.

    A refusal is JSON like everywhere, and a small page of words for whoever follows the link in a browser.
    """
    try:
        caller = await asyncio.to_thread(require_caller, request)
        document = await asyncio.to_thread(
            bootstrap.services().documents.report_pdf,
            caller,
            request.path_params["report_id"],
            _version_number(request),
        )
    except Refusal as refusal:
        if isinstance(refusal, NotSignedIn) or "text/html" not in request.headers.get("accept", ""):
            raise
        return _page_of_words(refusal)
    disposition = f'inline; filename="{document.file_name}"'
    return Response(
        document.octets,
        media_type=document.media_type,
        headers={**_HEADERS, "content-disposition": disposition},
    )


def _version_number(request: Request) -> int | None:
    text = request.query_params.get("version", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_VERSION_DIGITS):
        raise Malformed("A version is a number from 1.")
    return int(text)


def _page_of_words(refusal: Refusal) -> Response:
    sentence = html.escape(refusal.sentence)
    return HTMLResponse(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>No PDF</title>'
        '<meta name="viewport" content="width=device-width">'
        '<body style="font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem">'
        f"<main><h1>There is no PDF</h1><p>{sentence}</p></main></body></html>",
        status_code=status_of(refusal),
        headers=_HEADERS,
    )


routes: list[BaseRoute] = [Route("/reports/{report_id}/pdf", report_pdf, methods=["GET"])]
