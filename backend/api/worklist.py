"""What the worklist page asks beside its events: whether there is news, and the list as a file."""

import asyncio
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend import bootstrap
from backend.api.session_cookie import require_caller
from backend.core.caller import Caller
from backend.core.worklist_query import SEALED, WorklistQuery, query_from

_NO_STORE = {"cache-control": "private, no-store"}


async def state(request: Request) -> Response:
    """`GET /api/v1/worklist/state`: a text that differs after any study has come, changed or gone."""
    # The page asks this by itself every few seconds; nobody is doing something.
    caller = await asyncio.to_thread(require_caller, request, touches=False)
    found = await asyncio.to_thread(bootstrap.services().worklist.state, caller)
    return JSONResponse({"state": found}, headers=_NO_STORE)


async def export(request: Request) -> Response:
    """`GET /api/v1/worklist/export.{format}` with the parameters of the page's address: the list as CSV or XLSX.

    `columns=patient,date` asks for these columns of the list alone, in this order.
    """
    caller = await asyncio.to_thread(require_caller, request)
    query = await asyncio.to_thread(_query, request, caller)
    services = bootstrap.services()
    columns = [name for name in request.query_params.get("columns", "").split(",") if name]
    exported = await asyncio.to_thread(
        services.worklist_exports.export, caller, query, request.path_params["format"], columns
    )
    disposition = f'attachment; filename="{exported.file_name}"'
    return Response(
        exported.octets,
        media_type=exported.media_type,
        headers={**_NO_STORE, "content-disposition": disposition},
    )


def _query(request: Request, caller: Caller) -> WorklistQuery:
    services = bootstrap.services()
    values = dict(request.query_params)
    opened = {name: services.worklist.opened_text(caller, values.get(name, "")) for name in SEALED}
    time_zone = services.preferences.worklist(caller).time_zone
    return replace(query_from({**values, **opened}), time_zone=time_zone)


routes: list[BaseRoute] = [
    Route("/worklist/state", state),
    Route("/worklist/export.{format}", export),
]
