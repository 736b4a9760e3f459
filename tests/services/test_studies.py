"""Taking studies in: one outcome per instance, nothing overwritten, nothing acknowledged that is not kept."""

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from backend.core.caller import Caller
from backend.core.errors import NotAllowed, NotFound, StorageFull
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, IngestOutcomeKind
from backend.models.audit import AuditEntry
from backend.models.conflicts import HeldInstance
from backend.models.studies import Frame, Instance, Patient, Series, Study
from backend.schemas.studies import IngestOutcome
from tests.services.test_media import dicomdir
from tests.viewing_hospital import Hospital, ct_slice, dicom_file, uid_of

K = IngestOutcomeKind


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def technologist(hospital: Hospital) -> Caller:
    return hospital.sign_in("technologist@demo.example").caller


def take_in(hospital: Hospital, caller: Caller, files: dict[str, bytes]) -> list[IngestOutcome]:
    studies = hospital.importer
    received = [studies.receive(caller, name, [octets]) for name, octets in files.items()]
    return list(studies.ingest(caller, received))


def kinds(outcomes: list[IngestOutcome]) -> list[IngestOutcomeKind]:
    return [outcome.kind for outcome in outcomes]


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return made.getvalue()


def rows(hospital: Hospital, caller: Caller, table: type) -> list:
    with hospital.services.database.read(caller.organization_id) as session:
        found = list(session.exec(select(table)).all())
        session.expunge_all()
    return found


def stored_octets(hospital: Hospital, caller: Caller, sop_instance_uid: str) -> bytes:
    services = hospital.services
    with services.database.read(caller.organization_id) as session:
        instance = session.exec(
            select(Instance).where(Instance.sop_instance_uid == sop_instance_uid)
        ).one()
        study = session.exec(select(Study).where(Study.id == instance.study_key)).one()
        key = services.keyring.unwrap_object_key(
            instance.wrapped_object_key, study.wrapped_data_key
        )
        object_id, size = instance.object_id, instance.size_bytes
    with services.object_store.open(object_id, key) as reader:
        return reader.read_range(0, size)


def test_an_instance_is_kept_byte_for_byte_and_counted(
    hospital: Hospital, technologist: Caller
) -> None:
    octets = ct_slice(1, 1)
    (outcome,) = take_in(hospital, technologist, {"a": octets})
    assert outcome.kind is K.STORED
    assert stored_octets(hospital, technologist, outcome.sop_instance_uid) == octets
    (study,) = rows(hospital, technologist, Study)
    (series,) = rows(hospital, technologist, Series)
    (instance,) = rows(hospital, technologist, Instance)
    (frame,) = rows(hospital, technologist, Frame)
    assert (study.series_count, study.instance_count, study.size_bytes) == (1, 1, len(octets))
    assert study.modalities == "\\CT\\"
    assert (series.instance_count, series.frame_count) == (1, 1)
    assert instance.sha256 == hashlib.sha256(octets).hexdigest()
    assert frame.frame_number == 1
    assert len(frame.pixel_sha256) == 64
    assert frame.image_position_mm == "[0.0, 0.0, 1.0]"


def test_the_same_object_again_is_a_duplicate_and_adds_nothing(
    hospital: Hospital, technologist: Caller
) -> None:
    octets = ct_slice(1, 1)
    take_in(hospital, technologist, {"a": octets})
    assert kinds(take_in(hospital, technologist, {"a": octets})) == [K.DUPLICATE]
    assert kinds(take_in(hospital, technologist, {"a": octets, "b": octets})) == [K.DUPLICATE] * 2
    assert len(rows(hospital, technologist, Instance)) == 1
    assert len(list(hospital.services.object_store.list_ids())) == 1


def test_the_same_object_twice_in_one_upload_is_stored_once(
    hospital: Hospital, technologist: Caller
) -> None:
    octets = ct_slice(1, 1)
    outcomes = take_in(hospital, technologist, {"a": octets, "b": octets})
    assert kinds(outcomes) == [K.STORED, K.DUPLICATE]


def test_studies_without_a_patient_id_never_share_a_patient(
    hospital: Hospital, technologist: Caller
) -> None:
    first = ct_slice(1, 1, PatientID="")
    other = ct_slice(2, 2, PatientID="", study_instance_uid="2.25.9", series_instance_uid="2.25.10")
    assert kinds(take_in(hospital, technologist, {"a": first, "b": other})) == [K.STORED] * 2
    assert len(rows(hospital, technologist, Patient)) == 2


def test_what_is_no_dicom_is_refused_in_one_sentence_and_nothing_is_left_of_it(
    hospital: Hospital, technologist: Caller
) -> None:
    (outcome,) = take_in(hospital, technologist, {"note": bytes(range(256)) * 10})
    assert outcome.kind is K.REFUSED
    assert outcome.reason.endswith(".")
    assert list(hospital.services.object_store.list_ids()) == []
    staging = hospital.services.settings.data_dir / "staging"
    assert [p for p in staging.rglob("*") if p.is_file() and p.name != "in-use.lock"] == []


def test_one_bad_file_among_good_ones_harms_nobody(
    hospital: Hospital, technologist: Caller
) -> None:
    whole = ct_slice(2, 2)
    files = {"1": ct_slice(1, 1), "2": whole[: len(whole) // 2], "3": ct_slice(3, 3)}
    assert kinds(take_in(hospital, technologist, files)) == [K.STORED, K.REFUSED, K.STORED]


def test_a_zip_archive_gives_an_outcome_for_each_file_in_it(
    hospital: Hospital, technologist: Caller
) -> None:
    archive = zipped(
        {
            "study/1": ct_slice(1, 1),
            "study/2": ct_slice(2, 2),
            "study/readme.txt": b"hello",
            "study/.DS_Store": b"x",
            "inner.zip": zipped({"3": ct_slice(3, 3)}),
        }
    )
    outcomes = take_in(hospital, technologist, {"all.zip": archive})
    assert Counter(kinds(outcomes)) == {K.STORED: 2, K.REFUSED: 1, K.SKIPPED: 2}
    assert {o.source_name for o in outcomes if o.kind is K.STORED} == {
        "all.zip/study/1",
        "all.zip/study/2",
    }


def test_every_outcome_gives_back_the_mark_of_its_file_and_no_name_keeps_it(
    hospital: Hospital, technologist: Caller
) -> None:
    disc = {
        "DICOMDIR": dicomdir("MISSING"),
        "1": ct_slice(1, 1),
        ".DS_Store": b"x",
        "inner.zip": zipped({"2": ct_slice(2, 2)}),
    }
    files = [
        ("same", zipped(disc)),
        ("same", ct_slice(1, 1)),
        ("same", ct_slice(1, 1, PatientName="Other^Name", study_instance_uid="2.25.9")),
        ("same", b"of no kind"),
        ("same", zipped({"3": ct_slice(3, 3)})[:-40]),
    ]
    studies = hospital.importer
    received = []
    for mark, (name, octets) in enumerate(files):
        staged = studies.stage()
        staged.write(memoryview(octets))
        received.append(studies.received(name, staged, str(mark)))
    told = Counter((one.mark, one.kind) for one in studies.ingest(technologist, received))
    assert told == {
        ("0", K.STORED): 1,
        ("0", K.SKIPPED): 2,
        ("0", K.REFUSED): 2,  # the archive within, and what its table of contents misses
        ("1", K.DUPLICATE): 1,
        ("2", K.CONFLICT): 1,
        ("3", K.SKIPPED): 1,
        ("4", K.REFUSED): 1,
    }
    (held,) = rows(hospital, technologist, HeldInstance)
    assert held.source_name == "same"


def test_a_damaged_archive_is_one_refusal(hospital: Hospital, technologist: Caller) -> None:
    archive = zipped({"1": ct_slice(1, 1)})[:-40]
    (outcome,) = take_in(hospital, technologist, {"all.zip": archive})
    assert (outcome.kind, outcome.source_name) == (K.REFUSED, "all.zip")


def test_outcomes_come_in_the_order_of_the_files_over_several_batches(
    hospital: Hospital, technologist: Caller
) -> None:
    files = {f"{n}": ct_slice(n, n, size_px=8) for n in range(60)}
    outcomes = take_in(hospital, technologist, files)
    assert [o.source_name for o in outcomes] == list(files)
    (study,) = rows(hospital, technologist, Study)
    assert study.instance_count == 60


def test_any_sop_class_is_kept_even_without_an_image(
    hospital: Hospital, technologist: Caller
) -> None:
    import numpy as np

    octets = dicom_file(np.zeros((4, 4), np.uint8), sop_class_uid="1.2.3.4.5.6")
    (outcome,) = take_in(hospital, technologist, {"private": octets})
    assert outcome.kind is K.STORED
    assert stored_octets(hospital, technologist, uid_of(octets)) == octets


def test_who_may_not_upload_is_refused_before_a_byte_is_read(hospital: Hospital) -> None:
    clinician = hospital.sign_in("clinician@demo.example").caller

    def untouched() -> Iterator[bytes]:
        raise AssertionError("read")
        yield b""

    with pytest.raises(NotAllowed):
        hospital.importer.receive(clinician, "a", untouched())
    with pytest.raises(NotAllowed):
        list(hospital.importer.ingest(clinician, []))


def test_another_organization_neither_sees_nor_meets_what_is_stored(
    hospital: Hospital, technologist: Caller
) -> None:
    take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    stranger = hospital.stranger()
    with pytest.raises(NotFound):
        hospital.services.worklist.other_studies(stranger, "2.25.1000")
    assert rows(hospital, stranger, Instance) == []


def test_a_full_disk_refuses_in_words_and_keeps_nothing_half(
    hospital: Hospital, technologist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(staged: object) -> None:
        raise StorageFull

    monkeypatch.setattr(hospital.services.object_store, "commit_many", full)
    (outcome,) = take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    assert (outcome.kind, "full" in outcome.reason) == (K.REFUSED, True)
    assert rows(hospital, technologist, Study) == []


def test_every_import_is_in_the_audit_trail_without_a_name(
    hospital: Hospital, technologist: Caller
) -> None:
    take_in(hospital, technologist, {"a": ct_slice(1, 1), "b": ct_slice(2, 2), "c": bytes(200)})
    entries = [
        entry
        for entry in rows(hospital, technologist, AuditEntry)
        if entry.action == AuditAction.STUDY_IMPORTED
    ]
    assert [(e.outcome, e.object_id, e.details) for e in entries] == [
        ("success", "2.25.1000", '{"instances":2}'),
        ("refused", "", '{"instances":1}'),
    ]
    assert not any("Adele" in entry.details + entry.reason for entry in entries)


def test_the_importer_works_for_one_organization_and_asks_when_it_is_not_clear(
    hospital: Hospital,
) -> None:
    caller = hospital.importer.importer("demo")
    assert caller.permissions == {Permission.STUDY_UPLOAD}
    assert hospital.importer.importer("") == replace(caller)
    with pytest.raises(NotFound, match="no such organization"):
        hospital.importer.importer("nowhere")


def test_the_sweeper_leaves_alone_what_a_row_points_to(
    hospital: Hospital, technologist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    import backend.services.studies as module

    take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    orphan = hospital.importer.receive(technologist, "orphan", [b"octets"])
    hospital.services.object_store.commit(orphan.staged)
    monkeypatch.setattr(module, "_SWEEP_GRACE_SECONDS", -1.0)
    report = hospital.importer.sweep()
    assert report.orphans_removed == 1
    assert len(list(hospital.services.object_store.list_ids())) == 1


def test_of_two_equal_files_in_one_batch_one_is_stored_and_nothing_is_left_of_the_other(
    hospital: Hospital, technologist: Caller
) -> None:
    octets = ct_slice(1, 1)
    assert kinds(take_in(hospital, technologist, {"a": octets, "b": octets})) == [
        K.STORED,
        K.DUPLICATE,
    ]
    assert len(list(hospital.services.object_store.list_ids())) == 1


def test_a_file_is_not_called_stored_when_its_equal_was_refused_beside_it(
    hospital: Hospital, technologist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(staged: object) -> None:
        raise StorageFull

    monkeypatch.setattr(hospital.services.object_store, "commit_many", full)
    octets = ct_slice(1, 1)
    outcomes = take_in(hospital, technologist, {"a": octets, "b": octets})
    assert kinds(outcomes) == [K.REFUSED, K.REFUSED]


def test_more_orphans_than_crashes_leave_are_removed_only_when_somebody_says_so(
    hospital: Hospital, technologist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    import backend.services.studies as module

    monkeypatch.setattr(module, "_SWEEP_GRACE_SECONDS", -1.0)
    monkeypatch.setattr(module, "MOST_ORPHANS", 2)
    for number in range(3):
        orphan = hospital.importer.receive(technologist, f"{number}", [b"octets"])
        hospital.services.object_store.commit(orphan.staged)
    assert hospital.importer.sweep().orphans_kept == 3
    assert hospital.importer.sweep(however_many=True).orphans_removed == 3
