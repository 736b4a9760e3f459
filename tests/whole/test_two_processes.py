"""Two processes work on one database: what one takes away, the other refuses soon after, for tiles and open sockets too.

The other one is a running server; this one has the same services, as the command line has beside a server.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from backend.api.stream import CLOSE_SIGNED_OUT
from backend.cli.demo_marker import mark_loaded
from backend.schemas.people import PersonAct, PersonChange
from backend.settings import Settings
from tests.postgres import new_empty_postgresql
from tests.served import Served, serving
from tests.viewing_hospital import PASSWORD, STUDY, Hospital, SignedInPerson, ct_slice, uid_of

SLICE = ct_slice(0, 1)
TILE = f"/api/v1/studies/{STUDY}/instances/{uid_of(SLICE)}/frames/1/tile"
# Long beyond the second that is promised: the end of waiting, not what is measured.
END_SECONDS = 30.0


class Both:
    """This process, and the server beside it."""

    def __init__(self, here: Hospital, there: Served, client: httpx.Client) -> None:
        self.here = here
        self.there = there
        self._client = client
        self.administrator = here.sign_in("admin@demo.example").caller

    def tile(self, person: SignedInPerson) -> int:
        """What the server answers when this person asks for a tile."""
        return self._client.get(TILE, headers={"cookie": person.cookie}).status_code

    def socket(self, person: SignedInPerson) -> ClientConnection:
        """The socket of a page of this person's, on the server."""
        address = f"ws://localhost:{self.there.port}/api/v1/stream"
        return connect(
            address, origin=Origin(self.there.url), additional_headers={"cookie": person.cookie}
        )

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + END_SECONDS
        while not is_so():
            assert time.monotonic() < end, "the other process has not noticed"

    def change(self, person: SignedInPerson, act: PersonAct) -> None:
        """Through this process, as an administrator does it."""
        members = self.here.services.members
        change = PersonChange(person.caller.user_id, act, role_keys=())
        preview = members.preview(self.administrator, change)
        members.carry_out(self.administrator, change, preview.fingerprint)


@pytest.fixture(
    scope="module", params=["sqlcipher", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Both]:
    data_dir = Path(tmp_path_factory.mktemp("two-processes")) / "data"
    with ExitStack() as stack:
        variables = {}
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres_server")
            url = stack.enter_context(new_empty_postgresql(server))
            variables["PACSCRIBE_DATABASE_URL"] = url.render_as_string(hide_password=False)
        here = Hospital(data_dir, database_url=variables.get("PACSCRIBE_DATABASE_URL", ""))
        stack.callback(here.close)
        here.take_in(SLICE)
        mark_loaded(Settings(data_dir=data_dir))
        there = stack.enter_context(
            serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=PASSWORD, **variables)
        )
        client = stack.enter_context(httpx.Client(base_url=there.url, timeout=END_SECONDS))
        yield Both(here, there, client)


def test_a_role_that_one_process_takes_away_ends_the_tiles_of_the_other(both: Both) -> None:
    losing, keeping = (
        both.here.sign_in(f"{who}@demo.example") for who in ("radiologist", "radiologist2")
    )
    assert (both.tile(losing), both.tile(keeping)) == (200, 200)
    both.change(losing, PersonAct.RIGHTS)
    both.wait_until(lambda: both.tile(losing) == 404)
    assert (both.tile(losing), both.tile(keeping)) == (404, 200)


def test_an_account_that_one_process_disables_is_nobodys_in_the_other(both: Both) -> None:
    person = both.here.sign_in("clinician@demo.example")
    assert both.tile(person) == 200
    both.change(person, PersonAct.DISABLE)
    both.wait_until(lambda: both.tile(person) == 401)


def test_a_socket_that_asks_nothing_is_closed_when_another_process_ends_its_session(
    both: Both,
) -> None:
    person = both.here.sign_in("technologist@demo.example")
    with both.socket(person) as socket:
        socket.send('{"kind": "ping"}')
        assert "pong" in socket.recv(END_SECONDS)
        both.change(person, PersonAct.END_SESSIONS)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(END_SECONDS)
    assert closed.value.rcvd.code == CLOSE_SIGNED_OUT


def test_a_session_that_one_process_ends_is_over_in_the_other(both: Both) -> None:
    ending, other = (both.here.sign_in("radiologist2@demo.example") for _ in range(2))
    assert (both.tile(ending), both.tile(other)) == (200, 200)
    both.here.services.sessions.end(ending.caller)
    both.wait_until(lambda: both.tile(ending) == 401)
    assert both.tile(other) == 200
