"""The files of the built site: pages as they were rendered ahead, scripts and styles. They hold nobody's data."""

import os
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

_COMPRESSED = ".gz"
_INDEX = "index.html"


class BuiltSite:
    """Serves each file at its address, and `sign-in/index.html` at `/sign-in`; compressed for whoever takes that.

    Args:
        folder: The built site. What is added to it later is not served.
    """

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, Path] = {}
        root = folder.resolve()
        for place, _, names in os.walk(root):
            for path in (Path(place, name) for name in names if not name.endswith(_COMPRESSED)):
                address = f"/{path.relative_to(root).as_posix()}"
                self._files[address] = path
                if path.name == _INDEX:
                    self._files[address.removesuffix("/" + _INDEX) or "/"] = path

    def has(self, scope: Scope) -> bool:
        """Whether a request is for one of the files."""
        return (
            scope["type"] == "http"
            and scope["method"] in ("GET", "HEAD")
            and scope["path"] in self._files
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is for one of the files."""
        request = Headers(scope=scope)
        path = self._files[scope["path"]]
        media_type = "text/javascript" if path.suffix == ".js" else guess_type(path)[0]
        headers = {"vary": "Accept-Encoding"}
        compressed = path.with_name(path.name + _COMPRESSED)
        if _takes_gzip(request.get("accept-encoding", "")) and compressed.is_file():
            path = compressed
            headers["content-encoding"] = "gzip"
        response: Response = FileResponse(
            path, headers=headers, media_type=media_type, stat_result=path.stat()
        )
        if response.headers["etag"] in _tags(request.get("if-none-match", "")):
            kept = {name: response.headers[name] for name in ("etag", "vary")}
            response = Response(status_code=304, headers=kept)
        await response(scope, receive, send)


def _takes_gzip(accepted: str) -> bool:
    """By RFC 9110 12.5.3, where a quality of 0 means no."""
    for each in accepted.split(","):
        name, _, parameter = each.replace(" ", "").lower().partition(";")
        if name == "gzip":
            return parameter.removeprefix("q=").rstrip("0.") != "" if parameter else True
    return False


def _tags(if_none_match: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
