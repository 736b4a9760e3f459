"""Uploads: files stream from the request into sealed staging, and outcomes stream back, one line of JSON each.

Each file is taken in as soon as it is there, while the rest of the request still arrives. Nothing is spooled in clear: the multipart parser hands octets on as they arrive. File names stay in the body of the
request, for they often hold a patient's name.
"""

import asyncio
import contextlib
import json
import queue
import threading
from collections.abc import Callable, Iterator
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
from backend.ports.object_store import StagedObject
from backend.schemas.studies import IngestOutcome
from backend.services.ingest_verdicts import Received, refused
from backend.services.studies import Studies

MAX_FILES_PER_REQUEST = 2000
_BLOCK_BYTES = 256 * 1024
_MAX_HEADER_BYTES = 16 * 1024


class _FileReceiver:
    """Takes the octets of a multipart body apart and seals each file as it comes.

    Args:
        studies: Where files are sealed.
        boundary: Of the body.
        take: Given each file that is whole, and belongs to it then.
    """

    def __init__(self, studies: Studies, boundary: bytes, take: Callable[[Received], None]) -> None:
        self._studies = studies
        self._take = take
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
        self._name = self._mark = ""
        self._staged: StagedObject | None = None
        self._bytes = 0
        self._refusal = ""
        self._parts = 0
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
        """Remove what was received of a file that is not whole."""
        if self._staged is not None:
            self._staged.discard()
            self._staged = None

    def _begin(self) -> None:
        self._headers, self._name, self._mark, self._bytes, self._refusal = {}, "", "", 0, ""
        self._parts += 1
        if self._parts > MAX_FILES_PER_REQUEST:
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
            self._mark = options.get(b"name", b"").decode("utf-8", "replace")
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
            self.outcomes.append(refused(self._name, self._refusal, self._mark))
        elif self._staged is not None:
            self._take(self._studies.received(self._name, self._staged, self._mark))
        self._staged = None


class _Taking:
    """The files of one request on their way in, in a thread of its own.

    To be ended, however it goes: what was not stored is then removed.
    """

    def __init__(self, studies: Studies, caller: Caller) -> None:
        self._studies = studies
        self._caller = caller
        # None after the last, on both.
        self._files: queue.SimpleQueue[Received | None] = queue.SimpleQueue()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._is_left = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="upload", daemon=True)
        self._thread.start()

    def take(self, file: Received) -> None:
        """One more file, which now belongs to this."""
        self._files.put(file)

    def finish(self, outcomes: list[IngestOutcome]) -> None:
        """All files have come; some were refused already."""
        for outcome in outcomes:
            self._lines.put(_line(outcome.plain()))
        self._files.put(None)

    def lines(self) -> Iterator[str]:
        """The outcomes as lines, those together that are there together.

        Raises:
            Exception: Whatever taking in failed with, beside refusals.
        """
        line = self._lines.get()
        while line is not None:
            some = [line]
            with contextlib.suppress(queue.Empty):
                while (line := self._lines.get_nowait()) is not None:
                    some.append(line)
            yield "".join(some)
            if line is not None:
                line = self._lines.get()
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Take in no more, and remove what was not stored; waits for what is being recorded."""
        self._is_left.set()
        self._files.put(None)
        self._thread.join()
        with contextlib.suppress(queue.Empty):
            while True:
                _discard(self._files.get_nowait())

    def _run(self) -> None:
        try:
            with contextlib.closing(self._studies.ingest(self._caller, self._arriving())) as taken:
                for outcome in taken:
                    self._lines.put(_line(outcome.plain()))
                    if self._is_left.is_set():
                        return
            self._lines.put(_line({"done": True}))
        except Refusal as refusal:
            self._lines.put(_line({"error": refusal.sentence}))
        except _Left:
            pass
        except BaseException as failure:  # noqa: BLE001 - raised where the lines are read
            self._failure = failure
        finally:
            self._lines.put(None)

    def _arriving(self) -> Iterator[Received]:
        while (file := self._files.get()) is not None and not self._is_left.is_set():
            yield file
        if self._is_left.is_set():
            _discard(file)
            raise _Left


class _Left(Exception):  # noqa: N818 - no fault
    """Nobody waits for this upload any more."""


def _discard(file: Received | None) -> None:
    if file is not None:
        file.staged.discard()


async def receive(request: Request) -> Response:
    """`POST /api/v1/uploads`: multipart form of files; answers one JSON object per instance and line.

    The field of the form that a file came in is its `mark` there, by which its sender tells it from others of its name.
    A last line `{"done": true}` tells a complete answer from a cut one. The answer begins when the whole request has come;
    of a request that is cut, files may have been stored by then, which are duplicates when they are sent again.
    """
    caller = await asyncio.to_thread(require_caller, request)
    studies = bootstrap.services().studies
    await asyncio.to_thread(studies.expect_upload, caller)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise Malformed("Send files as multipart/form-data.")
    taking = _Taking(studies, caller)
    receiver = _FileReceiver(studies, options[b"boundary"], taking.take)
    try:
        await _drain(request, receiver)
    except BaseException:
        await asyncio.to_thread(receiver.discard)
        await asyncio.shield(asyncio.to_thread(taking.end))
        raise
    taking.finish(receiver.outcomes)
    return _Outcomes(taking)


async def _drain(request: Request, receiver: _FileReceiver) -> None:
    block = bytearray()
    try:
        async for chunk in request.stream():
            if not block and len(chunk) >= _BLOCK_BYTES:
                await asyncio.to_thread(receiver.write, chunk)
                continue
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

    def __init__(self, taking: _Taking) -> None:
        self._taking = taking
        super().__init__(
            taking.lines(),
            media_type="application/x-ndjson",
            headers={"cache-control": "no-store"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await asyncio.shield(asyncio.to_thread(self._taking.end))


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False) + "\n"


routes: list[BaseRoute] = [Route("/uploads", receive, methods=["POST"])]
