"""What a decision has put away can be deleted for good: once, with a reason, and then there is no way back."""

from dataclasses import replace

import pytest
from sqlmodel import select

from backend.core.errors import Malformed, NotAllowed, NotFound, Refusal, StepUpNeeded
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, HeldState, PatientChangeKind
from backend.models.conflicts import HeldInstance
from backend.schemas.conflicts import Decision
from tests.services.conflict_model import File, Ward, only_conflict
from tests.services.test_integrity import traces

K = PatientChangeKind
ANN = File()
BEA = [File(name="Roe^Bea", study="2.25.2", instance=f"2.25.2.1.{n}") for n in range(3)]
OTHER = File(variant="another content")


def discarded(ward: Ward) -> str:
    ward.arrive(ANN, *BEA)
    return ward.decide(Decision(K.DISCARD, only_conflict(ward), reason="Sent by mistake"))


def exchanged(ward: Ward) -> str:
    ward.arrive(ANN, OTHER)
    return ward.decide(Decision(K.EXCHANGE, only_conflict(ward)))


def stored_objects(ward: Ward) -> int:
    return len(list(ward.hospital.services.object_store.list_ids()))


@pytest.fixture
def emptied(ward: Ward) -> int:
    """How many objects lie in the store that other tests have left behind."""
    return stored_objects(ward)


def erase(ward: Ward, change: str, reason: str = "Nobody needs it") -> int:
    return ward.hospital.services.erasures.erase(ward.administrator, change, reason).files


def test_discarded_files_are_listed_with_their_size(ward):
    change = discarded(ward)
    (row,) = ward.conflicts.page(ward.administrator).changes
    size = sum(len(file.octets()) for file in BEA)
    assert (row.kept_files, row.kept_bytes, row.can_be_undone) == (3, size, True)
    preview = ward.hospital.services.erasures.preview(ward.administrator, change)
    assert (preview.files, preview.size_bytes) == (3, size)


def test_deleting_for_good_asks_first_who_is_there(ward):
    change = discarded(ward)
    long_ago = replace(ward.administrator, proved_at=None)
    with pytest.raises(StepUpNeeded):
        ward.hospital.services.erasures.erase(long_ago, change, "Nobody needs it")
    assert erase(ward, change) == 3


def test_discarded_files_are_deleted_for_good(ward, emptied):
    change = discarded(ward)
    traced = len(traces(ward.hospital, AuditAction.CONFLICT_ERASED))
    assert stored_objects(ward) == emptied + 4
    assert erase(ward, change) == 3
    assert stored_objects(ward) == emptied + 1
    assert list(ward.readable().values()) == [ANN.octets()]
    assert len(traces(ward.hospital, AuditAction.CONFLICT_ERASED)) == traced + 1
    (row,) = ward.conflicts.page(ward.administrator).changes
    assert (row.kept_files, row.can_be_undone) == (0, False)
    with pytest.raises(Refusal, match="deleted for good"):
        ward.undo(change)
    with pytest.raises(Refusal, match="Nothing is kept"):
        erase(ward, change)


def test_files_that_were_deleted_for_good_wait_again_when_they_are_sent_again(ward):
    erase(ward, discarded(ward))
    (outcome,) = ward.arrive(BEA[0])
    assert outcome.kind == "conflict"


def test_a_replaced_file_is_deleted_for_good_and_what_took_its_place_stays(ward):
    change = exchanged(ward)
    assert erase(ward, change) == 1
    assert list(ward.readable().values()) == [OTHER.octets()]
    with pytest.raises(Refusal, match="deleted for good"):
        ward.undo(change)


@pytest.mark.parametrize("kind", ["another decision", "undone"])
def test_only_what_is_put_away_is_deleted(ward, kind):
    if kind == "undone":
        change = discarded(ward)
        ward.undo(change)
    else:
        ward.arrive(ANN, *BEA)
        change = ward.decide(Decision(K.KEEP_APART, only_conflict(ward)))
    before = ward.readable()
    with pytest.raises(Refusal, match="Nothing is kept"):
        erase(ward, change)
    assert ward.readable() == before


def test_deleting_for_good_needs_a_reason_and_the_right_to_delete(ward):
    change = discarded(ward)
    with pytest.raises(Malformed):
        erase(ward, change, " . ")
    for missing in (Permission.STUDY_DELETE, Permission.PATIENT_CORRECT):
        person = replace(ward.administrator, permissions=ward.administrator.permissions - {missing})
        with pytest.raises(NotAllowed):
            ward.hospital.services.erasures.erase(person, change, "Nobody needs it")
    with pytest.raises(NotFound):
        ward.hospital.services.erasures.erase(
            replace(ward.administrator, organization_id="another"), change, "Nobody needs it"
        )
    assert len(ward.readable()) == 4


@pytest.mark.parametrize("state", [HeldState.REPLACED, HeldState.KNOWN])
def test_a_deleted_study_takes_with_it_what_was_replaced_or_came_twice(ward, emptied, state):
    exchanged(ward)
    services = ward.hospital.services
    with services.database.write(ward.administrator.organization_id) as session:
        (held,) = session.exec(
            select(HeldInstance).where(HeldInstance.state == HeldState.REPLACED)
        ).all()
        held.state = state
        session.add(held)
    assert stored_objects(ward) == emptied + 2
    services.deletions.delete(ward.administrator, ANN.study, "Sent by mistake")
    assert ward.readable() == {}
    assert stored_objects(ward) == emptied


def test_a_deleted_study_leaves_what_was_discarded_or_waits(ward, emptied):
    change = discarded(ward)
    services = ward.hospital.services
    services.deletions.delete(ward.administrator, ANN.study, "Sent by mistake")
    assert stored_objects(ward) == emptied + 3
    ward.undo(change)
    assert {one for places in ward.places().values() for one in places} == {HeldState.WAITING}


def test_nothing_is_told_of_the_damage_of_what_was_deleted(ward):
    discarded(ward)
    services = ward.hospital.services
    for object_id in list(services.object_store.list_ids()):
        services.object_store.delete(object_id)
    services.integrity.check_all()
    assert services.integrity.page(ward.administrator).damage_count == 4
    (row,) = ward.conflicts.page(ward.administrator).changes
    erase(ward, row.change_key)
    assert services.integrity.page(ward.administrator).damage_count == 1
    services.deletions.delete(ward.administrator, ANN.study, "Sent by mistake")
    assert services.integrity.page(ward.administrator).damage_count == 0


def test_conflicts_are_listed_page_by_page(ward, monkeypatch):
    monkeypatch.setattr("backend.services.conflicts._ROWS", 2)
    ward.arrive(
        *(File(patient_id=str(n), study=f"2.25.1{n}", instance=f"2.25.1{n}.1") for n in range(5))
    )
    ward.arrive(
        *(
            File(name="Roe^Bea", patient_id=str(n), study=f"2.25.2{n}", instance=f"2.25.2{n}.1")
            for n in range(5)
        )
    )
    pages = [ward.conflicts.page(ward.administrator, page=number) for number in (1, 2, 3)]
    assert [[row.patient_id for row in page.waiting] for page in pages] == [
        ["4", "3"],
        ["2", "1"],
        ["0"],
    ]
    assert {(page.page_count, page.waiting_total) for page in pages} == {(3, 5)}
    beyond = ward.conflicts.page(ward.administrator, page=9)
    assert (beyond.page, beyond.waiting) == (3, pages[2].waiting)
    assert ward.conflicts.page(ward.administrator, page=-1).page == 1
