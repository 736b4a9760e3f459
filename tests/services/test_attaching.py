"""Attaching files to a study: the one that was seen and confirmed, by who may, as an instance like any other."""

import argparse
import asyncio
import base64
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from httpx import Response
from sqlmodel import select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.adapters.attacher_process import AttacherProcess
from backend.api import attachments, tus
from backend.api.refusals import answer_refusal
from backend.cli import attach_file, import_files
from backend.core.caller import Caller
from backend.core.errors import FileRefused, NotAllowed, NotFound, PatientNotConfirmed, Refusal
from backend.core.identifiers import new_id
from backend.core.vocabulary import AuditAction
from backend.models.audit import AuditEntry
from backend.models.studies import Series, Study
from backend.schemas.attaching import AttachmentAnswers, AttachmentOrigin, AttachmentRequest
from backend.schemas.studies import IngestOutcome
from backend.services.attaching import Attaching
from backend.services.upload_taking import UploadTaking
from tests.api.test_tus import OCTETS, OURS
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
    taking = UploadTaking(
        services.database, services.object_store, services.keyring, made.importer, attaching
    )
    made.services = replace(
        services, attaching=attaching, studies=made.importer, upload_taking=taking
    )
    bootstrap.use(made.services)
    yield made
    bootstrap.use(None)
    taking.close()
    made.close()


@pytest.fixture
def technologist(hospital: Hospital) -> Caller:
    return hospital.sign_in(TECHNOLOGIST).caller


def attach(
    hospital: Hospital, caller: Caller, octets: bytes, confirmation: str = "", uid: str = STUDY
) -> IngestOutcome:
    attaching = hospital.services.attaching
    confirmation = confirmation or attaching.target(caller, uid).confirmation
    asked = AttachmentRequest(uid, confirmation, ANSWERS)
    staged = hospital.importer.stage()
    try:
        staged.write(octets)
        staged.finish()
        with staged.open() as reader:
            return attaching.attach(caller, asked, "letter", reader)
    finally:
        staged.discard()


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
        routes=[Mount("/api/v1", routes=[*attachments.routes, *tus.routes])],
        exception_handlers={Refusal: answer_refusal},
    )
    return TestClient(app, headers={"cookie": hospital.sign_in(email).cookie})


def begun(browser: TestClient, size_bytes: int, **said: str) -> Response:
    """The answer to whoever begins to send a file for the study, and says so much of it."""
    pairs = (f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in said.items())
    headers = {**OURS, "upload-length": str(size_bytes), "upload-metadata": ",".join(pairs)}
    return browser.post(f"/api/v1/attachments/{STUDY}", headers=headers)


def send(browser: TestClient, address: str, octets: bytes, offset: int = 0) -> None:
    headers = {**OCTETS, "upload-offset": str(offset)}
    assert browser.patch(address, headers=headers, content=octets).status_code == 204


def send_and_drop(browser: TestClient, address: str, octets: bytes) -> None:
    """Send octets with more announced, and lose the connection."""
    messages = [
        {"type": "http.request", "body": octets, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def hear() -> dict[str, object]:
        return messages.pop(0)

    async def answer(_message: object) -> None:
        pass

    headers = {**OCTETS, "upload-offset": "0", "cookie": browser.headers["cookie"]}
    scope = {
        **{"type": "http", "method": "PATCH", "path": address, "query_string": b""},
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(browser.app(scope, hear, answer))  # type: ignore[arg-type]


def outcome_of(browser: TestClient, address: str) -> dict[str, str]:
    lines = [
        json.loads(line) for line in browser.get(f"{address}/outcomes").text.split("\n") if line
    ]
    assert lines.pop() == {"done": True}
    (outcome,) = lines
    return outcome


def test_a_document_whose_line_broke_and_whose_tab_was_closed_arrives_byte_for_byte(
    hospital: Hospital, technologist: Caller
) -> None:
    confirmation = hospital.services.attaching.target(technologist, STUDY).confirmation
    octets = pdf(b"% " + random.Random(4).randbytes(150_000).hex().encode() + b"\n")
    said = {
        "origin": "scan",
        "burned_in": "no",
        "description": "Brief \N{LATIN SMALL LETTER A WITH DIAERESIS}",
    }
    before = client(hospital)
    made = begun(before, len(octets), filename="brief.pdf", confirmation=confirmation, **said)
    address = made.headers["location"]
    send_and_drop(before, address, octets[:123_456])
    browser = client(hospital)  # a new tab, which knows nothing
    (listed,) = browser.get("/api/v1/tus").json()["uploads"]
    assert listed["attachment"] == {
        "study_instance_uid": STUDY,
        "confirmation": confirmation,
        **said,
    }
    assert (listed["source_name"], listed["received_bytes"]) == ("brief.pdf", 123_456)
    assert browser.head(address, headers=OURS).headers["upload-offset"] == "123456"
    send(browser, address, octets[123_456:], 123_456)
    outcome = outcome_of(browser, address)
    assert (outcome["kind"], outcome["source_name"]) == ("stored", "brief.pdf")
    opened = browser.get(
        f"/api/v1/studies/{STUDY}/instances/{outcome['sop_instance_uid']}/document"
    )
    assert opened.headers["content-type"] == "application/pdf"
    assert opened.headers["cache-control"] == "private, no-store"
    assert opened.content[: len(octets)] == octets
    assert len(opened.content) <= len(octets) + 1  # of even length
    (document,) = [
        each
        for each in hospital.services.attaching.documents(technologist, STUDY)
        if each.sop_instance_uid == outcome["sop_instance_uid"]
    ]
    assert document.description == said["description"]
    assert staged_files(hospital) == []


def test_what_can_not_be_attached_is_said_once_it_is_here(
    hospital: Hospital, technologist: Caller
) -> None:
    confirmation = hospital.services.attaching.target(technologist, STUDY).confirmation
    browser = client(hospital)
    made = begun(browser, 6, confirmation=confirmation, origin="scan", burned_in="no")
    send(browser, made.headers["location"], b"GIF89a")
    outcome = outcome_of(browser, made.headers["location"])
    assert (outcome["kind"], bool(outcome["reason"])) == ("refused", True)


def test_what_had_arrived_is_attached_after_a_restart_though_nobody_asks(
    hospital: Hospital, technologist: Caller
) -> None:
    services = hospital.services
    confirmation = services.attaching.target(technologist, STUDY).confirmation
    browser, octets = client(hospital), pdf(b"% arrived\n")
    said = {"confirmation": confirmation, "origin": "scan", "burned_in": "no"}
    made = begun(browser, len(octets), description="Arrived", **said)
    send(browser, made.headers["location"], octets)
    restarted = UploadTaking(
        services.database,
        services.object_store,
        services.keyring,
        hospital.importer,
        services.attaching,
    )
    assert restarted.resume() == 1
    upload_id = made.headers["location"].rpartition("/")[2]
    (outcome,) = filter(None, restarted.outcomes(technologist, upload_id))
    restarted.close()
    assert outcome["kind"] == "stored"
    titles = [each.description for each in services.attaching.documents(technologist, STUDY)]
    assert titles.count("Arrived") == 1


def test_what_is_tried_again_after_the_program_has_ended_is_attached_once(
    hospital: Hospital, technologist: Caller
) -> None:
    attaching, key = hospital.services.attaching, new_id()
    target = attaching.target(technologist, STUDY)
    asked = AttachmentRequest(STUDY, target.confirmation, ANSWERS)
    octets = pdf(b"% once\n")
    before = len(attaching.documents(technologist, STUDY))
    staged = hospital.importer.stage()
    staged.write(octets)
    staged.finish()
    outcomes = []
    for _ in range(2):
        with staged.open() as reader:
            outcomes.append(attaching.attach(technologist, asked, "once.pdf", reader, key))
    staged.discard()
    assert outcomes[0] == outcomes[1]
    assert outcomes[0].kind == "stored"
    assert len(attaching.documents(technologist, STUDY)) == before + 1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 400),
        ({"confirmation": "x", "burned_in": "no"}, 400),
        ({"confirmation": "x", "origin": "elsewhere", "burned_in": "no"}, 400),
        ({"confirmation": "x", "origin": "scan", "burned_in": "no"}, 409),
        ({"confirmation": "", "origin": "scan", "burned_in": "no", "description": "x" * 65}, 400),
    ],
)
def test_what_is_not_said_in_full_or_not_confirmed_is_refused_before_it_is_sent(
    hospital: Hospital, technologist: Caller, said: dict[str, str], status: int
) -> None:
    if said.get("confirmation") == "":
        target = hospital.services.attaching.target(technologist, STUDY)
        said = {**said, "confirmation": target.confirmation}
    browser = client(hospital)
    assert begun(browser, 9, **said).status_code == status
    assert not [
        each for each in browser.get("/api/v1/tus").json()["uploads"] if not each["is_taken_in"]
    ]


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
