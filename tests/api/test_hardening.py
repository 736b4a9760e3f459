import asyncio
import base64
import hashlib
import logging

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from backend.api.app import build_api
from backend.api.hardening import Surroundings, harden
from tests.matrix.headers import lacking_in_api

PUBLIC = "https://pacs.example"
CANARY = "Canary^Name"


async def plain(request: Request) -> Response:
    return PlainTextResponse("fine", headers={"server": "leaky", "x-powered-by": "leaky"})


async def kept(_: Request) -> Response:
    return PlainTextResponse("tile", headers={"cache-control": "private, max-age=60"})


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def where(request: Request) -> Response:
    client = request.client
    return PlainTextResponse(f"{request.url.scheme} {client.host if client else ''}")


async def broken(_: Request) -> Response:
    raise ValueError(f"patient {CANARY} in a message")


async def broken_midway(_: Request) -> Response:
    async def body():
        yield b"half"
        raise ValueError(CANARY)

    return StreamingResponse(body())


async def socket(ws: WebSocket) -> None:
    await ws.accept()
    await ws.send_text("hello")
    await ws.close()


async def broken_socket(ws: WebSocket) -> None:
    await ws.accept()
    raise ValueError(CANARY)


async def broken_handshake(_: WebSocket) -> None:
    raise ValueError(CANARY)


def inner() -> Starlette:
    return Starlette(
        routes=[
            Route("/", plain),
            Route("/assets/app-1a2b.js", plain),
            Route("/favicon.svg", plain),
            Route("/api/v1/data", plain),
            Route("/api/v1/tile", kept),
            Route("/api/v1/form", echo, methods=["POST", "PUT", "PATCH", "DELETE"]),
            Route("/api/v1/uploads", echo, methods=["POST"]),
            Route("/where", where),
            Route("/broken/{rest:path}", broken),
            Route("/midway", broken_midway),
            WebSocketRoute("/socket", socket),
            WebSocketRoute("/broken-socket", broken_socket),
            WebSocketRoute("/broken-handshake", broken_handshake),
        ]
    )


def client(base_url: str = "https://pacs.example", **surroundings) -> TestClient:
    wrapped = harden(inner(), Surroundings(**{"public_url": PUBLIC, **surroundings}))
    return TestClient(wrapped, base_url=base_url, raise_server_exceptions=False)


EXPECTED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-robots-tag": "noindex, nofollow",
    "server": "PACScribe",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/assets/app-1a2b.js", 200),
        ("GET", "/api/v1/data", 200),
        ("GET", "/nowhere", 404),
        ("POST", "/", 405),
        ("GET", "/broken/x", 500),
        ("HEAD", "/", 200),
    ],
)
def test_every_answer_carries_the_security_headers(method, path, status):
    answer = client().request(method, path)
    assert answer.status_code == status
    for name, value in EXPECTED.items():
        assert answer.headers.get_list(name) == [value]
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "x-powered-by" not in answer.headers
    assert "camera=()" in answer.headers["permissions-policy"]


def test_refusals_of_the_wrapper_itself_carry_them_too():
    for answer in (
        client().post("/api/v1/form", headers={"origin": "https://evil.example"}),
        client("https://evil.example").get("/"),
        client().post("/api/v1/form", content=b"x" * (1 << 20) + b"x"),
    ):
        assert answer.status_code in (403, 413, 421)
        for name, value in EXPECTED.items():
            assert answer.headers[name] == value
        assert answer.headers["cache-control"] == "no-store"


def test_hsts_is_not_promised_over_plain_http():
    answer = client("http://localhost:8000", public_url="http://localhost:8000").get("/")
    assert answer.status_code == 200
    assert "strict-transport-security" not in answer.headers


def test_inline_scripts_of_the_built_pages_are_allowed_by_hash_and_no_others(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text("<script>one()</script><script src='/a.js'></script>")
    (tmp_path / "sub" / "page.html").write_text('<script type="module">two()</script>')
    policy = client(static_dir=tmp_path).get("/").headers["content-security-policy"]
    for script in (b"one()", b"two()"):
        digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts.count("sha256-") == 2
    assert "unsafe" not in scripts


def test_built_files_are_kept_for_ever_pages_are_asked_for_again_and_data_is_not_kept():
    asked = client()
    assert "immutable" in asked.get("/assets/app-1a2b.js").headers["cache-control"]
    assert asked.get("/assets/none.js").headers["cache-control"] == "no-cache"
    assert asked.get("/favicon.svg").headers["cache-control"] == "public, max-age=86400"
    assert asked.get("/").headers["cache-control"] == "no-cache"
    assert asked.get("/api/v1/data").headers["cache-control"] == "no-store"
    assert asked.get("/api/v1/tile").headers["cache-control"] == "private, max-age=60"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        (None, True),
        ("https://pacs.example", True),
        ("https://evil.example", False),
        ("http://pacs.example", False),
        ("https://pacs.example.evil.example", False),
        ("https://pacs.example:8443", False),
        ("null", False),
        ("", False),
    ],
)
def test_what_changes_something_comes_from_our_own_pages(method, origin, is_let_in):
    headers = {} if origin is None else {"origin": origin}
    answer = client().request(method, "/api/v1/form", headers=headers)
    assert answer.status_code == (200 if is_let_in else 403)


def test_a_browser_that_sends_no_origin_still_says_that_it_comes_from_elsewhere():
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200)):
        answer = client().post("/api/v1/form", headers={"sec-fetch-site": site})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("base_url", "status"),
    [
        ("https://pacs.example", 200),
        ("https://PACS.example", 200),
        ("https://localhost", 200),
        ("https://127.0.0.1:9999", 200),
        ("https://[::1]:8000", 200),
        ("https://evil.example", 421),
        ("https://pacs.example:8443", 421),
        ("https://pacs.example.evil.example", 421),
        ("https://localhost.evil.example", 421),
    ],
)
def test_only_our_own_names_are_answered(base_url, status):
    assert client(base_url).get("/").status_code == status


def test_without_a_public_address_any_name_is_answered_but_origins_are_compared():
    asked = client("https://10.1.2.3:8443", public_url="")
    assert asked.get("/").status_code == 200
    for origin, status in (("https://10.1.2.3:8443", 200), ("https://10.1.2.4:8443", 403)):
        answer = asked.post("/api/v1/form", headers={"origin": origin})
        assert answer.status_code == status


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://pacs.example"])
def test_a_socket_from_another_site_is_refused(origin):
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client().websocket_connect("wss://pacs.example/socket", headers={"origin": origin}),
    ):
        pass
    assert refused.value.status_code == 403
    assert lacking_in_api(refused.value.headers, is_secure=True) == []


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 403), ("/broken-handshake", 500)])
def test_a_handshake_that_comes_to_nothing_is_answered_as_strictly(path, status):
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client().websocket_connect(f"wss://pacs.example{path}", headers={"origin": PUBLIC}),
    ):
        pass
    assert refused.value.status_code == status
    assert CANARY not in refused.value.text
    assert lacking_in_api(refused.value.headers, is_secure=True) == []


def test_a_server_that_can_only_close_a_handshake_closes_it():
    sent: list[dict] = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": "/socket", "scheme": "wss", "headers": [(b"host", b"evil.example")]}  # fmt: skip
    asyncio.run(harden(inner(), Surroundings(public_url=PUBLIC))(scope, receive, send))
    assert [(each["type"], each["code"]) for each in sent] == [("websocket.close", 4403)]


def test_a_socket_of_our_own_pages_is_accepted_with_headers():
    with client().websocket_connect(
        "wss://pacs.example/socket", headers={"origin": PUBLIC}
    ) as opened:
        assert opened.receive_text() == "hello"
        accepted = dict(opened.extra_headers or [])
        assert accepted[b"x-content-type-options"] == b"nosniff"


def test_a_socket_to_another_name_is_refused():
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client("https://evil.example").websocket_connect("wss://evil.example/socket"),
    ):
        pass
    assert refused.value.status_code == 421


def test_a_small_route_takes_a_small_body_only():
    asked = client(body_limit_bytes=1000)
    assert asked.post("/api/v1/form", content=b"x" * 1000).text == "1000"
    assert asked.post("/api/v1/form", content=b"x" * 1001).status_code == 413


def test_a_body_that_does_not_say_its_length_is_counted():
    def pieces():
        for _ in range(20):
            yield b"x" * 100

    assert client(body_limit_bytes=1000).post("/api/v1/form", content=pieces()).status_code == 413


def test_uploads_limit_their_own_bodies():
    answer = client(body_limit_bytes=1000).post("/api/v1/uploads", content=b"x" * 5000)
    assert answer.text == "5000"


def test_forwarded_headers_of_strangers_are_ignored():
    asked = client("http://pacs.example", public_url="http://pacs.example")
    headers = {"x-forwarded-proto": "https", "x-forwarded-for": "6.6.6.6"}
    assert asked.get("/where", headers=headers).text == "http testclient"


def test_trusted_proxies_are_looked_through_and_no_further():
    asked = client("http://pacs.example", trusted_proxy_hops=1)
    headers = {"x-forwarded-proto": "https", "x-forwarded-for": "6.6.6.6, 1.2.3.4"}
    answer = asked.get("/where", headers=headers)
    assert answer.text == "https 1.2.3.4"
    assert "strict-transport-security" in answer.headers
    two = client("http://pacs.example", trusted_proxy_hops=2)
    assert two.get("/where", headers=headers).text.endswith(" 6.6.6.6")


def test_an_unexpected_error_is_one_sentence_with_a_reference_that_the_log_knows(caplog):
    with caplog.at_level(logging.INFO, "pacscribe"):
        answer = client().get(f"/broken/{CANARY}?name={CANARY}")
    assert answer.status_code == 500
    sentence = answer.json()["error"]
    reference = sentence.rsplit(" ", 1)[1].rstrip(".")
    assert reference in caplog.text
    assert "ValueError" in caplog.text
    assert CANARY not in caplog.text + answer.text


def test_a_half_sent_answer_does_not_look_whole(caplog):
    async def ask() -> list[dict]:
        sent: list[dict] = []

        async def receive():
            await asyncio.Event().wait()  # the browser stays

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/midway", "raw_path": b"/midway",
            "query_string": b"", "scheme": "https", "headers": [(b"host", b"pacs.example")],
            "client": ("192.0.2.1", 1), "server": ("pacs.example", 443), "http_version": "1.1",
        }  # fmt: skip
        with pytest.raises(Exception, match=r"^$") as aborted:
            await harden(inner(), Surroundings(public_url=PUBLIC))(scope, receive, send)
        assert aborted.value.__cause__ is None
        return sent

    sent = asyncio.run(ask())
    assert not any(
        message["type"] == "http.response.body" and not message.get("more_body") for message in sent
    )
    assert CANARY not in caplog.text


def test_a_failing_socket_is_closed_and_its_error_not_quoted(caplog):
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        client().websocket_connect(
            "wss://pacs.example/broken-socket", headers={"origin": PUBLIC}
        ) as opened,
    ):
        opened.receive_text()
    assert closed.value.code == 1011
    assert "ValueError" in caplog.text
    assert CANARY not in caplog.text


def test_unknown_api_addresses_are_answered_as_api():
    asked = TestClient(harden(build_api(), Surroundings()), base_url="https://pacs.example")
    for path in ("/api/v1/nothing", "/api/nothing"):
        answer = asked.get(path)
        assert answer.status_code == 404
        assert answer.json()["code"] == "NotFound"
    assert asked.get("/healthz").json() == {"status": "ok"}


def test_the_log_has_no_query_no_cookie_and_no_identifier(caplog):
    with caplog.at_level(logging.INFO, "pacscribe"):
        client().post(
            "/viewer/1.2.840.113619.2.5.1762583153",
            params={"name": CANARY},
            headers={"cookie": f"__Host-pacscribe={CANARY}"},
        )
    assert "/viewer/{uid}" in caplog.text
    assert "1.2.840" not in caplog.text
    assert CANARY not in caplog.text
