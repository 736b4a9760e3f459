"""Uploads in pieces: they outlive a dropped connection and a restart, and belong to who sends them."""

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backend.services.partial_uploads as arriving
import backend.services.studies as studies_module
from backend import bootstrap
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import (
    ChecksumWrong,
    NotAllowed,
    NotFound,
    OffsetWrong,
    StorageFull,
    TooManyUploads,
    UploadBusy,
    UploadTooLarge,
)
from backend.services.joined_pieces import JoinedPieces
from backend.services.partial_uploads import KEPT_FOR, PartialUploads
from backend.services.upload_taking import UploadTaking
from backend.settings import Settings
from tests.viewing_hospital import Hospital, ct_slice

PIECE_BYTES = 1000


@pytest.fixture
def hospital(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hospital]:
    monkeypatch.setattr(arriving, "PIECE_BYTES", PIECE_BYTES)
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def technologist(hospital: Hospital) -> Caller:
    return hospital.sign_in("technologist@demo.example").caller


@pytest.fixture
def uploads(hospital: Hospital) -> PartialUploads:
    return hospital.services.partial_uploads


@pytest.fixture
def taking(hospital: Hospital) -> Iterator[UploadTaking]:
    made = taker(hospital)
    yield made
    made.close()


def taker(hospital: Hospital) -> UploadTaking:
    services = hospital.services
    return UploadTaking(
        services.database,
        services.object_store,
        services.keyring,
        hospital.importer,
        services.attaching,
    )


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return made.getvalue()


def sent(uploads: PartialUploads, caller: Caller, octets: bytes, name: str = "all.zip") -> str:
    upload = uploads.create(caller, name, "fingerprint", len(octets))
    appending = uploads.append(caller, upload.upload_id, 0)
    appending.write(octets)
    assert appending.finish().is_whole
    return upload.upload_id


def told(taking: UploadTaking, caller: Caller, upload_id: str, first: int = 0) -> list[Any]:
    return [each for each in taking.outcomes(caller, upload_id, first) if each is not None]


def objects(hospital: Hospital) -> int:
    return len(list(hospital.services.object_store.list_ids()))


def test_a_broken_off_upload_goes_on_where_it_ended(
    uploads: PartialUploads, taking: UploadTaking, technologist: Caller
) -> None:
    octets = zipped({"1": ct_slice(1, 1), "2": ct_slice(2, 2)})
    upload = uploads.create(technologist, "all.zip", "", len(octets))
    first = uploads.append(technologist, upload.upload_id, 0)
    first.write(octets[:2500])
    first.break_off()
    assert uploads.find(technologist, upload.upload_id).received_bytes == 2500
    rest = uploads.append(technologist, upload.upload_id, 2500)
    rest.write(octets[2500:])
    assert rest.finish().is_whole
    outcomes = told(taking, technologist, upload.upload_id)
    assert {each["source_name"]: each["kind"] for each in outcomes} == {
        "all.zip/1": "stored",
        "all.zip/2": "stored",
    }


def test_a_restart_keeps_every_acknowledged_piece_and_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "PIECE_BYTES", PIECE_BYTES)
    octets = zipped({"1": ct_slice(1, 1)})
    before = Hospital(tmp_path / "data")
    caller = before.sign_in("technologist@demo.example").caller
    upload = before.services.partial_uploads.create(caller, "a.zip", "", len(octets))
    appending = before.services.partial_uploads.append(caller, upload.upload_id, 0)
    appending.write(octets[:1500])
    before.close()  # in the middle of a piece: what was acknowledged is one piece
    after = bootstrap.build(Settings(data_dir=tmp_path / "data", demo=True))
    after.studies.sweep()
    uploads = after.partial_uploads
    assert uploads.find(caller, upload.upload_id).received_bytes == PIECE_BYTES
    rest = uploads.append(caller, upload.upload_id, PIECE_BYTES)
    rest.write(octets[PIECE_BYTES:])
    rest.finish()
    outcomes = told(after.upload_taking, caller, upload.upload_id)
    assert [each["kind"] for each in outcomes] == ["stored"]
    bootstrap.close(after)


def test_what_had_arrived_is_taken_in_after_a_restart_though_nobody_asks(
    hospital: Hospital, uploads: PartialUploads, taking: UploadTaking, technologist: Caller
) -> None:
    upload_id = sent(uploads, technologist, zipped({"1": ct_slice(1, 1)}))
    assert taking.resume() == 1
    assert [each["kind"] for each in told(taking, technologist, upload_id)] == ["stored"]
    assert uploads.find(technologist, upload_id).is_taken_in
    assert taking.resume() == 0
    assert objects(hospital) == 1  # the pieces are gone, the image is there


def test_who_may_not_upload_any_more_has_nothing_taken_in_after_a_restart(
    hospital: Hospital, uploads: PartialUploads, taking: UploadTaking, technologist: Caller
) -> None:
    sent(uploads, technologist, ct_slice(1, 1))
    administrator = hospital.sign_in("admin@demo.example").caller
    hospital.services.people.disable(administrator, technologist.user_id)
    assert taking.resume() == 0


def test_outcomes_can_be_asked_for_again_from_any_number_on(
    uploads: PartialUploads, taking: UploadTaking, technologist: Caller
) -> None:
    files = {f"{n}": ct_slice(n, n, size_px=8) for n in range(30)}
    upload_id = sent(uploads, technologist, zipped(files))
    whole = told(taking, technologist, upload_id)
    assert Counter(each["kind"] for each in whole) == {"stored": 30}
    assert told(taking, technologist, upload_id) == whole
    assert told(taking, technologist, upload_id, 17) == whole[17:]


def test_work_that_was_cut_off_says_nothing_twice_and_leaves_nothing_out(
    hospital: Hospital,
    uploads: PartialUploads,
    technologist: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import backend.services.upload_taking as module

    monkeypatch.setattr(module, "_WRITE_DOWN_EVERY_OUTCOMES", 1)
    files = {f"{n}": ct_slice(n, n, size_px=8) for n in range(40)}
    upload_id = sent(uploads, technologist, zipped(files))
    cut = taker(hospital)
    outcomes = cut.outcomes(technologist, upload_id)
    assert next(each for each in outcomes if each is not None)["kind"] == "stored"
    cut.close()
    known = uploads.find(technologist, upload_id).outcome_count
    assert known >= 1
    again = taker(hospital)
    found = told(again, technologist, upload_id)
    again.close()
    assert sorted(each["source_name"] for each in found) == sorted(f"all.zip/{n}" for n in files)
    assert {each["kind"] for each in found[:known]} == {"stored"}


def test_a_large_image_becomes_one_object_with_the_octets_it_had(
    hospital: Hospital, uploads: PartialUploads, taking: UploadTaking, technologist: Caller
) -> None:
    octets = ct_slice(1, 1)
    upload_id = sent(uploads, technologist, octets, "one.dcm")
    (outcome,) = told(taking, technologist, upload_id)
    assert (outcome["kind"], outcome["source_name"]) == ("stored", "one.dcm")
    assert objects(hospital) == 1
    assert hospital.take_in(octets)[0].kind == "duplicate"  # which its checksum decides


def test_a_single_file_over_the_limit_is_refused_though_an_archive_may_be_larger(
    hospital: Hospital,
    uploads: PartialUploads,
    taking: UploadTaking,
    technologist: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        studies_module.Studies, "upload_limit_bytes", property(lambda _: PIECE_BYTES)
    )
    upload_id = sent(uploads, technologist, ct_slice(1, 1), "one.dcm")
    (outcome,) = told(taking, technologist, upload_id)
    assert (outcome["kind"], outcome["reason"]) == (
        "refused",
        "This file is larger than the upload limit.",
    )
    assert objects(hospital) == 0


def test_an_upload_exists_for_nobody_else(
    hospital: Hospital, uploads: PartialUploads, taking: UploadTaking, technologist: Caller
) -> None:
    upload_id = sent(uploads, technologist, ct_slice(1, 1))
    colleague = hospital.sign_in("radiologist@demo.example").caller
    for ask in (
        lambda: uploads.find(colleague, upload_id),
        lambda: uploads.append(colleague, upload_id, 0),
        lambda: uploads.terminate(colleague, upload_id),
        lambda: taking.outcomes(colleague, upload_id),
    ):
        with pytest.raises(NotFound):
            ask()
    assert uploads.list(colleague) == ()
    assert [each.upload_id for each in uploads.list(technologist)] == [upload_id]
    assert uploads.journal_key(colleague) != uploads.journal_key(technologist)


def test_who_may_not_upload_can_neither_begin_nor_go_on(
    hospital: Hospital, uploads: PartialUploads, technologist: Caller
) -> None:
    upload = uploads.create(technologist, "a", "", 10)
    without = replace(technologist, permissions=frozenset())
    with pytest.raises(NotAllowed):
        uploads.create(without, "a", "", 10)
    with pytest.raises(NotAllowed):
        uploads.append(without, upload.upload_id, 0)


def test_octets_belong_where_the_last_ended_and_nowhere_else(
    uploads: PartialUploads, technologist: Caller
) -> None:
    upload = uploads.create(technologist, "a", "", 10)
    with pytest.raises(OffsetWrong):
        uploads.append(technologist, upload.upload_id, 5)


def test_more_octets_than_were_announced_are_refused_and_not_kept(
    hospital: Hospital, uploads: PartialUploads, technologist: Caller
) -> None:
    upload = uploads.create(technologist, "a", "", 10)
    appending = uploads.append(technologist, upload.upload_id, 0)
    with pytest.raises(UploadTooLarge):
        appending.write(b"x" * 11)
    appending.give_up()
    assert uploads.find(technologist, upload.upload_id).received_bytes == 0
    assert objects(hospital) == 0


def test_two_senders_at_a_time_are_refused_until_the_first_falls_silent(
    uploads: PartialUploads, technologist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uploads.create(technologist, "a", "", 10)
    first = uploads.append(technologist, upload.upload_id, 0)
    first.write(b"12345")
    with pytest.raises(UploadBusy):
        uploads.append(technologist, upload.upload_id, 0)
    monkeypatch.setattr(arriving, "SILENT_SECONDS", -1.0)
    second = uploads.append(technologist, upload.upload_id, 0)
    with pytest.raises(UploadBusy):
        first.write(b"67890")
    monkeypatch.setattr(arriving, "SILENT_SECONDS", 60.0)
    second.write(b"abcdefghij")
    assert second.finish().received_bytes == 10


def test_nobody_else_breaks_an_upload_off(
    hospital: Hospital,
    uploads: PartialUploads,
    technologist: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = uploads.create(technologist, "a", "", 10)
    sending = uploads.append(technologist, upload.upload_id, 0)
    sending.write(b"12345")
    colleague = hospital.sign_in("radiologist@demo.example").caller
    monkeypatch.setattr(arriving, "SILENT_SECONDS", -1.0)
    with pytest.raises(NotFound):
        uploads.append(colleague, upload.upload_id, 0)
    with pytest.raises(NotFound):
        uploads.terminate(colleague, upload.upload_id)
    sending.write(b"67890")
    assert sending.finish().received_bytes == 10


def test_a_wrong_checksum_keeps_nothing_and_a_right_one_everything(
    hospital: Hospital, uploads: PartialUploads, technologist: Caller
) -> None:
    octets = bytes(range(250)) * 10
    upload = uploads.create(technologist, "a", "", len(octets))
    wrong = uploads.append(technologist, upload.upload_id, 0, is_checked=True)
    wrong.write(octets)
    with pytest.raises(ChecksumWrong):
        wrong.finish(bytes(32))
    assert uploads.find(technologist, upload.upload_id).received_bytes == 0
    assert objects(hospital) == 0
    right = uploads.append(technologist, upload.upload_id, 0, is_checked=True)
    right.write(octets)
    assert right.finish(hashlib.sha256(octets).digest()).is_whole


def test_a_person_has_a_limit(
    uploads: PartialUploads, technologist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = uploads.limit_bytes
    with pytest.raises(UploadTooLarge):
        uploads.create(technologist, "a", "", limit + 1)
    monkeypatch.setattr(uploads, "_limit_bytes", 100)
    uploads.create(technologist, "a", "", 60)
    with pytest.raises(TooManyUploads):
        uploads.create(technologist, "b", "", 60)
    monkeypatch.setattr(arriving, "MOST_UPLOADS", 1)
    with pytest.raises(TooManyUploads):
        uploads.create(technologist, "c", "", 1)


def test_a_file_for_which_there_is_no_room_is_refused_before_it_is_sent(
    hospital: Hospital, uploads: PartialUploads, technologist: Caller
) -> None:
    store = hospital.services.object_store
    stage = store.stage

    def full(*, leave_free_bytes: int = 0) -> Any:
        if leave_free_bytes:
            raise StorageFull
        return stage()

    store.stage = full  # type: ignore[method-assign]
    with pytest.raises(StorageFull):
        uploads.create(technologist, "a", "", 10)
    assert uploads.list(technologist) == ()


def test_what_is_given_up_or_forgotten_is_removed_with_its_octets(
    hospital: Hospital, uploads: PartialUploads, technologist: Caller
) -> None:
    given_up = sent(uploads, technologist, b"x" * 2500)
    uploads.terminate(technologist, given_up)
    with pytest.raises(NotFound):
        uploads.find(technologist, given_up)
    assert objects(hospital) == 0
    forgotten = sent(uploads, technologist, b"x" * 2500)
    with clock.frozen(clock.now() + KEPT_FOR + timedelta(seconds=1)):
        with pytest.raises(NotFound):
            uploads.find(technologist, forgotten)
        assert uploads.sweep() == 1
        assert uploads.sweep() == 0
    assert objects(hospital) == 0


def test_the_sweeper_of_objects_leaves_pieces_alone(
    hospital: Hospital,
    uploads: PartialUploads,
    technologist: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent(uploads, technologist, b"x" * 2500)
    monkeypatch.setattr(studies_module, "_SWEEP_GRACE_SECONDS", -1.0)
    assert hospital.services.studies.sweep().orphans_removed == 0
    assert objects(hospital) == 3


class _Memory:
    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.size_bytes = len(octets)

    def read_range(self, offset: int, length: int) -> bytes:
        assert 0 <= offset <= offset + length <= self.size_bytes
        return self.octets[offset : offset + length]

    def read_into(self, offset: int, view: memoryview) -> None:
        view[:] = self.read_range(offset, len(view))

    def stream(self) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        self.octets = b""

    def __enter__(self) -> "_Memory":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@given(st.data())
@settings(max_examples=50)
def test_joined_pieces_read_as_one(data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.binary(min_size=1, max_size=40), max_size=12))
    whole = b"".join(pieces)
    joined = JoinedPieces(
        [lambda piece=piece: _Memory(piece) for piece in pieces], [len(p) for p in pieces]
    )
    assert b"".join(joined.chunks()) == whole
    with joined.open() as reader:
        offset = data.draw(st.integers(0, len(whole)))
        length = data.draw(st.integers(0, len(whole) - offset))
        assert reader.read_range(offset, length) == whole[offset : offset + length]
        stream = reader.stream()
        stream.seek(offset)
        assert stream.read(length) == whole[offset : offset + length]
        stream.seek(len(whole) + 1)
        assert stream.read() == b""
        with pytest.raises(ValueError, match="inside"):
            reader.read_range(0, len(whole) + 1)
