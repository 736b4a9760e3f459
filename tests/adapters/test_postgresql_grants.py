"""The role that docs/postgresql-grants.md makes reads the audit trail and adds to it, and can do nothing else with it."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from backend.access import audit
from backend.access.audit_proof import verify
from backend.adapters.database import Database
from backend.core.caller import system_caller
from backend.core.vocabulary import AuditAction
from tests.postgres import NORTH, _new_database

pytestmark = pytest.mark.postgres

PAGE = Path(__file__).parents[2] / "docs" / "postgresql-grants.md"


@pytest.fixture(scope="module")
def worker(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database as the role sees it."""
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    (grants,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    with _new_database(server, "granted", template) as url:
        owner = create_engine(url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            for statement in grants.strip().split(";\n"):
                connection.exec_driver_sql(statement.rstrip(";"))
        try:
            with closing(Database(url.set(username="pacscribe_app"))) as database:
                yield database
        finally:
            with owner.connect() as connection:
                connection.exec_driver_sql("DROP OWNED BY pacscribe_app")
                connection.exec_driver_sql("DROP ROLE pacscribe_app")
            owner.dispose()


def record(database: Database, times: int = 1) -> None:
    with database.write(NORTH) as session:
        for _ in range(times):
            audit.append(session, system_caller(NORTH, frozenset()), AuditAction.STUDY_IMPORTED)


def test_the_role_works(worker: Database):
    assert worker.is_up_to_date()
    record(worker, 3)
    before = verify(worker, None)
    record(worker)
    after = verify(worker, None)
    assert (after.entries, after.first_bad_sequence) == (before.entries + 1, None)


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE audit_entries SET actor_name = 'x'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "DROP TABLE audit_entries",
        "ALTER TABLE audit_entries DISABLE TRIGGER USER",
        "ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_no_delete",
        "DROP TRIGGER audit_entries_no_delete ON audit_entries",
        "CREATE OR REPLACE FUNCTION audit_entries_no_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
        "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (sequence) DO UPDATE SET reason = 'x'",
        "SET session_replication_role = replica",
        "UPDATE report_versions SET content = '{}'",
        "DELETE FROM report_versions",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_the_role_cannot(worker: Database, deed: str):
    record(worker)
    with (
        pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
        worker.system_write() as session,
    ):
        session.connection().execute(text(deed))
