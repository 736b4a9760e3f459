"""Pixel values and windows of regions over HTTP: the server's truth, for whoever may see the study."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.api import pixels
from backend.api.refusals import answer_refusal
from backend.core.errors import Refusal
from tests.viewing_hospital import STUDY, Hospital, ct_slice, uid_of

SLICE = ct_slice(5, 1)  # rows 0 to 31 hold 105 HU, the others 5
FRAME = f"/api/v1/studies/{STUDY}/instances/{uid_of(SLICE)}/frames/1"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    hospital.take_in(SLICE)
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


@pytest.fixture(scope="module")
def client(hospital: Hospital) -> Iterator[TestClient]:
    app = Starlette(
        routes=[Mount("/api/v1", routes=pixels.routes)],
        exception_handlers={Refusal: answer_refusal},
    )
    with TestClient(app, headers={"cookie": hospital.sign_in().cookie}) as client:
        yield client


def test_a_pixel_is_told_in_its_unit(client: TestClient):
    answer = client.get(f"{FRAME}/pixel", params={"row": 3, "column": 63})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.json() == {
        "row": 3,
        "column": 63,
        "stored_value": 1129.0,
        "modality_value": 105.0,
        "unit": "HU",
        "suv": None,
        "suv_name": "",
        "red_green_blue": None,
        "is_background": False,
    }


def test_the_window_of_a_region_and_of_the_whole_image(client: TestClient):
    both = client.get(f"{FRAME}/window", params={"spread": "full"}).json()
    assert both == {"window_center": 55.5, "window_width": 101.0, "voi_function": "linear"}
    region = {"top": 30, "left": 0, "bottom": 34, "right": 10}
    assert client.get(f"{FRAME}/window", params=region).json() == both
    flat = client.get(f"{FRAME}/window", params={**region, "bottom": 31})
    assert flat.status_code == 400
    assert "same value" in flat.json()["error"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pixel?row=1", 400),
        ("/pixel?row=1&column=x", 400),
        ("/pixel?row=64&column=0", 422),
        ("/pixel?row=-1&column=0", 422),
        ("/window?top=1", 400),
        ("/window?spread=much", 400),
    ],
)
def test_what_is_no_place_or_region_is_refused_in_words(client: TestClient, path, status):
    answer = client.get(FRAME + path)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"].endswith(".")


def test_no_pixel_for_strangers(client: TestClient):
    answer = client.get(f"{FRAME}/pixel?row=1&column=1", headers={"cookie": ""})
    assert answer.status_code == 401
    other = FRAME.replace(STUDY, "2.25.999")
    assert client.get(f"{other}/pixel?row=1&column=1").status_code == 404
    assert client.get(f"{other}/window").status_code == 404
