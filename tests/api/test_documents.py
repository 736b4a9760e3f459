"""The PDF over HTTP: who gets it, under which name, and what a browser shows when there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.api import documents
from backend.api.refusals import answer_refusal
from backend.core.errors import DocumentNotPossible, Refusal
from backend.schemas.reporting import ReportSections
from backend.services.documents import Documents
from backend.services.proving import Proof
from tests.viewing_hospital import PASSWORD, STUDY, Hospital, ct_slice


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    hospital.take_in(ct_slice(0, 1))
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


@pytest.fixture(scope="module")
def address(hospital: Hospital) -> str:
    reporting, caller = hospital.services.reporting, hospital.sign_in().caller
    report = reporting.open_for_study(caller, STUDY)
    assert report is not None
    saved = reporting.save_draft(
        caller, report.report_id, report.draft_version, ReportSections(impression="Normal.")
    )
    reporting.sign(caller, report.report_id, saved.draft_version, Proof(password=PASSWORD))
    return f"/api/v1/reports/{report.report_id}/pdf"


def _client(hospital: Hospital, email: str = "clinician@demo.example") -> TestClient:
    app = Starlette(
        routes=[Mount("/api/v1", routes=documents.routes)],
        exception_handlers={Refusal: answer_refusal},
    )
    return TestClient(app, headers={"cookie": hospital.sign_in(email).cookie})


def test_whoever_may_read_reports_gets_the_pdf_and_no_cache_keeps_it(
    hospital: Hospital, address: str
) -> None:
    answer = _client(hospital).get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.content.startswith(b"%PDF-")


def test_the_file_name_says_no_patient(hospital: Hospital, address: str) -> None:
    disposition = _client(hospital).get(address).headers["content-disposition"]
    report_id = address.split("/")[4]
    assert disposition == f'inline; filename="report-{report_id}-v1.pdf"'


@pytest.mark.parametrize(
    ("version", "status"),
    [("1", 200), ("2", 404), ("0", 404), ("-1", 400), ("one", 400), ("²", 400), ("9" * 9, 400)],
)
def test_a_version_is_a_number_that_exists(
    hospital: Hospital, address: str, version: str, status: int
) -> None:
    assert _client(hospital).get(address, params={"version": version}).status_code == status


def test_a_role_without_reports_gets_none(hospital: Hospital, address: str) -> None:
    assert _client(hospital, "technologist@demo.example").get(address).status_code == 403


def test_a_refusal_is_words_for_a_browser_and_json_for_a_program(
    hospital: Hospital, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DocumentNotPossible("No font has the character “<山>”.")

    monkeypatch.setattr(Documents, "report_pdf", refuse)
    client = _client(hospital)
    page = client.get(address, headers={"accept": "text/html,*/*"})
    assert page.status_code == 422
    assert "No font has the character “&lt;山&gt;”." in page.text
    answer = client.get(address, headers={"accept": "application/json"})
    assert answer.json() == {
        "error": "No font has the character “<山>”.",
        "code": "DocumentNotPossible",
    }
