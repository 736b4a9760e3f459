"""Files on their way in: while one batch is recorded the next is parsed and the one after arrives. What is done is in `studies`.

Batches are made of what has arrived while the one before was recorded, so that few files do not wait and many share the waits
for the disk. They are recorded one after the other, and outcomes come in the order of the files.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from backend.dicom.model import Refused
from backend.schemas.studies import IngestOutcome
from backend.services.ingest_verdicts import Candidate, Received

BATCH_INSTANCES = 64
BATCH_BYTES = 64 * 1024 * 1024
# So many are worth a batch while nothing else is under way.
_SMALL_BATCH = 48
# One that is recorded and one that is parsed.
_BATCHES_UNDER_WAY = 2

Parsed = Candidate | Refused
Parse = Callable[[Received], Parsed]
Settle = Callable[[Sequence[Received], Sequence[Parsed]], list[IngestOutcome]]


@dataclass(frozen=True, slots=True)
class _OnItsWay:
    """A file, and what becomes of parsing it."""

    file: Received
    parsing: Future[Parsed]

    def discard(self) -> None:
        """Remove whatever of it was not committed."""
        # Of one that is cancelled nobody is told any more, so that it must not be waited for.
        if not self.parsing.cancel():
            wait([self.parsing])
        self.file.staged.discard()
        if not self.parsing.cancelled() and self.parsing.exception() is None:
            parsed = self.parsing.result()
            if isinstance(parsed, Candidate):
                for staged in parsed.staged:
                    staged.discard()


class Pipeline:
    """The way of one upload. For one thread at a time; used as a context, which removes what was not stored.

    Args:
        parsers: Where files are parsed, several at a time; shared by all uploads.
        parse: Parses one file.
        settle: Makes a parsed batch durable, records it and gives an outcome for each file.
    """

    def __init__(self, parsers: Executor, parse: Parse, settle: Settle) -> None:
        self._parsers = parsers
        self._parse = parse
        self._settle = settle
        self._arriving: list[_OnItsWay] = []
        self._arriving_bytes = 0
        self._under_way: deque[Future[list[IngestOutcome]]] = deque()
        self._recorder: ThreadPoolExecutor | None = None

    def __enter__(self) -> "Pipeline":
        return self

    def __exit__(self, *exception: object) -> None:
        for batch in self._under_way:
            batch.cancel()  # one that is being recorded is not: it ends
        if self._recorder is not None:
            self._recorder.shutdown()
        for one in self._arriving:
            one.discard()

    def take(self, file: Received) -> list[IngestOutcome]:
        """One more file, which now belongs to the pipeline; gives the outcomes that are ready.

        Waits while as much is under way as may be.
        """
        try:
            parsing = self._parsers.submit(self._parse, file)
        except RuntimeError:  # the program ends
            file.staged.discard()
            raise
        self._arriving.append(_OnItsWay(file, parsing))
        self._arriving_bytes += file.size_bytes
        outcomes = self._ready(_BATCHES_UNDER_WAY)
        is_worth_it = len(self._arriving) >= _SMALL_BATCH and not self._under_way
        if (
            is_worth_it
            or len(self._arriving) >= BATCH_INSTANCES
            or self._arriving_bytes >= BATCH_BYTES
        ):
            outcomes += self._ready(_BATCHES_UNDER_WAY - 1)
            self._hand_on()
        return outcomes

    def rest(self) -> Iterator[IngestOutcome]:
        """There are no more files for now: the outcomes of all that were taken."""
        while self._under_way:
            yield from self._under_way.popleft().result()
        batch = self._next_batch()
        if batch:
            yield from self._settled(batch)

    def _ready(self, at_most: int) -> list[IngestOutcome]:
        """The outcomes that are there, and those that must be waited for until no more than so many batches are left."""
        outcomes = []
        while self._under_way and (len(self._under_way) > at_most or self._under_way[0].done()):
            outcomes += self._under_way.popleft().result()
        return outcomes

    def _hand_on(self) -> None:
        if self._recorder is None:
            self._recorder = ThreadPoolExecutor(1, "record")
        batch = self._next_batch()
        recording = self._recorder.submit(self._settled, batch)
        recording.add_done_callback(lambda done: _discard(batch) if done.cancelled() else None)
        self._under_way.append(recording)

    def _next_batch(self) -> list[_OnItsWay]:
        batch, self._arriving, self._arriving_bytes = self._arriving, [], 0
        return batch

    def _settled(self, batch: Sequence[_OnItsWay]) -> list[IngestOutcome]:
        try:
            parsed = [one.parsing.result() for one in batch]
            return self._settle([one.file for one in batch], parsed)
        finally:
            _discard(batch)


def _discard(batch: Sequence[_OnItsWay]) -> None:
    """Remove what was not committed of a batch, even after one removal has failed."""
    with contextlib.ExitStack() as stack:
        for one in batch:
            stack.callback(one.discard)
