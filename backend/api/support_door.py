"""What support may ask for over HTTP while it looks at an organization: what is shown on a page, and nothing that is taken away.

Whatever is not named here is refused to support, so that a new route is closed to it until somebody has thought of it.
"""

import re

from starlette.requests import HTTPConnection

from backend.core.caller import Caller
from backend.core.errors import NotAllowed

_LOOKS = frozenset({"GET", "HEAD"})
_OF_STUDY = r"/api/v1/studies/[0-9.]+"
_OPEN = re.compile(
    "|".join(
        (
            "/api/v1/stream",
            "/api/v1/worklist/state",
            "/api/v1/session(/[a-z-]+)?",
            _OF_STUDY + r"/series/[0-9.]+(/thumbnail)?",
            _OF_STUDY + r"/instances/[0-9.]+/(document|video|video/stream)",
            _OF_STUDY + r"/instances/[0-9.]+/frames/[0-9]+/(tile|pixel|window|overlay\.png)",
        )
    )
)


def require_open(connection: HTTPConnection, caller: Caller) -> None:
    """Let everybody pass but support that asks for more than to look.

    Raises:
        NotAllowed: To support.
    """
    if not caller.is_support:
        return
    method = connection.scope.get("method", "GET")  # a socket has none
    if method not in _LOOKS or _OPEN.fullmatch(connection.url.path) is None:
        raise NotAllowed("Support may look, and change nothing and take nothing out.")
