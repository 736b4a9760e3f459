"""Files are taken in while the rest of their request still arrives; what becomes of an upload when nobody waits for it any more."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from backend.api import uploads
from backend.core.errors import FileRefused, Malformed, StorageFull
from backend.core.vocabulary import IngestOutcomeKind
from backend.schemas.studies import IngestOutcome
from backend.services.ingest_verdicts import Received

WAIT_SECONDS = 60


class Staged:
    """A file in memory, where one in staging is expected."""

    def __init__(self) -> None:
        self.octets = b""
        self.is_discarded = False

    def write(self, data: memoryview) -> int:
        self.octets += data
        return len(data)

    def discard(self) -> None:
        self.is_discarded = True


class Studies:
    """Takes in what comes, and notes it."""

    upload_limit_bytes = 1000

    def __init__(self) -> None:
        self.staged: list[Staged] = []
        self.taken: list[str] = []
        self.changed = threading.Condition()
        self.ended_in: threading.Thread | None = None

    def expect_upload(self, _caller: object) -> None:
        pass

    def stage(self) -> Staged:
        self.staged.append(Staged())
        return self.staged[-1]

    def received(self, name: str, staged: Any, mark: str) -> Received:
        return Received(name, staged, "", len(staged.octets), b"", mark)

    def ingest(self, _caller: object, files: Iterator[Received]) -> Iterator[IngestOutcome]:
        try:
            for file in files:
                self.note(file.source_name)
                yield IngestOutcome(file.source_name, IngestOutcomeKind.STORED, mark=file.mark)
        finally:
            self.ended_in = threading.current_thread()

    def note(self, name: str) -> None:
        with self.changed:
            self.taken.append(name)
            self.changed.notify_all()

    def wait_for(self, name: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: name in self.taken, WAIT_SECONDS)


class Endless(Studies):
    """Gives outcomes for ever."""

    def ingest(self, _caller: object, _files: Iterator[Received]) -> Iterator[IngestOutcome]:
        try:
            while True:
                yield IngestOutcome("a file", IngestOutcomeKind.STORED)
        finally:
            self.ended_in = threading.current_thread()


class Full(Studies):
    """Finds no room."""

    def ingest(self, _caller: object, files: Iterator[Received]) -> Iterator[IngestOutcome]:
        yield from super().ingest(None, iter([next(files)]))
        raise StorageFull


def part(name: str, octets: bytes = b"octets", field: str = "f") -> bytes:
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return BOUNDARY + head.encode() + octets + b"\r\n"


END = b"--b--\r\n"
BOUNDARY = b"--b\r\n"
Blocks = Callable[[], AsyncIterator[bytes]]


def of(*blocks: bytes) -> Blocks:
    async def made() -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    return made


class Conversation:
    """One request and its answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, studies: Studies) -> None:
        self.studies = studies
        self.lines: list[str] = []
        self.messages = 0
        monkeypatch.setattr(uploads, "require_caller", lambda _request: None)
        monkeypatch.setattr(uploads, "_BLOCK_BYTES", 1)
        services = SimpleNamespace(studies=studies)
        monkeypatch.setattr(uploads.bootstrap, "services", lambda: services)

    def hold(self, body: Blocks, *, leave_after: int | None = None, is_cut: bool = False) -> None:
        """Send a body and hear the answer, or leave after so many messages of it."""
        asyncio.run(asyncio.wait_for(self._held(body, leave_after, is_cut), WAIT_SECONDS))

    async def _held(self, body: Blocks, leave_after: int | None, is_cut: bool) -> None:
        left = asyncio.Event()
        blocks = body()

        async def receive() -> dict[str, Any]:
            async for block in blocks:
                return {"type": "http.request", "body": block, "more_body": True}
            if is_cut:
                return {"type": "http.disconnect"}
            if not self.has_ended:
                self.has_ended = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body" and message["body"]:
                self.messages += 1
                self.lines += message["body"].decode().splitlines()
            if leave_after is not None and self.messages >= leave_after:
                left.set()
                await asyncio.sleep(0)

        self.has_ended = False
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "method": "POST",
            "headers": [(b"content-type", b"multipart/form-data; boundary=b")],
        }
        answer = await uploads.receive(Request(scope, receive))
        await answer(scope, receive, send)

    @property
    def told(self) -> list[str]:
        return [json.loads(line).get("source_name", "") for line in self.lines]


@pytest.fixture
def conversation(monkeypatch: pytest.MonkeyPatch) -> Conversation:
    return Conversation(monkeypatch, Studies())


def test_a_file_is_taken_in_while_the_next_one_still_arrives(conversation: Conversation) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield part("first") + BOUNDARY
        await asyncio.to_thread(conversation.studies.wait_for, "first")
        yield part("second")[len(BOUNDARY) :] + END

    conversation.hold(body)
    assert conversation.told == ["first", "second", ""]
    assert json.loads(conversation.lines[-1]) == {"done": True}


def test_what_is_refused_by_its_size_is_told_beside_what_is_taken_in(
    conversation: Conversation,
) -> None:
    conversation.hold(of(part("small"), part("large", bytes(1001)), part("other"), END))
    assert sorted(conversation.told) == ["", "large", "other", "small"]
    assert conversation.studies.taken == ["small", "other"]
    assert [staged.is_discarded for staged in conversation.studies.staged] == [False, True, False]


def test_files_of_one_name_are_told_apart_by_the_fields_that_they_came_in(
    conversation: Conversation,
) -> None:
    conversation.hold(of(part("a", field="7"), part("a", bytes(1001), "8"), part("a"), END))
    *told, _done = map(json.loads, conversation.lines)
    assert {(line["mark"], line["source_name"], line["kind"]) for line in told} == {
        ("7", "a", "stored"),
        ("8", "a", "refused"),
        ("f", "a", "stored"),
    }


@pytest.mark.parametrize("is_cut", [True, False])
def test_of_a_request_that_is_cut_or_garbled_nothing_stays_half_done(
    conversation: Conversation, is_cut: bool
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield part("whole") + part("half")[:-4]
        await asyncio.to_thread(conversation.studies.wait_for, "whole")

    with pytest.raises(FileRefused if is_cut else Malformed):
        conversation.hold(body, is_cut=is_cut)
    _, half = conversation.studies.staged
    assert half.is_discarded
    assert conversation.studies.taken == ["whole"]
    assert conversation.studies.ended_in is not threading.main_thread()
    assert conversation.studies.ended_in is not None


def test_files_that_nobody_took_are_removed_when_a_request_ends_in_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conversation = Conversation(monkeypatch, Full())
    conversation.hold(of(part("first"), part("second"), part("third"), END))
    assert conversation.told == ["first", ""]
    assert json.loads(conversation.lines[-1]) == {"error": StorageFull.default_sentence}
    assert [staged.is_discarded for staged in conversation.studies.staged] == [False, True, True]


def test_too_many_files_are_refused(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_FILES_PER_REQUEST", 2)
    with pytest.raises(Malformed):
        conversation.hold(of(*(part(f"{number}") for number in range(3)), END))
    assert "2" not in conversation.studies.taken


def test_what_fails_while_files_are_taken_in_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Studies):
        def ingest(self, _caller: object, files: Iterator[Received]) -> Iterator[IngestOutcome]:
            yield from super().ingest(None, iter([next(files)]))
            raise OSError("the disk is gone")

    conversation = Conversation(monkeypatch, Broken())
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - perhaps in a group
        conversation.hold(of(part("first"), END))
    assert "the disk is gone" in repr(caught.value)
    assert conversation.told == ["first"]


@pytest.mark.parametrize("messages", [0, 3])
def test_an_upload_whose_sender_has_left_is_ended_at_once_and_not_in_the_thread_that_serves(
    monkeypatch: pytest.MonkeyPatch, messages: int
) -> None:
    studies = Endless()
    Conversation(monkeypatch, studies).hold(of(part("a file"), END), leave_after=messages)
    assert studies.ended_in is not None
    assert studies.ended_in is not threading.main_thread()
    assert [staged.is_discarded for staged in studies.staged] == [True]
