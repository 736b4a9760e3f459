"""Signing in: what it costs the server, and how much of that is the password's hash, which is meant to cost those who guess."""

import tempfile
import time
from pathlib import Path

import httpx

from backend import bootstrap
from backend.access import passwords, policies
from backend.access.policies import SignInPolicy
from backend.core.caller import Origin
from backend.core.vocabulary import SecondFactorRule
from backend.services.first_people import SetUp
from backend.settings import Settings
from benchmarks.figures import Figure, at_least, at_most, median, milliseconds
from benchmarks.processes import processor_seconds
from benchmarks.served import free_port, started, stop

TIMES = 60
MOST_MS = 150.0
LEAST_SHARE_PERCENT = 50.0
MOST_REST_MS = 40.0
_CALM_SECONDS = 0.03
_FORM = {"email": "bench@bench.example", "password": "quiet green river 7 stones"}


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as name:
        data_dir = Path(name) / "data"
        _set_up(data_dir)
        port = free_port()
        server = started(data_dir, port, Path(name) / "log")
        try:
            with httpx.Client(base_url=f"http://localhost:{port}", timeout=30) as client:
                milliseconds(lambda _: _sign_in(client), 5)
                _wait_until_calm(server.pid)
                before = processor_seconds(server.pid)
                answered = median(milliseconds(lambda _: _sign_in(client), TIMES))
                spent_ms = (processor_seconds(server.pid) - before) * 1000 / TIMES
        finally:
            stop(server)
    hash_ms = _hash_ms()
    return [
        at_most("Signing in with a password, until the answer", answered, "ms", MOST_MS),
        at_least(
            "The password's hash in what the server's processor does for it",
            100 * hash_ms / spent_ms,
            "%",
            LEAST_SHARE_PERCENT,
        ),
        at_most("Everything else in it", spent_ms - hash_ms, "ms", MOST_REST_MS),
    ]


def _set_up(data_dir: Path) -> None:
    """Somebody who may sign in with a password alone."""
    services = bootstrap.build(Settings(data_dir=data_dir))
    try:
        form = SetUp("Benchmark", "Bench", _FORM["email"], _FORM["password"])
        link = services.first_people.new_set_up_link()
        services.first_people.set_up(link, form, Origin("127.0.0.1", "bench"))
        organization_id = services.studies.importer("").organization_id
        with services.database.system_write() as session:
            optional = SignInPolicy(second_factor=SecondFactorRule.OPTIONAL)
            policies.write(session, organization_id, optional)
    finally:
        bootstrap.close(services)


def _wait_until_calm(process_id: int) -> None:
    """What a server does soon after its start is no part of a sign-in."""
    for _ in range(60):
        before = processor_seconds(process_id)
        time.sleep(1)
        if processor_seconds(process_id) - before <= _CALM_SECONDS:
            return
    raise RuntimeError("The server does not come to rest.")


def _sign_in(client: httpx.Client) -> None:
    client.cookies.clear()
    answer = client.post(
        "/api/v1/sign-in", data=_FORM, headers={"origin": str(client.base_url).rstrip("/")}
    )
    if answer.status_code != httpx.codes.SEE_OTHER or answer.headers["location"] != "/worklist":
        raise RuntimeError(f"Signing in was answered {answer.status_code}: {answer.headers}")


def _hash_ms() -> float:
    """Time of the processor, as that of the server is."""
    kept = passwords.hash_password(_FORM["password"])
    began = time.thread_time()
    for _ in range(TIMES):
        passwords.verify_password(_FORM["password"], kept)
    return (time.thread_time() - began) * 1000 / TIMES
