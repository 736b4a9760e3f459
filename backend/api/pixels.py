"""What a pixel holds, and the window of a region, over HTTP: for hands that rest on an image or draw on it."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.session_cookie import require_caller
from backend.api.tiles import in_turn, plain
from backend.core.errors import Malformed
from backend.schemas.pixels import PixelPlace, RegionAsk, Spread

_PRIVATE = {"cache-control": "private, no-store"}
_SPREADS = {each.value: each for each in Spread}
_EDGES = ("top", "left", "bottom", "right")


async def pixel(request: Request) -> Response:
    """`GET /studies/{study}/instances/{sop}/frames/{frame}/pixel?row=0&column=0`: answers `PixelValue`."""
    path = request.path_params
    place = PixelPlace(
        path["sop_instance_uid"],
        path["frame_number"],
        _whole(request, "row"),
        _whole(request, "column"),
    )

    def read() -> Any:
        caller = require_caller(request, touches=False)
        return bootstrap.services().viewing.read_pixel(caller, path["study_instance_uid"], place)

    return await _answered(request, read)


async def window(request: Request) -> Response:
    """`GET /studies/{study}/instances/{sop}/frames/{frame}/window`: the window of a region, as `RegionWindow`.

    Query: `top`, `left`, `bottom`, `right` in pixels from 0, the last two excluded (none of them: the whole image), and
    `spread`, `percentiles` (1 to 99) or `full`.
    """
    path = request.path_params
    spread = _SPREADS.get(request.query_params.get("spread", Spread.PERCENTILES.value))
    if spread is None:
        raise Malformed("`spread` is percentiles or full.")
    region = None
    if any(edge in request.query_params for edge in _EDGES):
        top, left, bottom, right = (_whole(request, edge) for edge in _EDGES)
        region = (top, left, bottom, right)
    ask = RegionAsk(path["sop_instance_uid"], path["frame_number"], region, spread)

    def work_out() -> Any:
        caller = require_caller(request, touches=False)
        return bootstrap.services().viewing.window_of_region(
            caller, path["study_instance_uid"], ask
        )

    return await _answered(request, work_out)


async def _answered(request: Request, work: Callable[[], Any]) -> Response:
    answer = await in_turn(request, work)
    return JSONResponse(plain(answer), headers=_PRIVATE)


def _whole(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise Malformed(f"`{name}` is a whole number of pixels.")
    return int(text)


_FRAME = "/studies/{study_instance_uid}/instances/{sop_instance_uid}/frames/{frame_number:int}"

routes: list[BaseRoute] = [
    Route(_FRAME + "/pixel", pixel, methods=["GET"]),
    Route(_FRAME + "/window", window, methods=["GET"]),
]
