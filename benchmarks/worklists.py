"""What is measured of the worklist over 100,000 studies, on either database.

Asked by somebody who reaches every study, by somebody who reaches a part of them, and by several at a time. And how long the
storage page takes to add all of them up, and PACScribe itself to start with them, from the command to the answer that it is ready.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from urllib.request import urlopen

from backend.adapters.database import Database
from backend.adapters.object_store_local import LocalObjectStore
from backend.cli import front_end
from backend.core.caller import Caller
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole, Permission
from backend.core.worklist_query import WorklistQuery
from backend.ports.keyring import Keyring
from backend.services.storage import Storage
from backend.services.worklist import Worklist
from backend.services.worklist_rolls import Rolls
from benchmarks import many_studies, questions, served
from benchmarks.figures import Figure, at_most, median, milliseconds, p95, told
from benchmarks.processes import megabytes

LIMIT_MS = 50.0
STORAGE_LIMIT_MS = 1000.0
START_LIMIT_S = 3.0
# Each looks at another page or filter so often.
SECONDS_BETWEEN_QUESTIONS = 0.5
SECONDS_OF_READING = 10.0
_ROUNDS = 3


def started(data_dir: Path, kind: str, **variables: str) -> Figure:
    """How long PACScribe takes to start over a data directory, with these settings."""
    front_end.ensure_built()
    seconds = median([_seconds_to_start(data_dir, **variables) for _ in range(_ROUNDS)])
    name = f"Start with {questions.COUNT} studies, {kind}: ready"
    return at_most(name, seconds, "s", START_LIMIT_S)


def _seconds_to_start(data_dir: Path, **variables: str) -> float:
    port = served.free_port()
    began = time.perf_counter()
    process = served.started(data_dir, port, data_dir.parent / "log", **variables)
    try:
        with urlopen(f"http://localhost:{port}/readyz", timeout=60) as answer:
            answer.read()
            return time.perf_counter() - began
    finally:
        served.stop(process)


def measured(database: Database, keyring: Keyring, data_dir: Path, kind: str) -> list[Figure]:
    """Every question of every person, and the storage page, of a database that `many_studies` has filled."""
    rolls = Rolls(database)
    worklist = Worklist(database, keyring, rolls)
    whole = _person(0, BuiltInRole.RADIOLOGIST)
    read = _read_into_memory(worklist, rolls, whole, f"Worklist, {kind}")
    # What is assigned to them, referred by them, or of a patient in their care: some thousand studies.
    part = _person(0, BuiltInRole.RADIOLOGIST, Permission.STUDY_ALL)
    figures = [
        *read,
        *_asked(worklist, whole, f"Worklist, {kind}"),
        *_asked(worklist, part, f"Worklist of who reaches a part, {kind}"),
        _together(worklist, kind),
        _added_up(database, data_dir, kind),
    ]
    rolls.close()
    return figures


def _read_into_memory(worklist: Worklist, rolls: Rolls, caller: Caller, kind: str) -> list[Figure]:
    """The first pages after a start: the database finds them while all studies are read into memory."""
    asked = list(questions.pages())
    taken: list[float] = []
    before, began = megabytes(os.getpid()), time.perf_counter()
    while not rolls.kept():
        query = asked[len(taken) % len(asked)]
        taken += milliseconds(lambda _, query=query: worklist.page(caller, query), 1)
    seconds = time.perf_counter() - began
    rolls.wait()
    return [
        told(f"{kind}: studies read into memory", seconds, "s"),
        told(f"{kind}: memory of it", megabytes(os.getpid()) - before, "MB"),
        at_most(f"{kind}: a page meanwhile, p95", p95(taken), "ms", LIMIT_MS),
    ]


def _person(number: int, role: BuiltInRole, *without: Permission) -> Caller:
    return Caller(
        user_id=many_studies.READERS[number],
        organization_id=many_studies.ORGANIZATION,
        session_id=f"bench-{number}",
        display_name=f"Dr. Reader {number}",
        email="",
        roles=(role,),
        permissions=ROLE_PERMISSIONS[role] - set(without),
    )


def _asked(worklist: Worklist, caller: Caller, kind: str) -> list[Figure]:
    figures = []
    for name, asked in (
        ("a page", questions.pages()),
        ("a filter", questions.filters()),
        ("several filters", questions.combinations()),
        ("a search", questions.searches()),
        ("a filter of part of a text", questions.held()),
    ):
        figures.append(_figure(f"{kind}: {name}", worklist.page, caller, _allowed(caller, asked)))
    counted = _allowed(caller, questions.counts())
    figures.append(_figure(f"{kind}: a count", worklist.count, caller, counted))
    return figures


def _allowed(caller: Caller, asked: Iterable[WorklistQuery]) -> list[WorklistQuery]:
    """Without what is told only to those who reach everything."""
    return [each for each in asked if not each.prior or caller.may(Permission.STUDY_ALL)]


def _together(worklist: Worklist, kind: str) -> Figure:
    """All readers at a time, each with pages and filters at the pace of somebody who looks through a list."""
    asked = [*questions.pages(), *questions.filters()]
    taken: list[float] = []
    failed: list[BaseException] = []

    def read(number: int) -> None:
        caller = _person(number, BuiltInRole.RADIOLOGIST)
        begin = time.perf_counter() + number * SECONDS_BETWEEN_QUESTIONS / len(many_studies.READERS)
        for turn in range(round(SECONDS_OF_READING / SECONDS_BETWEEN_QUESTIONS)):
            time.sleep(max(0.0, begin + turn * SECONDS_BETWEEN_QUESTIONS - time.perf_counter()))
            query = asked[(turn * len(many_studies.READERS) + number) % len(asked)]
            try:
                taken.extend(milliseconds(lambda _, query=query: worklist.page(caller, query), 1))
            except Exception as error:  # noqa: BLE001 - told to whoever started the threads
                failed.append(error)
                return

    readers = [
        threading.Thread(target=read, args=(number,)) for number in range(len(many_studies.READERS))
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    if failed:
        raise failed[0]
    name = f"Worklist, {kind}: {len(readers)} readers at a time, p95"
    return at_most(name, p95(taken), "ms", LIMIT_MS)


def _added_up(database: Database, data_dir: Path, kind: str) -> Figure:
    """The storage page as it is opened first, when nothing of it is known yet."""
    administrator = _person(0, BuiltInRole.ADMINISTRATOR)
    store = LocalObjectStore(data_dir)
    try:
        taken = milliseconds(
            lambda _: Storage(database, store, warning_percent=10, warning_days=30).view(
                administrator
            ),
            _ROUNDS,
        )
    finally:
        store.close()
    return at_most(f"Storage page, {kind}", median(taken), "ms", STORAGE_LIMIT_MS)


def _figure(
    name: str, ask: Callable[..., object], caller: Caller, asked: Sequence[WorklistQuery]
) -> Figure:
    ask(caller, asked[0])
    taken = milliseconds(
        lambda number: ask(caller, asked[number % len(asked)]), _ROUNDS * len(asked)
    )
    slowest = sorted((max(taken[place :: len(asked)]), place) for place in range(len(asked)))[-5:]
    for worst, place in slowest:
        print(f"  {worst:7.1f} ms  {asked[place]}")
    return at_most(f"{name}, p95", p95(taken), "ms", LIMIT_MS)
