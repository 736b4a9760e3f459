"""The trail tells of an arrival when it begins and when it is over, and never of each batch."""

import json
from collections.abc import Callable, Iterator

import pytest
from sqlmodel import col, select

from backend.core.caller import Caller
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models.audit import AuditEntry
from backend.services import ingest_pipeline
from backend.services.arrivals import TURNED_AWAY, Arrivals, taken_in
from tests.viewing_hospital import Hospital, ct_slice

UID = "1.2.3"
Told = tuple[str, dict[str, object]]  # how it ended, and the details


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    made = Hospital(tmp_path_factory.mktemp("arrivals") / "data")
    yield made
    made.close()


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def arrivals(hospital: Hospital, clock: Clock) -> Arrivals:
    return Arrivals(hospital.services.database, clock)


@pytest.fixture
def technologist(hospital: Hospital) -> Caller:
    return hospital.sign_in("technologist@demo.example").caller


@pytest.fixture
def told(hospital: Hospital, technologist: Caller) -> Callable[[], list[Told]]:
    """What the trail says of imports since the test began."""
    with hospital.services.database.read(technologist.organization_id) as session:
        before = len(imports(session))

    def since() -> list[Told]:
        with hospital.services.database.read(technologist.organization_id) as session:
            return [(one.outcome, json.loads(one.details)) for one in imports(session)[before:]]

    return since


def imports(session) -> list[AuditEntry]:
    statement = select(AuditEntry).where(AuditEntry.action == AuditAction.STUDY_IMPORTED)
    return list(session.exec(statement.order_by(col(AuditEntry.sequence))).all())


def batch(hospital: Hospital, arrivals: Arrivals, caller: Caller, counts) -> None:
    with hospital.services.database.write(caller.organization_id) as session:
        told = arrivals.begin(session, caller, counts)
    arrivals.count(caller, counts, told)


def test_an_arrival_is_told_at_its_first_batch_and_summed_up_when_nothing_more_has_come(
    hospital, arrivals, technologist, clock, told
):
    for _ in range(3):
        batch(hospital, arrivals, technologist, {taken_in(UID): 40})
        arrivals.write_down()
        assert told() == [("success", {"instances": 40})]
        clock.seconds += 10
    clock.seconds += 10
    arrivals.write_down()
    _, (outcome, details) = told()
    assert outcome == AuditOutcome.SUCCESS
    assert details["instances_in_all"] == 120
    batch(hospital, arrivals, technologist, {taken_in(UID): 1})
    assert told()[2:] == [("success", {"instances": 1})]


def test_what_came_at_once_is_told_once(hospital, arrivals, technologist, clock, told):
    batch(hospital, arrivals, technologist, {taken_in(UID): 5, TURNED_AWAY: 2})
    clock.seconds += 1000
    arrivals.write_down()
    arrivals.stop()
    assert told() == [("success", {"instances": 5}), ("refused", {"instances": 2})]


def test_a_batch_that_is_undone_leaves_the_next_one_to_tell_of_the_arrival(
    hospital, arrivals, technologist, told
):
    def undone() -> None:
        with hospital.services.database.write(technologist.organization_id) as session:
            arrivals.begin(session, technologist, {taken_in(UID): 5})
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        undone()
    assert told() == []
    batch(hospital, arrivals, technologist, {taken_in(UID): 5})
    assert told() == [("success", {"instances": 5})]


def test_a_batch_that_meets_the_end_of_its_arrival_is_told_later(
    hospital, arrivals, technologist, clock, told
):
    counts = {taken_in(UID): 5}
    batch(hospital, arrivals, technologist, counts)
    with hospital.services.database.write(technologist.organization_id) as session:
        begun = arrivals.begin(session, technologist, counts)
    clock.seconds += 1000
    arrivals.write_down()
    arrivals.count(technologist, counts, begun)
    arrivals.stop()
    (_, first), (_, last) = told()
    assert (first["instances"], last["instances_in_all"]) == (5, 5)


def test_what_never_stops_arriving_is_summed_up_now_and_then(
    hospital, arrivals, technologist, clock, told
):
    for _ in range(200):
        batch(hospital, arrivals, technologist, {taken_in(UID): 1})
        arrivals.write_down()
        clock.seconds += 10
    sums = [details for _, details in told() if "instances_in_all" in details]
    assert len(sums) == 2
    arrivals.stop()
    details = [one for _, one in told()]
    assert sum(one.get("instances_in_all", 0) for one in details) == 200


def test_an_import_by_command_tells_its_sum_at_its_end(
    hospital, monkeypatch: pytest.MonkeyPatch, told
):
    monkeypatch.setattr(ingest_pipeline, "BATCH_INSTANCES", 3)
    monkeypatch.setattr(ingest_pipeline, "_SMALL_BATCH", 2)
    caller = hospital.services.studies.importer("")
    files = (
        hospital.importer.receive(caller, f"{number}", [ct_slice(number, number)])
        for number in range(9)
    )
    assert len(list(hospital.importer.ingest(caller, files))) == 9
    first, last = (details for _, details in told())
    assert first["instances"] < 9
    assert last["instances_in_all"] == 9
