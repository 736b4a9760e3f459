"""Files changed at random: each ends in one of the five outcomes with a sentence, within its limits, and the program goes on."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.adapters.confined_template import PARSER_TEMPLATE, template_of
from backend.adapters.parser_process import OVER_LIMIT, ParserPool
from backend.core.permissions import Permission
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.model import ParsedInstance, Refused
from backend.dicom.reading_copy import CopiedFrame
from backend.ports.object_store import ObjectReader
from backend.services.studies import Studies
from tests.adapters.test_hostile_files import (
    GROWTH_BYTES,
    IDLE_BYTES,
    LIMITS,
    START_SECONDS,
    is_plain_sentence,
)
from tests.endurance.counts import count
from tests.endurance.mutations import mutated
from tests.memory import peak_bytes, resident_bytes
from tests.viewing_hospital import Hospital, ct_slice

FIRST_SEED = 20_260_000
FILES = count(300, 10_000)


class MeasuredPool(ParserPool):
    """One process after the other, as uploads are parsed; each file is held to its time and memory.

    Attributes:
        over_limit: How many files were refused for it.
        longest_seconds: That one took.
        largest_bytes: That a process has held.
    """

    def __init__(self) -> None:
        super().__init__(1, LIMITS, template_of(PARSER_TEMPLATE))
        self.over_limit = 0
        self.longest_seconds = 0.0
        self.largest_bytes = 0

    def parse(
        self, octets: ObjectReader, take: Callable[[CopiedFrame], None] | None = None
    ) -> ParsedInstance | Refused:
        began = time.monotonic()
        result = super().parse(octets, take)
        self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
        self.over_limit += isinstance(result, Refused) and result.reason == OVER_LIMIT
        for worker in self._free:  # none, if it was over a limit
            self.largest_bytes = max(self.largest_bytes, peak_bytes(worker._process.pid))
        return result


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def pool() -> Iterator[MeasuredPool]:
    pool = MeasuredPool()
    yield pool
    pool.close()


def test_every_mutated_file_ends_in_an_outcome_with_a_sentence_within_its_limits(
    hospital: Hospital, pool: MeasuredPool
) -> None:
    services = hospital.services
    studies = Studies(
        services.database,
        services.object_store,
        services.keyring,
        pool.parse,
        parsers=1,
        upload_limit_bytes=1 << 30,
    )
    uploader = replace(
        hospital.sign_in("technologist@demo.example").caller,
        permissions=frozenset({Permission.STUDY_UPLOAD}),
    )
    seeds = range(FIRST_SEED, FIRST_SEED + FILES)
    received = (studies.receive(uploader, f"seed {seed}", [mutated(seed)]) for seed in seeds)
    kinds: Counter[str] = Counter()
    told: Counter[str] = Counter()
    before = resident_bytes(os.getpid())
    most = before
    for outcome in studies.ingest(uploader, received):
        kinds[outcome.kind] += 1
        told[outcome.source_name] += 1
        most = max(most, resident_bytes(os.getpid()))
        assert outcome.kind in set(IngestOutcomeKind)
        if outcome.kind is not IngestOutcomeKind.STORED:
            assert is_plain_sentence(outcome.reason), (outcome.source_name, outcome.reason)
    assert told == Counter(f"seed {seed}" for seed in seeds)
    assert kinds["refused"] > FILES // 10
    assert kinds["stored"] > 0
    good = studies.receive(uploader, "good", [ct_slice(1, 1)])
    assert [one.kind for one in studies.ingest(uploader, [good])] == [IngestOutcomeKind.STORED]
    studies.close()
    print(
        f"{ {kind.value: number for kind, number in kinds.items()} }, {pool.over_limit} over a limit: the longest {1000 * pool.longest_seconds:.0f} ms;"
        f" a process that parses held {pool.largest_bytes >> 20} MiB, this one grew by {(most - before) >> 20} MiB"
    )
    assert pool.longest_seconds < LIMITS.wall_seconds + START_SECONDS
    assert pool.largest_bytes < LIMITS.memory_bytes + IDLE_BYTES
    assert pool.over_limit < FILES // 100
    assert most - before < GROWTH_BYTES
