"""A series of thousands of instances: taken in without the memory growing with them, described whole, and read as quickly as a short one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from backend.core.caller import Caller
from backend.core.vocabulary import IngestOutcomeKind
from backend.schemas.viewing import TileRequest
from backend.services import viewing_verdicts
from tests.endurance.counts import count
from tests.viewing_hospital import Hospital, ct_slice

INSTANCES = count(200, 5000)
SMALL_PX = 16
# While nine tenths of them are taken in. Each is a file, a row and an outcome; none of them may stay.
MOST_GROWTH_BYTES = 48 << 20


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


def resident_bytes() -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return 1024 * int(found[1])


def statements_of(hospital: Hospital, caller: Caller, series: str, sop_instance_uid: str) -> int:
    """How many statements the database is asked for one image that nothing is known of yet."""
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_arguments) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        hospital.services.viewing.render_tile(caller, series, TileRequest(sop_instance_uid))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(asked)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_a_long_series_is_taken_in_and_read_like_a_short_one(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    # That somebody may see the study is asked again every second, however long the series is.
    monkeypatch.setattr(viewing_verdicts, "VERDICT_SECONDS", 600.0)
    technologist = hospital.sign_in("technologist@demo.example").caller
    studies = hospital.importer
    files = (
        studies.receive(technologist, f"{number}", [ct_slice(number, number, size_px=SMALL_PX)])
        for number in range(1, INSTANCES + 1)
    )
    at_a_tenth = 0
    stored = 0
    for outcome in studies.ingest(technologist, files):
        assert outcome.kind is IngestOutcomeKind.STORED
        stored += 1
        if stored == INSTANCES // 10:
            at_a_tenth = resident_bytes()
    assert stored == INSTANCES
    grown = resident_bytes() - at_a_tenth
    print(f"{INSTANCES} instances: {grown >> 20} MiB more than after the first tenth")
    assert grown < MOST_GROWTH_BYTES

    radiologist = hospital.sign_in().caller
    viewing = hospital.services.viewing
    study = outcome.study_instance_uid
    viewing.open_study(radiologist, study)
    series = viewing.describe_series(radiologist, study, outcome.series_instance_uid)
    assert len(series.images) == INSTANCES
    assert len({image.sop_instance_uid for image in series.images}) == INSTANCES
    early, late = (series.images[place].sop_instance_uid for place in (20, INSTANCES - 20))
    first = statements_of(hospital, radiologist, study, early)
    assert statements_of(hospital, radiologist, study, late) <= first
    after_its_neighbour = series.images[INSTANCES - 19].sop_instance_uid
    assert statements_of(hospital, radiologist, study, after_its_neighbour) == 0
