"""The schema: the steps make exactly the tables that the code declares, and can be undone."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from backend.adapters import database_migrations
from backend.adapters.database import Database
from backend.core.errors import CannotStart
from backend.models.base import Record
from backend.models.people import Role, RolePermission
from tests.postgres import NORTH, SOUTH

GUARDS = {
    "audit_entries_no_update",
    "audit_entries_no_delete",
    "audit_entries_in_sequence",
    "audit_entries_in_chain",
    "report_versions_no_update",
    "report_versions_no_delete",
    "report_versions_in_sequence",
    "report_versions_in_chain",
    "reports_no_change_once_signed",
    "reports_no_delete_once_signed",
}


def _names(database: Database, sqlite: str, postgresql: str) -> set[str]:
    query = sqlite if database.dialect_name == "sqlite" else postgresql
    with database.system_read() as session:
        return {row[0] for row in session.connection().execute(text(query))}


def _tables(database: Database) -> set[str]:
    with database.system_read() as session:
        return set(inspect(session.connection()).get_table_names())


def _triggers(database: Database) -> set[str]:
    return _names(
        database,
        "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    )


def test_migrated_tables_are_the_tables_in_code(empty_database: Database) -> None:
    assert not empty_database.is_up_to_date()
    empty_database.migrate()
    assert empty_database.schema_differences() == []
    assert empty_database.is_up_to_date()
    assert _tables(empty_database) == set(Record.metadata.tables) | {"alembic_version"}


def test_a_missing_column_is_seen_as_a_difference(database: Database) -> None:
    with database.system_write() as session:
        session.connection().execute(text("ALTER TABLE organizations DROP COLUMN name"))
    assert len(database.schema_differences()) == 1


def test_migrated_database_has_every_guard(database: Database) -> None:
    assert _triggers(database) >= GUARDS


def test_up_and_down_and_up_again_gives_the_same_schema(database: Database) -> None:
    triggers = _triggers(database)
    database.downgrade("base")
    assert _tables(database) == {"alembic_version"}
    assert _triggers(database) == set()
    database.migrate()
    assert database.schema_differences() == []
    assert _triggers(database) == triggers


def test_migrating_an_up_to_date_database_changes_nothing(database: Database) -> None:
    database.migrate()
    assert database.schema_differences() == []


def test_two_programs_that_start_at_once_migrate_one_after_the_other(
    empty_database: Database,
) -> None:
    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            empty_database.migrate()
        except BaseException as failure:  # noqa: BLE001 - asserted below
            failures.append(failure)

    threads = [threading.Thread(target=migrate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert empty_database.schema_differences() == []


def test_a_database_of_a_later_version_is_refused(database: Database) -> None:
    with database.system_write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CannotStart, match="later version"):
        database.migrate()


def test_a_failed_step_leaves_nothing_behind(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_connection: object) -> None:
        raise RuntimeError("power")

    with monkeypatch.context() as patch:
        patch.setattr(database_migrations, "_require_sound_references", fail)
        with pytest.raises(RuntimeError, match="power"):
            empty_database.migrate()
    assert _tables(empty_database) == set()
    empty_database.migrate()
    assert empty_database.schema_differences() == []


def test_organizations_that_exist_already_get_what_a_release_permits(database: Database) -> None:
    def holders() -> list[tuple[str, str]]:
        with database.system_read() as session:
            found = session.connection().execute(
                text(
                    "SELECT roles.organization_id, roles.name FROM role_permissions"
                    " JOIN roles ON roles.id = role_id WHERE permission = 'archive:manage'"
                )
            )
            return sorted((row[0], row[1]) for row in found)

    with database.system_write() as session:
        for name in ("administrator", "clinician"):
            session.add(Role(organization_id=NORTH, name=name, is_built_in=True))
        session.add(Role(organization_id=SOUTH, name="administrator", is_built_in=True))
        session.add(Role(organization_id=SOUTH, name="helper"))
    database.downgrade("0006")
    database.migrate()
    assert holders() == [(NORTH, "administrator"), (SOUTH, "administrator")]
    database.downgrade("0006")
    assert holders() == []


def test_whoever_saw_every_study_still_does_and_each_organization_gets_a_care_team(
    database: Database,
) -> None:
    def rights() -> dict[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = {}
        with database.system_read() as session:
            for slug, name, permission in session.connection().execute(
                text(
                    "SELECT organizations.slug, roles.name, permission FROM role_permissions"
                    " JOIN roles ON roles.id = role_id"
                    " JOIN organizations ON organizations.id = roles.organization_id"
                )
            ):
                found.setdefault((slug, name), set()).add(permission)
        return found

    database.downgrade("0013")
    with database.system_write() as session:
        for name, permission in (("helper", "study:view"), ("auditor", "audit:view")):
            role = Role(organization_id=NORTH, name=name)
            session.add(role)
            session.flush()
            session.add(
                RolePermission(organization_id=NORTH, role_id=role.id, permission=permission)
            )
    database.migrate()
    care_team = {"study:view", "report:view", "emergency:open"}
    assert rights() == {
        ("north", "helper"): {"study:view", "study:all"},
        ("north", "auditor"): {"audit:view"},
        ("north", "care-team"): care_team,
        ("south", "care-team"): care_team,
    }
    database.downgrade("0013")
    assert rights() == {("north", "helper"): {"study:view"}, ("north", "auditor"): {"audit:view"}}


def test_the_latest_revision_is_the_newest_step():
    from alembic.script import ScriptDirectory

    import backend.models.migrations as steps

    folder = str(Path(steps.__file__).parent)
    assert ScriptDirectory(folder).get_current_head() == steps.LATEST_REVISION
