"""Every route times everybody who may knock, over HTTP and WebSocket, with real sessions and roles.

Whatever it answers, it answers with the headers that keep browsers in bounds.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from backend import bootstrap
from backend.api.app import Api, build_api
from backend.api.hardening import Surroundings, harden
from backend.services.report_content import SECTION_NAMES
from tests.matrix.documented import SUPPORT, SUPPORT_AT_HOME, Place
from tests.matrix.headers import lacking_in_api
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
    app = harden(Api(), Surroundings())
    return {
        principal: TestClient(app, headers={"cookie": cookie} if cookie else {})
        for principal, cookie in town.cookies.items()
    }


def _status(client: TestClient, town: Town, place: str) -> int:
    """What a call answers; a socket that stays open counts as 200, one that is closed for its caller as 401 or 403."""
    method, _, pattern = place.partition(" ")
    path = _path(town, pattern)
    if method == "WS":
        return _socket_status(client, path)
    body = next((body for end, body in _BODIES.items() if path.endswith(end)), {})
    answer = client.request(
        method,
        path + _QUERIES.get(path.rpartition("/")[2], ""),
        headers=_HEADERS | (_OFFSET_STREAM if method == "PATCH" else {}),
        follow_redirects=False,
        **(body if method == "POST" else {}),
    )
    assert lacking_in_api(answer.headers) == [], answer.status_code
    return answer.status_code


def _path(town: Town, pattern: str) -> str:
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
    return path


def _socket_status(client: TestClient, path: str) -> int:
    try:
        with client.websocket_connect(path) as socket:
            socket.send_json({"kind": "ping", "t": 1})
            socket.receive_text()
            told = {name.decode(): value.decode() for name, value in socket.extra_headers or []}
            assert (
                lacking_in_api({**told, "cache-control": "no-store"}) == []
            )  # nobody keeps a socket
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


PUBLIC = "https://pacs.example"
# What may be wrong with a request, and what it is answered where the route is reached at all.
TROUBLES: dict[str, tuple[dict[str, Any], int]] = {
    "from another site": ({"headers": {"origin": "https://evil.example"}}, 403),
    "to another name": ({"headers": {"host": "evil.example"}}, 421),
    "too large": ({"headers": {"content-length": str(2 << 20)}}, 413),
    "unreadable": ({"content": b"\xff{"}, 400),
    "by another method": ({}, 405),
    "while the house is broken": ({}, 500),
}


def test_whatever_is_wrong_is_answered_as_strictly(town: Town):
    served = harden(Api(), Surroundings(public_url=PUBLIC))
    client = TestClient(served, PUBLIC, raise_server_exceptions=False)
    answered: set[int] = set()
    for place in sorted(PLACES):
        method, _, pattern = place.partition(" ")
        for trouble, (words, status) in TROUBLES.items():
            # A socket has no statuses; signing out works whatever comes with it.
            if method == "WS" or (trouble, place) == ("unreadable", _LAST):
                continue
            client.cookies.clear()
            headers = {"cookie": town.cookies["radiologist"], **words.get("headers", {})}
            if status == 500:
                bootstrap.use(SimpleNamespace())  # type: ignore[arg-type]  # it has no service
            try:
                answer = client.request(
                    "PROPFIND" if status == 405 else method,
                    _path(town, pattern),
                    follow_redirects=False,
                    **{**words, "headers": headers},
                )
            finally:
                bootstrap.use(town.hospital.services)
            assert lacking_in_api(answer.headers, is_secure=True) == [], (place, trouble)
            answered.add(answer.status_code)
    assert {status for _, status in TROUBLES.values()} <= answered


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
