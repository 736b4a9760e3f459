"""Tiles over one WebSocket per page: many viewports share it, the newest wish of each wins, nothing waits behind a hand.

Messages are described in docs/decisions/0004-tiles-over-one-websocket.md; who renders next is decided in `render_desk`.
"""

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketState

from backend import bootstrap
from backend.api.render_desk import OVERTAKEN, Ask, this_desk
from backend.api.session_cookie import require_caller
from backend.api.tile_requests import (
    OpeningAsk,
    PrefetchAsk,
    TileAsk,
    Wish,
    opening_from_message,
    opening_request,
    prefetch_from_message,
    tile_from_message,
)
from backend.api.tiles import plain
from backend.bootstrap import Services
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotSignedIn, Refusal, TooManyAttempts
from backend.core.permissions import Permission
from backend.core.redaction import described_exception
from backend.schemas.opening import OpeningRequest
from backend.schemas.viewing import EncodedTile

CLOSE_SIGNED_OUT = 4401
CLOSE_NOT_ALLOWED = 4403
CLOSE_TOO_LARGE = 1009
CLOSE_TOO_SLOW = 1013
MAX_MESSAGE_CHARACTERS = 256 * 1024
# What may wait for a browser that does not read: beyond the first no more is drawn, beyond the second it is left.
MAX_OUTBOX_BYTES = 32 * 1024 * 1024
MAX_OUTBOX_MESSAGES = 4096
# The name of the list of what hands are near; no viewport has it.
_APPROACH = ""
_TOO_MANY = "The viewer asked for more images than could be sent. Wait a moment."
_UNEXPECTED = "The image could not be drawn. Try again, and tell an administrator if it stays so."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A tile on its way out, and what its header says beside the tile."""

    ask: Wish
    tile: EncodedTile
    render_ms: float
    caller: Caller
    place: tuple[str, str, int]  # study, instance, frame
    more: Mapping[str, object] = field(default_factory=dict)


class _Connection:
    """One open socket: a reader that never waits for the writer, and a writer that skips what is out of date."""

    def __init__(self, websocket: WebSocket, services: Services, owner: str) -> None:
        self._websocket = websocket
        self._services = services
        self._line = this_desk().line(owner)
        self._outbox: deque[_Drawn | bytes | str] = deque()
        self._outbox_bytes = 0  # of the tiles in it
        self._has_mail = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._is_over = False
        self._reader: asyncio.Task[None] | None = None
        self._close_code = 0
        self.session_id = ""

    async def serve(self) -> None:
        """Answer until the browser leaves or the session ends."""
        writer = asyncio.create_task(self._write())
        self._reader = asyncio.create_task(self._read())
        try:
            await asyncio.wait([self._reader])
            if self._close_code:
                await self._close(self._close_code)
        finally:
            self._is_over = True
            self._line.close()
            for task in (writer, self._reader):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _read(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text") or ""
            if len(text) > MAX_MESSAGE_CHARACTERS:
                self._leave(CLOSE_TOO_LARGE)
                return
            self._take(text)

    def session_ended(self) -> None:
        """Close the socket; called on any thread."""
        # The loop may be closed already when the process ends.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._sign_out)

    # -- from the browser ------------------------------------------------------------------------

    def _take(self, text: str) -> None:
        message: Any = None
        try:
            message = json.loads(text)
            if not isinstance(message, dict):
                raise Malformed
            kind = message.get("kind")
            if kind == "tile":
                tile = tile_from_message(message)
                self._take_wish(tile, lambda: self._draw(tile))
            elif kind == "open":
                opening = opening_from_message(message)
                self._take_wish(opening, lambda: self._open(opening))
            elif kind == "prefetch":
                self._take_prefetch(prefetch_from_message(message))
            elif kind == "approach":
                self._take_approach(opening_request(message))
            elif kind == "ping":
                self._post(json.dumps({"kind": "pong", "t": message.get("t")}))
            else:
                raise Malformed
        except Refusal as refusal:
            self._post(_refused(_labels(message), refusal))
        except (ValueError, RecursionError):
            self._post(_refused({}, Malformed()))

    def _take_wish(self, wish: Wish, draw: Callable[[], _Drawn]) -> None:
        if self._line.is_full or self._outbox_bytes > MAX_OUTBOX_BYTES:
            raise TooManyAttempts(_TOO_MANY)
        self._line.ask(
            Ask(
                wish.viewport,
                wish.generation,
                draw,
                lambda answer: self._answered(wish, answer),
            )
        )

    def _take_approach(self, request: OpeningRequest) -> None:
        def make() -> bool:
            self._services.viewing.approach(self._caller(), request)
            return True

        self._line.prefetch(_APPROACH, [make])

    def _take_prefetch(self, ask: PrefetchAsk) -> None:
        limit_bytes = self._services.viewing.prefetch_limit_bytes
        made_bytes = 0

        def making(sop_instance_uid: str, frame_number: int) -> Callable[[], bool]:
            def make() -> bool:
                nonlocal made_bytes
                made_bytes += self._services.viewing.prefetch(
                    self._caller(),
                    ask.study_instance_uid,
                    sop_instance_uid,
                    frame_number,
                    ask.level,
                )
                return made_bytes < limit_bytes

            return make

        self._line.prefetch(ask.viewport, [making(sop, frame) for sop, frame in ask.images])

    # -- in a thread of the desk -----------------------------------------------------------------

    def _caller(self) -> Caller:
        """Who this is, asked anew for every message: rights may have changed since the last."""
        return require_caller(self._websocket, touches=False, follows=True)

    def _draw(self, ask: TileAsk) -> _Drawn:
        if self._outbox_bytes > MAX_OUTBOX_BYTES:
            raise TooManyAttempts(_TOO_MANY)
        began = time.perf_counter()
        caller, request = self._caller(), ask.request
        tile = self._services.viewing.render_tile(caller, ask.study_instance_uid, request)
        place = (ask.study_instance_uid, request.sop_instance_uid, request.frame_number)
        return _Drawn(ask, tile, (time.perf_counter() - began) * 1000, caller, place)

    def _open(self, ask: OpeningAsk) -> _Drawn:
        began = time.perf_counter()
        caller = self._caller()
        opening = self._services.viewing.open_image(caller, ask.request)
        opened = {
            "study": ask.request.study_instance_uid,
            "series": plain(opening.series),
            "image": plain(opening.image),
            "level": opening.level,
            "nearby": opening.nearby,
            "nearby_from": opening.nearby_from,
        }
        render_ms = (time.perf_counter() - began) * 1000
        image = opening.image
        place = (ask.request.study_instance_uid, image.sop_instance_uid, image.frame_number)
        return _Drawn(ask, opening.tile, render_ms, caller, place, {"opened": opened})

    # -- to the browser --------------------------------------------------------------------------

    def _answered(self, ask: Wish, answer: object) -> None:
        if isinstance(answer, _Drawn):
            self._post_drawn(answer)
        elif answer is OVERTAKEN:
            self._post(_dropped(ask))
        elif isinstance(answer, NotSignedIn):
            self._sign_out()
        elif isinstance(answer, Refusal):
            self._post(_refused(_labels_of(ask), answer))
        else:
            if isinstance(answer, BaseException):
                _log.error("A tile could not be drawn: %s", described_exception(answer))
            self._post(_frame({**_labels_of(ask), "error": _UNEXPECTED, "code": "Unexpected"}))

    def _post_drawn(self, drawn: _Drawn) -> None:
        """Put a tile into the outbox; what waits there for the same viewport and is older gives way to it.

        Only what waits behind a slow network can be older: a tile that is drawn while the writer is idle always
        leaves, so that a hand that never rests still sees images.
        """
        ask = drawn.ask
        for place, waiting in enumerate(self._outbox):
            if (
                isinstance(waiting, _Drawn)
                and waiting.ask.viewport == ask.viewport
                and waiting.ask.generation < ask.generation
            ):
                self._outbox[place] = _dropped(waiting.ask)
                self._outbox_bytes -= len(waiting.tile.octets)
        self._post(drawn)

    def _post(self, item: _Drawn | bytes | str) -> None:
        if self._is_over:
            return
        self._outbox.append(item)
        if isinstance(item, _Drawn):
            self._outbox_bytes += len(item.tile.octets)
        self._has_mail.set()
        if len(self._outbox) > MAX_OUTBOX_MESSAGES:
            self._leave(CLOSE_TOO_SLOW)

    async def _write(self) -> None:
        while True:
            while self._outbox:
                item = self._outbox.popleft()
                if isinstance(item, _Drawn):
                    self._outbox_bytes -= len(item.tile.octets)
                try:
                    await self._send(item)
                except Exception:  # noqa: BLE001 - however the socket broke, the reader sees the end and ends this
                    self._is_over = True
                    return
            self._has_mail.clear()
            await self._has_mail.wait()

    async def _send(self, item: _Drawn | bytes | str) -> None:
        if isinstance(item, str):
            await self._websocket.send({"type": "websocket.send", "text": item})
            return
        octets = item if isinstance(item, bytes) else _tile_frame(item)
        await self._websocket.send({"type": "websocket.send", "bytes": octets})
        if isinstance(item, _Drawn):
            self._services.served_images.note(item.caller, *item.place)

    def _sign_out(self) -> None:
        self._leave(CLOSE_SIGNED_OUT)

    def _leave(self, code: int) -> None:
        if not self._is_over:
            self._is_over = True
            self._outbox.clear()
            self._line.close()
            self._close_code = code
            # No socket can be closed while it is read: the reader ends, and `serve` closes it.
            if self._reader is not None:
                self._reader.cancel()

    async def _close(self, code: int) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, OSError):
                await self._websocket.close(code)


class _OpenSockets:
    """Which sockets belong to which session, so that they end with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_session: dict[str, set[_Connection]] = {}
        self._listening: WeakSet[Any] = WeakSet()

    def add(self, connection: _Connection, services: Services) -> None:
        """From now on the connection ends with its session."""
        with self._lock:
            self._of_session.setdefault(connection.session_id, set()).add(connection)
            is_listening = services.sessions in self._listening
            self._listening.add(services.sessions)
        if not is_listening:
            services.sessions.on_end(self._session_ended)

    def remove(self, connection: _Connection) -> None:
        """The connection has ended by itself."""
        with self._lock:
            connections = self._of_session.get(connection.session_id, set())
            connections.discard(connection)
            if not connections:
                self._of_session.pop(connection.session_id, None)

    def _session_ended(self, session_id: str) -> None:
        with self._lock:
            connections = tuple(self._of_session.get(session_id, ()))
        for connection in connections:
            connection.session_ended()


_open_sockets = _OpenSockets()


async def stream(websocket: WebSocket) -> None:
    """`/stream`: the socket of one page. It is accepted first, so that the browser can be told why it is closed."""
    await websocket.accept()
    services = bootstrap.services()
    try:
        caller = await asyncio.to_thread(require_caller, websocket, touches=False)
    except NotSignedIn:
        await websocket.close(CLOSE_SIGNED_OUT)
        return
    if not caller.may(Permission.STUDY_VIEW):
        await websocket.close(CLOSE_NOT_ALLOWED)
        return
    connection = _Connection(websocket, services, caller.user_id)
    connection.session_id = caller.session_id
    _open_sockets.add(connection, services)
    services.served_images.socket_opened(caller.session_id)
    try:
        await connection.serve()
    finally:
        services.served_images.socket_closed(caller.session_id)
        _open_sockets.remove(connection)


def _tile_frame(drawn: _Drawn) -> bytes:
    tile = drawn.tile
    window = None
    if tile.window_center is not None:
        window = [tile.window_center, tile.window_width, tile.voi_function]
    return _frame(
        {
            **_labels_of(drawn.ask),
            "rows": tile.rows,
            "columns": tile.columns,
            "window": window,
            "fidelity": tile.fidelity.value,
            "media_type": tile.media_type,
            "render_ms": round(drawn.render_ms, 2),
            **drawn.more,
        },
        tile.octets,
    )


def _dropped(ask: Wish) -> bytes:
    return _frame({**_labels_of(ask), "dropped": True})


def _refused(labels: Mapping[str, object], refusal: Refusal) -> bytes:
    return _frame({**labels, "error": refusal.sentence, "code": type(refusal).__name__})


def _frame(header: Mapping[str, object], octets: bytes = b"") -> bytes:
    """Length of the header (uint32, little endian), the header as JSON, the image."""
    words = json.dumps(header, separators=(",", ":")).encode()
    return len(words).to_bytes(4, "little") + words + octets


def _labels_of(ask: Wish) -> dict[str, object]:
    return {"seq": ask.seq, "viewport": ask.viewport, "generation": ask.generation}


def _labels(message: object) -> dict[str, object]:
    """What of a message that was not understood can be given back, so that the client knows which it was."""
    if not isinstance(message, dict):
        return {}
    kept = {name: message.get(name) for name in ("seq", "viewport", "generation")}
    return {
        name: value
        for name, value in kept.items()
        if isinstance(value, int | str) and len(str(value)) <= 64
    }


routes: list[BaseRoute] = [WebSocketRoute("/stream", stream)]
