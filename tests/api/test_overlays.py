"""The layer over an image comes by a route of its own, behind the same door as tiles, and no tile ever contains it."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataelem import DataElement
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.api import overlays, tiles
from backend.api.refusals import answer_refusal
from backend.core.errors import NotFound, Refusal
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital, ct_slice, uid_of

BITS = np.random.default_rng(1).integers(0, 2, (64, 64)).astype(np.bool_)


def with_overlay(octets: bytes) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(octets))
    packed = np.packbits(BITS.reshape(-1), bitorder="little").tobytes()
    for number, vr, value in (
        (0x10, "US", 64),
        (0x11, "US", 64),
        (0x22, "LO", "Planned cut"),
        (0x40, "CS", "G"),
        (0x50, "SS", [1, 1]),
        (0x100, "US", 1),
        (0x102, "US", 0),
        (0x3000, "OW", packed),
    ):
        dataset[0x6000, number] = DataElement((0x6000, number), vr, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


PLAIN = ct_slice(0, 1)
DRAWN_ON = with_overlay(ct_slice(2, 2))
FRAME = f"/api/v1/studies/{STUDY}/instances/{uid_of(DRAWN_ON)}/frames/1"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    hospital.take_in(PLAIN, DRAWN_ON)
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


@pytest.fixture
def client(hospital: Hospital) -> Iterator[TestClient]:
    app = Starlette(
        routes=[Mount("/api/v1", routes=[*overlays.routes, *tiles.routes])],
        exception_handlers={Refusal: answer_refusal},
    )
    with TestClient(app, headers={"cookie": hospital.sign_in().cookie}) as client:
        yield client


def picture(octets: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(octets)) as image:
        return np.asarray(image.convert("RGBA"))


def test_the_layer_is_transparent_where_nothing_is_drawn(client: TestClient):
    answer = client.get(FRAME + "/overlay.png")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, no-store"
    assert np.array_equal(picture(answer.content)[..., 3], np.where(BITS, 255, 0))
    again = client.get(FRAME + "/overlay.png")
    assert again.content == answer.content


def test_a_tile_holds_the_image_alone(client: TestClient):
    tile = client.get(FRAME + "/tile", params={"encoding": "png", "window": "1076,2,linear"})
    drawn = np.asarray(Image.open(io.BytesIO(tile.content)))
    assert len(np.unique(drawn)) <= 2
    assert (drawn == drawn[:, :1]).all()


def test_which_images_have_a_layer_and_what_it_is_called_is_told(hospital: Hospital):
    caller = hospital.sign_in().caller
    described = hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES)
    plain, drawn_on = described.images
    assert (plain.has_overlay, drawn_on.has_overlay) == (False, True)
    assert ("Overlay", "Planned cut") in drawn_on.corner_text


def test_an_image_without_planes_has_an_empty_layer(client: TestClient):
    answer = client.get(FRAME.replace(uid_of(DRAWN_ON), uid_of(PLAIN)) + "/overlay.png")
    assert not picture(answer.content)[..., 3].any()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/overlay.png?level=1", 422),
        ("/overlay.png?level=99", 400),
        ("/overlay.png?level=x", 400),
    ],
)
def test_a_level_that_does_not_exist_is_refused(client: TestClient, path: str, status: int):
    assert client.get(FRAME + path).status_code == status
    assert client.get(FRAME.replace("/1", "/7") + "/overlay.png").status_code == 404


def test_nobody_sees_a_layer_of_a_study_that_is_not_theirs(hospital: Hospital, client: TestClient):
    with pytest.raises(NotFound):
        hospital.services.viewing.render_overlay(hospital.stranger(), STUDY, uid_of(DRAWN_ON), 1, 0)
    assert client.get(FRAME + "/overlay.png", headers={"cookie": ""}).status_code == 401
