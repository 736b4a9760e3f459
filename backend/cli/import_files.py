"""`pacscribe import`: takes in files, folders and zip archives, and says what became of each instance."""

import argparse
import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event

from backend import bootstrap
from backend.cli import attach_file
from backend.core.caller import Caller
from backend.core.errors import FileRefused, StorageFull
from backend.core.source_names import kept_name
from backend.core.vocabulary import IngestOutcomeKind
from backend.schemas.studies import IngestOutcome
from backend.services.ingest_verdicts import Received
from backend.services.media import Media
from backend.services.studies import Studies

_UNREADABLE = "The folder cannot be read, and nothing in it was taken in"
_LINK = "A link to a folder is not followed. Hand in the folder that it leads to."
CHANGED = "The file changed while it was read. Hand it in again once it is finished."
_FULL = (
    "the storage is full, and the import has stopped. Make room and run it again: what is stored already stays, "
    "and the rest is taken in."
)
_STOPPED = "stopped. What is stored stays; run it again, and the rest is taken in."
_STOPPED_STATUS = 130  # as shells have it of what Ctrl+C ends
# Whoever opens a pipe waits for its other end, and a device may never end.
_NO_FILE = "This is a pipe, a socket or a device, not a file."
_BLOCK_BYTES = 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="file, folder, disc or zip archive"
    )
    parser.add_argument(
        "--organization", default="", metavar="SLUG", help="who the studies are for"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    attach_file.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Import; 0 if nothing was refused and the storage was not full, else 1, and 130 if it was stopped by Ctrl+C."""
    missing = [path for path in options.paths if not Path(path).exists()]
    if missing:
        print(f"pacscribe import: there is no file or folder {missing[0]}.", file=sys.stderr)
        return 2
    services = bootstrap.services()
    gc.freeze()  # what is loaded stays for good, and is not looked through for garbage between files
    try:
        caller = services.studies.importer(options.organization)
        paths = [Path(path) for path in options.paths]
        report = Report(paths, as_json=options.json)
        if options.attach_to:
            outcomes = attach_file.attach_files(services, caller, options)
        else:
            outcomes = import_paths(services.studies, caller, paths)
        has_stopped = False
        try:
            for outcome in outcomes:
                if is_full(outcome):
                    has_stopped = True
                else:
                    report.add(outcome)
        except KeyboardInterrupt:
            report.finish()
            print(f"pacscribe import: {_STOPPED}", file=sys.stderr)
            return _STOPPED_STATUS
        status = report.finish()
        if has_stopped:
            print(f"pacscribe import: {_FULL}", file=sys.stderr)
        return 1 if has_stopped else status
    finally:
        bootstrap.shut_down()


def is_full(outcome: IngestOutcome) -> bool:
    """Whether only room is missing: nothing is wrong with the file."""
    return outcome.reason == StorageFull.default_sentence


def import_paths(studies: Studies, caller: Caller, paths: list[Path]) -> Iterator[IngestOutcome]:
    """Take in everything below `paths`; one outcome per instance.

    Once the storage is full no further file is begun: of those that are left there is no outcome.
    """
    unread: list[IngestOutcome] = []
    media = Media()
    full = Event()
    received = _received(studies, caller, paths, unread, media, full)
    for outcome in media.heard(studies.ingest(caller, received)):
        if is_full(outcome):
            full.set()
        yield from _taken(unread)
        yield outcome
    yield from _taken(unread)
    if not full.is_set():
        yield from media.missing()


def _taken(outcomes: list[IngestOutcome]) -> Iterator[IngestOutcome]:
    while outcomes:
        yield outcomes.pop(0)


def _received(
    studies: Studies,
    caller: Caller,
    paths: list[Path],
    unread: list[IngestOutcome],
    media: Media,
    full: Event,
) -> Iterator[Received]:
    room = memoryview(
        bytearray(_BLOCK_BYTES)
    )  # one for all files: new memory takes longer than reading into it
    for path in _files(paths, unread):
        if full.is_set():
            return
        name = kept_name(str(path))
        media.saw(name)
        try:
            yield studies.receive(caller, name, _blocks(path, room))
        except OSError as error:
            reason = f"The file cannot be read: {error.strerror}."
            unread.append(IngestOutcome(name, IngestOutcomeKind.REFUSED, reason))
        except FileRefused as refusal:
            unread.append(IngestOutcome(name, IngestOutcomeKind.REFUSED, refusal.sentence))
        except StorageFull as refusal:
            unread.append(IngestOutcome(name, IngestOutcomeKind.REFUSED, refusal.sentence))
            full.set()


def _files(paths: Sequence[Path], unread: list[IngestOutcome]) -> Iterator[Path]:
    """Every file below `paths`; folders that cannot be gone into are added to `unread`, each with the reason."""

    def not_read(error: OSError) -> None:
        reason = f"{_UNREADABLE}: {error.strerror}."
        unread.append(_outcome(error.filename, IngestOutcomeKind.REFUSED, reason))

    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path, onerror=not_read):
                folders.sort()
                links = [each for each in folders if os.path.islink(os.path.join(folder, each))]
                unread.extend(
                    _outcome(os.path.join(folder, each), IngestOutcomeKind.SKIPPED, _LINK)
                    for each in links
                )
                for each in sorted(os.path.join(folder, name) for name in names):
                    if os.path.isfile(each) or not os.path.exists(each):
                        yield Path(each)  # why it is not there is told when it is opened
                    else:
                        unread.append(_outcome(each, IngestOutcomeKind.SKIPPED, _NO_FILE))
        else:
            yield path


def _count(paths: Sequence[Path]) -> int:
    """How many outcomes there will be, were there no archives: files, and folders that are not gone into."""
    others: list[IngestOutcome] = []
    return sum(1 for _ in _files(paths, others)) + len(others)


def _outcome(path: str, kind: IngestOutcomeKind, reason: str) -> IngestOutcome:
    return IngestOutcome(kept_name(path), kind, reason)


def _blocks(path: Path, room: memoryview) -> Iterator[memoryview]:
    """The octets of a file; each block lies in `room`, and holds until the next is asked for."""
    with path.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        while count := file.readinto(room):
            yield room[:count]
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileRefused(CHANGED)


class Report:
    """Prints outcomes as they come and the counts at the end.

    Args:
        paths: What is handed in; counted where somebody watches, to tell them how long it takes.
        as_json: One object per line, and nothing else.
    """

    def __init__(self, paths: Sequence[Path] = (), *, as_json: bool) -> None:
        self._as_json = as_json
        self._counts: Counter[IngestOutcomeKind] = Counter()
        self._started = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._expected = _count(paths) if self._is_terminal else 0

    def add(self, outcome: IngestOutcome) -> None:
        """One more outcome."""
        self._counts[outcome.kind] += 1
        if self._as_json:
            print(json.dumps(outcome.plain(), ensure_ascii=False), flush=True)
        elif outcome.kind is not IngestOutcomeKind.STORED:
            self._clear_progress()
            print(f"{outcome.kind}: {outcome.source_name}: {outcome.reason}", flush=True)
        if self._is_terminal:
            self._progress()

    def finish(self) -> int:
        """Print the counts; gives the exit status."""
        seconds = round(time.monotonic() - self._started, 3)
        counts: dict[str, float] = {kind.value: self._counts[kind] for kind in IngestOutcomeKind}
        self._clear_progress()
        if self._as_json:
            print(json.dumps({**counts, "seconds": seconds}), flush=True)
        else:
            words = ", ".join(f"{count} {kind}" for kind, count in counts.items())
            print(f"{words} in {seconds} s")
        return 1 if self._counts[IngestOutcomeKind.REFUSED] else 0

    def _progress(self) -> None:
        done = sum(self._counts.values())
        rate = done / max(time.monotonic() - self._started, 0.001)
        # An archive is one file and many outcomes: nobody knows beforehand how many.
        is_countable = done <= self._expected
        of_all = f" of {self._expected}" if is_countable else ""
        left = f", {(self._expected - done) / rate:.0f} s left" if is_countable else ""
        words = f"{done}{of_all} files, {rate:.0f} per second{left}"
        with suppress(OSError):
            print(f"\r\033[K{words} ", end="", file=sys.stderr, flush=True)

    def _clear_progress(self) -> None:
        if self._is_terminal:
            with suppress(OSError):
                print("\r\033[K", end="", file=sys.stderr, flush=True)
