"""Databases for tests: a fresh SQLCipher file, and a private PostgreSQL server where one is installed.

Fixtures: ``database`` (both kinds, one after the other, migrated and empty but for two organizations),
``sqlcipher_database`` (only the embedded one), ``empty_database`` (both kinds, without any table).
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, create_engine

from backend.adapters.database import Database, embedded_url
from backend.models import Organization

TEST_KEY = bytes(range(32))
NORTH, SOUTH = "org-north", "org-south"
_GUIDE = Path(__file__).parents[1] / "docs" / "postgresql.md"


def _server_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, the newest version first."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: folder.parent.name,
        reverse=True,
    )
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


def _unprivileged() -> pwd.struct_passwd | None:
    """Who runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LookupError("PostgreSQL does not run as root, and there is no other user to run it as")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A private server for the tests of this process."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(private_server())
        except LookupError as missing:
            pytest.skip(str(missing))
        yield server


@contextmanager
def private_server(more_settings: str = "") -> Iterator[URL]:
    """A server on a Unix socket in a temporary folder, without a network port.

    Raises:
        LookupError: If none can be run on this machine, and why.
    """
    programs = _server_programs()
    if programs is None:
        raise LookupError("no PostgreSQL server program (initdb) is installed on this machine")
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    options: dict[str, int] = {}
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
        options = {"user": user.pw_uid, "group": user.pw_gid}

    def run(program: str, *arguments: str) -> None:
        result = subprocess.run(
            [str(programs / program), *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)},
            extra_groups=[] if user is not None else None,
            check=False,
            **options,
        )
        assert result.returncode == 0, result.stdout + result.stderr

    data = folder / "data"
    settings = (
        f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        " -c shared_buffers=16MB -c max_connections=60 -c full_page_writes=off -c autovacuum=off"
        " -c wal_level=minimal -c max_wal_senders=0 -c synchronous_commit=off"
        f" {more_settings}"
    )
    try:
        run("initdb", "-D", str(data), "-U", "pacscribe", "-A", "trust", "-E", "UTF8", "--no-sync")
        run(
            "pg_ctl",
            "-D",
            str(data),
            "-w",
            "-t",
            "60",
            "-l",
            str(folder / "log"),
            "-o",
            settings,
            "start",
        )
        yield URL.create(
            "postgresql+psycopg",
            username="pacscribe",
            database="postgres",
            query={"host": str(folder)},
        )
    finally:
        if (data / "postmaster.pid").exists():
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def administering(url: URL) -> Iterator[Connection]:
    """A connection whose every statement is a transaction of its own."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def set_up_as_the_guide_says(database: URL) -> tuple[URL, URL]:
    """Make both roles with the statements of the guide, and the tables.

    Args:
        database: An empty database, as the administrator of its server.

    Returns:
        The same database as the role that owns and migrates, and as the one that serves.
    """
    _run_from_guide(database, "roles")
    owner, app = (database.set(username=f"pacscribe_{name}") for name in ("owner", "app"))
    with closing(Database(owner)) as opened:
        opened.migrate()
    _run_from_guide(owner, "grants")
    return owner, app


def _run_from_guide(database: URL, name: str) -> None:
    pattern = rf"<!-- {name} -->\s*```sql\n(.*?)```"
    block = re.search(pattern, _GUIDE.read_text("utf-8"), re.DOTALL)
    assert block is not None
    with administering(database) as connection:
        for statement in filter(None, map(str.strip, block[1].split(";"))):
            connection.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL) -> Iterator[str]:
    """The name of a migrated and prepared database that others are copied from."""
    with _new_database(postgres_server, "template_prepared", "template0"):
        _prepare_and_close(Database(postgres_server.set(database="template_prepared")))
        yield "template_prepared"


@pytest.fixture(scope="session")
def sqlcipher_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated and prepared SQLCipher file that others are copied from."""
    url = embedded_url(tmp_path_factory.mktemp("template"))
    _prepare_and_close(Database(url, TEST_KEY))
    return Path(str(url.database))


@pytest.fixture
def sqlcipher_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLCipher database with the organizations ``NORTH`` and ``SOUTH``."""
    with new_database(request, tmp_path, on_postgresql=False) as database:
        yield database


KINDS = ("sqlcipher", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(
    request: pytest.FixtureRequest, tmp_path: Path, database_kind: str
) -> Iterator[Database]:
    """A migrated database with the organizations ``NORTH`` and ``SOUTH``, of each kind."""
    with new_database(request, tmp_path, database_kind == "postgresql") as database:
        yield database


@pytest.fixture
def empty_database(
    request: pytest.FixtureRequest, tmp_path: Path, database_kind: str
) -> Iterator[Database]:
    """A database without any table, of each kind."""
    with new_empty_database(request, tmp_path, database_kind == "postgresql") as database:
        yield database


@contextmanager
def new_empty_database(
    request: pytest.FixtureRequest, folder: Path, on_postgresql: bool
) -> Iterator[Database]:
    """A database without any table, for fixtures of any scope."""
    if not on_postgresql:
        with closing(Database(embedded_url(folder), TEST_KEY)) as database:
            yield database
        return
    server: URL = request.getfixturevalue("postgres_server")
    with (
        new_empty_postgresql(server) as url,
        closing(Database(url)) as database,
    ):
        yield database


@contextmanager
def new_database(
    request: pytest.FixtureRequest, folder: Path, on_postgresql: bool
) -> Iterator[Database]:
    """A migrated and prepared database, for fixtures of any scope."""
    if not on_postgresql:
        embedded = embedded_url(folder)
        template: Path = request.getfixturevalue("sqlcipher_template")
        shutil.copyfile(template, str(embedded.database))
        with closing(Database(embedded, TEST_KEY)) as database:
            yield database
        return
    server: URL = request.getfixturevalue("postgres_server")
    name: str = request.getfixturevalue("postgres_template")
    with (
        _new_database(server, f"test_{uuid.uuid4().hex}", name) as url,
        closing(Database(url)) as database,
    ):
        yield database


def new_empty_postgresql(server: URL) -> AbstractContextManager[URL]:
    """A database without any table on a private server."""
    return _new_database(server, f"test_{uuid.uuid4().hex}", "template0")


@contextmanager
def _new_database(server: URL, name: str, template: str) -> Iterator[URL]:
    administration = create_engine(server, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        # The files themselves are copied sooner than all their pages one by one.
        is_new = connection.dialect.server_version_info >= (15,)  # type: ignore[attr-defined]
        how = "STRATEGY FILE_COPY" if is_new else ""
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} {how}")
    yield server.set(database=name)
    with administration.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    administration.dispose()


def _prepare_and_close(database: Database) -> None:
    with closing(database):
        database.migrate()
        with database.system_write() as session:
            session.add(Organization(id=NORTH, slug="north", name="North Hospital"))
            session.add(Organization(id=SOUTH, slug="south", name="South Practice"))
