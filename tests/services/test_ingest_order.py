"""What is acknowledged was recorded before, and what is recorded was durable before, also while several batches are under way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.parsing import parse_instance
from backend.models.studies import Instance
from backend.ports.object_store import StagedObject
from backend.services import ingest_pipeline
from backend.services.studies import Studies
from tests.viewing_hospital import Hospital, ct_slice

FILES = 11


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


class Noted:
    """Hands everything on, and notes when objects are durable and when rows are committed."""

    def __init__(self, hospital: Hospital) -> None:
        self._store: Any = hospital.services.object_store
        self._database: Any = hospital.services.database
        self.durable: list[set[str]] = []
        self.recorded: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store if hasattr(self._store, name) else self._database, name)

    def commit_many(self, staged: Sequence[StagedObject]) -> None:
        self._store.commit_many(staged)
        self.durable.append({one.object_id for one in staged})

    @contextmanager
    def write(self, organization_id: str) -> Iterator[Any]:
        with self._database.write(organization_id) as session:
            yield session
            rows = session.exec(select(Instance.object_id)).all()
            assert set(rows) <= set().union(*self.durable)
        self.recorded |= set(rows)


def test_nothing_is_recorded_before_it_is_durable_nor_told_before_it_is_recorded(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_pipeline, "BATCH_INSTANCES", 3)
    monkeypatch.setattr(ingest_pipeline, "_SMALL_BATCH", 2)
    noted: Any = Noted(hospital)
    studies = Studies(
        noted,
        noted,
        hospital.services.keyring,
        lambda reader: parse_instance(reader.stream()),
        parsers=2,
        upload_limit_bytes=1 << 30,
    )
    technologist = hospital.sign_in("technologist@demo.example").caller
    files = (
        studies.receive(technologist, f"{number}", [ct_slice(number, number)])
        for number in range(FILES)
    )
    told = 0
    for outcome in studies.ingest(technologist, files):
        assert outcome.kind is IngestOutcomeKind.STORED
        with hospital.services.database.read(technologist.organization_id) as session:
            statement = select(Instance).where(
                Instance.sop_instance_uid == outcome.sop_instance_uid
            )
            instance = session.exec(statement).one()
        assert instance.object_id in noted.recorded
        told += 1
    studies.close()
    assert told == FILES
    assert len(noted.recorded) == FILES
    assert len(noted.durable) > 2
