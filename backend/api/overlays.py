"""Overlay planes over HTTP: a transparent picture that a viewport lays over its image. Tiles never contain them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.session_cookie import require_caller
from backend.api.tile_requests import level_from_query
from backend.api.tiles import PRIVATE, in_turn
from backend.schemas.viewing import EncodedTile


async def overlay(request: Request) -> Response:
    """`GET /studies/{study}/instances/{sop}/frames/{frame}/overlay.png?level=0`: white, as opaque as the planes are."""
    path = request.path_params
    level = level_from_query(request.query_params)

    def draw() -> EncodedTile:
        caller = require_caller(request, touches=False)
        return bootstrap.services().viewing.render_overlay(
            caller,
            path["study_instance_uid"],
            path["sop_instance_uid"],
            path["frame_number"],
            level,
        )

    drawn = await in_turn(request, draw)
    return Response(drawn.octets, media_type=drawn.media_type, headers=PRIVATE)


routes: list[BaseRoute] = [
    Route(
        "/studies/{study_instance_uid}/instances/{sop_instance_uid}/frames/{frame_number:int}/overlay.png",
        overlay,
        methods=["GET"],
    ),
]
