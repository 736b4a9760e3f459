"""The answer to an upload, and what becomes of the upload when nobody waits for it any more."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

from backend.api import uploads
from backend.core.vocabulary import IngestOutcomeKind
from backend.schemas.studies import IngestOutcome


class Receiver:
    def __init__(self) -> None:
        self.outcomes: list[IngestOutcome] = []
        self.files: list[Any] = []
        self.is_discarded = False

    def discard(self) -> None:
        self.is_discarded = True


class Studies:
    """Takes files in for ever."""

    def __init__(self) -> None:
        self.ended_in: threading.Thread | None = None

    def ingest(self, _caller: object, _files: object) -> Iterator[IngestOutcome]:
        try:
            while True:
                yield IngestOutcome("a file", IngestOutcomeKind.STORED)
        finally:
            self.ended_in = threading.current_thread()


def answered(studies: Studies, receiver: Receiver, lines_read: int) -> None:
    """Send the answer to somebody who leaves after so many lines."""

    async def conversation() -> None:
        left = asyncio.Event()
        sent = 0

        async def receive() -> dict[str, Any]:
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal sent
            sent += message["type"] == "http.response.body"
            if sent >= lines_read:
                left.set()
                await asyncio.sleep(0)

        scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}}
        await uploads._Outcomes(studies, None, receiver)(scope, receive, send)

    asyncio.run(asyncio.wait_for(conversation(), 60))


def test_an_upload_whose_sender_has_left_is_ended_at_once_and_not_in_the_thread_that_serves():
    studies, receiver = Studies(), Receiver()
    answered(studies, receiver, lines_read=3)
    assert receiver.is_discarded
    assert studies.ended_in is not None
    assert studies.ended_in is not threading.main_thread()


def test_nothing_stays_of_an_upload_whose_sender_has_left_before_the_first_line():
    studies, receiver = Studies(), Receiver()
    answered(studies, receiver, lines_read=0)
    assert receiver.is_discarded
