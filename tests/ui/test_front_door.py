"""Pages are answered while the rest is still loading, the rest as soon as it is loaded, and nothing wrong meanwhile."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

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


def _answer(request):
    return PlainTextResponse("from the house")


class House:
    """What is behind the door: it opens when `opens` is set, and remembers its life."""

    def __init__(self, failing: str = "") -> None:
        self.opens = threading.Event()
        self.life: list[str] = []
        self.left: list[str] = []
        self._failing = failing

    def load(self):
        assert self.opens.wait(30)
        if self._failing == "load":
            raise RuntimeError("load")
        return Starlette(
            routes=[Route("/{rest:path}", _answer, methods=["GET", "POST"])],
            lifespan=self._lives,
        )

    @contextmanager
    def leaving(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            self.left.append(str(error))

    @asynccontextmanager
    async def _lives(self, app):
        if self._failing == "start":
            raise RuntimeError("start")
        self.life.append("started")
        yield
        self.life.append("ended")


def test_pages_are_answered_before_the_house_is_loaded_and_all_else_after(site):
    house = House()
    with TestClient(FrontDoor(site, house.load, house.leaving)) as client:
        assert client.get("/sign-in").text == PAGE
        assert client.get("/").text == "<html>Home</html>"
        with ThreadPoolExecutor(2) as others:
            waiting = others.submit(client.get, "/readyz")
            posting = others.submit(client.post, "/sign-in")
            assert client.get("/assets/page.js").text == SCRIPT
            assert not waiting.done()
            house.opens.set()
            assert waiting.result(30).text == "from the house"
            # Only reading is for files.
            assert posting.result(30).text == "from the house"
        assert client.get("/sign-in").text == PAGE
        assert house.life == ["started"]
    assert house.life == ["started", "ended"]
    assert house.left == []


def test_before_the_house_is_loaded_answers_are_as_strict_as_after(tmp_path, monkeypatch, site):
    monkeypatch.setattr(front_door, "_STATIC_DIR", tmp_path / "client")
    monkeypatch.setattr(front_door, "configure_logging", lambda: None)
    house = House()
    app = front_door.asgi(
        house.load, house.leaving, public_url="http://localhost:8000", trusted_proxy_hops=0
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
        assert client.post("/sign-in", headers=foreign).status_code == 403
        waiting = others.submit(client.get, "/readyz")
        assert not waiting.done()
        house.opens.set()
        assert waiting.result(30).headers["x-frame-options"] == "DENY"
        after = client.get("/sign-in")
        assert after.headers == before.headers


def test_a_stop_while_loading_still_ends_the_house_in_order(site):
    house = House()
    with TestClient(FrontDoor(site, house.load, house.leaving)):
        threading.Timer(0.05, house.opens.set).start()
    assert house.life == ["started", "ended"]


@pytest.mark.parametrize("failing", ["load", "start"])
def test_a_house_that_cannot_be_opened_ends_the_process(site, failing):
    house = House(failing)
    house.opens.set()
    said = []

    async def begin():
        return {"type": "lifespan.startup"}

    async def answered(message):
        said.append(message["type"])

    door = FrontDoor(site, house.load, house.leaving)
    asyncio.run(door({"type": "lifespan", "state": {}}, begin, answered))
    assert said == ["lifespan.startup.complete"]
    assert house.left == [failing]
    assert house.life == []


@pytest.fixture
def files(site):
    house = House()
    house.opens.set()
    with TestClient(FrontDoor(site, house.load, house.leaving)) as client:
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
    assert files.get(path).text == "from the house"
