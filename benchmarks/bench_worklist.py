"""The worklist over 100,000 studies, on the embedded database and, where a server program is installed, on PostgreSQL.

There by the role that serves, which row-level security binds. And how long PACScribe itself takes to start with them, from the command to the answer that it is ready.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
from sqlalchemy import URL

from backend.adapters import database_sqlcipher, keyring_file
from backend.adapters.database import Database, embedded_url
from backend.cli import front_end
from backend.core.caller import Caller
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole
from backend.core.worklist_query import WorklistQuery
from backend.ports.keyring import KeyPurpose
from backend.services.worklist import Worklist
from benchmarks import many_studies, questions, served
from benchmarks.figures import Figure, at_most, median, milliseconds, p95
from tests.postgres import private_server, set_up_as_the_guide_says

LIMIT_MS = 50.0
START_LIMIT_S = 3.0
_ROUNDS = 3


def run() -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as folder:
        data_dir = Path(folder) / "data"
        figures += _on_sqlcipher(data_dir)
        with ExitStack() as stack:
            try:
                server = stack.enter_context(private_server("-c shared_buffers=128MB"))
            except LookupError as missing:
                print(f"not measured on PostgreSQL: {missing}")
            else:
                figures += _on_postgresql(server, data_dir)
    return figures


def _on_sqlcipher(data_dir: Path) -> list[Figure]:
    keyring = keyring_file.open_or_create(data_dir, None)
    url, key = embedded_url(data_dir), keyring.derive(KeyPurpose.DATABASE)
    with closing(Database(url, key)) as database:
        database.migrate()
    connection = database_sqlcipher.connect(Path(str(url.database)), key)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")

    def write(table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(names))
        plain = [tuple(_text(value) for value in row) for row in rows]
        connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", plain)

    many_studies.fill(write, questions.COUNT)
    connection.execute("COMMIT")
    connection.close()
    started = median([_seconds_to_start(data_dir) for _ in range(_ROUNDS)])
    with closing(Database(url, key)) as database:
        return [
            at_most(
                f"Start with {questions.COUNT} studies, SQLCipher: ready",
                started,
                "s",
                START_LIMIT_S,
            ),
            *_measured(Worklist(database, keyring), "SQLCipher"),
        ]


def _seconds_to_start(data_dir: Path) -> float:
    front_end.ensure_built()
    port = served.free_port()
    began = time.perf_counter()
    process = served.started(data_dir, port, data_dir.parent / "log")
    try:
        with urlopen(f"http://localhost:{port}/readyz", timeout=60) as answer:
            answer.read()
            return time.perf_counter() - began
    finally:
        served.stop(process)


def _on_postgresql(server: URL, data_dir: Path) -> list[Figure]:
    keyring = keyring_file.open_or_create(data_dir, None)
    _owner, app = set_up_as_the_guide_says(server)
    folder = str(server.query["host"])
    with psycopg.connect(host=folder, user=server.username, dbname=server.database) as connection:

        def write(table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
            with connection.cursor().copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

        many_studies.fill(write, questions.COUNT)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")  # what autovacuum does in its own time
    with closing(Database(app)) as database:
        return _measured(Worklist(database, keyring), "PostgreSQL")


def _text(value: Any) -> Any:
    return value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value


def _reader() -> Caller:
    return Caller(
        user_id=many_studies.READERS[0],
        organization_id=many_studies.ORGANIZATION,
        session_id="bench",
        display_name="Dr. Reader 0",
        email="",
        roles=(BuiltInRole.RADIOLOGIST,),
        permissions=ROLE_PERMISSIONS[BuiltInRole.RADIOLOGIST],
    )


def _measured(worklist: Worklist, kind: str) -> list[Figure]:
    caller = _reader()
    figures = []
    for name, asked in (
        ("a page", questions.pages()),
        ("a filter", questions.filters()),
        ("several filters", questions.combinations()),
        ("a search", questions.searches()),
    ):
        figures.append(_figure(f"Worklist, {kind}: {name}", worklist.page, caller, list(asked)))
    counted = list(questions.counts())
    figures.append(_figure(f"Worklist, {kind}: a count", worklist.count, caller, counted))
    return figures


def _figure(
    name: str, ask: Callable[..., object], caller: Caller, asked: Sequence[WorklistQuery]
) -> Figure:
    ask(caller, asked[0])
    taken = milliseconds(
        lambda number: ask(caller, asked[number % len(asked)]), _ROUNDS * len(asked)
    )
    slowest = sorted((max(taken[place :: len(asked)]), place) for place in range(len(asked)))[-5:]
    for worst, place in slowest:
        print(f"  {worst:7.1f} ms  {asked[place]}")
    return at_most(f"{name}, p95", p95(taken), "ms", LIMIT_MS)
