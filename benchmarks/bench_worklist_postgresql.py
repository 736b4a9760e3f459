"""The worklist over 100,000 studies on PostgreSQL, by the role that serves, which row-level security binds."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

from backend.adapters import keyring_file
from backend.adapters.database import Database
from benchmarks import many_studies, questions, worklists
from benchmarks.figures import Figure
from tests.postgres import private_server, set_up_as_the_guide_says

_KIND = "PostgreSQL"


def run() -> list[Figure]:
    with ExitStack() as stack:
        try:
            server = stack.enter_context(private_server("-c shared_buffers=128MB"))
        except LookupError as missing:
            print(f"not measured on PostgreSQL: {missing}")
            return []
        data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        keyring = keyring_file.open_or_create(data_dir, None)
        _owner, app = set_up_as_the_guide_says(server)
        _fill(server)
        address = app.render_as_string(hide_password=False)
        started = worklists.started(data_dir, _KIND, PACSCRIBE_DATABASE_URL=address)
        database = stack.enter_context(closing(Database(app)))
        return [started, *worklists.measured(database, keyring, data_dir, _KIND)]


def _fill(server: URL) -> None:
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
