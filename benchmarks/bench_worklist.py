"""The worklist over 100,000 studies on the embedded database."""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from backend.adapters import database_sqlcipher, keyring_file
from backend.adapters.database import Database, embedded_url
from backend.ports.keyring import KeyPurpose
from benchmarks import many_studies, questions, worklists
from benchmarks.figures import Figure

_KIND = "SQLCipher"


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as folder:
        data_dir = Path(folder) / "data"
        keyring = keyring_file.open_or_create(data_dir, None)
        url, key = embedded_url(data_dir), keyring.derive(KeyPurpose.DATABASE)
        with closing(Database(url, key)) as database:
            database.migrate()
        _fill(Path(str(url.database)), key)
        started = worklists.started(data_dir, _KIND)
        with closing(Database(url, key)) as database:
            return [started, *worklists.measured(database, keyring, data_dir, _KIND)]


def _fill(path: Path, key: bytes) -> None:
    with closing(database_sqlcipher.connect(path, key)) as connection:
        # What is filled in need not outlive a loss of power, and is sealed once.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -524288")
        connection.execute("BEGIN")

        def write(table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
            marks = ", ".join("?" * len(names))
            plain = [tuple(_text(value) for value in row) for row in rows]
            connection.executemany(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", plain
            )

        many_studies.fill(write, questions.COUNT)
        connection.execute("COMMIT")


def _text(value: Any) -> Any:
    return value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value
