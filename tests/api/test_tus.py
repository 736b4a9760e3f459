"""The tus protocol as it is written, and what PACScribe adds to it."""

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from anyio import create_task_group, to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.api import tus
from backend.api.refusals import answer_refusal
from backend.core.errors import Refusal, StorageFull
from backend.services.partial_uploads import Appending
from backend.services.upload_taking import UploadTaking
from tests.viewing_hospital import Hospital, ct_slice

OURS = {"tus-resumable": "1.0.0"}
OCTETS = {**OURS, "content-type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    services = hospital.services
    taking = UploadTaking(
        services.database,
        services.object_store,
        services.keyring,
        hospital.importer,
        services.attaching,
    )
    bootstrap.use(replace(services, upload_taking=taking))
    yield hospital
    bootstrap.use(None)
    taking.close()
    hospital.close()


def signed_in(hospital: Hospital, email: str = "technologist@demo.example") -> TestClient:
    app = Starlette(
        routes=[Mount("/api/v1", routes=tus.routes)],
        exception_handlers={Refusal: answer_refusal},
    )
    return TestClient(app, headers={"cookie": hospital.sign_in(email).cookie})


@pytest.fixture
def client(hospital: Hospital) -> TestClient:
    return signed_in(hospital)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def created(client: TestClient, size: int, **metadata: str) -> str:
    pairs = ",".join(f"{name} {b64(value)}" for name, value in metadata.items())
    headers = {**OURS, "upload-length": str(size)}
    answer = client.post(
        "/api/v1/tus", headers={**headers, **({"upload-metadata": pairs} if pairs else {})}
    )
    assert answer.status_code == 201
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["upload-expires"].endswith(" GMT")
    return answer.headers["location"]


def test_the_server_says_what_it_understands(client: TestClient) -> None:
    answer = client.options("/api/v1/tus")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "termination",
        "expiration",
        "checksum",
    }
    assert int(answer.headers["tus-max-size"]) == 50 * 1024**3


def test_an_upload_is_begun_asked_about_gone_on_with_and_its_outcome_told(
    client: TestClient,
) -> None:
    octets = ct_slice(1, 1)
    address = created(client, len(octets), filename="ä b.dcm", fingerprint="abc")
    first = client.patch(address, headers={**OCTETS, "upload-offset": "0"}, content=octets[:100])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "100")
    asked = client.head(address, headers=OURS)
    assert asked.headers["upload-offset"] == "100"
    assert asked.headers["upload-length"] == str(len(octets))
    assert asked.headers["cache-control"] == "no-store"
    assert f"filename {b64('ä b.dcm')}" in asked.headers["upload-metadata"].split(",")
    early = client.get(f"{address}/outcomes")
    assert early.status_code == 409
    rest = client.patch(address, headers={**OCTETS, "upload-offset": "100"}, content=octets[100:])
    assert rest.headers["upload-offset"] == str(len(octets))
    lines = [
        json.loads(line) for line in client.get(f"{address}/outcomes").text.splitlines() if line
    ]
    assert [line.get("kind") for line in lines] == ["stored", None]
    assert lines[0]["source_name"] == "ä b.dcm"
    assert lines[1] == {"done": True}
    again = client.get(f"{address}/outcomes?from=1").text.splitlines()
    assert [json.loads(line) for line in again] == [{"done": True}]
    (listed,) = client.get("/api/v1/tus").json()["uploads"]
    assert (listed["fingerprint"], listed["is_taken_in"], listed["outcome_count"]) == (
        "abc",
        True,
        1,
    )
    assert client.delete(address, headers=OURS).status_code == 204
    assert client.head(address, headers=OURS).status_code == 404


def test_an_upload_may_begin_with_its_octets(client: TestClient) -> None:
    answer = client.post("/api/v1/tus", headers={**OCTETS, "upload-length": "5"}, content=b"123")
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "3")
    client.delete(answer.headers["location"], headers=OURS)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"upload-length": "5"}, 412),
        ("POST", {**OURS, "upload-length": "-5"}, 400),
        ("POST", OURS, 400),
        ("POST", {**OURS, "upload-length": str(10**14)}, 413),
        ("POST", {**OURS, "upload-length": "5", "upload-metadata": "filename ?"}, 400),
        ("POST", {**OURS, "upload-length": "5", "upload-metadata": "a " + "A" * 5000}, 400),
    ],
)
def test_a_request_that_cannot_be_understood_begins_nothing(
    client: TestClient, method: str, headers: dict[str, str], status: int
) -> None:
    answer = client.request(method, "/api/v1/tus", headers=headers)
    assert answer.status_code == status
    assert client.get("/api/v1/tus").json()["uploads"] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**OURS, "upload-offset": "0"}, 415),
        ({**OCTETS, "upload-offset": "3"}, 409),
        ({**OCTETS}, 400),
        ({"content-type": OCTETS["content-type"], "upload-offset": "0"}, 412),
        ({**OCTETS, "upload-offset": "0", "upload-checksum": "md5 AAAA"}, 400),
        ({**OCTETS, "upload-offset": "0", "upload-checksum": "sha256 " + "A" * 43 + "="}, 460),
    ],
)
def test_octets_that_do_not_fit_are_not_kept(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    address = created(client, 5)
    assert client.patch(address, headers=headers, content=b"123").status_code == status
    assert client.head(address, headers=OURS).headers["upload-offset"] == "0"
    client.delete(address, headers=OURS)


def test_names_that_no_database_would_keep_are_no_fault_of_the_server(client: TestClient) -> None:
    address = created(client, 5, filename="a\0b.dcm", fingerprint="c\0d")
    said = client.head(address, headers=OURS).headers["upload-metadata"].split(",")
    assert said == [f"filename {b64('ab.dcm')}", f"fingerprint {b64('cd')}"]
    client.delete(address, headers=OURS)


@pytest.mark.parametrize("size", [5, 3 * 512 * 1024])
def test_a_disk_that_is_full_in_the_middle_of_a_piece_is_told_and_written_to_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    written: list[int] = []

    def full(_: Appending, octets: bytes) -> None:
        assert not written, "what failed was written again"
        written.append(len(octets))
        raise StorageFull

    monkeypatch.setattr(Appending, "write", full)
    address = created(client, size)
    answer = client.patch(address, headers={**OCTETS, "upload-offset": "0"}, content=bytes(size))
    assert answer.status_code == 507
    assert client.head(address, headers=OURS).headers["upload-offset"] == "0"
    client.delete(address, headers=OURS)


def test_what_came_before_a_connection_broke_is_written() -> None:
    written: list[bytes] = []

    async def stream() -> AsyncIterator[bytes]:
        yield b"123"
        raise ClientDisconnect

    request, appending = SimpleNamespace(stream=stream), SimpleNamespace(write=written.append)
    with pytest.raises(ClientDisconnect):
        asyncio.run(tus._drain(request, appending))  # type: ignore[arg-type]
    assert written == [b"123"]


def test_however_many_wait_for_outcomes_they_take_no_thread_from_others(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, go_on = threading.Semaphore(0), threading.Event()
    told: list[str] = []

    def waiting(*_: object) -> Iterator[dict[str, str]]:
        waits.release()
        go_on.wait(120)
        yield {"kind": "stored"}

    async def read(response: Response) -> None:
        told.extend([line async for line in response.body_iterator])  # type: ignore[attr-defined]

    async def everybody() -> int:
        shared = to_thread.current_default_thread_limiter()
        count = int(shared.total_tokens) + 1
        async with create_task_group() as group:
            for _ in range(count):
                scope = {"type": "http", "path_params": {"upload_id": "1"}, "headers": []}
                response = await tus.outcomes(Request({**scope, "query_string": b""}))
                group.start_soon(read, response)
            try:
                for _ in range(count):
                    assert await asyncio.to_thread(waits.acquire, timeout=60)
                assert shared.borrowed_tokens == 0
            finally:
                go_on.set()
        return count

    monkeypatch.setattr(UploadTaking, "outcomes", waiting)
    monkeypatch.setattr(tus, "require_caller", lambda _request: None)
    count = asyncio.run(everybody())
    assert len(told) == 2 * count


def test_a_right_checksum_is_accepted(client: TestClient) -> None:
    address = created(client, 5)
    digest = base64.b64encode(hashlib.sha256(b"12345").digest()).decode()
    headers = {**OCTETS, "upload-offset": "0", "upload-checksum": f"sha256 {digest}"}
    assert client.patch(address, headers=headers, content=b"12345").status_code == 204
    client.delete(address, headers=OURS)


def test_a_proxy_that_lets_only_post_through_is_no_hindrance(client: TestClient) -> None:
    address = created(client, 5)
    headers = {**OCTETS, "upload-offset": "0", "x-http-method-override": "PATCH"}
    assert client.post(address, headers=headers, content=b"12345").status_code == 204
    assert client.post(address, headers=OURS).status_code == 405
    over = {**OURS, "x-http-method-override": "DELETE"}
    assert client.post(address, headers=over).status_code == 204


def test_an_upload_is_there_for_its_sender_only(hospital: Hospital, client: TestClient) -> None:
    address = created(client, 5)
    colleague = signed_in(hospital, "radiologist@demo.example")
    assert colleague.head(address, headers=OURS).status_code == 404
    assert colleague.delete(address, headers=OURS).status_code == 404
    patch = colleague.patch(address, headers={**OCTETS, "upload-offset": "0"}, content=b"1")
    assert patch.status_code == 404
    assert colleague.get(f"{address}/outcomes").status_code == 404
    clinician = signed_in(hospital, "clinician@demo.example")
    assert clinician.head(address, headers=OURS).status_code == 403
    nobody = TestClient(client.app)
    assert nobody.get("/api/v1/tus").status_code == 401
    client.delete(address, headers=OURS)
