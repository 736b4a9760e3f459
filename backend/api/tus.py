"""Resumable uploads over HTTP: tus 1.0.0 with creation, creation-with-upload, termination, expiration and checksum.

Beside the protocol: a list of one's own uploads, and the outcomes of one that is whole, one line of JSON each. The
octets go straight into sealed staging. What an upload is, and whose, is known by `services.partial_uploads`.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.session_cookie import require_caller
from backend.core.caller import Caller
from backend.core.errors import FileRefused, Malformed, Refusal
from backend.schemas.attaching import AttachmentRequest
from backend.schemas.partial_uploads import PartialUploadView
from backend.services.partial_uploads import Appending, PartialUploads

VERSION = "1.0.0"
_EXTENSIONS = "creation,creation-with-upload,termination,expiration,checksum"
_OFFSET_STREAM = "application/offset+octet-stream"
_BLOCK_BYTES = 512 * 1024
_MAX_METADATA = 4096
_LONGEST_NUMBER = 15
_DIGEST_BYTES = 32
# Whoever waits for outcomes holds a thread; none of those that send the answers of everybody else.
_WAITERS = CapacityLimiter(64)


async def options(_: Request) -> Response:
    """`OPTIONS /api/v1/tus`: what this server understands."""
    return _answer(
        204,
        {
            "tus-version": VERSION,
            "tus-extension": _EXTENSIONS,
            "tus-max-size": str(_uploads().limit_bytes),
            "tus-checksum-algorithm": "sha256",
        },
    )


async def listed(request: Request) -> Response:
    """`GET /api/v1/tus`: the caller's uploads, and the key for what their browser remembers."""
    caller = await asyncio.to_thread(require_caller, request)
    found = await asyncio.to_thread(_uploads().list, caller)
    # Whoever asks has the page open on which files are chosen.
    await asyncio.to_thread(bootstrap.services().studies.expect_upload, caller)
    return JSONResponse(
        {
            "journal_key": base64.b64encode(_uploads().journal_key(caller)).decode(),
            "uploads": [
                {
                    "id": upload.upload_id,
                    "source_name": upload.source_name,
                    "fingerprint": upload.fingerprint,
                    "size_bytes": upload.size_bytes,
                    "received_bytes": upload.received_bytes,
                    "is_taken_in": upload.is_taken_in,
                    "outcome_count": upload.outcome_count,
                    "attachment": upload.attachment.plain() if upload.attachment else None,
                }
                for upload in found
            ],
        },
        headers={"cache-control": "no-store"},
    )


async def create(request: Request) -> Response:
    """`POST /api/v1/tus`: begin an upload, with its first octets or without."""
    if refusal := not_our_version(request):
        return refusal
    caller = await asyncio.to_thread(require_caller, request)
    return await created(request, caller, metadata_of(request))


async def created(
    request: Request,
    caller: Caller,
    metadata: Mapping[str, str],
    attachment: AttachmentRequest | None = None,
) -> Response:
    """The answer to whoever begins an upload; of a file that is to be attached, if `attachment` says to what."""
    size_bytes = _number(request, "upload-length")
    upload = await asyncio.to_thread(
        _uploads().create,
        caller,
        metadata.get("filename", ""),
        metadata.get("fingerprint", "")[:64],
        size_bytes,
        attachment,
    )
    headers = {"location": f"/api/v1/tus/{upload.upload_id}"}
    if request.headers.get("content-type", "") == _OFFSET_STREAM:
        upload = await _append(request, caller, upload.upload_id, 0)
        headers["upload-offset"] = str(upload.received_bytes)
    return _answer(201, {**headers, **_expiry(upload)})


async def one(request: Request) -> Response:
    """`HEAD`, `PATCH`, `DELETE /api/v1/tus/{upload_id}`; POST where a proxy lets no other method through."""
    if refusal := not_our_version(request):
        return refusal
    method = request.method
    if method == "POST":
        method = request.headers.get("x-http-method-override", "").upper()
    handler = _METHODS.get(method)
    if handler is None:
        return _answer(405, {"allow": ", ".join(sorted(_METHODS))})
    caller = await asyncio.to_thread(require_caller, request)
    response: Response = await handler(request, caller, request.path_params["upload_id"])
    return response


async def outcomes(request: Request) -> Response:
    """`GET /api/v1/tus/{upload_id}/outcomes?from=N`: what became of each instance, one line of JSON each.

    A last line `{"done": true}` tells a complete answer from a cut one.
    """
    caller = await asyncio.to_thread(require_caller, request)
    text = request.query_params.get("from", "0")
    if not _is_number(text):
        raise Malformed("`from` is a number from 0.")
    taking = bootstrap.services().upload_taking
    found = await asyncio.to_thread(
        taking.outcomes, caller, request.path_params["upload_id"], int(text)
    )
    return StreamingResponse(
        _beside_others(_lines(found)),
        media_type="application/x-ndjson",
        headers={"cache-control": "no-store"},
    )


async def _beside_others(lines: Iterator[str]) -> AsyncIterator[str]:
    while line := await to_thread.run_sync(next, lines, "", limiter=_WAITERS):
        yield line


def _lines(found: Iterator[dict[str, Any] | None]) -> Iterator[str]:
    """A line for each outcome; an empty one while there is none, so that nobody on the way hangs up."""
    try:
        for outcome in found:
            yield "\n" if outcome is None else _line(outcome)
        yield _line({"done": True})
    except Refusal as refusal:
        yield _line({"error": refusal.sentence})


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False) + "\n"


async def _head(_: Request, caller: Caller, upload_id: str) -> Response:
    upload = await asyncio.to_thread(_uploads().find, caller, upload_id)
    metadata = {"filename": upload.source_name, "fingerprint": upload.fingerprint}
    headers = {
        "upload-offset": str(upload.received_bytes),
        "upload-length": str(upload.size_bytes),
        "upload-metadata": ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}"
            for name, value in metadata.items()
            if value
        ),
    }
    return _answer(200, {**headers, **_expiry(upload)})


async def _patch(request: Request, caller: Caller, upload_id: str) -> Response:
    if request.headers.get("content-type", "") != _OFFSET_STREAM:
        return _answer(415, {"accept": _OFFSET_STREAM})
    upload = await _append(request, caller, upload_id, _number(request, "upload-offset"))
    return _answer(204, {"upload-offset": str(upload.received_bytes), **_expiry(upload)})


async def _delete(_: Request, caller: Caller, upload_id: str) -> Response:
    await asyncio.to_thread(_uploads().terminate, caller, upload_id)
    return _answer(204)


_METHODS: Mapping[str, Callable[[Request, Caller, str], Any]] = {
    "HEAD": _head,
    "PATCH": _patch,
    "DELETE": _delete,
}


async def _append(
    request: Request, caller: Caller, upload_id: str, offset_bytes: int
) -> PartialUploadView:
    checksum = _checksum(request.headers.get("upload-checksum", ""))
    appending = await asyncio.to_thread(
        _uploads().append, caller, upload_id, offset_bytes, is_checked=checksum is not None
    )
    try:
        await _drain(request, appending)
        return await asyncio.to_thread(appending.finish, checksum)
    except ClientDisconnect:
        await asyncio.to_thread(appending.break_off)
        raise FileRefused("The upload was broken off. Go on with it.") from None
    except BaseException:
        await asyncio.to_thread(appending.give_up)
        raise


async def _drain(request: Request, appending: Appending) -> None:
    block = bytearray()
    broken_off: ClientDisconnect | None = None
    try:
        async for chunk in request.stream():
            block += chunk
            if len(block) >= _BLOCK_BYTES:
                await asyncio.to_thread(appending.write, bytes(block))
                block.clear()
    except ClientDisconnect as disconnect:
        broken_off = disconnect  # what came until then is kept
    if block:
        await asyncio.to_thread(appending.write, bytes(block))
    if broken_off is not None:
        raise broken_off


def _uploads() -> PartialUploads:
    return bootstrap.services().partial_uploads


def _answer(status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        status_code=status,
        headers={"tus-resumable": VERSION, "cache-control": "no-store", **(headers or {})},
    )


def not_our_version(request: Request) -> Response | None:
    """The answer to whoever speaks another version of the protocol; None for all others."""
    if request.headers.get("tus-resumable", "") == VERSION:
        return None
    return _answer(412, {"tus-version": VERSION})


def _expiry(upload: PartialUploadView) -> dict[str, str]:
    return {"upload-expires": _http_date(upload.expires_at)}


def _http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not _is_number(text):
        raise Malformed(f"{name.title()} must be a number from 0.")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER


def metadata_of(request: Request) -> dict[str, str]:
    """The pairs of `Upload-Metadata`: a key and its value in base 64.

    Raises:
        Malformed: If they are none.
    """
    header = request.headers.get("upload-metadata", "")
    if len(header) > _MAX_METADATA:
        raise Malformed("Upload-Metadata is too long.")
    found = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise Malformed("Upload-Metadata cannot be read.") from None
    return found


def _checksum(header: str) -> bytes | None:
    if not header:
        return None
    algorithm, _, value = header.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except binascii.Error:
        digest = b""
    if algorithm != "sha256" or len(digest) != _DIGEST_BYTES:
        raise Malformed("Upload-Checksum must be sha256 and its value in base 64.")
    return digest


routes: list[BaseRoute] = [
    Route("/tus", options, methods=["OPTIONS"]),
    Route("/tus/{upload_id}", options, methods=["OPTIONS"]),
    Route("/tus", listed, methods=["GET"]),
    Route("/tus", create, methods=["POST"]),
    Route("/tus/{upload_id}", one, methods=["HEAD", "PATCH", "DELETE", "POST"]),
    Route("/tus/{upload_id}/outcomes", outcomes, methods=["GET"]),
]
