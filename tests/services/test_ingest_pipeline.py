"""Files overtake one another while they are parsed; outcomes do not, and nothing is left of what was not stored."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.model import Refused
from backend.schemas.studies import IngestOutcome
from backend.services import ingest_pipeline
from backend.services.ingest_pipeline import Parsed, Pipeline
from backend.services.ingest_verdicts import Received

PATIENCE_SECONDS = 30.0


class Staged:
    """Says whether it was removed; nothing else is asked of it here."""

    def __init__(self) -> None:
        self.is_discarded = False

    def discard(self) -> None:
        self.is_discarded = True


def a_file(number: int, size_bytes: int = 1) -> Received:
    return Received(f"{number}", Staged(), "", size_bytes, b"")


def unreadable(file: Received) -> Parsed:
    return Refused(f"{file.source_name} is of no kind.")


def told(files: Sequence[Received], _parsed: Sequence[Parsed]) -> list[IngestOutcome]:
    return [IngestOutcome(file.source_name, IngestOutcomeKind.STORED) for file in files]


def names(outcomes: Sequence[IngestOutcome]) -> list[str]:
    return [outcome.source_name for outcome in outcomes]


@pytest.fixture
def parsers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_pipeline, "BATCH_INSTANCES", 4)
    monkeypatch.setattr(ingest_pipeline, "_SMALL_BATCH", 2)


def through(pipeline: Pipeline, files: Sequence[Received]) -> list[IngestOutcome]:
    with pipeline:
        return [one for file in files for one in pipeline.take(file)] + list(pipeline.rest())


def test_outcomes_come_in_the_order_of_the_files_whichever_is_parsed_first(
    parsers: ThreadPoolExecutor,
) -> None:
    second_is_parsed = threading.Event()

    def parse(file: Received) -> Parsed:
        if file.source_name == "0":
            assert second_is_parsed.wait(PATIENCE_SECONDS)
        if file.source_name == "1":
            second_is_parsed.set()
        return unreadable(file)

    files = [a_file(number) for number in range(23)]
    outcomes = through(Pipeline(parsers, parse, told), files)
    assert names(outcomes) == [file.source_name for file in files]
    assert all(file.staged.is_discarded for file in files)


def test_files_arrive_and_are_parsed_while_a_batch_is_recorded(parsers: ThreadPoolExecutor) -> None:
    is_recording, third_is_parsed = threading.Event(), threading.Event()

    def parse(file: Received) -> Parsed:
        if file.source_name == "2":
            third_is_parsed.set()
        return unreadable(file)

    def settle(files: Sequence[Received], parsed: Sequence[Parsed]) -> list[IngestOutcome]:
        is_recording.set()
        assert third_is_parsed.wait(PATIENCE_SECONDS)
        return told(files, parsed)

    with Pipeline(parsers, parse, settle) as pipeline:
        pipeline.take(a_file(0))
        pipeline.take(a_file(1))
        assert is_recording.wait(PATIENCE_SECONDS)
        assert pipeline.take(a_file(2)) == []  # not before what it promises is done
        assert names(list(pipeline.rest())) == ["0", "1", "2"]


def test_no_more_files_are_taken_than_are_worked_on(parsers: ThreadPoolExecutor) -> None:
    many = 2 * ingest_pipeline.BATCH_INSTANCES
    many_are_taken = threading.Event()
    taken: list[int] = []
    recorded: list[str] = []
    ahead: list[int] = []

    def settle(files: Sequence[Received], parsed: Sequence[Parsed]) -> list[IngestOutcome]:
        assert many_are_taken.wait(PATIENCE_SECONDS)
        ahead.append(len(taken) - len(recorded))
        recorded.extend(names(told(files, parsed)))
        return told(files, parsed)

    with Pipeline(parsers, unreadable, settle) as pipeline:
        for number in range(400):
            pipeline.take(a_file(number))
            taken.append(number)
            if len(taken) == many:
                many_are_taken.set()
        list(pipeline.rest())
    assert recorded == [str(number) for number in range(400)]
    assert max(ahead) <= 3 * ingest_pipeline.BATCH_INSTANCES


def test_a_batch_is_bounded_in_bytes(parsers: ThreadPoolExecutor) -> None:
    sizes = []

    def settle(files: Sequence[Received], parsed: Sequence[Parsed]) -> list[IngestOutcome]:
        sizes.append(len(files))
        return told(files, parsed)

    half = ingest_pipeline.BATCH_BYTES // 2
    through(
        Pipeline(parsers, unreadable, settle), [a_file(number, 2 * half) for number in range(3)]
    )
    assert sizes == [1, 1, 1]


@pytest.mark.parametrize("count", [1, 3, 11])
def test_nothing_is_left_of_an_upload_that_was_broken_off(
    parsers: ThreadPoolExecutor, count: int
) -> None:
    files = [a_file(number) for number in range(count)]
    with Pipeline(parsers, unreadable, told) as pipeline:
        for file in files:
            pipeline.take(file)
    assert all(file.staged.is_discarded for file in files)


def test_a_batch_that_cannot_be_recorded_is_told_and_nothing_is_left_of_it(
    parsers: ThreadPoolExecutor,
) -> None:
    def settle(files: Sequence[Received], parsed: Sequence[Parsed]) -> list[IngestOutcome]:
        if "3" in names(told(files, parsed)):
            raise OSError("the disk is gone")
        return told(files, parsed)

    files = [a_file(number) for number in range(12)]
    with pytest.raises(OSError, match="the disk is gone"):
        through(Pipeline(parsers, unreadable, settle), files)
    assert all(file.staged.is_discarded for file in files[:4])


def test_a_parser_that_fails_ends_the_upload_and_nothing_is_left(
    parsers: ThreadPoolExecutor,
) -> None:
    def parse(file: Received) -> Parsed:
        raise RuntimeError("no process can be started")

    files = [a_file(number) for number in range(3)]
    with pytest.raises(RuntimeError, match="no process"):
        through(Pipeline(parsers, parse, told), files)
    assert files[0].staged.is_discarded
    assert files[1].staged.is_discarded


def test_an_upload_ends_when_the_program_does_and_nothing_is_left_of_it() -> None:
    may_end = threading.Event()

    def parse(file: Received) -> Parsed:
        assert may_end.wait(PATIENCE_SECONDS)
        return unreadable(file)

    files = [a_file(number) for number in range(5)]
    parsers = ThreadPoolExecutor(1)
    with Pipeline(parsers, parse, told) as pipeline:
        for file in files:
            pipeline.take(file)
        parsers.shutdown(wait=False, cancel_futures=True)
        may_end.set()
        with pytest.raises(CancelledError):
            list(pipeline.rest())
        last = a_file(5)
        with pytest.raises(RuntimeError):
            pipeline.take(last)
    assert all(file.staged.is_discarded for file in [*files, last])
