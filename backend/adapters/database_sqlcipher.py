"""The embedded database: one encrypted SQLCipher file, several readers, one writer.

Sessions, transactions and tenancy are in ``database`` and ``database_tenancy``.
"""

import os
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.pool import QueuePool

from backend.adapters import durable

READERS = 8
"""At most so many connections read at the same time; each is opened when it is first needed, and stays."""

READER_MEGABYTES = 64
"""Decrypted pages that a reader keeps, of those that it has used: lists are read again and again."""

# How long a writer waits for one of another process (`pacscribe import` beside a running server).
_WAIT_FOR_OTHERS_SECONDS = 60

_PRAGMAS = (
    # Key pages are in this process's memory anyway; locking and wiping each page buffer costs a
    # third of the write rate and fails where locked memory is limited. It is SQLCipher's default.
    "cipher_memory_security = OFF",
    "foreign_keys = ON",
    # Without it INSERT OR REPLACE deletes the old row past the triggers that protect signed reports.
    "recursive_triggers = ON",
    "secure_delete = ON",
    "cache_size = -8192",
    "journal_mode = WAL",
    "synchronous = FULL",
    "temp_store = MEMORY",
    "trusted_schema = OFF",
)


def create_engines(path: Path, key: bytes, wait_seconds: float) -> tuple[Engine, Engine]:
    """Engines over the file: one that cannot write, and one with a single connection that can.

    Args:
        path: The file; made with mode 600 if it is not there.
        key: 32 bytes, the raw key of the file.
        wait_seconds: How long a writer waits for the writer before it in this process.

    Returns:
        The reading engine and the writing engine. With one writing connection, nobody in this
        process ever meets "database is locked".
    """
    if len(key) != 32:
        raise ValueError("a database key has 32 bytes")
    if not path.exists():
        durable.make_folder(path.parent)
        # SQLite gives its log files the mode of the database.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        durable.fsync_folder(path.parent)
    reading = _engine(
        path,
        key,
        "BEGIN",
        "query_only = ON",
        f"cache_size = -{READER_MEGABYTES * 1024}",
        pool_size=READERS,
        timeout=wait_seconds,
    )
    writing = _engine(path, key, "BEGIN IMMEDIATE", pool_size=1, timeout=wait_seconds)
    return reading, writing


def create_migration_engine(path: Path, key: bytes) -> Engine:
    """An engine whose connections do not enforce references: rebuilding a table drops the old one."""
    return _engine(path, key, "BEGIN IMMEDIATE", "foreign_keys = OFF", pool_size=1, timeout=1)


def connect(path: Path, key: bytes) -> Any:
    """One connection with all settings that protect what is stored, outside any transaction."""
    connection = sqlcipher.connect(
        str(path),
        timeout=_WAIT_FOR_OTHERS_SECONDS,
        isolation_level=None,  # transactions begin where we say, not where the driver guesses
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    # A wrong key is told to the caller; the library need not write about it to standard error.
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def is_wrong_key(error: BaseException) -> bool:
    """Whether an error says that the file does not open with this key (or is no database)."""
    return "file is not a database" in str(error)


class _Compiler(SQLiteCompiler):
    """Says `LIMIT n` where SQLAlchemy says `LIMIT n OFFSET 0`, and `INDEXED BY` where a query asks for it.

    With any offset SQLite looks up each `EXISTS` on its own; without one it joins, and reads from an index alone
    what it would otherwise read rows for: over 100,000 studies a sixth of the time.
    """

    def limit_clause(self, select: Any, **options: Any) -> str:
        if select._limit_clause is None or select._offset_clause is not None:
            return str(super().limit_clause(select, **options))  # type: ignore[no-untyped-call]
        return "\n LIMIT " + self.process(select._limit_clause, **options)

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:  # noqa: ARG002 - SQLAlchemy hands it over
        return text


def _engine(
    path: Path, key: bytes, begin: str, *further_pragmas: str, pool_size: int, timeout: float
) -> Engine:
    def creator() -> Any:
        connection = connect(path, key)
        for pragma in further_pragmas:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine(
        "sqlite://",
        module=sqlcipher,
        creator=creator,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        # Whoever read last has the pages that the next one wants; few connections fill their caches.
        pool_use_lifo=True,
        pool_timeout=timeout,
        hide_parameters=True,  # parameters are patients' names; they stay out of error texts and logs
    )
    engine.dialect.statement_compiler = _Compiler

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
