"""The audit trail as a file."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.session_cookie import require_caller
from backend.schemas.audit import query_in
from backend.services.audit_export import ExportedTrail

_NO_STORE = {"cache-control": "private, no-store"}


async def export(request: Request) -> Response:
    """`GET /api/v1/audit/export.{format}` with the parameters of the page's address: the entries as CSV, JSON lines or DICOM audit messages; with `view=people` who had what."""

    def ask() -> ExportedTrail:
        caller = require_caller(request)
        values = request.query_params
        return bootstrap.services().audit_exports.export(
            caller,
            query_in(values),
            request.path_params["format"],
            is_summed=values.get("view", "") == "people",
        )

    exported = await asyncio.to_thread(ask)
    disposition = f'attachment; filename="{exported.file_name}"'
    return StreamingResponse(
        exported.parts,
        media_type=exported.media_type,
        headers={**_NO_STORE, "content-disposition": disposition},
    )


routes: list[BaseRoute] = [Route("/audit/export.{format}", export, methods=["GET"])]
