"""Files that contradict what is stored: kept byte for byte, outside every study, and never mixed up with other outcomes."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from backend.core.caller import Caller
from backend.core.vocabulary import AuditAction, IngestOutcomeKind
from backend.dicom import plain
from backend.dicom.model import ParsedInstance
from backend.models.audit import AuditEntry
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.patients import PatientClaim
from backend.models.studies import Instance, Patient, Study
from tests.services.test_studies import kinds, rows, stored_octets, take_in
from tests.viewing_hospital import Hospital, ct_slice, uid_of

K = IngestOutcomeKind


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def technologist(hospital: Hospital) -> Caller:
    return hospital.sign_in("technologist@demo.example").caller


def held_octets(hospital: Hospital, caller: Caller, held: HeldInstance) -> bytes:
    services = hospital.services
    (conflict,) = (c for c in rows(hospital, caller, Conflict) if c.id == held.conflict_key)
    key = services.keyring.unwrap_object_key(held.wrapped_object_key, conflict.wrapped_data_key)
    with services.object_store.open(held.object_id, key) as reader:
        return reader.read_range(0, held.size_bytes)


def another_study(number: int, **attributes: object) -> bytes:
    return ct_slice(
        number,
        number,
        study_instance_uid=f"2.25.{number}",
        series_instance_uid=f"2.25.{number}.1",
        **attributes,
    )


def test_a_file_whose_name_is_not_utf_8_is_kept_like_any_other(
    hospital: Hospital, technologist: Caller
) -> None:
    take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    other = another_study(9, PatientName="Other^Name")
    (outcome,) = take_in(hospital, technologist, {"M\udcfcller\0": other})
    assert (outcome.kind, outcome.source_name) == (K.CONFLICT, "M?ller")
    (held,) = rows(hospital, technologist, HeldInstance)
    assert held.source_name == "M?ller"


@pytest.mark.parametrize("other", [{"PatientName": "Other^Name"}, {"PatientBirthDate": "19600102"}])
def test_the_same_id_with_another_name_or_birth_date_is_kept_apart(
    hospital: Hospital, technologist: Caller, other: dict[str, object]
) -> None:
    octets = another_study(9, **other)
    take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    (outcome,) = take_in(hospital, technologist, {"b": octets})
    assert outcome.kind is K.CONFLICT
    assert "the file is kept, and an administrator decides" in outcome.reason
    assert len(rows(hospital, technologist, Patient)) == 1
    assert len(rows(hospital, technologist, Study)) == 1
    (held,) = rows(hospital, technologist, HeldInstance)
    assert held_octets(hospital, technologist, held) == octets
    parsed = plain.from_json(ParsedInstance, held.parsed)
    assert parsed.attributes.sop_instance_uid == uid_of(octets)
    assert len(parsed.frame_checksums) == 1


def test_files_of_one_wrong_patient_are_one_conflict(
    hospital: Hospital, technologist: Caller
) -> None:
    take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    others = {
        str(number): another_study(number, PatientName="Other^Name") for number in range(9, 12)
    }
    assert kinds(take_in(hospital, technologist, others)) == [K.CONFLICT] * 3
    late = another_study(12, PatientName="OTHER^NAME")
    assert kinds(take_in(hospital, technologist, {"late": late})) == [K.CONFLICT]
    assert len(rows(hospital, technologist, Conflict)) == 1
    assert len(rows(hospital, technologist, HeldInstance)) == 4
    hospital.importer.sum_up()
    with hospital.services.database.read(technologist.organization_id) as session:
        entries = session.exec(
            select(AuditEntry).where(AuditEntry.action == AuditAction.CONFLICT_HELD)
        ).all()
        first, last = (json.loads(entry.details) for entry in entries)
        assert first == {"instances": 3}
        assert last["instances_in_all"] == 4


def test_a_conflict_inside_one_upload_is_seen(hospital: Hospital, technologist: Caller) -> None:
    files = {"a": ct_slice(1, 1), "b": another_study(9, PatientName="Other^Name")}
    assert kinds(take_in(hospital, technologist, files)) == [K.STORED, K.CONFLICT]


def test_the_same_study_under_another_patient_is_kept_apart(
    hospital: Hospital, technologist: Caller
) -> None:
    take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    (outcome,) = take_in(hospital, technologist, {"b": ct_slice(2, 2, PatientID="D-2")})
    assert outcome.kind is K.CONFLICT
    assert outcome.reason.startswith("Its study is stored under another patient")
    (conflict,) = rows(hospital, technologist, Conflict)
    assert (conflict.kind, conflict.patient_id) == ("study", "D-2")
    assert len(rows(hospital, technologist, Patient)) == 1


def test_the_same_series_in_another_study_is_kept_apart(
    hospital: Hospital, technologist: Caller
) -> None:
    take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    (outcome,) = take_in(hospital, technologist, {"b": ct_slice(2, 2, study_instance_uid="2.25.9")})
    assert (outcome.kind, rows(hospital, technologist, Conflict)[0].kind) == (K.CONFLICT, "series")


def test_other_octets_under_the_same_uid_are_kept_beside_the_first(
    hospital: Hospital, technologist: Caller
) -> None:
    first = ct_slice(1, 1)
    other = ct_slice(1, 1, sop_instance_uid=uid_of(first), KVP=100)
    take_in(hospital, technologist, {"a": first})
    (outcome,) = take_in(hospital, technologist, {"b": other})
    assert outcome.kind is K.CONFLICT
    assert stored_octets(hospital, technologist, uid_of(first)) == first
    (held,) = rows(hospital, technologist, HeldInstance)
    assert held_octets(hospital, technologist, held) == other


def test_the_same_held_file_again_adds_nothing_and_is_no_duplicate(
    hospital: Hospital, technologist: Caller
) -> None:
    take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    other = another_study(9, PatientName="Other^Name")
    assert kinds(take_in(hospital, technologist, {"b": other, "c": other})) == [K.CONFLICT] * 2
    (outcome,) = take_in(hospital, technologist, {"d": other})
    assert outcome.kind is K.CONFLICT
    assert "already" in outcome.reason
    assert len(rows(hospital, technologist, HeldInstance)) == 1
    assert len(list(hospital.services.object_store.list_ids())) == 2


def test_a_held_file_is_no_orphan(
    hospital: Hospital, technologist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(hospital, technologist, {"a": ct_slice(1, 1)})
    take_in(hospital, technologist, {"b": another_study(9, PatientName="Other^Name")})
    later = time.time() + 86_400
    monkeypatch.setattr("backend.adapters.object_store_local.time.time", lambda: later)
    assert hospital.services.studies.sweep().orphans_removed == 0
    assert len(list(hospital.services.object_store.list_ids())) == 2


def test_the_same_name_written_another_way_is_the_same_patient(
    hospital: Hospital, technologist: Caller
) -> None:
    files = {
        "a": ct_slice(1, 1, PatientName="Müller^Anna Maria", SpecificCharacterSet="ISO_IR 100"),
        "b": another_study(9, PatientName="MULLER^ANNA MARIA"),
        "c": another_study(10, PatientName="Muller^Anna^M"),
    }
    assert kinds(take_in(hospital, technologist, files)) == [K.STORED] * 3
    (patient,) = rows(hospital, technologist, Patient)
    assert patient.patient_name == "Müller^Anna Maria"
    claims = rows(hospital, technologist, PatientClaim)
    assert len(claims) == 2  # capitals and accents are folded
    assert len({claim.root_key for claim in claims}) == 1


def test_what_agrees_with_each_of_two_others_does_not_make_them_one(
    hospital: Hospital, technologist: Caller
) -> None:
    files = {
        "none": ct_slice(1, 1, PatientBirthDate=""),
        "1960": another_study(9, PatientBirthDate="19600101"),
        "1970": another_study(10, PatientBirthDate="19700101"),
    }
    assert kinds(take_in(hospital, technologist, files)) == [K.STORED, K.STORED, K.CONFLICT]


def test_another_issuer_is_another_patient_and_no_conflict(
    hospital: Hospital, technologist: Caller
) -> None:
    other = another_study(9, PatientName="Other^Name", IssuerOfPatientID="ELSEWHERE")
    assert kinds(take_in(hospital, technologist, {"a": ct_slice(1, 1), "b": other})) == (
        [K.STORED] * 2
    )
    assert len(rows(hospital, technologist, Patient)) == 2


def test_without_a_patient_id_a_file_joins_no_patient_of_another_study(
    hospital: Hospital, technologist: Caller
) -> None:
    files = {
        "a": ct_slice(1, 1, PatientID=""),
        "b": another_study(9, PatientID=""),
        "c": ct_slice(2, 2, PatientID=""),
        "d": ct_slice(3, 3),
    }
    assert kinds(take_in(hospital, technologist, files)) == (
        [K.STORED, K.STORED, K.STORED, K.CONFLICT]
    )
    assert len(rows(hospital, technologist, Patient)) == 2
    assert len(rows(hospital, technologist, Instance)) == 3
