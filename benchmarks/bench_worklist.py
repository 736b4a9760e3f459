"""The worklist over 100,000 studies, on the embedded database and, where a server program is installed, on PostgreSQL.

And how long PACScribe itself takes to start with them, from the command to the answer that it is ready.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
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
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.ports.keyring import KeyPurpose
from backend.services.worklist import Worklist
from benchmarks import many_studies, served
from benchmarks.figures import Figure, at_most, median, milliseconds, p95
from tests.postgres import private_server

COUNT = 100_000
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

    many_studies.fill(write, COUNT)
    connection.execute("COMMIT")
    connection.close()
    started = median([_seconds_to_start(data_dir) for _ in range(_ROUNDS)])
    with closing(Database(url, key)) as database:
        return [
            at_most(f"Start with {COUNT} studies, SQLCipher: ready", started, "s", START_LIMIT_S),
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
    with closing(Database(server)) as database:
        database.migrate()
    folder = str(server.query["host"])
    with psycopg.connect(host=folder, user=server.username, dbname=server.database) as connection:

        def write(table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
            with connection.cursor().copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

        many_studies.fill(write, COUNT)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")  # what autovacuum does in its own time
    with closing(Database(server)) as database:
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
        ("a page", list(_pages())),
        ("a filter", list(_filters())),
        ("a search", list(_searches())),
    ):
        figures.append(_figure(f"Worklist, {kind}: {name}", worklist.page, caller, asked))
    counted = [*_filters(), *(replace(query, text="thorax") for query in _filters())]
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


def _pages() -> Iterator[WorklistQuery]:
    yield WorklistQuery()
    for page in (2, 3, 10, 100, 1000, 2000):
        yield WorklistQuery(page=page)
    for column in WorklistColumn:
        for descending in (True, False):
            yield WorklistQuery(order_by=column, descending=descending)
            yield WorklistQuery(order_by=column, descending=descending, page=5)


def _filters() -> Iterator[WorklistQuery]:
    priority = WorklistColumn.PRIORITY
    yield WorklistQuery(status=("unread",), order_by=priority)
    yield WorklistQuery(status=("unread", "reading"))
    yield WorklistQuery(status=("reading",), assigned="me")
    yield WorklistQuery(assigned="me")
    yield WorklistQuery(assigned="nobody", status=("unread",), priority=("stat", "urgent"))
    yield WorklistQuery(modality=("CT",))
    yield WorklistQuery(modality=("CT", "MR"), status=("unread",))
    yield WorklistQuery(modality=("PT",))
    yield WorklistQuery(modality=("MG",), body_part=("BREAST",))
    yield WorklistQuery(date_from="20261125", date_to="20261125")
    yield WorklistQuery(date_from="20261119", date_to="20261125", modality=("CT",))
    yield WorklistQuery(date_from="20250101")
    yield WorklistQuery(date_to="20251231", modality=("MR",), report=("final",))
    yield WorklistQuery(referrer=("Sender^17",))
    yield WorklistQuery(institution=("Clinic 3",), prior="yes")
    yield WorklistQuery(body_part=("CHEST",), report=("none", "draft"))
    yield WorklistQuery(tag=("teaching",))
    yield WorklistQuery(born_from="19400101", born_to="19491231", sex=("F",))
    yield WorklistQuery(images_from="800", modality=("US",))
    yield WorklistQuery(arrived_from="20261101", arrived_to="20261125", status=("unread",))


def _searches() -> Iterator[WorklistQuery]:
    chance = random.Random(7)
    names = many_studies.surnames(COUNT)
    for _ in range(8):
        name = chance.choice(names)
        yield WorklistQuery(text=name)
        yield WorklistQuery(text=name[:4])
        yield WorklistQuery(text=_mistyped(chance, name))
        yield WorklistQuery(text=f"{name} thorax")
        yield WorklistQuery(text=f"MRN{chance.randrange(60_000):07d}")
        yield WorklistQuery(text=f"A{chance.randrange(COUNT):08d}")
        yield WorklistQuery(text=f"{chance.randrange(COUNT):05d}")
    yield WorklistQuery(text="thorax")
    yield WorklistQuery(text="lunge thorax")
    yield WorklistQuery(text="notfall schädel", status=("unread",))
    yield WorklistQuery(text="mrn")
    yield WorklistQuery(text="a")
    yield WorklistQuery(text="torax")
    yield WorklistQuery(text="nothing of the kind")


def _mistyped(chance: random.Random, word: str) -> str:
    place = chance.randrange(len(word) - 1)
    return chance.choice(
        (
            word[:place] + word[place + 1 :],
            word[:place] + "x" + word[place:],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        )
    )
