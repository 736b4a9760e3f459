"""The pages' sockets when a session's token is exchanged: they go on with the new one, which a socket cannot be told.

Reflex reads a socket's cookie once, when it connects, and keeps it. What it keeps is replaced here, for the sockets
that began with the old token from where the proof came; no other socket, and no new one, gets anywhere with it.
"""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from backend.core.caller import Origin

_log = logging.getLogger("pacscribe.sockets")


class Renewal(Protocol):
    """What `access.sessions` tells of an exchange."""

    @property
    def origin(self) -> Origin:
        """Where the proof came from."""
        ...

    @property
    def old_token(self) -> str:
        """What the sockets' cookies say."""
        ...

    @property
    def new_token(self) -> str:
        """What the browser's cookie says now."""
        ...


def follower(namespace: Any) -> Callable[[Renewal], None]:
    """What to call when a session's token is exchanged.

    Args:
        namespace: Reflex's event namespace (`app.event_namespace`).
    """

    def renewed(renewal: Renewal) -> None:
        kept: dict[str, dict[str, Any]] = namespace._static_router_data
        for sid, entries in list(kept.items()):
            headers = entries.get("headers") or {}
            cookie = str(headers.get("cookie", ""))
            if renewal.old_token not in cookie:
                continue
            place = Origin(str(entries.get("ip", "")), str(headers.get("user-agent", ""))[:400])
            if place != renewal.origin:
                _log.warning("a socket elsewhere had the token that was exchanged, and is left out")
                continue
            cookie = cookie.replace(renewal.old_token, renewal.new_token)
            kept[sid] = {**entries, "headers": {**headers, "cookie": cookie}}

    return renewed
