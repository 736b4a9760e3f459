"""The socket of a page: tiles in answer to wishes, refusals in words, and an end when the session ends."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocket, WebSocketDisconnect

from backend import bootstrap
from backend.access.session_verdicts import Verdict
from backend.api import render_desk, stream
from backend.api.tile_requests import tile_from_message
from backend.core.vocabulary import AuditAction
from backend.models.audit import entries_after
from backend.schemas.viewing import EncodedTile, Fidelity
from backend.services.viewing import Viewing
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital, SignedInPerson, ct_slice, uid_of

# The end of waiting on a busy machine, not what is measured.
END_SECONDS = 60
SLICES = [ct_slice(z, n) for n, z in enumerate((0, 2, 4), start=1)]
UIDS = [uid_of(octets) for octets in SLICES]


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    hospital.take_in(*SLICES)
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


@pytest.fixture(autouse=True)
def _nothing_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a breath of the machine would have images prefetched side by side, and in no order."""
    monkeypatch.setattr(render_desk, "LONG_SECONDS", 600.0)


@pytest.fixture
def client(hospital: Hospital) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=[Mount("/api/v1", routes=stream.routes)])) as client:
        yield client


@pytest.fixture
def person(hospital: Hospital) -> SignedInPerson:
    return hospital.sign_in()


@pytest.fixture
def socket(client: TestClient, person: SignedInPerson) -> Iterator[WebSocketTestSession]:
    with client.websocket_connect("/api/v1/stream", headers={"cookie": person.cookie}) as socket:
        yield socket


def wish(seq: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "tile",
        "seq": seq,
        "viewport": "a",
        "generation": seq,
        "study": STUDY,
        "sop": UIDS[0],
        "frame": 1,
        "level": 0,
        "row": -1,
        "column": -1,
        "window": [50, 201, "linear"],
        "invert": False,
        "encoding": "png",
        "quality": 85,
        **changes,
    }


def answer(socket: WebSocketTestSession) -> tuple[dict[str, Any], bytes]:
    return _parts(socket.receive_bytes())


def headers_before_pong(socket: WebSocketTestSession) -> list[dict[str, Any]]:
    """Of the answers that come before the one to a ping."""
    headers = []
    while octets := (message := socket.receive()).get("bytes"):
        headers.append(_parts(octets)[0])
    assert json.loads(message["text"])["kind"] == "pong"
    return headers


def _parts(octets: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(octets[:4], "little")
    return json.loads(octets[4 : 4 + length]), octets[4 + length :]


def test_a_wish_is_answered_with_pixels_and_the_truth_about_them(socket: WebSocketTestSession):
    socket.send_json(wish(seq=7, generation=3))
    header, octets = answer(socket)
    assert (header["seq"], header["viewport"], header["generation"]) == (7, "a", 3)
    assert (header["rows"], header["columns"], header["window"]) == (64, 64, [50, 201, "linear"])
    assert (header["fidelity"], header["media_type"]) == ("lossless", "image/png")
    assert header["render_ms"] >= 0
    drawn = np.asarray(Image.open(io.BytesIO(octets)))
    assert (drawn[40, 0], drawn[0, 0]) == (64, 192)


def test_without_a_window_the_first_look_is_drawn_and_told(socket: WebSocketTestSession):
    socket.send_json(wish(window=None))
    assert answer(socket)[0]["window"] == [40, 400, "linear"]


def test_a_click_is_answered_with_an_image_and_all_that_must_be_known_to_show_it(
    socket: WebSocketTestSession,
):
    socket.send_json(
        {"kind": "open", "seq": 4, "viewport": "o", "generation": 1, "study": STUDY, "box": [9, 9]}
    )
    header, octets = answer(socket)
    assert (header["seq"], header["rows"], header["window"]) == (4, 64, [40, 400, "linear"])
    assert (header["fidelity"], header["media_type"]) == ("lossy", "image/jpeg")
    opened = header["opened"]
    assert (opened["study"], opened["level"]) == (STUDY, 0)
    assert opened["series"]["image_count"] == 3
    assert (opened["nearby"], opened["nearby_from"]) == ([[uid, 1] for uid in UIDS], 1)
    assert opened["image"]["sop_instance_uid"] == UIDS[0]
    assert opened["image"]["image_orientation"] == [1, 0, 0, 0, 1, 0]
    assert Image.open(io.BytesIO(octets)).size == (64, 64)


def test_nearing_a_study_is_never_answered_and_never_draws(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
):
    neared: list[str] = []
    done = threading.Event()

    def approach(self, caller, request):
        neared.append(request.study_instance_uid)
        done.set()

    monkeypatch.setattr(Viewing, "approach", approach)
    socket.send_json({"kind": "approach", "study": STUDY, "box": [800, 600]})
    assert done.wait(END_SECONDS)
    assert neared == [STUDY]
    socket.send_json({"kind": "ping", "t": 3})
    assert json.loads(socket.receive_text()) == {"kind": "pong", "t": 3}


def test_a_ping_comes_back_as_it_was(socket: WebSocketTestSession):
    socket.send_json({"kind": "ping", "t": 12.5})
    assert json.loads(socket.receive_text()) == {"kind": "pong", "t": 12.5}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"study": "1.2.3"}, "NotFound"),
        ({"sop": "1.2.3"}, "NotFound"),
        ({"frame": 9}, "NotFound"),
        ({"level": 7}, "NotDisplayable"),
        ({"window": [1, 0.5, "linear"]}, "InvalidWindow"),
        ({"window": [1]}, "Malformed"),
        ({"window": "40,400"}, "Malformed"),
        ({"window": [float("nan"), 5]}, "Malformed"),
        ({"window": [10**400, 5]}, "Malformed"),
        ({"window": [True, 5]}, "Malformed"),
        ({"study": None}, "Malformed"),
        ({"study": "../../etc"}, "Malformed"),
        ({"encoding": ["jpeg"]}, "Malformed"),
        ({"quality": 1000}, "Malformed"),
        ({"invert": "yes"}, "Malformed"),
        ({"frame": "1"}, "Malformed"),
        ({"viewport": ""}, "Malformed"),
        ({"viewport": "x" * 65}, "Malformed"),
        ({"kind": "delete"}, "Malformed"),
        ({"kind": "prefetch", "images": [["1.2", 1, 1]]}, "Malformed"),
        ({"kind": "prefetch", "images": "all"}, "Malformed"),
        ({"kind": "open"}, "Malformed"),
        ({"kind": "open", "box": [0, 500]}, "Malformed"),
        ({"kind": "open", "box": [500, 500], "index": 0}, "Malformed"),
        ({"kind": "open", "box": [500, 500], "study": "1.2.3"}, "NotFound"),
        ({"kind": "open", "box": [500, 500], "series": "1.2.3"}, "NotDisplayable"),
        ({"kind": "approach", "box": [500, "wide"]}, "Malformed"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words_and_the_socket_lives_on(
    socket: WebSocketTestSession, changes: dict[str, Any], code: str
):
    socket.send_text(json.dumps(wish(seq=5, **changes)))
    header, octets = answer(socket)
    assert header["code"] == code
    assert header["seq"] == 5
    assert header["error"].endswith(".")
    assert octets == b""
    socket.send_json(wish(seq=6))
    assert answer(socket)[0]["seq"] == 6


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"kind":{}}'])
def test_nonsense_is_answered_and_the_socket_lives_on(socket: WebSocketTestSession, text: str):
    socket.send_text(text)
    assert answer(socket)[0]["code"] == "Malformed"
    socket.send_json(wish())
    assert answer(socket)[0]["seq"] == 1


def test_a_message_beyond_all_measure_ends_the_socket(socket: WebSocketTestSession):
    socket.send_text("x" * (stream.MAX_MESSAGE_CHARACTERS + 1))
    with pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_bytes()
    assert closed.value.code == stream.CLOSE_TOO_LARGE


def test_overtaken_wishes_are_dropped_and_the_last_is_drawn(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
):
    door = threading.Event()
    really_render = Viewing.render_tile
    rendered: list[float | None] = []

    def slowly(self, caller, study, request):
        rendered.append(request.window_center)
        door.wait(END_SECONDS)
        return really_render(self, caller, study, request)

    monkeypatch.setattr(Viewing, "render_tile", slowly)
    for seq in range(1, 41):
        socket.send_json(wish(seq=seq, window=[seq, 300]))
    socket.send_json({"kind": "ping", "t": 1})
    # The reader answers although every thread is busy: what was overtaken, and the ping behind it.
    dropped = headers_before_pong(socket)
    assert len(dropped) >= 30
    assert all(header["dropped"] for header in dropped)
    door.set()
    drawn = [answer(socket)[0] for _ in range(40 - len(dropped))]
    assert sorted(header["seq"] for header in dropped + drawn) == list(range(1, 41))
    assert any(header["seq"] == 40 and "rows" in header for header in drawn)
    assert len(rendered) <= 5


def test_prefetching_decodes_ahead_and_is_never_answered(
    hospital: Hospital, socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
):
    made: list[str] = []
    done = threading.Event()

    def prefetch(self, caller, study, sop, frame, level):
        made.append(sop)
        if len(made) == 3:
            done.set()
        return 1

    monkeypatch.setattr(Viewing, "prefetch", prefetch)
    images = [[uid, 1] for uid in UIDS]
    socket.send_json(
        {"kind": "prefetch", "viewport": "a", "study": STUDY, "images": images, "level": 0}
    )
    assert done.wait(END_SECONDS)
    assert made == UIDS
    socket.send_json({"kind": "ping", "t": 2})
    assert json.loads(socket.receive_text()) == {"kind": "pong", "t": 2}


def test_prefetching_stops_before_it_pushes_out_what_is_seen(
    hospital: Hospital, socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
):
    made: list[str] = []

    def prefetch(self, caller, study, sop, frame, level):
        made.append(sop)
        return hospital.services.viewing.prefetch_limit_bytes

    monkeypatch.setattr(Viewing, "prefetch", prefetch)
    images = [[uid, 1] for uid in UIDS]
    socket.send_json(
        {"kind": "prefetch", "viewport": "a", "study": STUDY, "images": images, "level": 0}
    )
    for seq in range(1, 6):
        socket.send_json(wish(seq=seq))
        answer(socket)
    assert made == UIDS[:1]


def test_behind_a_slow_network_the_older_picture_gives_way_to_the_newer(
    hospital: Hospital, person: SignedInPerson
):
    async def story() -> list[object]:
        websocket = WebSocket(DeafBrowser(person, []).scope, _never, _never)
        connection = stream._Connection(websocket, hospital.services, person.caller.user_id)
        tile = EncodedTile(b"octets", "image/jpeg", 1, 1, None, None, Fidelity.LOSSY)
        for seq, viewport, generation in (
            (1, "a", 1),
            (2, "b", 1),
            (3, "a", 2),
            (4, "a", 2),
            (5, "a", 3),
        ):
            ask = tile_from_message(wish(seq=seq, viewport=viewport, generation=generation))
            place = (STUDY, UIDS[0], 1)
            connection._post_drawn(stream._Drawn(ask, tile, 0.5, person.caller, place))
        return list(connection._outbox)

    sent = [
        (json.loads(item[4:])["seq"], "dropped")
        if isinstance(item, bytes)
        else (item.ask.seq, "drawn")
        for item in asyncio.run(story())
    ]
    assert sent == [(1, "dropped"), (2, "drawn"), (3, "dropped"), (4, "dropped"), (5, "drawn")]


async def _never(*_: object) -> Any:
    await asyncio.Event().wait()


class DeafBrowser:
    """A socket whose browser sends and never reads."""

    def __init__(self, person: SignedInPerson, messages: list[dict[str, Any]]) -> None:
        self.messages = messages
        self.closed_with: int | None = None
        self.scope = {
            "type": "websocket",
            "path": "/stream",
            "headers": [(b"cookie", person.cookie.encode())],
            "query_string": b"",
            "client": None,
            "subprotocols": [],
        }

    async def receive(self) -> dict[str, Any]:
        if self.messages:
            message = self.messages.pop(0)
            await asyncio.sleep(0.002)
            return message
        while self.closed_with is None:
            await asyncio.sleep(0.01)
        return {"type": "websocket.disconnect", "code": self.closed_with}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.closed_with = message["code"]
        elif message["type"] == "websocket.send":
            await asyncio.Event().wait()

    async def visit(self) -> int | None:
        await asyncio.wait_for(
            stream.stream(WebSocket(self.scope, self.receive, self.send)), timeout=END_SECONDS
        )
        return self.closed_with


def test_a_browser_that_never_reads_is_left(
    person: SignedInPerson, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream, "MAX_OUTBOX_MESSAGES", 50)
    messages = [{"type": "websocket.connect"}]
    messages += [{"type": "websocket.receive", "text": "{}"} for _ in range(100)]
    assert asyncio.run(DeafBrowser(person, messages).visit()) == stream.CLOSE_TOO_SLOW


def test_nothing_more_is_drawn_for_a_browser_that_does_not_read(
    person: SignedInPerson, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream, "MAX_OUTBOX_BYTES", 0)
    monkeypatch.setattr(stream, "MAX_OUTBOX_MESSAGES", 60)
    drawn: list[int] = []
    really_render = Viewing.render_tile

    def counting(self, caller, study, request):
        drawn.append(1)
        return really_render(self, caller, study, request)

    monkeypatch.setattr(Viewing, "render_tile", counting)
    messages: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    messages += [
        {"type": "websocket.receive", "text": json.dumps(wish(seq=1, viewport=f"v{number}"))}
        for number in range(200)
    ]
    assert asyncio.run(DeafBrowser(person, messages).visit()) == stream.CLOSE_TOO_SLOW
    assert 0 < len(drawn) < 60


def test_nobody_is_served_without_a_session(client: TestClient):
    for headers in ({}, {"cookie": "__Host-pacscribe=" + "B" * 43}):
        with (
            client.websocket_connect("/api/v1/stream", headers=headers) as socket,
            pytest.raises(WebSocketDisconnect) as closed,
        ):
            socket.receive_bytes()
        assert closed.value.code == stream.CLOSE_SIGNED_OUT


def test_what_has_left_and_nothing_else_is_in_the_proof_of_view(
    hospital: Hospital, person: SignedInPerson, client: TestClient
):
    hospital.services.served_images.write_down(everything=True)
    with client.websocket_connect("/api/v1/stream", headers={"cookie": person.cookie}) as socket:
        for seq, uid in enumerate(UIDS[:2], start=1):
            socket.send_json(wish(seq, sop=uid))
            answer(socket)
        socket.send_json({"kind": "prefetch", "viewport": "a", "study": STUDY, "level": 0,
                          "images": [[UIDS[2], 1]]})  # fmt: skip
        socket.send_json(wish(3, sop="2.25.404"))
        assert "error" in answer(socket)[0]
    hospital.services.served_images.write_down(everything=True)
    (told,) = served_to(hospital, person)
    assert (told["images"], told["series"]) == (2, [f"{CT_SERIES}: 1-2"])


def served_to(hospital: Hospital, person: SignedInPerson) -> list[dict[str, Any]]:
    with hospital.services.database.system_read() as session:
        return [
            json.loads(entry.details)
            for entry in entries_after(session, 0, 10_000)
            if entry.action == AuditAction.STUDY_SERVED
            and entry.session_id == person.caller.session_id
        ]


def test_signing_out_closes_an_open_socket_at_once(
    hospital: Hospital, person: SignedInPerson, socket: WebSocketTestSession
):
    socket.send_json(wish())
    answer(socket)
    hospital.services.accounts.sign_out(person.caller)
    with pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_bytes()
    assert closed.value.code == stream.CLOSE_SIGNED_OUT


def test_signing_out_leaves_the_sockets_of_others_open(
    hospital: Hospital, socket: WebSocketTestSession
):
    hospital.services.accounts.sign_out(hospital.sign_in().caller)
    socket.send_json(wish())
    assert answer(socket)[0]["seq"] == 1


def test_a_socket_that_asks_nothing_is_closed_when_another_process_ends_its_session(
    hospital: Hospital, person: SignedInPerson, socket: WebSocketTestSession
):
    other = bootstrap.build(hospital.services.settings)  # as of the command line beside a server
    watch = hospital.services.ended_elsewhere
    try:
        watch.look()
        other.sessions.end(person.caller)
    finally:
        bootstrap.close(other)
    socket.send_json({"kind": "ping", "t": 1})
    assert json.loads(socket.receive_text())["kind"] == "pong"
    watch.look()
    with pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_bytes()
    assert closed.value.code == stream.CLOSE_SIGNED_OUT


def test_a_session_that_is_over_by_time_gets_no_further_tile(
    client: TestClient, socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
):
    socket.send_json(wish())
    answer(socket)
    monkeypatch.setattr(Verdict, "why_over", lambda *_: "not used for too long")
    socket.send_json(wish(seq=2))
    with pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_bytes()
    assert closed.value.code == stream.CLOSE_SIGNED_OUT


def test_an_unexpected_error_is_told_without_its_words(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(*_: object) -> None:
        raise RuntimeError("Demo^Adele")

    monkeypatch.setattr(Viewing, "render_tile", fail)
    socket.send_json(wish(seq=3))
    header, _ = answer(socket)
    assert (header["seq"], header["code"]) == (3, "Unexpected")
    assert "Adele" not in json.dumps(header) + caplog.text
