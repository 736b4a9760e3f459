"""Attaching a file to a study over HTTP, and opening a study's documents. What is made of a file is decided below.

The file is the body of the request; what a person says of it stands in a header, as JSON in base 64, so that no address
holds it.
"""

import asyncio
import base64
import binascii
import json
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.session_cookie import require_caller
from backend.core.errors import FileRefused, Malformed, UploadTooLarge
from backend.ports.object_store import StagedObject
from backend.schemas.attaching import AttachmentAnswers, AttachmentOrigin, BurnedIn

_BLOCK_BYTES = 512 * 1024
_MOST_ANSWERS = 2048


async def attach(request: Request) -> Response:
    """`POST /api/v1/attachments/{study_instance_uid}`: the file as the body; answers the outcome.

    `Attachment-Answers` holds `confirmation`, `description`, `origin` and `burned_in`.
    """
    caller = await asyncio.to_thread(require_caller, request)
    services = bootstrap.services()
    uid = request.path_params["study_instance_uid"]
    await asyncio.to_thread(services.attaching.target, caller, uid)
    confirmation, answers = _answers(request.headers.get("attachment-answers", ""))
    staged = await asyncio.to_thread(services.studies.stage)
    try:
        await _drain(request, staged, services.studies.upload_limit_bytes)
    except BaseException:
        await asyncio.to_thread(staged.discard)
        raise
    outcome = await asyncio.to_thread(
        services.attaching.attach, caller, uid, confirmation, answers, staged
    )
    return JSONResponse(outcome.plain(), headers={"cache-control": "no-store"})


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


async def _drain(request: Request, staged: StagedObject, limit_bytes: int) -> None:
    block = bytearray()
    total = 0
    try:
        async for chunk in request.stream():
            total += len(chunk)
            if total > limit_bytes:
                raise UploadTooLarge
            block += chunk
            if len(block) >= _BLOCK_BYTES:
                await asyncio.to_thread(staged.write, bytes(block))
                block.clear()
    except ClientDisconnect:
        raise FileRefused("The upload was broken off. Send it again.") from None
    await asyncio.to_thread(staged.write, bytes(block))


def _answers(header: str) -> tuple[str, AttachmentAnswers]:
    try:
        if len(header) > _MOST_ANSWERS:
            raise ValueError
        said: dict[str, Any] = json.loads(base64.b64decode(header, validate=True))
        return str(said["confirmation"]), AttachmentAnswers(
            description=str(said.get("description", "")),
            origin=AttachmentOrigin(said["origin"]),
            burned_in=BurnedIn(said["burned_in"]),
        )
    except (ValueError, TypeError, KeyError, binascii.Error):
        raise Malformed("Say what the file is, and confirm patient and study.") from None


routes: list[BaseRoute] = [
    Route("/attachments/{study_instance_uid}", attach, methods=["POST"]),
    Route(
        "/studies/{study_instance_uid}/instances/{sop_instance_uid}/document",
        document,
        methods=["GET"],
    ),
]
