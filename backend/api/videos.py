"""Videos over HTTP: what they are, their octets by range, and the stored stream for whoever may take it away.

Octets are opened in pieces as they are sent. Each piece asks again whether the session lives and the study may be seen.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.ranges import RangeNotSatisfiable, wanted_range
from backend.api.session_cookie import require_caller
from backend.api.tiles import plain
from backend.core.caller import Caller
from backend.schemas.videos import VideoStream
from backend.services.served_images import WHOLE_VIDEO

PIECE_BYTES = 1 << 20
_PRIVATE = {"cache-control": "private, no-store"}
_ReadPiece = Callable[[Caller, str, str, int, int], bytes]


async def description(request: Request) -> Response:
    """`GET .../instances/{sop}/video`: what a viewport must know, fields named as in `VideoDescription`."""

    def describe() -> Response:
        caller = require_caller(request, touches=False)
        described = bootstrap.services().videos.describe(caller, *_named(request))
        # The times of two million frames are not written while everybody waits.
        return JSONResponse(plain(described), headers=_PRIVATE)

    return await asyncio.to_thread(describe)


async def stream(request: Request) -> Response:
    """`GET .../instances/{sop}/video/stream`: octets that a browser plays, whole or by range."""

    def ask() -> VideoStream:
        caller = require_caller(request, touches=False)
        return bootstrap.services().videos.stream(caller, *_named(request))

    sent = await asyncio.to_thread(ask)
    tag = f'"{sent.tag}"'
    headers = {**_PRIVATE, "accept-ranges": "bytes", "etag": tag}
    # A range of something else than what the browser began with would be another film.
    asks_for_this = request.headers.get("if-range", tag) == tag
    try:
        part = wanted_range(
            request.headers.get("range", "") if asks_for_this else "", sent.size_bytes
        )
    except RangeNotSatisfiable:
        return Response(
            status_code=416, headers={**headers, "content-range": f"bytes */{sent.size_bytes}"}
        )
    offset, length = part or (0, sent.size_bytes)
    if part is not None:
        headers["content-range"] = f"bytes {offset}-{offset + length - 1}/{sent.size_bytes}"
    return _answer(
        request,
        200 if part is None else 206,
        {**headers, "content-length": str(length), "content-type": sent.media_type},
        _pieces(request, bootstrap.services().videos.read, offset, length),
    )


async def original(request: Request) -> Response:
    """`GET .../instances/{sop}/video/original`: the stream as it was stored, as a file."""
    if request.method == "HEAD":  # nothing leaves, so nothing may be recorded as taken away
        return Response(status_code=405, headers={**_PRIVATE, "allow": "GET"})

    def ask() -> VideoStream:
        caller = require_caller(request)
        return bootstrap.services().videos.export(caller, *_named(request))

    sent = await asyncio.to_thread(ask)
    headers = {
        **_PRIVATE,
        "content-length": str(sent.size_bytes),
        "content-type": sent.media_type,
        "content-disposition": f'attachment; filename="{sent.file_name}"',
    }
    pieces = _pieces(request, bootstrap.services().videos.read_original, 0, sent.size_bytes)
    return _answer(request, 200, headers, pieces)


def _named(request: Request) -> tuple[str, str]:
    path = request.path_params
    return path["study_instance_uid"], path["sop_instance_uid"]


def _answer(
    request: Request, status: int, headers: dict[str, str], pieces: AsyncIterator[bytes]
) -> Response:
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(pieces, status_code=status, headers=headers)


async def _pieces(
    request: Request, read: _ReadPiece, offset: int, length: int
) -> AsyncIterator[bytes]:
    study_instance_uid, sop_instance_uid = _named(request)
    end = offset + length
    served_images = bootstrap.services().served_images

    def piece() -> tuple[Caller, bytes]:
        caller = require_caller(request, touches=False)
        wanted = min(PIECE_BYTES, end - offset)
        return caller, read(caller, study_instance_uid, sop_instance_uid, offset, wanted)

    while offset < end:
        caller, octets = await asyncio.to_thread(piece)
        offset += len(octets)
        yield octets
        served_images.note(caller, study_instance_uid, sop_instance_uid, WHOLE_VIDEO)


_VIDEO = "/studies/{study_instance_uid}/instances/{sop_instance_uid}/video"

routes: list[BaseRoute] = [
    Route(_VIDEO, description, methods=["GET"]),
    Route(_VIDEO + "/stream", stream, methods=["GET"]),
    Route(_VIDEO + "/original", original, methods=["GET"]),
]
