"""The audit trail: how many entries a second are written durably, how long a long chain takes to verify, to sign and to search.

With `PACSCRIBE_BENCH_WHOLE=1` it is searched among a million entries, which takes minutes to write.
"""

import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import column as plain_column
from sqlalchemy import insert
from sqlalchemy import select as plain_select
from sqlalchemy import table as plain_table

from backend import bootstrap
from backend.access import audit, audit_proof
from backend.bootstrap import Services
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.identifiers import new_id
from backend.core.merkle import Tree
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.models import audit as table
from backend.models.audit import AuditEntry, ChainEnd, ChainRecord
from backend.schemas.audit import AuditQuery
from backend.services.first_people import SetUp
from backend.settings import Settings
from benchmarks.figures import Figure, at_least, at_most, median, milliseconds, told

WRITERS = 8
CROWD = 64
WRITTEN = 6_400
WRITTEN_ALONE = 400
CHAIN = 100_000
SEARCHED = 1_000_000 if os.environ.get("PACSCRIBE_BENCH_WHOLE") else 100_000
_TOGETHER = 2_000


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as name:
        built = bootstrap.build(Settings(data_dir=Path(name), reading_copies_gigabytes=0))
        try:
            caller = _set_up(built)
            figures = [
                at_least(
                    f"Audit entries, {CROWD} people look at something at the same time, each durable",
                    _written_per_second(built, caller, CROWD, WRITTEN, _look),
                    "per s",
                    1000,
                ),
                told(
                    f"The same, {WRITERS} people",
                    _written_per_second(built, caller, WRITERS, WRITTEN // 4, _look),
                    "per s",
                ),
                told(
                    "The same, one after the other",
                    _written_per_second(built, caller, 1, WRITTEN_ALONE, _look),
                    "per s",
                ),
                told(
                    f"Audit entries of {WRITERS} writers who each change something in a transaction of their own",
                    _written_per_second(built, caller, WRITERS, WRITTEN_ALONE, _record),
                    "per s",
                ),
                told("One wait for the disk", _wait_for_disk(Path(name)), "ms"),
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


def _record(built: Services, caller: Caller, number: int) -> None:
    with built.database.write(caller.organization_id) as session:
        audit.append(
            session,
            caller,
            AuditAction.STUDY_OPENED,
            object_type="study",
            object_id=f"1.2.840.113619.{number % 5000}",
            details={"images": number},
        )


def _look(built: Services, caller: Caller, number: int) -> None:
    audit.record(
        built.database,
        caller,
        AuditAction.STUDY_OPENED,
        object_type="study",
        object_id=f"1.2.840.113619.{number % 5000}",
    )


def _written_per_second(
    built: Services,
    caller: Caller,
    writers: int,
    how_many: int,
    act: Callable[[Services, Caller, int], None],
) -> float:
    def write() -> None:
        for each in range(how_many // writers):
            act(built, caller, each)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return how_many / (time.perf_counter() - began)


def _wait_for_disk(folder: Path) -> float:
    with (folder / "waited").open("wb", buffering=0) as file:

        def wait(_number: int) -> None:
            file.write(bytes(4096))
            os.fdatasync(file.fileno())

        return median(milliseconds(wait, 30))


def _fill(built: Services, caller: Caller, how_many: int) -> None:
    """Entries as `audit.append` makes them, many in one statement: what is measured is what becomes of a long trail."""
    for first in range(0, how_many, _TOGETHER):
        with built.database.system_write() as session:
            end = table.chain_end(session)
            assert end is not None
            rows = []
            for number in range(first, min(first + _TOGETHER, how_many)):
                row = _row(caller, number, end)
                end = ChainEnd(row["sequence"], row["hash"])
                rows.append(row)
            session.execute(insert(AuditEntry), rows)


def _row(caller: Caller, number: int, end: ChainEnd) -> dict[str, Any]:
    at = clock.now()
    row: dict[str, Any] = {
        "id": new_id(),
        "created_at": at,
        "organization_id": caller.organization_id,
        "sequence": end.sequence + 1,
        "at": at,
        "actor_user_id": f"user-{number % 40}",
        "actor_name": f"Person {number % 40}",
        "session_id": f"0199b0a4-6f1c-7c1e-9d7b-{number % 400:012d}",
        "ip_address": f"192.0.2.{number % 200}",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
        "action": "study:open",
        "object_type": "study",
        "object_id": f"1.2.840.113619.{number % 5000}",
        "outcome": "success",
        "reason": "",
        "details": f'{{"images":{number}}}',
        "previous_hash": end.hash,
        "hash": "",
    }
    row["hash"] = audit.record_hash(table.record_of_values(row))
    return row


def _chain(built: Services, caller: Caller) -> list[Figure]:
    _fill(built, caller, CHAIN)
    verdict = audit_proof.verify(built.database, None)
    assert verdict.first_bad_sequence is None
    seconds = median(milliseconds(lambda _: audit_proof.verify(built.database, None), 3)) / 1000
    per_chain = seconds * CHAIN / verdict.entries
    began = time.perf_counter()
    with built.database.system_read() as session:
        columns = plain_table("audit_entries", *map(plain_column, ChainRecord._fields))
        read = len(session.connection().execute(plain_select(columns)).all())
    bare = (time.perf_counter() - began) * CHAIN / read
    built.audit_checkpoints.sign_now()
    _fill(built, caller, 1000)
    began = time.perf_counter()
    built.audit_checkpoints.sign_now()
    signing = (time.perf_counter() - began) * 1000
    return [
        at_most(f"Verification of {CHAIN} audit entries", per_chain, "s", 1.0),
        told("The same, only reading their columns", bare, "s"),
        told("A checkpoint over 1,000 entries more", signing, "ms"),
    ]


def _search(built: Services, caller: Caller) -> list[Figure]:
    _fill(built, caller, SEARCHED - CHAIN)
    reader = _reader(caller)
    questions = {
        "newest": AuditQuery(),
        "of a study": AuditQuery(study="1.2.840.113619.77"),
        "far back": AuditQuery(action="study:open", older_than=SEARCHED // 10),
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
    for first in range(0, CHAIN, _TOGETHER):
        tree.extend(entries[first : first + _TOGETHER])
    tree.root()
    return at_most(f"Root over {CHAIN} entries", time.perf_counter() - began, "s", 1.0)


def _proof_of_view(built: Services, caller: Caller) -> Figure:
    def note(number: int) -> None:
        for each in range(1000):
            built.served_images.note(caller, "1.2.3", f"1.2.3.{each}", 1 + number % 3)

    # A thousand notes in so many milliseconds are so many microseconds each.
    taken = median(milliseconds(note, 20))
    return at_most("Noting that a tile was sent", taken, "us", 5.0)
