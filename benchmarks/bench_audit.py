"""The audit trail: how many entries a second are written durably, how long a long chain takes to verify, to sign and to search."""

import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from backend import bootstrap
from backend.access import audit, audit_proof
from backend.bootstrap import Services
from backend.core.caller import Caller, Origin
from backend.core.merkle import Tree
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.schemas.audit import AuditQuery
from backend.services.first_people import SetUp
from backend.settings import Settings
from benchmarks.figures import Figure, at_least, at_most, median, milliseconds, told

WRITERS = 8
WRITTEN = 4_000
CHAIN = 100_000
SEARCHED = 1_000_000
_TOGETHER = 2_000


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as name:
        built = bootstrap.build(Settings(data_dir=Path(name), reading_copies_gigabytes=0))
        try:
            caller = _set_up(built)
            figures = [
                at_least(
                    f"Audit entries, {WRITERS} writers, each its own durable transaction",
                    _written_per_second(built, caller),
                    "per s",
                    1000,
                ),
                *_chain(built, caller),
                *_search(built, caller),
            ]
        finally:
            bootstrap.close(built)
    return [*figures, _root(), _proof_of_view(built, caller)]


def _set_up(built: Services) -> Caller:
    form = SetUp("Benchmark", "Bench", "bench@bench.example", "quiet green river 7 stones")
    link = built.first_people.new_set_up_link()
    built.first_people.set_up(link, form, Origin("127.0.0.1", "bench"))
    return built.studies.importer("")


def _record(built: Services, caller: Caller, number: int, how_many: int = 1) -> None:
    with built.database.write(caller.organization_id) as session:
        for each in range(number, number + how_many):
            audit.append(
                session,
                caller,
                AuditAction.STUDY_OPENED,
                object_type="study",
                object_id=f"1.2.840.113619.{each % 5000}",
                details={"images": each},
            )


def _written_per_second(built: Services, caller: Caller) -> float:
    def write(_number: int) -> None:
        for each in range(WRITTEN // WRITERS):
            _record(built, caller, each)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return WRITTEN / (time.perf_counter() - began)


def _fill(built: Services, caller: Caller, how_many: int) -> None:
    for first in range(0, how_many, _TOGETHER):
        _record(built, caller, first, min(_TOGETHER, how_many - first))


def _chain(built: Services, caller: Caller) -> list[Figure]:
    _fill(built, caller, CHAIN)
    began = time.perf_counter()
    verdict = audit_proof.verify(built.database, None)
    seconds = time.perf_counter() - began
    assert verdict.first_bad_sequence is None
    per_chain = seconds * CHAIN / verdict.entries
    built.audit_checkpoints.sign_now()
    _record(built, caller, 0, 1000)
    began = time.perf_counter()
    built.audit_checkpoints.sign_now()
    signing = (time.perf_counter() - began) * 1000
    return [
        at_most(f"Verification of {CHAIN} audit entries", per_chain, "s", 1.0),
        told("A checkpoint over 1,000 entries more", signing, "ms"),
    ]


def _search(built: Services, caller: Caller) -> list[Figure]:
    _fill(built, caller, SEARCHED - CHAIN)
    reader = _reader(caller)
    questions = {
        "newest": AuditQuery(),
        "of a study": AuditQuery(study="1.2.840.113619.77"),
        "far back": AuditQuery(action="study:open", older_than=100_000),
        "refused": AuditQuery(outcome="refused"),
    }
    return [
        at_most(
            f"Page of the audit trail among {SEARCHED} entries, {name}",
            median(milliseconds(lambda _, query=query: built.audit_trail.page(reader, query), 9)),
            "ms",
            200.0,
        )
        for name, query in questions.items()
    ]


def _reader(caller: Caller) -> Caller:
    return replace(caller, permissions=frozenset(Permission))


def _root() -> Figure:
    entries = [number.to_bytes(32, "big") for number in range(CHAIN)]
    tree = Tree()
    began = time.perf_counter()
    for entry in entries:
        tree.add(entry)
    tree.root()
    return at_most(f"Root over {CHAIN} entries", time.perf_counter() - began, "s", 1.0)


def _proof_of_view(built: Services, caller: Caller) -> Figure:
    def note(number: int) -> None:
        for each in range(1000):
            built.served_images.note(caller, "1.2.3", f"1.2.3.{each}", 1 + number % 3)

    # A thousand notes in so many milliseconds are so many microseconds each.
    taken = median(milliseconds(note, 20))
    return at_most("Noting that a tile was sent", taken, "us", 5.0)
