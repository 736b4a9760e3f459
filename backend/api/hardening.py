"""The outermost wrapper of the server: who may be asked, from where, how much, and with which headers.

It stands around pages, API and sockets alike, so a route cannot forget it. It knows no session and
no permission; those are checked where the request is understood.
"""

import ipaddress
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from backend.api.headers import (
    cache_control,
    content_security_policy,
    inline_script_hashes,
    with_security_headers,
)
from backend.core.redaction import described_exception, redacted_path

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger("pacscribe.http")

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_ORIGIN_REFUSED = "The request comes from another site and is refused."
_HOST_REFUSED = "PACScribe does not answer to this name; see PACSCRIBE_PUBLIC_URL."
_TOO_LARGE = "The request is larger than is allowed here."
_SOCKET_REFUSED = "There is no such socket, or it is not open to you."
_SOCKET_FAILED = "Something went wrong on the server. Try again."
_WS_REFUSED, _WS_FAILED = 4403, 1011
_DENIAL = (
    "websocket.http.response"  # how a server lets a handshake be refused with headers and words
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the server stands.

    Attributes:
        public_url: How browsers reach it, `https://host[:port]`; empty: any name is answered.
        trusted_proxy_hops: How many proxies in front of it are trusted; 0: none.
        static_dir: The built site, whose inline scripts are allowed by hash.
        body_limit_bytes: Largest request body outside `large_body_paths`.
        large_body_paths: Path prefixes whose routes limit their own bodies.
    """

    public_url: str = ""
    trusted_proxy_hops: int = 0
    static_dir: Path | None = None
    body_limit_bytes: int = 1 << 20
    large_body_paths: tuple[str, ...] = (
        "/api/v1/uploads",
        "/api/v1/tus",
        "/api/v1/attachments/",
        "/dicomweb/",
    )


def harden(app: ASGIApp, surroundings: Surroundings) -> ASGIApp:
    """Wrap the whole server.

    Args:
        app: Pages, API and sockets.
        surroundings: Where the server stands.

    Returns:
        The app to hand to the HTTP server.
    """
    return _Hardened(app, surroundings)


class _TooLarge(Exception):  # noqa: N818 - never leaves this module
    pass


@dataclass(slots=True)
class _Sent:
    """What has gone out for one request so far."""

    started: bool = False
    status: int = 0
    held: list[Message] = field(default_factory=list)


class _Hardened:
    def __init__(self, app: ASGIApp, surroundings: Surroundings) -> None:
        self._app = app
        self._where = surroundings
        static_dir = surroundings.static_dir
        hashes = inline_script_hashes(static_dir) if static_dir else []
        self._csp = content_security_policy(hashes).encode()
        self._public = urlsplit(surroundings.public_url) if surroundings.public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        scope = self._as_the_browser_sent_it(scope, headers)
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send, refusal)
        else:
            await self._request(scope, receive, send, refusal, headers)

    # -- what is let in ------------------------------------------------------------------------

    def _as_the_browser_sent_it(self, scope: Scope, headers: dict[bytes, bytes]) -> Scope:
        """Take scheme and address from the trusted proxies; without them, what they say is ignored."""
        hops = self._where.trusted_proxy_hops
        if not hops:
            return scope
        changed = dict(scope)
        forwarded = _list_of(headers.get(b"x-forwarded-for"))
        if len(forwarded) >= hops:
            try:
                changed["client"] = (str(ipaddress.ip_address(forwarded[-hops])), 0)
            except ValueError:
                _log.warning("A proxy forwarded an address that is none")
        protocols = _list_of(headers.get(b"x-forwarded-proto"))
        if protocols and protocols[-min(hops, len(protocols))] in ("https", "wss"):
            changed["scheme"] = "wss" if scope["type"] == "websocket" else "https"
        return changed

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        """Status and sentence, if the request is not to be answered."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if not self._is_our_name(host):
            return 421, _HOST_REFUSED
        if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
            return None
        origin = headers.get(b"origin")
        if origin is not None:
            return (
                None
                if self._is_our_origin(origin.decode("latin-1"), host, scope)
                else (
                    403,
                    _ORIGIN_REFUSED,
                )
            )
        # Browsers without an Origin header on such a request still say where it comes from.
        site = headers.get(b"sec-fetch-site", b"none")
        return None if site in (b"none", b"same-origin") else (403, _ORIGIN_REFUSED)

    def _is_our_name(self, host: str) -> bool:
        if self._public is None:
            return bool(host)
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        return name in _LOOPBACK_NAMES or host == self._public.netloc.lower()

    def _is_our_origin(self, origin: str, host: str, scope: Scope) -> bool:
        if (
            self._public
            and origin.lower() == f"{self._public.scheme}://{self._public.netloc}".lower()
        ):
            return True
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        return origin.lower() == f"{scheme}://{host}"

    # -- sockets -------------------------------------------------------------------------------

    async def _socket(
        self, scope: Scope, receive: Receive, send: Send, refusal: tuple[int, str] | None
    ) -> None:
        is_secure = scope["scheme"] == "wss"
        can_be_told = _DENIAL in scope.get("extensions", ())
        is_answered = False

        async def out(message: Message) -> None:
            nonlocal is_answered
            kind = message["type"]
            if kind == "websocket.close" and can_be_told and not is_answered:
                has_failed = message.get("code") == _WS_FAILED
                answer = (500, _SOCKET_FAILED) if has_failed else (403, _SOCKET_REFUSED)
                await _answer(out, *answer, _DENIAL)
                return
            if kind in ("websocket.accept", f"{_DENIAL}.start"):
                is_answered = True
                ours = with_security_headers(
                    message.get("headers", ()), self._csp, is_secure=is_secure
                )
                message = {**message, "headers": ours}
            await send(message)

        if refusal is not None:
            _log.warning("refused socket %s: %s", redacted_path(scope["path"]), refusal[0])
            await receive()
            if can_be_told:
                await _answer(out, *refusal, _DENIAL)
            else:
                await send({"type": "websocket.close", "code": _WS_REFUSED, "reason": refusal[1]})
            return
        try:
            await self._app(scope, receive, out)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered and logged
            reference = _reference()
            _log.error(
                "socket %s failed, reference %s: %s",
                redacted_path(scope["path"]),
                reference,
                described_exception(error),
            )
            # Nothing is re-raised: the server would log the message, which may quote what was sent.
            await _close_quietly(out)

    # -- requests ------------------------------------------------------------------------------

    async def _request(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        refusal: tuple[int, str] | None,
        headers: dict[bytes, bytes],
    ) -> None:
        began = perf_counter()
        sent = _Sent()
        out = self._sender(scope, send, sent)
        limit = self._body_limit(scope)
        if refusal is None and limit is not None and _declared(headers) > limit:
            refusal = 413, _TOO_LARGE
        try:
            if refusal is not None:
                await _answer(out, *refusal)
            else:
                await self._app(scope, _limited(receive, limit), out)
                for message in sent.held:
                    await self._pass_on(scope, send, sent, message)
        except _TooLarge:
            if sent.started:
                raise _Aborted from None
            sent.held.clear()
            await _answer(out, 413, _TOO_LARGE)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered and logged
            reference = _reference()
            _log.error(
                "%s %s failed, reference %s: %s",
                scope["method"],
                redacted_path(scope["path"]),
                reference,
                described_exception(error),
            )
            if sent.started:
                # A half-sent answer must not look whole; this ends the connection.
                raise _Aborted from None
            sent.held.clear()
            await self._fault(scope, send, sent, reference)
        finally:
            self._note(scope, sent.status, perf_counter() - began)

    def _sender(self, scope: Scope, send: Send, sent: _Sent) -> Send:
        async def out(message: Message) -> None:
            # A failing app sends its own bare 500 before it raises; it is held back until it is
            # known whether an exception, and so a reference for the user, belongs to it.
            if sent.held or (message["type"] == "http.response.start" and message["status"] == 500):
                sent.held.append(message)
                return
            await self._pass_on(scope, send, sent, message)

        return out

    async def _pass_on(self, scope: Scope, send: Send, sent: _Sent, message: Message) -> None:
        if message["type"] == "http.response.start":
            sent.started, sent.status = True, message["status"]
            given = [*message.get("headers", ())]
            if not any(name.lower() == b"cache-control" for name, _ in given):
                cache = cache_control(scope["path"], message["status"])
                given.append((b"cache-control", cache))
            ours = with_security_headers(given, self._csp, is_secure=scope["scheme"] == "https")
            message = {**message, "headers": ours}
        await send(message)

    async def _fault(self, scope: Scope, send: Send, sent: _Sent, reference: str) -> None:
        async def out(message: Message) -> None:
            await self._pass_on(scope, send, sent, message)

        await _answer(
            out,
            500,
            f"Something went wrong on the server. Try again; if it stays, tell support the reference "
            f"{reference}.",
        )

    def _body_limit(self, scope: Scope) -> int | None:
        path = scope["path"]
        if any(path.startswith(prefix) for prefix in self._where.large_body_paths):
            return None
        return self._where.body_limit_bytes

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """One line for what changes something or goes wrong; reads of data are in the audit trail."""
        if scope["method"] in _SAFE_METHODS and status < 500:
            return
        _log.info(
            "%s %s %s %.0f ms", scope["method"], redacted_path(scope["path"]), status, seconds * 1e3
        )


class _Aborted(Exception):  # noqa: N818 - tells the HTTP server to drop the connection
    """The answer could not be finished."""


def _list_of(value: bytes | None) -> list[str]:
    return [part.strip() for part in (value or b"").decode("latin-1").split(",") if part.strip()]


def _declared(headers: dict[bytes, bytes]) -> int:
    value = headers.get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


def _limited(receive: Receive, limit: int | None) -> Receive:
    if limit is None:
        return receive
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise _TooLarge
        return message

    return counted


def _reference() -> str:
    return secrets.token_hex(4)


async def _answer(out: Send, status: int, sentence: str, kind: str = "http.response") -> None:
    body = json.dumps({"error": sentence}).encode()
    await out(
        {
            "type": f"{kind}.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
            ],
        }
    )
    await out({"type": f"{kind}.body", "body": body})


async def _close_quietly(send: Send) -> None:
    try:
        await send({"type": "websocket.close", "code": _WS_FAILED})
    except Exception as error:  # noqa: BLE001 - servers differ in what they raise here
        _log.info("the socket was gone already: %s", type(error).__name__)
