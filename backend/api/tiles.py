"""Series and tiles over HTTP: what the socket of `stream` gives, for whoever has none, and thumbnails.

Sessions are looked up and pixels drawn in the threads of the render desk; nothing here blocks the event loop.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.render_desk import this_desk
from backend.api.session_cookie import require_caller
from backend.api.tile_requests import tile_from_query
from backend.core.errors import Malformed
from backend.schemas.viewing import EncodedTile

_Answer = TypeVar("_Answer")

_PRIVATE = {"cache-control": "private, no-store"}


async def series(request: Request) -> Response:
    """`GET /studies/{study}/series/{series}`: the series as JSON, fields named as in `SeriesDescription`."""
    path = request.path_params

    def describe() -> bytes:
        caller = require_caller(request, touches=False)
        description = bootstrap.services().viewing.describe_series(
            caller, path["study_instance_uid"], path["series_instance_uid"]
        )
        return json.dumps(plain(description), ensure_ascii=False, separators=(",", ":")).encode()

    return Response(await _in_thread(describe), media_type="application/json", headers=_PRIVATE)


async def thumbnail(request: Request) -> Response:
    """`GET /studies/{study}/series/{series}/thumbnail?size=160`: a JPEG that fits a square."""
    path = request.path_params
    size = request.query_params.get("size", "160")
    if not (size.isascii() and size.isdigit() and len(size) <= 4):
        raise Malformed("`size` is a number of pixels.")

    def draw() -> EncodedTile:
        caller = require_caller(request, touches=False)
        return bootstrap.services().viewing.thumbnail(
            caller, path["study_instance_uid"], path["series_instance_uid"], int(size)
        )

    drawn = await _in_thread(draw)
    return Response(drawn.octets, media_type=drawn.media_type, headers=_PRIVATE)


async def tile(request: Request) -> Response:
    """`GET /studies/{study}/instances/{sop}/frames/{frame}/tile`: one tile.

    Query: `level`, `row` and `column` (both -1: the whole level), `window` (`center,width,function`; absent: the first
    look), `invert` (1), `encoding` (`jpeg`, `png`), `quality`. The headers `X-Pacscribe-*` say what was drawn.
    """
    path = request.path_params
    wanted = tile_from_query(path, request.query_params)

    def draw() -> tuple[EncodedTile, float]:
        began = time.perf_counter()
        caller = require_caller(request, touches=False)
        drawn = bootstrap.services().viewing.render_tile(caller, path["study_instance_uid"], wanted)
        return drawn, (time.perf_counter() - began) * 1000

    drawn, render_ms = await _in_thread(draw)
    window = ""
    if drawn.window_center is not None and drawn.window_width is not None:
        window = f"{_digits(drawn.window_center)},{_digits(drawn.window_width)}"
    return Response(
        drawn.octets,
        media_type=drawn.media_type,
        headers={
            "cache-control": "private, no-store",
            "x-pacscribe-rows": str(drawn.rows),
            "x-pacscribe-columns": str(drawn.columns),
            "x-pacscribe-window": window,
            "x-pacscribe-fidelity": drawn.fidelity.value,
            "x-pacscribe-render-ms": f"{render_ms:.2f}",
        },
    )


def _digits(number: float) -> str:
    """All digits of a number, without a fraction where there is none."""
    return str(int(number)) if number == int(number) else repr(number)


def plain(value: Any) -> Any:
    """Frozen answers as what JSON has: objects, lists, text, numbers. Names stay as they are."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if is_dataclass(value):
        record_type: Any = type(value)
        return {name: plain(getattr(value, name)) for name in _names(record_type)}
    raise TypeError(f"{type(value).__name__} has no place in an answer")


@cache
def _names(record_type: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record_type))


async def _in_thread(work: Callable[[], _Answer]) -> _Answer:
    return await asyncio.get_running_loop().run_in_executor(this_desk().pool, work)


_STUDY = "/studies/{study_instance_uid}"

routes: list[BaseRoute] = [
    Route(
        _STUDY + "/instances/{sop_instance_uid}/frames/{frame_number:int}/tile",
        tile,
        methods=["GET"],
    ),
    Route(_STUDY + "/series/{series_instance_uid}/thumbnail", thumbnail, methods=["GET"]),
    Route(_STUDY + "/series/{series_instance_uid}", series, methods=["GET"]),
]
