"""Series, thumbnails and tiles over HTTP: the same pixels, the same refusals, nothing kept by anybody on the way."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from backend import bootstrap
from backend.api import tiles
from backend.api.refusals import answer_refusal
from backend.core.errors import Refusal
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital, ct_slice, uid_of

SLICES = [ct_slice(0, 1), ct_slice(2, 2)]
TILE = f"/api/v1/studies/{STUDY}/instances/{uid_of(SLICES[0])}/frames/1/tile"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    hospital.take_in(*SLICES)
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


@pytest.fixture(scope="module", params=["among the routes", "before everything else"])
def app(hospital: Hospital, request: pytest.FixtureRequest) -> ASGIApp:
    """Tiles are answered in two places, which must not differ."""
    app = Starlette(
        routes=[Mount("/api/v1", routes=tiles.routes)],
        exception_handlers={Refusal: answer_refusal},
    )
    return tiles.TilesFirst(app) if request.param == "before everything else" else app


@pytest.fixture
def client(hospital: Hospital, app: ASGIApp) -> Iterator[TestClient]:
    with TestClient(app, headers={"cookie": hospital.sign_in().cookie}) as client:
        yield client


def test_a_tile_says_what_it_is(client: TestClient):
    answer = client.get(TILE, params={"window": "50,201,linear", "encoding": "png"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-pacscribe-rows"] == "64"
    assert answer.headers["x-pacscribe-columns"] == "64"
    assert answer.headers["x-pacscribe-window"] == "50,201,linear"
    assert answer.headers["x-pacscribe-fidelity"] == "lossless"
    drawn = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert (drawn[40, 0], drawn[0, 0]) == (64, 192)


def test_the_window_is_told_with_all_its_digits(client: TestClient):
    answer = client.get(TILE, params={"window": "1234567.25,0.012345678,linear-exact"})
    assert answer.headers["x-pacscribe-window"] == "1234567.25,0.012345678,linear-exact"


def test_a_window_may_be_percent_encoded(client: TestClient):
    answer = client.get(TILE + "?window=50%2C201%2Clinear&encoding=png")
    assert answer.headers["x-pacscribe-window"] == "50,201,linear"


def test_a_tile_that_was_sent_is_in_the_proof_of_view_and_a_header_is_not(
    hospital: Hospital, client: TestClient
):
    served = hospital.services.served_images
    served.write_down(everything=True)
    client.head(TILE)
    assert served.write_down(everything=True) == 0
    client.get(TILE)
    client.get(TILE)
    assert served.write_down(everything=True) == 1


def test_head_gives_the_headers_alone(client: TestClient):
    answer = client.head(TILE)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


def test_tiles_are_only_read(client: TestClient):
    assert client.post(TILE).status_code == 405


def test_a_description_is_the_same_packed_or_not(client: TestClient):
    path = f"/api/v1/studies/{STUDY}/series/{CT_SERIES}"
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()


def test_inverting_turns_grey_levels_around(client: TestClient):
    query = {"window": "50,201", "encoding": "png"}
    plain, inverted = (
        np.asarray(Image.open(io.BytesIO(client.get(TILE, params=wanted).content)))
        for wanted in (query, {**query, "invert": "1"})
    )
    assert np.array_equal(plain, 255 - inverted)


def test_a_series_is_described_with_the_names_of_its_answer(client: TestClient):
    answer = client.get(f"/api/v1/studies/{STUDY}/series/{CT_SERIES}")
    assert answer.headers["cache-control"] == "private, no-store"
    described = answer.json()
    assert described["series_instance_uid"] == CT_SERIES
    assert [image["sop_instance_uid"] for image in described["images"]] == [
        uid_of(octets) for octets in SLICES
    ]
    first = described["images"][0]
    assert first["image_position"] == [0.0, 0.0, 0.0]
    assert first["windows"][0]["window_center"] == 40
    assert described["presets"][0] == {
        "name": "soft-tissue",
        "window_center": 40,
        "window_width": 400,
        "voi_function": "linear",
        "shortcut": "1",
    }


def test_a_stack_is_asked_for_by_its_name(client: TestClient, hospital: Hospital):
    series = "2.25.1042"
    hospital.take_in(
        *[
            ct_slice(z, 10 * echo + z, series_instance_uid=series, EchoTime=20.0 * echo)
            for z in (0, 2)
            for echo in (1, 2)
        ]
    )
    address = f"/api/v1/studies/{STUDY}/series/{series}"
    first, second = (client.get(f"{address}?stack={name}").json() for name in ("", "te-40-ms"))
    assert (first["stack_id"], second["stack_id"]) == ("te-20-ms", "te-40-ms")
    assert second["stack_label"] == "TE 40 ms"
    assert not {image["sop_instance_uid"] for image in first["images"]} & {
        image["sop_instance_uid"] for image in second["images"]
    }
    assert client.get(f"{address}/thumbnail?stack=te-40-ms").headers["content-type"] == "image/jpeg"
    for path in (address, f"{address}/thumbnail"):
        assert client.get(f"{path}?stack=te-60-ms").status_code == 404
        assert client.get(f"{path}?stack=..%2F..").status_code == 400


def test_a_thumbnail_is_a_small_jpeg(client: TestClient):
    answer = client.get(f"/api/v1/studies/{STUDY}/series/{CT_SERIES}/thumbnail?size=32")
    assert answer.headers["content-type"] == "image/jpeg"
    # Its pixels are twice as high as wide.
    assert Image.open(io.BytesIO(answer.content)).size == (16, 32)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (TILE + "?level=x", 400),
        (TILE + "?level=-1", 400),
        (TILE + "?row=0", 400),
        (TILE + "?quality=0", 400),
        (TILE + "?quality=99999999999999", 400),
        (TILE + "?encoding=webp", 400),
        (TILE + "?window=40", 400),
        (TILE + "?window=40,x", 400),
        (TILE + "?window=nan,400", 400),
        (TILE + "?window=inf,400", 400),
        (TILE + "?window=40,400,cubic", 400),
        (TILE + "?window=40,0.5,linear", 400),
        (TILE + "?level=9", 422),
        (TILE + "?row=5&column=5", 422),
        (TILE.replace("/frames/1/", "/frames/2/"), 404),
        (TILE.replace("/frames/1/", "/frames/0/"), 400),
        (TILE.replace(STUDY, "1.2.3"), 404),
        (f"/api/v1/studies/{STUDY}/series/1.2.3", 404),
        (f"/api/v1/studies/{STUDY}/series/{CT_SERIES}/thumbnail?size=9999", 400),
        (f"/api/v1/studies/{STUDY}/series/{CT_SERIES}/thumbnail?size=-1", 400),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_sentence(
    client: TestClient, path: str, status: int
):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "path",
    [
        TILE,
        f"/api/v1/studies/{STUDY}/series/{CT_SERIES}",
        f"/api/v1/studies/{STUDY}/series/{CT_SERIES}/thumbnail",
    ],
)
def test_nobody_sees_anything_without_a_session(hospital: Hospital, app: ASGIApp, path: str):
    with TestClient(app) as stranger:
        assert stranger.get(path).status_code == 401
        wrong = {"cookie": "__Host-pacscribe=" + "A" * 43}
        assert stranger.get(path, headers=wrong).status_code == 401


def test_signing_out_stops_the_next_tile(hospital: Hospital, app: ASGIApp):
    person = hospital.sign_in()
    with TestClient(app, headers={"cookie": person.cookie}) as client:
        assert client.get(TILE).status_code == 200
        hospital.services.accounts.sign_out(person.caller)
        assert client.get(TILE).status_code == 401


def test_a_disabled_person_sees_no_further_tile(hospital: Hospital, app: ASGIApp):
    # Disabling lasts, and this runs once for each place that answers tiles.
    email = "clinician" if isinstance(app, Starlette) else "radiologist2"
    person = hospital.sign_in(f"{email}@demo.example")
    administrator = hospital.sign_in("admin@demo.example").caller
    with TestClient(app, headers={"cookie": person.cookie}) as client:
        assert client.get(TILE).status_code == 200
        hospital.services.people.disable(administrator, person.caller.user_id)
        assert client.get(TILE).status_code == 401
