"""A raw client on the socket of a running program: nothing it sends gets it anything, stops the program, or is logged."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio
from socketio.exceptions import BadNamespaceError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from backend.core.errors import NotAllowed
from tests.data_dirs import prepare_demo
from tests.matrix.headers import lacking_in_api
from tests.served import DEMO_PASSWORD, Served, run_command, serving
from tests.viewing_hospital import STUDY, ct_slice

pytestmark = pytest.mark.slow

CANARY = "Zanzibarcanary"
SECRET = "a-secret-word-that-was-sent"
NAMESPACE = "/_event"
# The end of waiting on a busy machine, not what is measured.
WAIT_SECONDS = 120.0
STATE = "reflex___state____state"


def state(name: str) -> str:
    module = {"audit": "audit", "worklist": "worklist", "viewer": "viewer", "study": "study"}[name]
    return f"{STATE}.pacscribe_ui___state___{module}____{name}_state"


LOAD_WORKLIST = f"{state('worklist')}.load"
SHOW_NOTICE = f"{STATE}.pacscribe_ui___state___base____notice_state.show"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data_dir = Path(tmp_path_factory.mktemp("event-protocol")) / "data"
    prepare_demo(data_dir, DEMO_PASSWORD)
    file = data_dir.parent / "slice.dcm"
    file.write_bytes(ct_slice(0, 1, PatientName=f"{CANARY}^Ada"))
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD) as served:
        done = run_command("import", "--data-dir", str(data_dir), str(file))
        assert done.returncode == 0, done.stdout + done.stderr
        yield served


@pytest.fixture(scope="module")
def cookies(served: Served) -> dict[str, str]:
    """Who -> the Cookie header of a session; signed in over HTTP, as a browser does."""
    return {who: _signed_in(served, f"{who}@demo.example") for who in ("radiologist", "technologist")}  # fmt: skip


def _signed_in(served: Served, email: str) -> str:
    answer = httpx.post(
        f"{served.url}/api/v1/sign-in",
        data={"email": email, "password": DEMO_PASSWORD, "next": "/worklist"},
        headers={"origin": served.url},
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["set-cookie"].partition(";")[0]


@dataclass
class Tab:
    """A client on the socket: what it was told, as text."""

    client: socketio.AsyncClient
    told: list[str] = field(default_factory=list)

    async def send(self, message: Any) -> None:
        await self.client.emit("event", message, namespace=NAMESPACE)

    async def heard(self, word: str) -> bool:
        """Wait until a word was told, or the connection is gone."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not any(word in each for each in self.told):
                if not self.client.connected:
                    return False
                await asyncio.sleep(0.01)
        return True

    async def is_answered(self, mark: str) -> bool:
        """Whether what was sent before has been dealt with: an event that everybody may send comes back."""
        with suppress(BadNamespaceError):  # the connection is gone, as `heard` says then
            await self.send(event(SHOW_NOTICE, kind="status", text=mark))
        return await self.heard(mark)


@asynccontextmanager
async def tab(
    served: Served,
    cookie: str = "",
    *,
    token: str = "a-tab",
    auth: Any = None,
    **headers: str,
) -> AsyncIterator[Tab]:
    client = socketio.AsyncClient(reconnection=False, logger=False, engineio_logger=False)
    opened = Tab(client)
    client.on("event", lambda told: opened.told.append(json.dumps(told)), namespace=NAMESPACE)
    sent = {"origin": served.url, **({"cookie": cookie} if cookie else {}), **headers}
    await client.connect(
        f"{served.url}?token={token}" if token else served.url,
        headers=sent,
        auth=auth,
        transports=["websocket"],
        namespaces=[NAMESPACE],
        socketio_path="/_event",
        wait_timeout=WAIT_SECONDS,  # by itself a second, less than a server takes that others flood
    )
    try:
        yield opened
    finally:
        await client.disconnect()


def event(name: Any, /, **payload: Any) -> dict[str, Any]:
    return {
        "name": name,
        "payload": payload,
        "router_data": {"pathname": "/worklist", "asPath": "/worklist", "query": {}},
    }


def test_a_reader_sees_the_patient_so_that_the_other_tests_mean_something(served, cookies):
    async def look() -> bool:
        async with tab(served, cookies["radiologist"]) as page:
            await page.send(event(LOAD_WORKLIST))
            return await page.heard(CANARY)

    assert asyncio.run(look())


NAMES: dict[str, Any] = {
    "an unknown handler": f"{state('worklist')}.nothing",
    "an unknown state": f"{STATE}.nothing.load",
    "no name at all": "",
    "a state's own name": state("worklist"),
    "a very long name": "x" * 100_000,
    "a name of several lines": f"load\n{SECRET}\r\nroot: signed in",
    "a name beyond ASCII": "лоад.\u202e",
    "a number": 7,
    "nothing": None,
    "a list": [LOAD_WORKLIST],
    "a map": {"name": LOAD_WORKLIST},
    "a hidden method": f"{state('worklist')}._load",
    "the constructor": f"{state('worklist')}.__init__",
    "the reset": f"{STATE}.reset",
    "the state's tree": f"{STATE}.get_state",
    "a setter": f"{state('worklist')}.set_rows",
    "any setter": f"{state('worklist')}.setvar",
    "the root's setter": f"{STATE}.setvar",
    "what writes browser storage": f"{STATE}.reflex___state____update_vars_internal_state.update_vars_internal",
    "the guard's door": "pacscribe_ui.state.base.remember_caller",
    "a module": "os.system",
}
PAYLOADS: dict[str, Any] = {
    "no map": [1, 2],
    "a text": SECRET,
    "a number": 1,
    "nothing": None,
    "arguments nobody asked for": {"caller": {"permissions": ["study:view"]}, "self": SECRET},
    "a whole state": {"_owner": "x", "rows": [SECRET]},
    "a million characters": {"text": "x" * 900_000},
    "a deep nest": json.loads("[" * 400 + "]" * 400),
    "what Python would not read": {"text": "\uffff\u0000", "kind": SECRET},
    "a number beyond all": {"page": 10**400},
    "no number": {"page": "NaN"},
    "minus a lot": {"page": -(2**63) - 1},
    "a map for a text": {"study_instance_uid": {"$ne": ""}},
    "a list for a text": {"study_instance_uid": [STUDY]},
    "SQL": {"study_instance_uid": "' OR 1=1 --"},
    "a path": {"study_instance_uid": "../../keys/master.key"},
}
ROUTERS: dict[str, Any] = {
    "no map": [1],
    "nothing": None,
    "somebody's cookie": {"headers": {"cookie": "COOKIE"}},
    "somebody's cookie by another name": {"cookie": "COOKIE", "headers": {"Cookie": "COOKIE"}},
    "another session": {"session_id": "x", "token": "x", "client_token": "x"},
    "another address": {"ip": "127.0.0.1", "headers": {"x-forwarded-for": "127.0.0.1"}},
    "another site": {"asPath": "//evil.example/", "pathname": "//evil.example/"},
    "a script": {"asPath": "javascript:alert(1)", "pathname": "/viewer/[uid]"},
    "a query that is none": {"query": "x", "pathname": "/worklist"},
}
WHOLE_MESSAGES: dict[str, Any] = {
    "a text": LOAD_WORKLIST,
    "a text that is JSON": json.dumps(event(LOAD_WORKLIST)),
    "a text that is none": "{" + SECRET,
    "a number": 12,
    "nothing": None,
    "a list": [event(LOAD_WORKLIST)],
    "an empty map": {},
    "a map of other things": {"password": SECRET},
    "a name and nothing else": {"name": LOAD_WORKLIST},
    "octets": b"\x00\xff" * 100,
}


def _cases() -> dict[str, Any]:
    calls = {f"name: {words}": event(name, password=SECRET) for words, name in NAMES.items()}
    for words, payload in PAYLOADS.items():
        calls[f"payload: {words}"] = event(LOAD_WORKLIST) | {"payload": payload}
    for words, router in ROUTERS.items():
        calls[f"router: {words}"] = event(LOAD_WORKLIST) | {"router_data": router}
    return calls | {f"message: {words}": message for words, message in WHOLE_MESSAGES.items()}


CASES = _cases()


@pytest.mark.parametrize("words", CASES)
def test_a_stranger_gets_nothing_by_any_message_and_the_next_is_answered(served, cookies, words):
    message = CASES[words]
    if "cookie" in words:
        stolen = json.dumps(message).replace("COOKIE", cookies["radiologist"])
        message = json.loads(stolen)

    async def abuse() -> tuple[list[str], bool]:
        async with tab(served, token="stranger") as page:
            with suppress(socketio.exceptions.SocketIOError, ValueError):
                await page.send(message)
            is_alive = await page.is_answered("still here")
            told = page.told
        if not is_alive:  # it may close the door on such a client, and on no other
            async with tab(served, token="next") as page:
                is_alive = await page.is_answered("still here")
        return told, is_alive

    told, is_alive = asyncio.run(abuse())
    assert is_alive
    assert CANARY not in "".join(told)
    assert SECRET not in served.output()


@pytest.mark.parametrize(
    "name",
    [
        f"{state('audit')}.load",
        f"{STATE}.pacscribe_ui___state___storage____storage_state.load",
        f"{STATE}.pacscribe_ui___state___conflicts____conflicts_state.load",
    ],
)
def test_who_is_signed_in_but_may_not_is_told_so_and_gets_nothing(served, cookies, name):
    async def try_it() -> list[str]:
        async with tab(served, cookies["technologist"], token="technologist") as page:
            await page.send(event(name))
            assert await page.heard(NotAllowed.default_sentence)
            return page.told

    assert CANARY not in "".join(asyncio.run(try_it()))


def test_an_event_that_comes_with_the_connection_is_met_by_the_guard_too(served):
    async def try_it() -> list[str]:
        boot = {"event": event(LOAD_WORKLIST)}
        async with tab(served, token="boot", auth=boot) as page:
            assert await page.is_answered("still here")
            return page.told

    assert CANARY not in "".join(asyncio.run(try_it()))


@pytest.mark.parametrize("cookie", ["", "__Host-pacscribe=" + "A" * 43, "__Host-pacscribe=; x=y"])
def test_a_tab_that_was_left_gives_its_state_to_nobody_else(served, cookies, cookie):
    async def try_it() -> list[str]:
        async with tab(served, cookies["radiologist"], token="left") as page:
            await page.send(event(LOAD_WORKLIST))
            assert await page.heard(CANARY)
        async with tab(served, cookie, token="left") as page:
            await page.send(event(f"{STATE}.hydrate"))
            assert await page.is_answered("still here")
            return page.told

    assert CANARY not in "".join(asyncio.run(try_it()))


def test_a_tab_that_is_open_shares_its_state_with_nobody(served, cookies):
    async def try_it() -> list[str]:
        async with tab(served, cookies["radiologist"], token="shared") as page:
            await page.send(event(LOAD_WORKLIST))
            assert await page.heard(CANARY)
            async with tab(served, token="shared") as other:
                await other.send(event(f"{STATE}.hydrate"))
                assert await other.is_answered("still here")
                return other.told

    assert CANARY not in "".join(asyncio.run(try_it()))


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1.evil.example"],
)
def test_a_page_of_another_site_gets_no_socket_even_with_the_cookie(served, cookies, origin):
    async def try_it() -> None:
        address = f"ws://localhost:{served.port}/_event/?EIO=4&transport=websocket&token=evil"
        async with connect(
            address,
            origin=origin,  # type: ignore[arg-type]
            additional_headers={"cookie": cookies["radiologist"]},
        ):
            pass

    with pytest.raises(InvalidStatus) as refused:
        asyncio.run(try_it())
    answer = refused.value.response
    assert answer.status_code == 403
    assert lacking_in_api({name.lower(): value for name, value in answer.headers.items()}) == []


MALFORMED = [
    *("", "4", "42", "42[", "40/evil,", "451-", "9", "2probe", "42/_event,[]", "42/_event,{"),
    *("42/_event,[1,2]", '42/_event,["event"', "41/_event,", "44/_event,{}", b"\x00" * 64),
    '42/_event,["event",' + "[" * 5000 + "]" * 5000 + "]",
]


@pytest.mark.parametrize("packet", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_packet_harms_its_sender_at_most(served, cookies, packet):
    async def try_it() -> bool:
        address = f"ws://localhost:{served.port}/_event/?EIO=4&transport=websocket&token=malformed"
        async with connect(address, origin=served.url, max_size=None) as socket:  # type: ignore[arg-type]
            await socket.recv()
            await socket.send("40/_event,")
            with suppress(WebSocketException):
                await socket.send(packet)
        async with tab(served, cookies["radiologist"], token="other") as page:
            return await page.is_answered("still here")

    assert asyncio.run(try_it())


def test_an_event_of_three_megabytes_closes_its_own_socket_only(served, cookies):
    async def try_it() -> bool:
        async with tab(served, cookies["radiologist"], token="bystander") as bystander:
            async with tab(served, token="large") as page:
                await page.send(event(SHOW_NOTICE, kind="status", text="x" * 3_000_000))
                async with asyncio.timeout(WAIT_SECONDS):
                    while page.client.connected:
                        await asyncio.sleep(0.01)
            return await bystander.is_answered("still here")

    assert asyncio.run(try_it())


def test_a_flood_of_one_client_leaves_the_others_their_answers(served, cookies):
    async def try_it() -> bool:
        async with tab(served, token="flood") as flood:
            for _ in range(3_000):
                await flood.send(event(f"{state('worklist')}.nothing", password=SECRET))
            async with tab(served, cookies["radiologist"], token="calm") as page:
                await page.send(event(LOAD_WORKLIST))
                return await page.heard(CANARY)

    assert asyncio.run(try_it())
    assert SECRET not in served.output()


def test_what_a_page_reports_of_its_errors_is_not_quoted_in_the_log(served):
    async def try_it() -> bool:
        async with tab(served, token="reports") as page:
            for _ in range(10):
                await page.client.emit(
                    "client_error",
                    {"error_type": SECRET, "message": f"{SECRET}\nforged: line"},
                    namespace=NAMESPACE,
                )
            return await page.is_answered("still here")

    assert asyncio.run(try_it())
    assert SECRET not in served.output()
    assert "forged: line" not in served.output()


def test_an_event_without_a_tabs_token_is_dropped_and_not_quoted(served, cookies):
    async def try_it() -> list[str]:
        async with tab(served, cookies["radiologist"], token="") as page:
            await page.send(event(LOAD_WORKLIST, password=SECRET))
            async with tab(served, token="witness") as witness:
                assert await witness.is_answered("still here")
            return page.told

    assert CANARY not in "".join(asyncio.run(try_it()))
    assert SECRET not in served.output()
