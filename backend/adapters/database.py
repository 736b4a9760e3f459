"""The database: explicit transactions for one organization at a time, on SQLCipher or PostgreSQL.

Tables and queries are in ``backend.models``; how engines are made, how organizations are kept
apart and how the schema is brought up to date is in the ``database_*`` modules beside this one.
"""

import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from backend.adapters import database_postgresql, database_sqlcipher, database_tenancy
from backend.adapters.database_together import Together
from backend.core.errors import (
    CannotStart,
    DatabaseNotReadable,
    NotAllowed,
    Refusal,
    StorageFull,
)
from backend.models import access_changes
from backend.models.migrations import LATEST_REVISION

_AFTER_COMMIT = "after_commit"
_NO_ROOM_ON_SQLITE = "database or disk is full"
_NO_ROOM_ON_POSTGRESQL = "53100"
_READ_ONLY_ON_SQLITE = "attempt to write a readonly database"
_READ_ONLY_ON_POSTGRESQL = "25006"


def _migrations() -> Any:
    """The module that migrates. Alembic takes a tenth of a start to import, and a start seldom needs it."""
    return importlib.import_module("backend.adapters.database_migrations")


def embedded_url(data_dir: Path) -> URL:
    """The address of the SQLCipher file in a data directory."""
    return URL.create("sqlcipher", database=str(data_dir.absolute() / "pacscribe.db"))


class Database:
    """Opens sessions, each in one explicit transaction. Implements ``backend.models.session.Database``.

    On both databases there is one writer at a time, and a reader sees one consistent snapshot.
    Safe to use from several threads; a session belongs to the thread that opened it.

    Args:
        url: ``sqlcipher:////absolute/path`` (see ``embedded_url``) or ``postgresql+psycopg://...``.
        key: The raw 32-byte key of the SQLCipher file; not used by PostgreSQL.
        wait_seconds: How long a writer waits for its turn before it is refused.

    Raises:
        DatabaseNotReadable: If the database does not open with this key, or does not answer.
        CannotStart: If the address names neither of the two databases.
    """

    def __init__(self, url: str | URL, key: bytes = b"", wait_seconds: float = 60.0) -> None:
        self._make_session = database_tenancy.session_maker()
        self._make_rehearsal = database_tenancy.session_maker(database_tenancy.Rehearsal)
        self._writing_here = threading.local()
        self._together = Together(self.system_write)
        self._counting = threading.Lock()
        self._access_changes = 0
        self._path: Path | None = None
        self._key = key
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise CannotStart("The database address cannot be understood.") from None
        if parsed.drivername == "sqlcipher" and parsed.database:
            self._path = Path(parsed.database)
            engines = database_sqlcipher.create_engines(self._path, key, wait_seconds)
        elif parsed.drivername == "postgresql+psycopg":
            engines = database_postgresql.create_engines(parsed, wait_seconds)
        else:
            raise CannotStart(
                "The database address must begin with sqlcipher:/// or postgresql+psycopg://."
            )
        self._reading, self._writing = engines
        self._require_readable()

    @property
    def dialect_name(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._writing.dialect.name

    def read(self, organization_id: str) -> AbstractContextManager[Session]:
        """A session that sees one organization's rows, in one snapshot, and cannot write."""
        return self._read(_required(organization_id))

    def look(self, organization_id: str) -> AbstractContextManager[Session]:
        """Like ``read``, for a block that may try to write: ``NotAllowed`` is what it then meets."""
        return self._look(_required(organization_id))

    def rehearse(self, organization_id: str) -> AbstractContextManager[Session]:
        """A session that sees one organization's rows, and keeps to itself what is changed in it."""
        return self._rehearse(_required(organization_id))

    def system_read(self) -> AbstractContextManager[Session]:
        """A session that sees all organizations and cannot write."""
        return self._read(None)

    def write(self, organization_id: str) -> AbstractContextManager[Session]:
        """A session that may change one organization's rows; committed at the end of the block."""
        return self._write(_required(organization_id))

    def system_write(self) -> AbstractContextManager[Session]:
        """A session that may change rows of all organizations; committed at the end of the block."""
        return self._write(None)

    def write_together(self, work: Callable[[Session], None]) -> None:
        """See ``models.session.Database``; how is in ``database_together``."""
        self._require_no_writing_here()
        self._together.write(work)

    def after_commit(self, session: Session, action: Callable[[], None]) -> None:
        """Run ``action`` once the transaction of ``session`` is committed, never if it is undone."""
        session.info.setdefault(_AFTER_COMMIT, []).append(action)

    @property
    def access_changes(self) -> int:
        """Grows with every transaction of this process that changes who may do what."""
        return self._access_changes

    def migrate(self) -> None:
        """Bring the schema up to date; alone, in one transaction, all or nothing.

        Raises:
            CannotStart: If the database was made by a later version of PACScribe.
        """
        with self._migration_engine() as engine:
            _migrations().upgrade(engine)

    def downgrade(self, revision: str) -> None:
        """Take the schema back to ``revision``; ``base`` removes everything."""
        with self._migration_engine() as engine:
            _migrations().downgrade(engine, revision)

    def schema_differences(self) -> list[Any]:
        """What the tables in code and the tables in the database disagree about; empty when up to date."""
        differences: list[Any] = _migrations().differences(self._reading)
        return differences

    def is_up_to_date(self) -> bool:
        """Whether no migration is missing."""
        with self._reading.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            revision = connection.exec_driver_sql(
                "SELECT version_num FROM alembic_version"
            ).scalar()
        return bool(revision == LATEST_REVISION)

    def size_bytes(self) -> int:
        """How much room the database takes; of the SQLCipher file with its log."""
        if self._path is not None:
            log = self._path.with_name(f"{self._path.name}-wal")
            return sum(each.stat().st_size for each in (self._path, log) if each.exists())
        with self._reading.connect() as connection:
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())")
            return int(size.scalar_one())

    def close(self) -> None:
        """Release every connection. On SQLCipher the write-ahead log is folded into the file."""
        if self._path is not None:
            try:
                with self._writing.connect() as connection:
                    raw: Any = connection.connection.dbapi_connection
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                self._dispose()
        else:
            self._dispose()

    def _dispose(self) -> None:
        self._reading.dispose()
        self._writing.dispose()

    @contextmanager
    def _migration_engine(self) -> Iterator[Engine]:
        if self._path is None:
            yield self._writing
            return
        engine = database_sqlcipher.create_migration_engine(self._path, self._key)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def _read(self, organization_id: str | None) -> Iterator[Session]:
        with self._make_session(bind=self._reading, organization_id=organization_id) as session:
            session.begin()
            yield session

    @contextmanager
    def _rehearse(self, organization_id: str) -> Iterator[Session]:
        with self._make_rehearsal(bind=self._reading, organization_id=organization_id) as session:
            session.begin()
            yield session

    @contextmanager
    def _look(self, organization_id: str) -> Iterator[Session]:
        try:
            with self._read(organization_id) as session:
                yield session
                session.flush()
        except DBAPIError as error:
            if _is_read_only(error):
                raise NotAllowed("Support may look, and change nothing.") from error
            raise

    @contextmanager
    def _write(self, organization_id: str | None) -> Iterator[Session]:
        self._require_no_writing_here()
        self._writing_here.is_open = True
        try:
            with self._make_session(bind=self._writing, organization_id=organization_id) as session:
                # The first statement would begin it anyway; here the turn is taken before
                # anything is read or decided.
                session.begin()
                self._take_turn(session)
                yield session
                session.commit()
                # After the commit: whoever looks rights up from now on sees what it changed.
                if access_changes.are_in(session):
                    with self._counting:
                        self._access_changes += 1
        except OperationalError as error:
            if _is_full(error):
                raise StorageFull from error
            raise
        finally:
            self._writing_here.is_open = False
        _run_all(session.info.get(_AFTER_COMMIT, []))

    def _require_no_writing_here(self) -> None:
        if getattr(self._writing_here, "is_open", False):
            # It would wait for itself until the time is up.
            raise RuntimeError("this thread already has a writing session open")

    def _take_turn(self, session: Session) -> None:
        try:
            Session.connection(session)
        except (OperationalError, PoolTimeoutError) as error:
            raise Refusal("The database is busy. Wait a moment and try again.") from error

    def _require_readable(self) -> None:
        try:
            with self._writing.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
                if self._path is not None:
                    connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        except DBAPIError as error:
            self._dispose()
            if self._path is not None and not database_sqlcipher.is_wrong_key(error):
                raise DatabaseNotReadable("The database file cannot be opened.") from error
            if self._path is None:
                # Not chained: the driver's text may quote the address with its password.
                raise DatabaseNotReadable("The database server does not answer.") from None
            raise DatabaseNotReadable from None


def _is_read_only(error: DBAPIError) -> bool:
    """Whether something was to be written in a session that only reads."""
    sqlstate = getattr(error.orig, "sqlstate", "")
    return sqlstate == _READ_ONLY_ON_POSTGRESQL or _READ_ONLY_ON_SQLITE in str(error.orig)


def _is_full(error: OperationalError) -> bool:
    """Whether there was no room on the disk; then nothing of the transaction is kept."""
    sqlstate = getattr(error.orig, "sqlstate", "")
    return sqlstate == _NO_ROOM_ON_POSTGRESQL or _NO_ROOM_ON_SQLITE in str(error.orig)


def _required(organization_id: str) -> str:
    if not organization_id:
        raise ValueError("a session needs an organization")
    return organization_id


def _run_all(actions: list[Callable[[], None]]) -> None:
    """Run every action, even after one has failed; what failed is raised together at the end."""
    failures: list[Exception] = []
    for action in actions:
        try:
            action()
        except Exception as failure:  # noqa: BLE001 - raised below, after the others have run
            failures.append(failure)
    if failures:
        raise ExceptionGroup("after the commit", failures)
