"""Files changed at random: each ends in one of the five outcomes with a sentence, and the program goes on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.core.permissions import Permission
from backend.core.vocabulary import IngestOutcomeKind
from tests.adapters.test_hostile_files import is_plain_sentence
from tests.endurance.counts import count
from tests.endurance.mutations import mutated
from tests.viewing_hospital import Hospital, ct_slice

FIRST_SEED = 20_260_000
FILES = count(300, 10_000)


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


def test_every_mutated_file_ends_in_an_outcome_with_a_sentence(hospital: Hospital) -> None:
    studies = hospital.services.studies
    uploader = replace(
        hospital.sign_in("technologist@demo.example").caller,
        permissions=frozenset({Permission.STUDY_UPLOAD}),
    )
    seeds = range(FIRST_SEED, FIRST_SEED + FILES)
    received = (studies.receive(uploader, f"seed {seed}", [mutated(seed)]) for seed in seeds)
    kinds: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for outcome in studies.ingest(uploader, received):
        kinds[outcome.kind] += 1
        told[outcome.source_name] += 1
        assert outcome.kind in set(IngestOutcomeKind)
        if outcome.kind is not IngestOutcomeKind.STORED:
            assert is_plain_sentence(outcome.reason), (outcome.source_name, outcome.reason)
    assert told == Counter(f"seed {seed}" for seed in seeds)
    assert kinds["refused"] > FILES // 10
    assert kinds["stored"] > 0
    good = studies.receive(uploader, "good", [ct_slice(1, 1)])
    assert [one.kind for one in studies.ingest(uploader, [good])] == [IngestOutcomeKind.STORED]
