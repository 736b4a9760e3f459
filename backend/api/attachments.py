"""Attaching a file to a study over HTTP, and opening a study's documents. What is made of a file is decided below.

A file that is to be attached arrives like any upload that can be gone on with (`tus`); only where it is begun is here. What
a person says of it is metadata of the upload, so that no address holds it.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api import tus
from backend.api.session_cookie import require_caller
from backend.core.errors import Malformed
from backend.schemas.attaching import AttachmentRequest


async def attach(request: Request) -> Response:
    """`POST /api/v1/attachments/{study_instance_uid}`: begin to send a file for this study, as `POST /api/v1/tus` does.

    `Upload-Metadata` holds `confirmation`, `description`, `origin` and `burned_in` as well.
    """
    if refusal := tus.not_our_version(request):
        return refusal
    caller = await asyncio.to_thread(require_caller, request)
    attaching = bootstrap.services().attaching
    uid = request.path_params["study_instance_uid"]
    await asyncio.to_thread(attaching.target, caller, uid)
    metadata = tus.metadata_of(request)
    try:
        asked = AttachmentRequest.of({**metadata, "study_instance_uid": uid})
    except (KeyError, ValueError):
        raise Malformed("Say what the file is, and confirm patient and study.") from None
    await asyncio.to_thread(attaching.require_possible, caller, asked)
    return await tus.created(request, caller, metadata, asked)


async def document(request: Request) -> Response:
    """`GET /api/v1/studies/{study_instance_uid}/instances/{sop_instance_uid}/document`: a PDF, for the browser's viewer."""
    caller = await asyncio.to_thread(require_caller, request)
    octets = await asyncio.to_thread(
        bootstrap.services().attaching.document,
        caller,
        request.path_params["study_instance_uid"],
        request.path_params["sop_instance_uid"],
    )
    return Response(
        octets,
        media_type="application/pdf",
        headers={
            "cache-control": "private, no-store",
            "content-disposition": 'inline; filename="document.pdf"',
        },
    )


routes: list[BaseRoute] = [
    Route("/attachments/{study_instance_uid}", attach, methods=["POST"]),
    Route(
        "/studies/{study_instance_uid}/instances/{sop_instance_uid}/document",
        document,
        methods=["GET"],
    ),
]
