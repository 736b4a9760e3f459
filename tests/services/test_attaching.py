"""Attaching files to a study: the one that was seen and confirmed, by who may, as an instance like any other."""

import argparse
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.adapters.attacher_process import AttacherProcess
from backend.api import attachments
from backend.api.refusals import answer_refusal
from backend.cli import attach_file, import_files
from backend.core.caller import Caller
from backend.core.errors import FileRefused, NotAllowed, NotFound, PatientNotConfirmed, Refusal
from backend.core.vocabulary import AuditAction
from backend.models.audit import AuditEntry
from backend.models.studies import Series, Study
from backend.schemas.attaching import AttachmentAnswers, AttachmentOrigin
from backend.schemas.studies import IngestOutcome
from backend.services.attaching import Attaching
from tests.dicom.test_attachments import pdf, picture
from tests.viewing_hospital import STUDY, Hospital, ct_slice

TECHNOLOGIST = "technologist@demo.example"
ANSWERS = AttachmentAnswers("Letter", AttachmentOrigin.SCAN)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    made = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    made.take_in(ct_slice(1, 1))
    services = made.services
    attaching = Attaching(
        services.database, services.object_store, services.keyring, made.importer, AttacherProcess()
    )
    made.services = replace(services, attaching=attaching, studies=made.importer)
    bootstrap.use(made.services)
    yield made
    bootstrap.use(None)
    made.close()


@pytest.fixture
def technologist(hospital: Hospital) -> Caller:
    return hospital.sign_in(TECHNOLOGIST).caller


def attach(
    hospital: Hospital, caller: Caller, octets: bytes, confirmation: str = "", uid: str = STUDY
) -> IngestOutcome:
    attaching = hospital.services.attaching
    staged = hospital.importer.stage()
    staged.write(octets)
    confirmation = confirmation or attaching.target(caller, uid).confirmation
    return attaching.attach(caller, uid, confirmation, ANSWERS, staged)


def staged_files(hospital: Hospital) -> list[Path]:
    staging = hospital.services.settings.data_dir / "staging"
    return [p for p in staging.rglob("*") if p.is_file() and p.name != "in-use.lock"]


def test_a_document_becomes_a_new_series_of_the_same_patient_and_study(
    hospital: Hospital, technologist: Caller
) -> None:
    octets = pdf()
    outcome = attach(hospital, technologist, octets)
    assert outcome.kind == "stored"
    assert outcome.study_instance_uid == STUDY
    with hospital.services.database.read(technologist.organization_id) as session:
        assert len(session.exec(select(Study)).all()) == 1
        numbers = [each.series_number for each in session.exec(select(Series)).all()]
        assert len(numbers) == len(set(numbers)) == 2
        entries = session.exec(select(AuditEntry)).all()
        (entry,) = [each for each in entries if each.action == AuditAction.STUDY_ATTACHED]
        assert outcome.sop_instance_uid in entry.details
        assert "Letter" not in entry.details
    (listed,) = hospital.services.attaching.documents(technologist, STUDY)
    assert (listed.description, listed.sop_instance_uid) == ("Letter", outcome.sop_instance_uid)
    opened = hospital.services.attaching.document(technologist, STUDY, outcome.sop_instance_uid)
    assert opened[: len(octets)] == octets
    assert staged_files(hospital) == []


def test_another_patient_than_was_seen_gets_nothing(
    hospital: Hospital, technologist: Caller
) -> None:
    seen = hospital.services.attaching.target(technologist, STUDY)
    other = replace(seen, patient_name="Other^Name")
    with pytest.raises(PatientNotConfirmed):
        attach(hospital, technologist, picture("JPEG"), other.confirmation)
    assert staged_files(hospital) == []


def test_a_malicious_file_is_refused_and_leaves_nothing(
    hospital: Hospital, technologist: Caller
) -> None:
    with pytest.raises(FileRefused, match="script"):
        attach(hospital, technologist, pdf(b"<< /S /JavaScript >>"))
    assert staged_files(hospital) == []


def test_who_may_not_upload_attaches_nothing_but_may_read(hospital: Hospital) -> None:
    clinician = hospital.sign_in("clinician@demo.example").caller
    with pytest.raises(NotAllowed):
        attach(hospital, clinician, pdf(), "any")
    assert hospital.services.attaching.documents(clinician, STUDY) is not None
    with pytest.raises(NotFound):
        hospital.services.attaching.documents(hospital.stranger(), STUDY)


def client(hospital: Hospital, email: str = TECHNOLOGIST) -> TestClient:
    app = Starlette(
        routes=[Mount("/api/v1", routes=attachments.routes)],
        exception_handlers={Refusal: answer_refusal},
    )
    return TestClient(app, headers={"cookie": hospital.sign_in(email).cookie})


def answers(**said: str) -> dict[str, str]:
    return {"attachment-answers": base64.b64encode(json.dumps(said).encode()).decode()}


def test_a_picture_is_attached_and_a_document_opened_over_http(
    hospital: Hospital, technologist: Caller
) -> None:
    confirmation = hospital.services.attaching.target(technologist, STUDY).confirmation
    browser = client(hospital)
    said = answers(confirmation=confirmation, origin="photograph", burned_in="no", description="ä")
    for octets in (picture("PNG"), pdf(b"% another\n")):
        made = browser.post(f"/api/v1/attachments/{STUDY}", content=octets, headers=said)
        assert (made.status_code, made.json()["kind"]) == (200, "stored")
    uid = made.json()["sop_instance_uid"]
    opened = browser.get(f"/api/v1/studies/{STUDY}/instances/{uid}/document")
    assert opened.headers["content-type"] == "application/pdf"
    assert opened.headers["cache-control"] == "private, no-store"
    assert opened.content.startswith(b"%PDF-")
    image = hospital.services.attaching.documents(technologist, STUDY)
    assert uid in {each.sop_instance_uid for each in image}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"attachment-answers": "?"},
        {"attachment-answers": base64.b64encode(b"[]").decode()},
        answers(confirmation="x", origin="elsewhere", burned_in="no"),
    ],
)
def test_what_is_not_said_in_full_is_refused(hospital: Hospital, headers: dict[str, str]) -> None:
    made = client(hospital).post(f"/api/v1/attachments/{STUDY}", content=pdf(), headers=headers)
    assert made.status_code == 400


def test_an_attachment_is_shown_like_any_image(hospital: Hospital, technologist: Caller) -> None:
    outcome = attach(hospital, technologist, picture("JPEG", size=(64, 48)))
    assert outcome.kind == "stored"
    assert outcome.reason == ""


def attached_by_command(hospital: Hospital, path: Path, *words: str) -> list[IngestOutcome]:
    parser = argparse.ArgumentParser()
    import_files.add_arguments(parser)
    options = parser.parse_args([str(path), "--attach-to", STUDY, *words])
    importer = hospital.importer.importer("demo")
    return list(attach_file.attach_files(hospital.services, importer, options))


def test_the_command_attaches_only_to_the_patient_that_is_named(
    hospital: Hospital, tmp_path: Path
) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf(b"% by command\n"))
    for words in ((), ("--patient-id", "another")):
        with pytest.raises(PatientNotConfirmed):
            attached_by_command(hospital, path, *words)
    (outcome,) = attached_by_command(hospital, path, "--patient-id", "D-1", "--title", "Letter")
    assert (outcome.kind, outcome.source_name) == ("stored", str(path))
    path.write_bytes(b"GIF89a")
    (outcome,) = attached_by_command(hospital, path, "--patient-id", "D-1")
    assert outcome.kind == "refused"
    (outcome,) = attached_by_command(hospital, tmp_path / "nowhere", "--patient-id", "D-1")
    assert outcome.reason == "The file cannot be read: No such file or directory."
    assert staged_files(hospital) == []
