"""Checks: whatever is not what was taken in is found, marked, told and audited, and shown to nobody until it is whole again."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, select

from backend.core.caller import Caller
from backend.core.errors import NotAllowed, ObjectDamaged
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, CheckScope, DamageKind
from backend.dicom.model import Refused
from backend.dicom.parsing import parse_instance
from backend.models.audit import AuditEntry
from backend.models.damages import Damage
from backend.models.reading_copies import ReadingCopy
from backend.models.studies import Instance
from backend.models.work import OutboxMessage
from backend.schemas.alerts import Alert, AlertKind
from backend.schemas.pixels import PixelPlace
from backend.schemas.viewing import TileRequest
from backend.services.damage_marks import DAMAGED_MESSAGE_KIND
from backend.services.integrity import CHECK_ALL, Found, Integrity
from backend.services.jobs import JobStopped
from backend.services.object_checks import ObjectChecks
from tests.bit_rot import object_ids, path_of, turn_bit, turned_bit
from tests.dicom.video.test_remux import film
from tests.dicom.video.transport_writer import transport_stream
from tests.services.test_reading_copies import copies_of, slow_slice
from tests.videos import STUDY as VIDEO_STUDY
from tests.videos import video_file
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital, ct_slice, uid_of

SLICES = [ct_slice(float(number), number) for number in range(1, 4)]
UIDS = [uid_of(octets) for octets in SLICES]
FIRST = UIDS[0]


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    made.take_in(*SLICES)
    yield made
    made.close()


@pytest.fixture
def manager(hospital: Hospital) -> Caller:
    return hospital.sign_in("admin@demo.example").caller


def integrity(
    hospital: Hospital, parse=lambda reader: parse_instance(reader.stream())
) -> Integrity:
    """The real one, decoding in this process."""
    made = hospital.services.integrity
    checks = ObjectChecks(hospital.services.object_store, hospital.services.keyring, parse)
    made._checks = checks
    return made


def spoil(hospital: Hospital, sop_instance_uid: str) -> None:
    turn_bit(path_of(hospital, object_ids(hospital)[sop_instance_uid]), 100)


def look(hospital: Hospital, sop_instance_uid: str) -> bytes:
    caller = hospital.sign_in().caller
    return hospital.services.viewing.render_tile(
        caller, STUDY, TileRequest(sop_instance_uid)
    ).octets


def standing(hospital: Hospital) -> dict[str, str]:
    with hospital.services.database.system_read() as session:
        rows = session.exec(select(Damage).where(col(Damage.resolved_at).is_(None))).all()
        return {row.sop_instance_uid: row.kind for row in rows}


def traces(hospital: Hospital, action: AuditAction) -> list[dict]:
    with hospital.services.database.system_read() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == action.value)).all()
        return [json.loads(entry.details) for entry in entries]


def test_what_is_whole_is_found_whole(hospital):
    run = integrity(hospital).check_all()
    assert (run.objects, run.frames, run.size_bytes) == (3, 3, sum(map(len, SLICES)))
    assert (run.damaged, run.recovered, run.orphans) == (0, 0, 0)
    assert run.finished_at
    assert standing(hospital) == {}


def test_a_turned_bit_is_found_marked_told_and_audited(hospital, manager):
    spoil(hospital, FIRST)
    found: list[Found] = []
    run = integrity(hospital).check_all(when_found=found.append)
    assert run.damaged == 1
    assert found == [Found(object_ids(hospital)[FIRST], STUDY, FIRST, DamageKind.SEAL)]
    assert standing(hospital) == {FIRST: "seal"}
    assert traces(hospital, AuditAction.OBJECT_DAMAGED) == [
        {"kind": "seal", "sop_instance_uid": FIRST}
    ]
    assert hospital.services.alerts.standing(manager) == (Alert(AlertKind.DAMAGED, 1),)
    (row,) = hospital.services.integrity.page(manager).damages
    assert (row.study_instance_uid, row.sop_instance_uid, row.kind) == (STUDY, FIRST, "seal")


def test_many_damages_leave_one_message(hospital):
    for uid in UIDS[:2]:
        spoil(hospital, uid)
    integrity(hospital).check_all()
    with hospital.services.database.system_read() as session:
        messages = session.exec(
            select(OutboxMessage).where(OutboxMessage.kind == DAMAGED_MESSAGE_KIND)
        ).all()
        assert len(messages) == 1


def test_what_is_known_is_not_told_again(hospital):
    spoil(hospital, FIRST)
    checks = integrity(hospital)
    checks.check_all()
    assert checks.check_all().damaged == 1
    assert len(traces(hospital, AuditAction.OBJECT_DAMAGED)) == 1


def test_nothing_of_a_damaged_object_is_shown_though_it_was_seen_before(hospital):
    caller = hospital.sign_in().caller
    viewing = hospital.services.viewing
    look(hospital, FIRST)
    viewing.thumbnail(caller, STUDY, CT_SERIES, 128)
    spoil(hospital, UIDS[1])  # the middle of the series, which its thumbnail shows
    spoil(hospital, FIRST)
    integrity(hospital).check_all()
    for ask in (
        lambda: look(hospital, FIRST),
        lambda: viewing.read_pixel(caller, STUDY, PixelPlace(FIRST, 1, 0, 0)),
        lambda: viewing.render_overlay(caller, STUDY, FIRST, 1, 0),
        lambda: viewing.prefetch(caller, STUDY, FIRST, 1, 0),
        lambda: viewing.thumbnail(caller, STUDY, CT_SERIES, 128),
    ):
        with pytest.raises(ObjectDamaged, match="damaged and is not shown"):
            ask()
    assert look(hospital, UIDS[2])


def test_an_object_that_was_put_back_is_shown_again(hospital, manager):
    before = look(hospital, FIRST)
    checks = integrity(hospital)
    with turned_bit(path_of(hospital, object_ids(hospital)[FIRST]), 100):
        checks.check_all()
    run = checks.check_all()
    assert (run.damaged, run.recovered) == (0, 1)
    assert look(hospital, FIRST) == before
    assert hospital.services.alerts.standing(manager) == ()
    assert len(traces(hospital, AuditAction.OBJECT_RECOVERED)) == 1


def test_a_missing_object_and_an_exchanged_one_are_found(hospital):
    paths = [path_of(hospital, object_ids(hospital)[uid]) for uid in UIDS]
    paths[0].unlink()
    paths[1].write_bytes(paths[2].read_bytes())
    integrity(hospital).check_all()
    assert standing(hospital) == {UIDS[0]: "missing", UIDS[1]: "seal"}


def test_octets_that_are_well_sealed_but_others_are_found(hospital):
    with hospital.services.database.system_write() as session:
        row = session.exec(select(Instance).where(Instance.sop_instance_uid == FIRST)).one()
        row.sha256 = "0" * 64
        session.add(row)
    integrity(hospital).check_all()
    assert standing(hospital) == {FIRST: "checksum"}
    with pytest.raises(ObjectDamaged):
        look(hospital, FIRST)


@pytest.mark.parametrize("answer", ["other pixels", "refused"])
def test_right_octets_that_decode_otherwise_are_told_and_still_shown(hospital, answer):
    def parse(reader):
        parsed = parse_instance(reader.stream())
        other = replace(parsed, frame_checksums=("0" * 64,))
        return other if answer == "other pixels" else Refused("It took too long.")

    assert integrity(hospital, parse).check_all().damaged == 3
    assert set(standing(hospital).values()) == {"pixels"}
    assert look(hospital, FIRST)


def test_a_decoder_that_dies_once_is_forgiven(hospital):
    refusals = iter([Refused("It was killed.")])

    def parse(reader):
        return next(refusals, None) or parse_instance(reader.stream())

    assert integrity(hospital, parse).check_all().damaged == 0


def test_objects_without_a_row_are_counted_and_left_to_the_sweeper(hospital, monkeypatch):
    staged = hospital.services.object_store.stage()
    staged.write(b"left behind")
    staged.finish()
    hospital.services.object_store.commit(staged)
    assert integrity(hospital).check_all().orphans == 0  # it may be on its way in
    monkeypatch.setattr("backend.services.integrity._id_at", lambda _moment: "g")
    assert integrity(hospital).check_all().orphans == 1
    assert staged.object_id in set(hospital.services.object_store.list_ids())


def test_a_damaged_file_of_a_conflict_is_found(hospital):
    other = ct_slice(1.0, 1, PatientName="Somebody^Else", StudyInstanceUID="2.25.4444")
    (outcome,) = hospital.take_in(other)
    assert outcome.kind == "conflict"
    known = set(object_ids(hospital).values())
    (held,) = set(hospital.services.object_store.list_ids()) - known
    turn_bit(path_of(hospital, held), 100)
    assert integrity(hospital).check_all().damaged == 1
    assert standing(hospital) == {outcome.sop_instance_uid: "seal"}


def test_samples_go_round_and_round_and_leave_nothing_out(hospital):
    checks = integrity(hospital)
    checks._sample_bytes = len(SLICES[0]) + 1  # two objects at a time
    looked_at = [checks.check_sample().objects for _ in range(4)]
    assert looked_at == [2, 1, 2, 1]
    spoil(hospital, UIDS[2])
    assert sum(checks.check_sample().damaged for _ in range(2)) == 1


def test_a_check_that_is_broken_off_goes_on_where_it_was(hospital):
    checks = integrity(hospital)
    checks._sample_bytes = 10**9

    def break_off(done: int, _total: int) -> None:
        if done == 2:
            raise JobStopped

    with pytest.raises(JobStopped):
        checks.check_sample(break_off)
    assert checks.check_sample().objects == 1
    assert checks.check_sample().objects == 3


def test_an_object_that_somebody_cannot_read_is_checked_at_once(hospital):
    integrity(hospital)
    spoil(hospital, FIRST)
    for _ in range(2):
        with pytest.raises(ObjectDamaged):
            look(hospital, FIRST)
    jobs = hospital.services.jobs
    assert jobs.run_next()
    assert not jobs.run_next()  # asked for twice, done once
    assert standing(hospital) == {FIRST: "seal"}


def test_a_damaged_video_is_neither_played_nor_given_out(tmp_path):
    hospital = Hospital(tmp_path / "data")
    try:
        stream = transport_stream(film(50))
        hospital.take_in(video_file(stream, sop_instance_uid="2.25.1"))
        person = hospital.sign_in().caller
        videos = hospital.services.videos
        assert videos.read(person, VIDEO_STUDY, "2.25.1", 0, 10)
        turn_bit(path_of(hospital, object_ids(hospital)["2.25.1"]), 100)
        integrity(hospital).check_all()
        for ask in (
            lambda: videos.describe(person, VIDEO_STUDY, "2.25.1"),
            lambda: videos.stream(person, VIDEO_STUDY, "2.25.1"),
            lambda: videos.read(person, VIDEO_STUDY, "2.25.1", 0, 10),
            lambda: videos.export(person, VIDEO_STUDY, "2.25.1"),
            lambda: videos.read_original(person, VIDEO_STUDY, "2.25.1", 0, 10),
        ):
            with pytest.raises(ObjectDamaged):
                ask()
    finally:
        hospital.close()


def test_a_damaged_reading_copy_is_made_anew_from_the_original(tmp_path):
    hospital = Hospital(tmp_path / "data")
    try:
        octets = slow_slice()
        hospital.take_in(octets)
        copies_of(hospital).make_all()
        before = look(hospital, uid_of(octets))
        (first,) = _copies(hospital)
        turn_bit(path_of(hospital, first), 40)
        run = integrity(hospital).check_all()
        assert (run.damaged, run.copies_renewed) == (0, 1)
        assert _copies(hospital) == []
        copies_of(hospital).make_all()
        (second,) = _copies(hospital)
        assert second != first
        assert look(hospital, uid_of(octets)) == before
    finally:
        hospital.close()


def test_an_organization_sees_its_own_damages_only(hospital, manager):
    spoil(hospital, FIRST)
    integrity(hospital).check_all()
    elsewhere = replace(manager, organization_id="another", session_id="other", user_id="other")
    assert hospital.services.integrity.page(elsewhere).damage_count == 0
    assert hospital.services.alerts.standing(elsewhere) == ()
    assert hospital.services.integrity.page(manager).damage_count == 1


def test_asking_for_a_check_of_everything_is_recorded_and_done_by_a_job(hospital, manager):
    checks = integrity(hospital)
    checks.request_all(manager)
    checks.request_all(manager)
    assert traces(hospital, AuditAction.ARCHIVE_CHECKED) == [{"scope": "all"}] * 2
    assert hospital.services.jobs.run_next()
    assert not hospital.services.jobs.run_next()
    (run,) = checks.page(manager).runs
    assert (run.scope, run.objects) == (CheckScope.ALL, 3)


def test_only_administrators_see_and_ask(hospital):
    somebody = hospital.sign_in().caller
    assert not somebody.may(Permission.ARCHIVE_MANAGE)
    for ask in (
        hospital.services.integrity.page,
        hospital.services.integrity.request_all,
        hospital.services.alerts.standing,
    ):
        with pytest.raises(NotAllowed):
            ask(somebody)


def _copies(hospital: Hospital) -> list[str]:
    with hospital.services.database.system_read() as session:
        found = session.exec(select(ReadingCopy.object_id)).all()
        return [object_id for object_id in found if object_id]


def test_a_check_of_everything_is_given_up_by_the_operator_whoever_shares_the_installation(
    hospital, manager
):
    checks = hospital.services.integrity
    assert not checks.cancel_all()
    checks.request_all(manager)
    assert checks.cancel_all()
    assert not checks.cancel_all()
    kinds = {row.kind: row.status for row in hospital.services.jobs.page(manager)}
    assert kinds[CHECK_ALL] == "cancelled"
    assert traces(hospital, AuditAction.JOB_CANCELLED) == [{"kind": CHECK_ALL}]
