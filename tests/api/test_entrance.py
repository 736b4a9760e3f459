"""What is open before the API is says the same there as it does in the API."""

import pytest
from starlette.testclient import TestClient

from backend.api.app import Api
from backend.api.entrance import Entrance

FORMS = ("sign-in", "sign-in/code", "sign-in/enrol", "set-up")
OPEN = [("GET", "/healthz"), ("POST", "/readyz"), *(("POST", f"/api/v1/{form}") for form in FORMS)]
LATER = [
    ("GET", "/api/v1/sign-in"),
    ("POST", "/api/v1/sign-in/"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/passkeys"),
]


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_the_entrance_answers_as_the_api_does(method, path):
    assert Entrance().has({"type": "http", "method": method, "path": path})
    early, late = (TestClient(app).request(method, path) for app in (Entrance(), Api()))
    assert (early.status_code, early.text) == (late.status_code, late.text)
    assert early.status_code != 404


@pytest.mark.parametrize(("method", "path"), LATER)
def test_whatever_else_the_api_answers_waits_for_it(method, path):
    assert not Entrance().has({"type": "http", "method": method, "path": path})


def test_a_socket_finds_no_form_at_the_entrance():
    assert not Entrance().has({"type": "websocket", "path": "/api/v1/sign-in"})
