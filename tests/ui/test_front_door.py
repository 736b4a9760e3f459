"""Pages are answered while the rest is still loading, then the API, then events, and nothing wrong meanwhile."""

import asyncio
import gzip
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Scope

from backend.api.built_site import BuiltSite
from pacscribe_ui import front_door
from pacscribe_ui.front_door import FrontDoor

PAGE = "<html>Sign in</html>"
SCRIPT = "console.log(1);" * 50


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "client"
    (folder / "sign-in").mkdir(parents=True)
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<html>Home</html>")
    (folder / "sign-in" / "index.html").write_text(PAGE)
    (folder / "assets" / "page.js").write_text(SCRIPT)
    (folder / "assets" / "page.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (tmp_path / "secret.txt").write_text("not for the web")
    return BuiltSite(folder)


class Room(Starlette):
    """Answers everything with its name."""

    def __init__(self, name: str, **life: Any) -> None:
        def answer(request: Request) -> PlainTextResponse:
            return PlainTextResponse(f"from the {name}")

        self._name = name
        super().__init__(
            routes=[Route("/{rest:path}", answer, methods=["GET", "POST"])],
            **life,
        )

    def has(self, scope: Scope) -> bool:
        """As entrance and API say what is their own."""
        path: str = scope["path"]
        if self._name == "entrance":
            return path in {"/api/v1/sign-in", "/readyz"}
        return path.startswith("/api/") or path == "/readyz"


class House:
    """What is behind the door: each part opens when its event is set, and the pages remember their life."""

    def __init__(self, failing: str = "") -> None:
        self.entrance_opens, self.api_opens, self.pages_open = (threading.Event() for _ in range(3))
        self.life: list[str] = []
        self.left: list[str] = []
        self._failing = failing

    def door(self, site: BuiltSite) -> FrontDoor:
        return FrontDoor(site, self.behind(), self.leaving)

    def behind(self) -> front_door.House:
        return front_door.House(
            entrance=self.load_entrance, api=self.load_api, pages=self.load_pages
        )

    def open(self) -> None:
        self.entrance_opens.set()
        self.api_opens.set()
        self.pages_open.set()

    def load_entrance(self) -> Room:
        assert self.entrance_opens.wait(30)
        if self._failing == "entrance":
            raise RuntimeError("entrance")
        return Room("entrance")

    def load_api(self) -> Room:
        assert self.api_opens.wait(30)
        if self._failing == "api":
            raise RuntimeError("api")
        return Room("API")

    def load_pages(self) -> Room:
        assert self.pages_open.wait(30)
        if self._failing == "pages":
            raise RuntimeError("pages")
        return Room("pages", lifespan=self._lives)

    @contextmanager
    def leaving(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            self.left.append(str(error))

    @asynccontextmanager
    async def _lives(self, app: Starlette) -> AsyncIterator[None]:
        if self._failing == "start":
            raise RuntimeError("start")
        self.life.append("started")
        yield
        self.life.append("ended")


def test_files_are_answered_at_once_then_signing_in_then_the_api_then_the_pages(site):
    house = House()
    with TestClient(house.door(site)) as client:
        assert client.get("/sign-in").text == PAGE
        assert client.get("/").text == "<html>Home</html>"
        with ThreadPoolExecutor(4) as others:
            waiting = others.submit(client.get, "/readyz")
            posting = others.submit(client.post, "/api/v1/sign-in")
            asking = others.submit(client.get, "/api/v1/worklist")
            event = others.submit(client.get, "/_event")
            assert client.get("/assets/page.js").text == SCRIPT
            assert not waiting.done()
            house.entrance_opens.set()
            assert waiting.result(30).text == "from the entrance"
            assert posting.result(30).text == "from the entrance"
            assert not asking.done()
            house.api_opens.set()
            assert asking.result(30).text == "from the API"
            assert not event.done()
            house.pages_open.set()
            assert event.result(30).text == "from the pages"
            # Only reading is for files.
            assert client.post("/sign-in").text == "from the pages"
        assert client.get("/sign-in").text == PAGE
        assert client.get("/readyz").text == "from the entrance"
        assert house.life == ["started"]
    assert house.life == ["started", "ended"]
    assert house.left == []


def test_before_the_house_is_loaded_answers_are_as_strict_as_after(tmp_path, monkeypatch, site):
    monkeypatch.setattr(front_door, "_STATIC_DIR", tmp_path / "client")
    monkeypatch.setattr(front_door, "configure_logging", lambda: None)
    house = House()
    app = front_door.asgi(
        house.behind(),
        house.leaving,
        public_url="http://localhost:8000",
        trusted_proxy_hops=0,
    )
    with (
        TestClient(app, base_url="http://localhost:8000") as client,
        ThreadPoolExecutor(2) as others,
    ):
        before = client.get("/sign-in")
        assert before.text == PAGE
        for name, value in (
            ("content-security-policy", "default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("server", "PACScribe"),
        ):
            assert value in before.headers[name]
        # What is refused does not wait for the house.
        assert client.get("/sign-in", headers={"host": "elsewhere.example"}).status_code == 421
        foreign = {"origin": "https://elsewhere.example"}
        assert client.post("/api/v1/sign-in", headers=foreign).status_code == 403
        waiting = others.submit(client.get, "/readyz")
        assert not waiting.done()
        house.open()
        assert waiting.result(30).headers["x-frame-options"] == "DENY"
        after = client.get("/sign-in")
        assert after.headers == before.headers


@pytest.mark.parametrize("open_parts", [0, 1, 2])
def test_a_stop_while_loading_still_ends_the_house_in_order(site, open_parts):
    house = House()
    for opens in (house.entrance_opens, house.api_opens)[:open_parts]:
        opens.set()
    with TestClient(house.door(site)):
        threading.Timer(0.05, house.open).start()
    assert house.life == ["started", "ended"]


@pytest.mark.parametrize("failing", ["entrance", "api", "pages", "start"])
def test_a_house_that_cannot_be_opened_ends_the_process(site, failing):
    house = House(failing)
    house.open()
    said = []

    async def begin():
        return {"type": "lifespan.startup"}

    async def answered(message):
        said.append(message["type"])

    door = house.door(site)
    asyncio.run(door({"type": "lifespan", "state": {}}, begin, answered))
    assert said == ["lifespan.startup.complete"]
    assert house.left == [failing]
    assert house.life == []


@pytest.fixture
def files(site):
    house = House()
    house.open()
    with TestClient(house.door(site)) as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1, gzip;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("br", None),
        ("identity", None),
    ],
)
def test_a_file_is_sent_compressed_to_whoever_takes_it(files, accepted, encoding):
    answer = files.get("/assets/page.js", headers={"accept-encoding": accepted})
    assert answer.text == SCRIPT
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].startswith("text/javascript")


def test_a_file_that_the_browser_has_is_not_sent_again(files):
    first = files.get("/assets/page.js")
    mark = first.headers["etag"]
    for known in (mark, f"W/{mark}", f'"another", {mark}'):
        again = files.get("/assets/page.js", headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == mark
    assert files.get("/assets/page.js", headers={"if-none-match": '"another"'}).text == SCRIPT


def test_the_head_of_a_file_is_what_its_answer_would_begin_with(files):
    head = files.head("/sign-in")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(PAGE)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/page.js.gz",
        "/sign-in/",
        "/SIGN-IN",
        "/assets",
    ],
)
def test_only_an_address_of_a_file_leads_to_it(files, path):
    assert files.get(path).text == "from the pages"
