"""A damaged object that is sent again is whole again; nothing that is whole is ever replaced."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from backend.core.errors import ObjectDamaged
from backend.core.vocabulary import AuditAction, HeldState, PatientChangeKind
from backend.dicom.model import Refused
from backend.models.audit import AuditEntry
from backend.models.conflicts import HeldInstance
from backend.schemas.conflicts import Decision
from tests.bit_rot import object_ids, path_of, turn_bit
from tests.services.conflict_model import File, only_conflict
from tests.services.test_integrity import FIRST, SLICES, UIDS, integrity, look, standing, traces
from tests.viewing_hospital import STUDY, Hospital, ct_slice


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    made.importer._when_healed = made.services.studies._when_healed
    made.take_in(*SLICES)
    yield made
    made.close()


def spoil(hospital: Hospital, object_id: str) -> Path:
    """One bit is turned, and found."""
    path = path_of(hospital, object_id)
    turn_bit(path, 100)
    assert integrity(hospital).check_all().damaged == 1
    return path


def test_a_damaged_object_that_is_sent_again_is_shown_again(hospital):
    before = look(hospital, FIRST)
    ids = object_ids(hospital)
    damaged = spoil(hospital, ids[FIRST])
    with pytest.raises(ObjectDamaged):
        look(hospital, FIRST)

    outcomes = hospital.take_in(*SLICES)

    assert [one.kind for one in outcomes] == ["stored", "duplicate", "duplicate"]
    assert "damaged" in outcomes[0].reason
    assert look(hospital, FIRST) == before
    assert standing(hospital) == {}
    assert not damaged.exists()
    now = object_ids(hospital)
    assert now[FIRST] != ids[FIRST]
    assert {uid: now[uid] for uid in UIDS[1:]} == {uid: ids[uid] for uid in UIDS[1:]}
    run = integrity(hospital).check_all()
    assert (run.objects, run.damaged, run.orphans) == (3, 0, 0)


def test_healing_is_audited_with_who_sent_it(hospital):
    spoil(hospital, object_ids(hospital)[FIRST])
    hospital.take_in(SLICES[0])
    assert traces(hospital, AuditAction.OBJECT_RECOVERED) == [
        {"kind": "", "sop_instance_uid": FIRST}
    ]
    with hospital.services.database.system_read() as session:
        (entry,) = session.exec(
            select(AuditEntry).where(AuditEntry.action == AuditAction.OBJECT_RECOVERED)
        ).all()
    sender = hospital.sign_in("technologist@demo.example").caller
    assert (entry.object_id, entry.actor_user_id) == (STUDY, sender.user_id)
    assert len(traces(hospital, AuditAction.STUDY_IMPORTED)) == 1  # nothing new was taken in


def test_what_is_whole_is_not_touched(hospital):
    path = path_of(hospital, object_ids(hospital)[FIRST])
    before = path.stat()
    (outcome,) = hospital.take_in(SLICES[0])
    assert outcome.kind == "duplicate"
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_other_octets_under_the_uid_of_a_damaged_object_heal_nothing(hospital):
    ids = object_ids(hospital)
    spoil(hospital, ids[FIRST])
    (outcome,) = hospital.take_in(ct_slice(9.0, 1, sop_instance_uid=FIRST))
    assert outcome.kind == "conflict"
    assert standing(hospital) == {FIRST: "seal"}
    assert object_ids(hospital) == ids


def test_octets_that_are_right_but_decode_otherwise_are_a_duplicate(hospital):
    ids = object_ids(hospital)
    integrity(hospital, lambda _reader: Refused("It took too long.")).check_all()
    assert standing(hospital)[FIRST] == "pixels"
    (outcome,) = hospital.take_in(SLICES[0])
    assert outcome.kind == "duplicate"
    assert object_ids(hospital) == ids


def test_the_same_damaged_object_twice_in_one_batch_is_healed_once(hospital):
    spoil(hospital, object_ids(hospital)[FIRST])
    outcomes = hospital.take_in(SLICES[0], SLICES[0])
    assert [one.kind for one in outcomes] == ["stored", "duplicate"]
    assert len(traces(hospital, AuditAction.OBJECT_RECOVERED)) == 1
    assert integrity(hospital).check_all().orphans == 0
    kept = set(hospital.services.object_store.list_ids())
    assert kept == set(object_ids(hospital).values())


def test_a_missing_object_heals_too(hospital):
    path_of(hospital, object_ids(hospital)[FIRST]).unlink()
    integrity(hospital).check_all()
    (outcome,) = hospital.take_in(SLICES[0])
    assert outcome.kind == "stored"
    assert look(hospital, FIRST)


def test_a_file_that_waits_in_a_conflict_is_healed_and_goes_on_waiting(hospital):
    other = ct_slice(1.0, 1, PatientName="Somebody^Else", StudyInstanceUID="2.25.4444")
    hospital.take_in(other)
    (held,) = set(hospital.services.object_store.list_ids()) - set(object_ids(hospital).values())
    spoil(hospital, held)
    (outcome,) = hospital.take_in(other)
    assert outcome.kind == "conflict"
    assert "damaged" in outcome.reason
    assert standing(hospital) == {}
    assert integrity(hospital).check_all().damaged == 0
    with hospital.services.database.system_read() as session:
        (row,) = session.exec(select(HeldInstance)).all()
    assert (row.state, row.object_id != held) == (HeldState.WAITING, True)
    assert hospital.take_in(other)[0].reason.startswith("It is kept already")


def test_crash_before_the_commit_leaves_the_damaged_row_and_an_orphan(hospital, monkeypatch):
    ids = object_ids(hospital)
    spoil(hospital, ids[FIRST])

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("backend.services.healing.write_down", crash)
        with pytest.raises(KeyboardInterrupt):
            hospital.take_in(SLICES[0])
    assert object_ids(hospital) == ids
    assert standing(hospital) == {FIRST: "seal"}
    assert hospital.take_in(SLICES[0])[0].kind == "stored"
    assert look(hospital, FIRST)


def test_what_was_in_a_conflict_once_is_healed_and_its_decision_can_be_undone(ward):
    came = File(name="Roe^Bea", study="2.25.2", instance="2.25.2.1.1")
    ward.arrive(File(), came)
    key = only_conflict(ward)
    change = ward.decide(Decision(PatientChangeKind.KEEP_APART, key))
    hospital = ward.hospital
    path_of(hospital, object_ids(hospital)[came.instance]).unlink()
    hospital.services.integrity.check_object(object_ids(hospital)[came.instance])
    assert standing(hospital) == {came.instance: "missing"}
    (outcome,) = ward.arrive(came)
    assert outcome.kind == "stored"
    assert standing(hospital) == {}
    assert came.octets() in ward.readable().values()
    ward.undo(change)
    assert ward.waiting() == [key]
    assert came.octets() in ward.readable().values()
