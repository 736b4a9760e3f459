"""JSON bodies of the pages' own requests. Only JSON is taken: a form on another site cannot send it."""

import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

from backend.core.errors import Malformed

_MAX_BYTES = 64 * 1024


async def json_object(
    request: Request,
    *,
    max_bytes: int = _MAX_BYTES,
    too_large: str = "The request is too large.",
) -> dict[str, Any]:
    """The body of a request, an object.

    Args:
        request: Its body was not read yet.
        max_bytes: The largest body that is taken.
        too_large: What is said of a larger one.

    Raises:
        Malformed: If it is anything else, or too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Malformed("Send JSON.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise Malformed(too_large)
    except ClientDisconnect:
        raise Malformed("The request was broken off.") from None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed from None
    if not isinstance(content, dict):
        raise Malformed
    return content


def text_of(content: dict[str, Any], name: str) -> str:
    """A text in such an object; empty if it is not there.

    Raises:
        Malformed: If it is something else than text.
    """
    value = content.get(name, "")
    if not isinstance(value, str):
        raise Malformed
    return value
