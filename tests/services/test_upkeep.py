"""What an installation does by itself: leftovers are swept, the disk is watched, what is done is said in a sentence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.core.caller import Caller
from backend.ports.object_store import Room, SweepReport
from backend.services import upkeep
from tests.viewing_hospital import Hospital, ct_slice

GB = 10**9


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    made.take_in(ct_slice(1.0, 1))
    yield made
    made.close()


@pytest.fixture
def manager(hospital: Hospital) -> Caller:
    return hospital.sign_in("admin@demo.example").caller


def run_all(hospital: Hospital, manager: Caller) -> dict[str, tuple[str, str]]:
    """Everything that comes by itself; what came of it, or why not, by kind."""
    jobs = hospital.services.jobs
    jobs.schedule()
    while jobs.run_next():
        pass
    return {row.kind: (row.result, row.error) for row in jobs.page(manager)}


def test_everything_that_comes_by_itself_says_what_came_of_it(hospital, manager):
    came = run_all(hospital, manager)
    assert came[upkeep.SWEEP] == (
        "Removed: 0 uploads given up, 0 half-written and 0 orphaned objects.",
        "",
    )
    assert came[upkeep.CHECK_SAMPLE][0].startswith("Checked: 1 objects, ")
    assert came[upkeep.CHECK_SAMPLE][0].endswith("; all whole.")
    assert came[upkeep.READ_ANEW] == ("Every image is described as this version reads it.", "")
    assert came[upkeep.PRUNE] == ("Removed: 0 old jobs.", "")
    assert came[upkeep.WATCH][0].endswith(" are free.")


def test_orphans_that_are_too_many_are_left_alone_and_told(hospital, manager, monkeypatch):
    monkeypatch.setattr(
        hospital.services.studies, "sweep", lambda: SweepReport(0, 0, 5000), raising=True
    )
    _, error = run_all(hospital, manager)[upkeep.SWEEP]
    assert error.startswith("5000 stored objects belong to no study, and none was removed")
    assert "pacscribe check --remove-orphans" in error


@pytest.mark.parametrize(
    ("free", "said"), [(500 * GB, ""), (50 * GB, "filling up"), (GB, "uploads are refused")]
)
def test_a_disk_that_fills_up_is_said_in_the_log(
    hospital, manager, monkeypatch, caplog, free, said
):
    store = hospital.services.object_store
    monkeypatch.setattr(store, "room", lambda: Room(1000 * GB, free, GB))
    run_all(hospital, manager)
    assert said in caplog.text
    assert bool(caplog.text) == bool(said)
