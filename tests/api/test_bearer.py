"""Tokens of programs on HTTP: every route that serves data takes them, none that signs in or out does, and no log keeps one."""

import io
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from backend import bootstrap
from backend.api import app, session, sign_in, stream
from backend.api.hardening import Surroundings, harden
from backend.api.logs import configure_logging
from backend.schemas.tokens import NewToken
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital, SignedInPerson, ct_slice, uid_of

SLICE = ct_slice(0, 1)
SERIES = f"/api/v1/studies/{STUDY}/series/{CT_SERIES}"
TILE = f"/api/v1/studies/{STUDY}/instances/{uid_of(SLICE)}/frames/1/tile"
UNKNOWN = "pacscribe_" + "x" * 43
# HEAD is answered as GET, and OPTIONS says to everybody which version of a public protocol is spoken.
OPEN = {"HEAD", "OPTIONS"}
PLACEHOLDERS = {
    "study_instance_uid": STUDY,
    "series_instance_uid": CT_SERIES,
    "sop_instance_uid": uid_of(SLICE),
    "frame_number:int": "1",
}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    hospital.take_in(SLICE)
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


@pytest.fixture(scope="module")
def person(hospital: Hospital) -> SignedInPerson:
    return hospital.sign_in()


@pytest.fixture
def client(hospital: Hospital) -> Iterator[TestClient]:
    """The whole API behind the outer wrapper."""
    served = harden(app.Api(), Surroundings())
    with TestClient(served, base_url="https://pacs.example", follow_redirects=False) as client:
        yield client


@pytest.fixture
def make(hospital: Hospital, person: SignedInPerson) -> Iterator[Callable[..., NewToken]]:
    """Makes tokens, and revokes them after the test: nobody may have many."""
    made: list[NewToken] = []
    tokens = hospital.services.tokens

    def one(*scopes: str) -> NewToken:
        chosen = scopes or tokens.scopes(person.caller)
        made.append(tokens.create(person.caller, name="Test", scopes=chosen, days=1))
        return made[-1]

    yield one
    for each in made:
        tokens.revoke(person.caller, each.view.key)


def shown(made: NewToken | str, scheme: str = "Bearer") -> dict[str, str]:
    return {"authorization": f"{scheme} {made if isinstance(made, str) else made.token}"}


def data_routes() -> list[tuple[str, str]]:
    """Method and address of every route but those of a browser's own session: signing in and out, and its time."""
    found = []
    for noun in app._NOUNS:
        if noun is sign_in.routes or noun is session.routes:
            continue
        for route in noun:
            if not isinstance(route, Route):
                assert isinstance(route, WebSocketRoute)
                assert route.path == "/stream"
                continue
            path = route.path
            for name, value in PLACEHOLDERS.items():
                path = path.replace("{" + name + "}", value)
            methods = route.methods or {"GET"}
            found += [(method, path) for method in sorted(methods - OPEN)]
    return found


def test_the_routes_are_found() -> None:
    assert len(data_routes()) > 15


def test_every_route_that_serves_data_asks_whose_token_it_is(client: TestClient) -> None:
    answers = {
        (method, path): client.request(
            method, f"/api/v1{path}", headers={**shown(UNKNOWN), "tus-resumable": "1.0.0"}
        ).status_code
        for method, path in data_routes()
    }
    # What cannot be understood may be refused before anybody is asked for; nothing is given.
    assert set(answers.values()) <= {400, 401, 405}, answers
    assert list(answers.values()).count(401) > 15, answers


def test_every_route_that_serves_data_takes_a_token(
    client: TestClient, make: Callable[..., NewToken]
) -> None:
    headers = {**shown(make()), "tus-resumable": "1.0.0"}
    for method, path in data_routes():
        answer = client.request(method, f"/api/v1{path}", headers=headers)
        assert answer.status_code != 401, (method, path)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_shows_what_its_scopes_allow_and_no_more(
    client: TestClient, scheme: str, make: Callable[..., NewToken]
) -> None:
    viewing = shown(make("study:view", "study:all"), scheme)
    assert client.get(SERIES, headers=viewing).status_code == 200
    assert client.get(TILE, headers=viewing).headers["content-type"].startswith("image/")
    upload = client.post("/api/v1/uploads", headers=viewing, files={"file": ("a.dcm", SLICE)})
    assert upload.status_code == 403
    reading = shown(make("report:view"))
    assert client.get(SERIES, headers=reading).status_code == 404


def test_a_file_is_uploaded_with_a_token_and_its_owner_is_in_the_trail(
    client: TestClient, make: Callable[..., NewToken]
) -> None:
    made = make("study:view", "study:upload")
    answer = client.post(
        "/api/v1/uploads", headers=shown(made), files={"file": ("a.dcm", ct_slice(2, 2))}
    )
    assert (answer.status_code, '"stored"' in answer.text) == (200, True)


def test_a_refused_token_is_not_made_good_by_a_cookie(
    client: TestClient, person: SignedInPerson
) -> None:
    cookie = {"cookie": person.cookie}
    assert client.get(SERIES, headers=cookie).status_code == 200
    assert client.get(SERIES, headers={**cookie, **shown(UNKNOWN)}).status_code == 401
    # Of a proxy's own name and password we know nothing.
    proxied = {**cookie, "authorization": "Basic eDp5"}
    assert client.get(SERIES, headers=proxied).status_code == 200


def test_a_token_in_the_address_or_in_a_cookie_opens_nothing(
    client: TestClient, make: Callable[..., NewToken]
) -> None:
    token = make().token
    assert client.get(SERIES, params={"access_token": token}).status_code == 401
    cookie = {"cookie": f"__Host-pacscribe={token}"}
    assert client.get(SERIES, headers=cookie).status_code == 401


def test_another_sites_request_is_refused_with_a_token_as_without(
    client: TestClient, person: SignedInPerson, make: Callable[..., NewToken]
) -> None:
    headers = {**shown(make()), "origin": "https://evil.example"}
    answer = client.post("/api/v1/uploads", headers=headers, files={"file": ("a.dcm", SLICE)})
    assert answer.status_code == 403
    headers = {
        "cookie": person.cookie,
        **shown("anything"),
        "origin": "https://evil.example",
    }
    answer = client.post("/api/v1/uploads", headers=headers, files={"file": ("a.dcm", SLICE)})
    assert answer.status_code == 403


def test_forms_take_no_token(client: TestClient, make: Callable[..., NewToken]) -> None:
    made = make()
    headers = {**shown(made), "origin": "https://pacs.example"}
    assert client.post("/api/v1/sign-out", headers=headers).status_code == 303
    assert client.get(SERIES, headers=shown(made)).status_code == 200


def test_a_socket_takes_a_token_and_ends_when_it_is_revoked(
    client: TestClient, hospital: Hospital, person: SignedInPerson, make: Callable[..., NewToken]
) -> None:
    made = make("study:view")
    with client.websocket_connect(
        "wss://pacs.example/api/v1/stream", headers=shown(made)
    ) as socket:
        socket.send_json({"kind": "ping", "t": 1})
        assert socket.receive_json() == {"kind": "pong", "t": 1}
        revoking = threading.Thread(
            target=hospital.services.tokens.revoke, args=(person.caller, made.view.key)
        )
        revoking.start()
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_bytes()
        revoking.join()
    assert ended.value.code == stream.CLOSE_SIGNED_OUT


def test_a_socket_with_a_wrong_token_is_closed(client: TestClient) -> None:
    address = "wss://pacs.example/api/v1/stream"
    with (
        client.websocket_connect(address, headers=shown(UNKNOWN)) as socket,
        pytest.raises(WebSocketDisconnect) as ended,
    ):
        socket.receive_bytes()
    assert ended.value.code == stream.CLOSE_SIGNED_OUT


def test_no_log_line_holds_a_token(
    client: TestClient,
    hospital: Hospital,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[..., NewToken],
) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    lines = io.StringIO()
    configure_logging(lines, as_json=True)
    root.setLevel(logging.DEBUG)
    made = make()
    try:
        client.get(SERIES, headers=shown(made))
        client.post("/api/v1/uploads", headers=shown(made), files={"file": ("a.dcm", b"no")})
        client.get(SERIES, headers=shown(made.token[:-1]))
        monkeypatch.setattr(
            hospital.services.viewing.__class__,
            "describe_series",
            lambda *_: (_ for _ in ()).throw(RuntimeError(made.token)),
        )
        failed = client.get(f"{SERIES}?stack=other", headers=shown(made))
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
        root.setLevel(level)
    assert failed.status_code == 500
    assert made.token not in failed.text
    assert "failed, reference" in lines.getvalue()
    assert made.token[10:] not in lines.getvalue()
