"""The editor's requests: saves, conflicts and signatures over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.api import documents, reports
from backend.api.refusals import answer_refusal
from backend.core.errors import Refusal
from backend.services.report_content import SECTION_NAMES
from tests.viewing_hospital import PASSWORD, Hospital, ct_slice

EMPTY = dict.fromkeys(SECTION_NAMES, "")
TEXT = {**EMPTY, "findings": "No bleeding.", "impression": "Normal."}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


@pytest.fixture
def report_id(hospital: Hospital, request: pytest.FixtureRequest) -> str:
    """A fresh draft, of a study of its own."""
    number = abs(hash(request.node.nodeid))
    study_uid = f"2.25.{number}"
    outcomes = hospital.take_in(
        ct_slice(0, 1, StudyInstanceUID=study_uid, SeriesInstanceUID=f"2.25.{number}1")
    )
    assert [outcome.kind for outcome in outcomes] == ["stored"]
    caller = hospital.sign_in().caller
    report = hospital.services.reporting.open_for_study(caller, study_uid)
    assert report is not None
    return report.report_id


def _client(hospital: Hospital, email: str = "radiologist@demo.example") -> TestClient:
    app = Starlette(
        routes=[Mount("/api/v1", routes=[*documents.routes, *reports.routes])],
        exception_handlers={Refusal: answer_refusal},
    )
    return TestClient(app, headers={"cookie": hospital.sign_in(email).cookie})


@pytest.fixture
def client(hospital: Hospital) -> TestClient:
    return _client(hospital)


def _save(
    client: TestClient, report_id: str, version: int, sections: dict[str, str]
) -> tuple[int, dict[str, object]]:
    answer = client.post(
        f"/api/v1/reports/{report_id}/draft",
        json={"draft_version": version, "sections": sections},
    )
    return answer.status_code, answer.json()


def test_a_saved_draft_comes_back_and_is_kept_by_no_cache(
    client: TestClient, report_id: str
) -> None:
    first = client.get(f"/api/v1/reports/{report_id}/draft")
    assert first.headers["cache-control"] == "private, no-store"
    assert first.json()["sections"] == EMPTY
    status, saved = _save(client, report_id, first.json()["draft_version"], TEXT)
    assert status == 200
    again = client.get(f"/api/v1/reports/{report_id}/draft").json()
    assert again["sections"] == TEXT
    assert again["draft_version"] == saved["draft_version"]
    assert again["updated_at"] == saved["updated_at"]


def test_a_stale_save_is_told_both_the_reason_and_the_other_text(
    client: TestClient, report_id: str
) -> None:
    _, saved = _save(client, report_id, 1, TEXT)
    status, answer = _save(client, report_id, 1, {**TEXT, "findings": "Other tab."})
    assert status == 409
    assert answer["code"] == "ReportChangedMeanwhile"
    other = answer["draft"]
    assert isinstance(other, dict)
    assert other["sections"] == TEXT
    assert other["draft_version"] == saved["draft_version"]


def test_a_draft_is_taken_over_and_given_back_as_it_is(
    hospital: Hospital, client: TestClient, report_id: str
) -> None:
    _save(client, report_id, 1, TEXT)
    second = _client(hospital, "radiologist2@demo.example")
    answer = second.post(f"/api/v1/reports/{report_id}/take-over", json={})
    assert answer.status_code == 200
    assert answer.json()["sections"] == TEXT
    assert answer.json()["may_write"]
    status, refused = _save(client, report_id, 2, {**TEXT, "comments": "late"})
    assert status == 409
    assert isinstance(refused["draft"], dict)
    assert not refused["draft"]["may_write"]


def test_signing_needs_the_password_and_gives_a_pdf(client: TestClient, report_id: str) -> None:
    _, saved = _save(client, report_id, 1, TEXT)
    address = f"/api/v1/reports/{report_id}"
    wrong = client.post(
        f"{address}/sign", json={"draft_version": saved["draft_version"], "password": "wrong"}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (403, "SignatureRefused")
    assert client.get(f"{address}/pdf").status_code == 404
    signed = client.post(
        f"{address}/sign", json={"draft_version": saved["draft_version"], "password": PASSWORD}
    )
    assert signed.status_code == 200
    assert signed.json()["version_number"] == 1
    assert PASSWORD not in signed.text
    pdf = client.get(f"{address}/pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    status, answer = _save(client, report_id, 2, EMPTY)
    assert (status, answer["code"]) == (409, "ReportAlreadySigned")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"draft_version": 1},
        {"draft_version": "1", "sections": EMPTY},
        {"draft_version": True, "sections": EMPTY},
        {"draft_version": 1, "sections": {"findings": "only one"}},
        {"draft_version": 1, "sections": {**EMPTY, "more": ""}},
        {"draft_version": 1, "sections": {**EMPTY, "findings": None}},
        {"draft_version": 1, "sections": []},
        [],
    ],
)
def test_a_save_that_is_not_whole_is_refused_and_changes_nothing(
    client: TestClient, report_id: str, body: object
) -> None:
    _save(client, report_id, 1, TEXT)
    answer = client.post(f"/api/v1/reports/{report_id}/draft", json=body)
    assert answer.status_code == 400
    assert client.get(f"/api/v1/reports/{report_id}/draft").json()["sections"] == TEXT


def test_only_json_is_taken_so_that_no_form_of_another_site_can_write(
    client: TestClient, report_id: str
) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = client.post(
            f"/api/v1/reports/{report_id}/draft",
            content=b'{"draft_version":1,"sections":{}}',
            headers={"content-type": kind},
        )
        assert answer.status_code == 400
    answer = client.post(
        f"/api/v1/reports/{report_id}/sign",
        content=b"[" * 100_000,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 400


def test_without_a_session_nothing_is_told(hospital: Hospital, report_id: str) -> None:
    client = _client(hospital)
    client.headers.pop("cookie")
    for path in ("draft", "pdf"):
        assert client.get(f"/api/v1/reports/{report_id}/{path}").status_code == 401
    for path in ("draft", "sign", "take-over"):
        answer = client.post(f"/api/v1/reports/{report_id}/{path}", json={})
        assert answer.status_code == 401


def test_those_who_do_not_write_reports_see_no_draft(hospital: Hospital, report_id: str) -> None:
    for email in ("clinician@demo.example", "technologist@demo.example"):
        client = _client(hospital, email)
        assert client.get(f"/api/v1/reports/{report_id}/draft").status_code == 403
        status, _ = _save(client, report_id, 1, TEXT)
        assert status == 403


def test_a_report_that_does_not_exist_is_not_found(client: TestClient) -> None:
    assert client.get("/api/v1/reports/nothing/draft").status_code == 404
    assert _save(client, "nothing", 1, TEXT)[0] == 404


def test_reading_the_draft_in_the_background_does_not_keep_a_session_alive(
    client: TestClient, report_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched: list[bool] = []
    inner = reports.require_caller

    def watched(request: object, *, touches: bool = True) -> object:
        touched.append(touches)
        return inner(request, touches=touches)  # type: ignore[arg-type]

    monkeypatch.setattr(reports, "require_caller", watched)
    client.get(f"/api/v1/reports/{report_id}/draft")
    _save(client, report_id, 1, TEXT)
    assert touched == [False, True]
