"""Uploads: files stream from the request into sealed staging, and outcomes stream back, one line of JSON each.

Nothing is spooled in clear: the multipart parser hands octets on as they arrive. File names stay in the body of the
request, for they often hold a patient's name.
"""

import asyncio
import contextlib
import json
from collections.abc import Generator
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from backend import bootstrap
from backend.api.session_cookie import require_caller
from backend.core.caller import Caller
from backend.core.errors import FileRefused, Malformed, Refusal
from backend.core.vocabulary import IngestOutcomeKind
from backend.ports.object_store import StagedObject
from backend.schemas.studies import IngestOutcome
from backend.services.ingest_verdicts import Received
from backend.services.studies import Studies

MAX_FILES_PER_REQUEST = 2000
_BLOCK_BYTES = 512 * 1024
_MAX_HEADER_BYTES = 16 * 1024


class _FileReceiver:
    """Takes the octets of a multipart body apart and seals each file as it comes."""

    def __init__(self, studies: Studies, boundary: bytes) -> None:
        self._studies = studies
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
            },
            max_size=float("inf"),
        )
        self._field = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._staged: StagedObject | None = None
        self._bytes = 0
        self._refusal = ""
        self.files: list[Received] = []
        self.outcomes: list[IngestOutcome] = []

    def write(self, block: bytes) -> None:
        """Take a block of the body.

        Raises:
            Malformed: If it is not multipart.
            StorageFull: If there is no room.
        """
        try:
            self._parser.write(block)
        except FormParserError as error:
            raise Malformed("The upload was cut or garbled. Send it again.") from error

    def finish(self) -> None:
        """The body has ended.

        Raises:
            Malformed: If it ended in the middle of a file.
        """
        if self._staged is not None:
            raise Malformed("The upload ended in the middle of a file. Send it again.")

    def discard(self) -> None:
        """Remove everything that was received and not handed on."""
        if self._staged is not None:
            self._staged.discard()
            self._staged = None
        for file in self.files:
            file.staged.discard()

    def _begin(self) -> None:
        self._headers, self._name, self._bytes, self._refusal = {}, "", 0, ""
        if len(self.files) + len(self.outcomes) >= MAX_FILES_PER_REQUEST:
            raise Malformed(f"Send at most {MAX_FILES_PER_REQUEST} files at a time.")

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]
        self._require_small(self._field)

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._require_small(self._value)

    @staticmethod
    def _require_small(part: bytes) -> None:
        if len(part) > _MAX_HEADER_BYTES:
            raise Malformed("The upload's headers are too long.")

    def _header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"filename")
        if name is not None:
            self._name = name.decode("utf-8", "replace") or "file"
            self._staged = self._studies.stage()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._staged is None:
            return  # a form field, or a file that is refused already
        self._bytes += end - start
        if self._bytes > self._studies.upload_limit_bytes:
            self._staged.discard()
            self._staged, self._refusal = None, "This file is larger than the upload limit."
            return
        self._staged.write(memoryview(data)[start:end])

    def _end(self) -> None:
        if self._refusal:
            self.outcomes.append(
                IngestOutcome(self._name, IngestOutcomeKind.REFUSED, self._refusal)
            )
        elif self._staged is not None:
            self.files.append(self._studies.received(self._name, self._staged))
        self._staged = None


async def receive(request: Request) -> Response:
    """`POST /api/v1/uploads`: multipart form of files; answers one JSON object per instance and line.

    A last line `{"done": true}` tells a complete answer from a cut one.
    """
    caller = await asyncio.to_thread(require_caller, request)
    studies = bootstrap.services().studies
    await asyncio.to_thread(studies.require_upload, caller)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise Malformed("Send files as multipart/form-data.")
    receiver = _FileReceiver(studies, options[b"boundary"])
    try:
        await _drain(request, receiver)
    except BaseException:
        await asyncio.to_thread(receiver.discard)
        raise
    return _Outcomes(studies, caller, receiver)


async def _drain(request: Request, receiver: _FileReceiver) -> None:
    block = bytearray()
    try:
        async for chunk in request.stream():
            block += chunk
            if len(block) >= _BLOCK_BYTES:
                await asyncio.to_thread(receiver.write, bytes(block))
                block.clear()
    except ClientDisconnect:
        raise FileRefused("The upload was broken off. Send it again.") from None
    await asyncio.to_thread(receiver.write, bytes(block))
    receiver.finish()


class _Outcomes(StreamingResponse):
    """The answer: outcomes as they come.

    However it ends, what was under way is ended in a thread of its own. Left to the garbage collector, that would be done,
    with its waits for the disk and for parsers, in whatever thread it comes by: the one that serves everybody, even.
    """

    def __init__(self, studies: Studies, caller: Caller, receiver: _FileReceiver) -> None:
        self._receiver = receiver
        self._lines = _answer(studies, caller, receiver)
        super().__init__(
            self._lines,
            media_type="application/x-ndjson",
            headers={"cache-control": "no-store"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await asyncio.shield(asyncio.to_thread(self._end))

    def _end(self) -> None:
        self._lines.close()
        self._receiver.discard()


def _answer(
    studies: Studies, caller: Caller, receiver: _FileReceiver
) -> Generator[str, None, None]:
    try:
        for outcome in receiver.outcomes:
            yield _line(outcome.plain())
        with contextlib.closing(studies.ingest(caller, receiver.files)) as outcomes:
            for outcome in outcomes:
                yield _line(outcome.plain())
        yield _line({"done": True})
    except Refusal as refusal:
        yield _line({"error": refusal.sentence})


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False) + "\n"


routes: list[BaseRoute] = [Route("/uploads", receive, methods=["POST"])]
