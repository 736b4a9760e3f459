"""Every route times everybody who may knock, over HTTP and WebSocket, with real sessions and roles."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from backend.api.app import Api, build_api
from backend.services.report_content import SECTION_NAMES
from tests.matrix.documented import SUPPORT, SUPPORT_AT_HOME, Place
from tests.matrix.places_of_routes import PLACES
from tests.matrix.principals import (
    ELSEWHERE,
    NOBODY,
    OUT_OF_REACH,
    PRINCIPALS,
    SHARE,
    Town,
    role_of,
)
from tests.viewing_hospital import CT_SERIES, STUDY

_UNKNOWN = "{rest:path}"
# What has to be sent to get as far as the question who may; it changes nothing.
_BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/uploads": {
        "files": {"file": ("notes.txt", b"no image"), "last": (None, b"1")},
    },
    "/draft": {"json": {"draft_version": 1, "sections": dict.fromkeys(SECTION_NAMES, "")}},
    "/take-over": {"json": {}},
    "/sign": {"json": {"draft_version": 1, "password": "wrong"}},
}
_HEADERS = {
    "tus-resumable": "1.0.0",
    "x-http-method-override": "HEAD",
    "upload-length": "1",
    "upload-offset": "0",
}
_OFFSET_STREAM = {"content-type": "application/offset+octet-stream"}
_QUERIES = {"pixel": "?row=1&column=1"}
# It ends the sessions of those who call it.
_LAST = "POST /api/v1/sign-out"
# Its answer to a GET is also that to a HEAD, which is the same handler.
_SAME = {"HEAD": "GET"}


def registered() -> set[str]:
    """Method and path of every route."""
    return {
        f"{method} {path}"
        for path, route in _walk(build_api().routes)
        for method in _methods(route)
        if _UNKNOWN not in path
    }


def _walk(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, BaseRoute]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _walk(route.routes, prefix + route.path)
        else:
            assert isinstance(route, Route | WebSocketRoute)
            yield prefix + route.path, route


def _methods(route: BaseRoute) -> set[str]:
    if isinstance(route, WebSocketRoute):
        return {"WS"}
    assert isinstance(route, Route)
    methods = set(route.methods or {"GET"})
    return {_SAME[each] if _SAME.get(each) in methods else each for each in methods}


@pytest.fixture(scope="module")
def clients(town: Town) -> dict[str, TestClient]:
    app = build_api()
    return {
        principal: TestClient(app, headers={"cookie": cookie} if cookie else {})
        for principal, cookie in town.cookies.items()
    }


def _status(client: TestClient, town: Town, place: str) -> int:
    """What a call answers; a socket that stays open counts as 200, one that is closed for its caller as 401 or 403."""
    method, _, pattern = place.partition(" ")
    path = (
        pattern.replace("{study_instance_uid}", STUDY)
        .replace("{series_instance_uid}", CT_SERIES)
        .replace("{sop_instance_uid}", town.sop_instance_uid)
        .replace("{frame_number:int}", "1")
        .replace("{report_id}", town.report_id)
        .replace("{upload_id}", "0" * 36)
        .replace("{format}", "csv")
    )
    assert "{" not in path
    if method == "WS":
        return _socket_status(client, path)
    body = next((body for end, body in _BODIES.items() if path.endswith(end)), {})
    return client.request(
        method,
        path + _QUERIES.get(path.rpartition("/")[2], ""),
        headers=_HEADERS | (_OFFSET_STREAM if method == "PATCH" else {}),
        follow_redirects=False,
        **(body if method == "POST" else {}),
    ).status_code


def _socket_status(client: TestClient, path: str) -> int:
    try:
        with client.websocket_connect(path) as socket:
            socket.send_json({"kind": "ping", "t": 1})
            socket.receive_text()
            return 200
    except WebSocketDisconnect as closed:
        return {4401: 401, 4403: 403}[closed.code]


def test_every_route_has_its_place_in_the_matrix_and_every_place_a_route():
    assert registered() == set(PLACES)


def test_every_route_is_asked_for_past_the_pages():
    api = Api()
    for place in PLACES:
        method, _, path = place.partition(" ")
        assert api.has({"type": "websocket" if method == "WS" else "http", "path": path}), place
    for path in ("/", "/sign-in", "/_event", "/apiary", "/healthz/more"):
        assert not api.has({"type": "http", "path": path})


@pytest.mark.parametrize("place", sorted(PLACES, key=lambda place: (place == _LAST, place)))
def test_a_route_serves_those_who_may_and_nobody_else(
    town: Town, clients: dict[str, TestClient], place: str
):
    needs = Place.of(PLACES[place])
    for principal in PRINCIPALS:
        status = _status(clients[principal], town, place)
        may = needs.is_for(role_of(principal))
        if needs.needed == {"public"}:
            assert status not in {401, 403}, principal
        elif principal in NOBODY:
            assert status == 401, principal
        elif needs.is_of_a_study and not _reaches(principal):
            assert status in {403, 404}, principal
            assert status == 404 or not may, principal
        elif may:
            assert status not in {401, 403, 500}, principal
            if needs.is_of_a_study and principal in {SHARE, SUPPORT}:
                # As whoever reaches every study.
                assert status == _status(clients["radiologist"], town, place), principal
        else:
            assert status in {403, 404}, principal


def _reaches(principal: str) -> bool:
    """Whether the study is any that is there for somebody."""
    return not principal.endswith(ELSEWHERE) and principal not in {OUT_OF_REACH, SUPPORT_AT_HOME}
