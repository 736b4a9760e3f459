"""Series and tiles over HTTP: what the socket of `stream` gives, for whoever has none, and thumbnails.

Sessions are looked up and pixels drawn in the threads of the render desk; nothing here blocks the event loop.
"""

import gzip
import json
import re
import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from backend import bootstrap
from backend.api.refusals import answer_refusal
from backend.api.render_desk import this_desk
from backend.api.session_cookie import require_caller
from backend.api.tile_requests import stack_from_query, tile_from_query
from backend.core.bounded_cache import BoundedCache
from backend.core.caller import Caller
from backend.core.errors import Malformed, Refusal
from backend.schemas.viewing import EncodedTile, SeriesDescription

_Answer = TypeVar("_Answer")

_packed_descriptions: BoundedCache[int, tuple[SeriesDescription, bytes]] = BoundedCache(
    4 * 1024 * 1024, lambda kept: len(kept[1])
)
PRIVATE = {"cache-control": "private, no-store"}


async def series(request: Request) -> Response:
    """`GET /studies/{study}/series/{series}?stack=b-1000`: a stack of the series, by default the first, as JSON.

    Fields are named as in `SeriesDescription`.
    """
    path = request.path_params
    stack_id = stack_from_query(request.query_params)

    def describe() -> bytes:
        caller = require_caller(request, touches=False)
        return _packed(
            bootstrap.services().viewing.describe_series(
                caller, path["study_instance_uid"], path["series_instance_uid"], stack_id
            )
        )

    packed = await in_turn(request, describe)
    headers = {**PRIVATE, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    else:
        packed = gzip.decompress(packed)
    return Response(packed, media_type="application/json", headers=headers)


async def thumbnail(request: Request) -> Response:
    """`GET /studies/{study}/series/{series}/thumbnail?size=160&stack=`: a JPEG that fits a square."""
    path = request.path_params
    stack_id = stack_from_query(request.query_params)
    size = request.query_params.get("size", "160")
    if not (size.isascii() and size.isdigit() and len(size) <= 4):
        raise Malformed("`size` is a number of pixels.")

    def draw() -> EncodedTile:
        caller = require_caller(request, touches=False)
        return bootstrap.services().viewing.thumbnail(
            caller, path["study_instance_uid"], path["series_instance_uid"], int(size), stack_id
        )

    drawn = await in_turn(request, draw)
    return Response(drawn.octets, media_type=drawn.media_type, headers=PRIVATE)


class TileEndpoint:
    """`GET /studies/{study}/instances/{sop}/frames/{frame}/tile`: one tile.

    Query: `level`, `row` and `column` (both -1: the whole level), `window` (`center,width,function`, or `voi-lut,2` for
    the second VOI LUT of the file; absent: the first look), `invert` (1), `shutter` (0 lifts the display shutter),
    `encoding` (`jpeg`, `png`), `quality`. The headers `X-Pacscribe-*` say what was drawn.

    Plain ASGI: at hundreds of tiles a second, request and response objects cost as much as a tenth of the drawing.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; raises refusals for the handler around it."""
        if scope["method"] not in ("GET", "HEAD"):
            await PlainTextResponse("Method Not Allowed", 405, {"allow": "GET, HEAD"})(
                scope, receive, send
            )
            return
        path = scope["path_params"]
        study_instance_uid = path["study_instance_uid"]
        wanted = tile_from_query(path, _query(scope["query_string"]))
        connection = HTTPConnection(scope)

        services = bootstrap.services()

        def draw() -> tuple[Caller, EncodedTile, float]:
            began = time.perf_counter()
            caller = require_caller(connection, touches=False)
            drawn = services.viewing.render_tile(caller, study_instance_uid, wanted)
            return caller, drawn, (time.perf_counter() - began) * 1000

        caller, drawn, render_ms = await in_turn(connection, draw)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": _tile_headers(drawn, render_ms),
            }
        )
        body = drawn.octets if scope["method"] == "GET" else b""
        await send({"type": "http.response.body", "body": body})
        if body:
            services.served_images.note(
                caller, study_instance_uid, wanted.sop_instance_uid, wanted.frame_number
            )


class TilesFirst:
    """Answers tiles before anything else looks at the request; whatever is no tile goes on to `rest`.

    Args:
        rest: The app behind.
    """

    def __init__(self, rest: ASGIApp) -> None:
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a tile, or hand on."""
        found = _TILE_PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._rest(scope, receive, send)
            return
        path = found.groupdict()
        scope["path_params"] = {**path, "frame_number": int(path["frame_number"])}
        try:
            await _tile(scope, receive, send)
        except Refusal as refusal:
            answer = await answer_refusal(Request(scope), refusal)
            await answer(scope, receive, send)


def _query(query_string: bytes) -> dict[str, str]:
    """The values of a query string; of a name that comes twice, the last."""
    text = query_string.decode("latin-1")
    if "%" in text or "+" in text:
        return dict(parse_qsl(text, keep_blank_values=True))
    return dict(pair.partition("=")[::2] for pair in text.split("&")) if text else {}


def _tile_headers(drawn: EncodedTile, render_ms: float) -> list[tuple[bytes, bytes]]:
    window = b""
    if drawn.window_center is not None and drawn.window_width is not None:
        numbers = f"{_digits(drawn.window_center)},{_digits(drawn.window_width)}"
        window = f"{numbers},{drawn.voi_function}".encode()
    return [
        (b"content-type", drawn.media_type.encode()),
        (b"content-length", b"%d" % len(drawn.octets)),
        (b"cache-control", b"private, no-store"),
        (b"x-pacscribe-rows", b"%d" % drawn.rows),
        (b"x-pacscribe-columns", b"%d" % drawn.columns),
        (b"x-pacscribe-window", window),
        (b"x-pacscribe-fidelity", drawn.fidelity.value.encode()),
        (b"x-pacscribe-render-ms", b"%.2f" % render_ms),
    ]


def _packed(description: SeriesDescription) -> bytes:
    """The description as JSON, compressed: hundreds of images in it say nearly the same.

    Descriptions are kept by the service while nothing changes, so what was made of one is found by its identity.
    """
    kept = _packed_descriptions.get(id(description))
    if kept is not None and kept[0] is description:
        return kept[1]
    words = json.dumps(plain(description), ensure_ascii=False, separators=(",", ":")).encode()
    packed = gzip.compress(words, compresslevel=1, mtime=0)
    _packed_descriptions.put(id(description), (description, packed))
    return packed


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


async def in_turn(connection: HTTPConnection, work: Callable[[], _Answer]) -> _Answer:
    """Do a work in a thread of the render desk, in the turn of whoever asks: by what they show, for nobody has looked yet."""
    headers = connection.headers
    owner = headers.get("authorization") or headers.get("cookie", "")
    answer: _Answer = await this_desk().run(owner, work)
    return answer


_tile = TileEndpoint()
_TILE_PATH = re.compile(
    r"/api/v1/studies/(?P<study_instance_uid>[0-9.]{1,64})/instances/(?P<sop_instance_uid>[0-9.]{1,64})"
    r"/frames/(?P<frame_number>[0-9]{1,10})/tile"
)
_STUDY = "/studies/{study_instance_uid}"

routes: list[BaseRoute] = [
    Route(_STUDY + "/instances/{sop_instance_uid}/frames/{frame_number:int}/tile", _tile),
    Route(_STUDY + "/series/{series_instance_uid}/thumbnail", thumbnail, methods=["GET"]),
    Route(_STUDY + "/series/{series_instance_uid}", series, methods=["GET"]),
]
