"""Videos over HTTP: any range of them, for those who may, and nothing in clear or kept on the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.api import videos
from backend.api.refusals import answer_refusal
from backend.core.errors import NotFound, Refusal
from backend.models.audit import AuditEntry
from tests.dicom.video.test_remux import film
from tests.dicom.video.transport_writer import transport_stream
from tests.videos import STUDY, video_file
from tests.viewing_hospital import Hospital

# A made film, so that these tests need no encoder; large enough for many sealed chunks.
STREAM = transport_stream(film(60, size=40_000))
MPEG2_STREAM = b"\x00\x00\x01\xb3" + bytes(range(1, 200)) * 20
PLAYED, NOT_PLAYED = f"{STUDY}.11", f"{STUDY}.12"
RADIOLOGIST, TECHNOLOGIST = "radiologist@demo.example", "technologist@demo.example"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    outcomes = hospital.take_in(
        video_file(STREAM, sop_instance_uid=PLAYED, fragments=4),
        video_file(MPEG2_STREAM, sop_instance_uid=NOT_PLAYED, InstanceNumber=2),
    )
    assert [outcome.kind for outcome in outcomes] == ["stored", "stored"]
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


@pytest.fixture
def client(hospital: Hospital) -> TestClient:
    return signed_in(hospital)


def signed_in(hospital: Hospital, email: str = RADIOLOGIST) -> TestClient:
    app = Starlette(
        routes=[Mount("/api/v1", routes=videos.routes)],
        exception_handlers={Refusal: answer_refusal},
    )
    return TestClient(app, headers={"cookie": hospital.sign_in(email).cookie})


def address(sop_instance_uid: str = PLAYED, part: str = "/stream") -> str:
    return f"/api/v1/studies/{STUDY}/instances/{sop_instance_uid}/video{part}"


@pytest.fixture(scope="module")
def whole(hospital: Hospital) -> bytes:
    answer = signed_in(hospital).get(address())
    assert answer.status_code == 200
    return answer.content


def test_the_whole_is_an_mp4_that_nobody_keeps(client: TestClient, whole: bytes) -> None:
    answer = client.head(address())
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["accept-ranges"] == "bytes"
    assert int(answer.headers["content-length"]) == len(whole)
    assert whole[4:8] == b"ftyp"
    assert whole.endswith(film(60, size=40_000)[-1].sample)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=0-1023", slice(0, 1024)),
        ("bytes=65530-65545", slice(65530, 65546)),
        ("bytes=1500000-", slice(1_500_000, None)),
        ("bytes=-100", slice(-100, None)),
        ("bytes=2000000-99999999", slice(2_000_000, None)),
    ],
)
def test_a_range_is_that_part_of_the_whole(
    client: TestClient, whole: bytes, asked: str, part: slice
) -> None:
    answer = client.get(address(), headers={"range": asked})
    assert answer.status_code == 206
    assert answer.content == whole[part]
    first = range(len(whole))[part][0]
    said = f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"
    assert answer.headers["content-range"] == said


def test_a_range_outside_is_416_with_the_size(client: TestClient, whole: bytes) -> None:
    answer = client.get(address(), headers={"range": f"bytes={len(whole)}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(whole)}"
    assert answer.content == b""


def test_a_range_of_another_film_is_answered_with_the_whole(
    client: TestClient, whole: bytes
) -> None:
    tag = client.head(address()).headers["etag"]
    same = {"range": "bytes=5-9", "if-range": tag}
    other = {"range": "bytes=5-9", "if-range": '"another"'}
    assert client.get(address(), headers=same).content == whole[5:10]
    assert client.get(address(), headers=other).status_code == 200


def test_a_seek_opens_few_chunks_of_the_sealed_object(
    hospital: Hospital, client: TestClient, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = hospital.services.object_store
    read: list[int] = []
    opened = type(store).open

    def counting(self: object, object_id: str, object_key: bytes) -> object:
        reader = opened(store, object_id, object_key)
        real = reader.read_range

        def read_range(offset: int, length: int) -> bytes:
            read.append(length)
            return real(offset, length)

        monkeypatch.setattr(reader, "read_range", read_range)
        return reader

    monkeypatch.setattr(type(store), "open", counting)
    client.get(address(), headers={"range": "bytes=1200000-1200999"})
    assert 0 < sum(read) < 200_000 < len(whole)


def test_what_it_is_is_said_for_the_viewport(client: TestClient) -> None:
    said = client.get(address(part="")).json()
    assert said["media_type"] == 'video/mp4; codecs="avc1.42c00a"'
    assert (said["rows"], said["columns"], said["frame_count"]) == (128, 160, 60)
    assert said["trouble"] == ""
    assert "its video has 60" in said["note"]


def test_what_is_not_played_says_why_and_gives_no_stream(client: TestClient) -> None:
    said = client.get(address(NOT_PLAYED, "")).json()
    assert said["trouble"].startswith("This video is MPEG-")
    assert said["media_type"] == ""
    answer = client.get(address(NOT_PLAYED))
    assert answer.status_code == 422
    assert answer.json()["error"] == said["trouble"]


def test_whoever_may_export_takes_the_stored_stream_away_and_it_is_recorded(
    hospital: Hospital, client: TestClient
) -> None:
    answer = client.get(address(NOT_PLAYED, "/original"))
    assert answer.status_code == 200
    assert answer.content == MPEG2_STREAM
    assert answer.headers["content-disposition"] == 'attachment; filename="video-2.mpg"'
    assert "study:export" in actions(hospital)


def test_the_original_of_a_transport_stream_is_the_transport_stream(client: TestClient) -> None:
    assert client.get(address(PLAYED, "/original")).content == STREAM


def test_whoever_may_not_export_plays_but_takes_nothing_away(hospital: Hospital) -> None:
    client = signed_in(hospital, TECHNOLOGIST)
    assert client.get(address(part="")).json()["may_export"] is False
    assert client.get(address(), headers={"range": "bytes=0-9"}).status_code == 206
    assert client.get(address(part="/original")).status_code == 403


def test_opening_is_recorded_once_however_many_ranges_are_asked_for(hospital: Hospital) -> None:
    before = actions(hospital).count("study:open")
    client = signed_in(hospital)
    client.get(address(part=""))
    for first in range(0, 1000, 100):
        client.get(address(), headers={"range": f"bytes={first}-{first + 9}"})
    assert actions(hospital).count("study:open") == before + 1


@pytest.mark.parametrize("part", ["", "/stream", "/original"])
def test_nobody_else_learns_of_it(hospital: Hospital, part: str) -> None:
    app = Starlette(
        routes=[Mount("/api/v1", routes=videos.routes)],
        exception_handlers={Refusal: answer_refusal},
    )
    assert TestClient(app).get(address(part=part)).status_code == 401
    assert signed_in(hospital).get(address("2.25.1", part)).status_code == 404
    assert (
        signed_in(hospital).get(address(part=part).replace(STUDY, "2.25.77", 1)).status_code == 404
    )


def test_a_stranger_finds_no_video(hospital: Hospital) -> None:
    service = hospital.services.videos
    for ask in (service.describe, service.stream, service.export):
        with pytest.raises(NotFound):
            ask(hospital.stranger(), STUDY, PLAYED)
    with pytest.raises(NotFound):
        service.read(hospital.stranger(), STUDY, PLAYED, 0, 10)


def test_the_next_piece_is_refused_once_the_session_has_ended(hospital: Hospital) -> None:
    client = signed_in(hospital)
    assert client.get(address(), headers={"range": "bytes=0-9"}).status_code == 206
    person = hospital.services.sessions.caller_of_cookie(
        client.headers["cookie"], hospital.sign_in().caller.origin
    )
    assert person is not None
    hospital.services.accounts.sign_out(person)
    assert client.get(address(), headers={"range": "bytes=0-9"}).status_code == 401


def actions(hospital: Hospital) -> list[str]:
    with hospital.services.database.system_read() as session:
        return [entry.action for entry in session.exec(select(AuditEntry)).all()]
