"""The second wall, of PostgreSQL itself: a query that forgets its organization sees nothing, whatever the first wall does."""

import uuid
from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from backend.access import audit
from backend.access.audit import GENESIS_HASH
from backend.access.witness import WitnessedDatabase
from backend.adapters import database_tenancy
from backend.adapters.audit_seal_file import FileSeal
from backend.adapters.database import Database
from backend.core.caller import system_caller
from backend.core.vocabulary import AuditAction
from backend.models import Organization, Patient
from backend.models.audit import entries_after
from backend.models.base import Record
from backend.models.migrations.row_walls import ORGANIZATION, WALLED_SINCE
from tests.postgres import NORTH, SOUTH, administering, set_up_as_the_guide_says

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def two_roles(postgres_server):
    """A database that was set up as the guide says: one role owns and migrates, another one serves."""
    name = f"walls_{uuid.uuid4().hex}"
    with administering(postgres_server) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
    yield set_up_as_the_guide_says(postgres_server.set(database=name))
    with administering(postgres_server) as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        connection.exec_driver_sql("DROP ROLE pacscribe_app, pacscribe_owner")


@pytest.fixture(scope="module")
def database(two_roles):
    _owner, app = two_roles
    with closing(Database(app)) as database:
        fill(database)
        yield database


def fill(database):
    with database.system_write() as session:
        for organization_id in (NORTH, SOUTH):
            session.add(Organization(id=organization_id, slug=organization_id, name="House"))
        session.flush()
        for organization_id in (NORTH, SOUTH):
            session.add(Patient(organization_id=organization_id, patient_id=organization_id))


@pytest.fixture
def no_first_wall(monkeypatch):
    """Sessions that have forgotten their organization, and that would hand out any row."""
    monkeypatch.setattr(database_tenancy, "_walled_classes", dict)
    monkeypatch.setattr(database_tenancy, "walled_tables", lambda *_arguments: set())
    monkeypatch.setattr(database_tenancy, "_organization_attribute_of", lambda _class: None)


def patients(session):
    return sorted(patient.patient_id for patient in session.exec(select(Patient)).all())


def test_without_the_first_wall_the_second_still_stands(database, no_first_wall):
    with database.read(NORTH) as session:
        assert patients(session) == [NORTH]
    with database.read(SOUTH) as session:
        assert patients(session) == [SOUTH]
    with database.read("nobody") as session:
        assert patients(session) == []


def test_text_that_names_no_organization_sees_one_only(database, no_first_wall):
    with database.read(NORTH) as session:
        connection = Session.connection(session)
        assert connection.execute(text("SELECT count(*) FROM patients")).scalar_one() == 1
        assert connection.execute(text("SELECT id FROM organizations")).scalars().all() == [NORTH]


def test_a_system_session_says_that_it_sees_all(database):
    with database.system_read() as session:
        assert patients(session) == [NORTH, SOUTH]


def test_a_connection_that_says_nothing_sees_nothing_not_even_its_owners(two_roles, database):
    for url in two_roles:
        with administering(url) as connection:
            for table in ("patients", "organizations", "audit_entries"):
                count = connection.exec_driver_sql(f"SELECT count(*) FROM {table}")
                assert count.scalar_one() == 0


def test_no_row_is_written_for_another_organization(database, no_first_wall):
    def intrude():
        with database.write(NORTH) as session:
            Session.connection(session).execute(
                text(
                    "INSERT INTO patients (id, created_at, organization_id, patient_id,"
                    " issuer_of_patient_id, qualifier, patient_name, search_name,"
                    " patient_birth_date, patient_sex, is_corrected)"
                    " SELECT 'x', now(), :south, '', '', '', '', '', '', '', false"
                ),
                {"south": SOUTH},
            )

    with pytest.raises(DBAPIError, match="row-level security"):
        intrude()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE patients SET patient_sex = 'O'",
        "DELETE FROM patients WHERE patient_id = 'org-south'",
    ],
)
def test_no_row_of_another_organization_is_changed_or_removed(database, no_first_wall, statement):
    with database.write(NORTH) as session:
        Session.connection(session).execute(text(statement))
    with database.system_read() as session:
        (south,) = session.exec(select(Patient).where(Patient.organization_id == SOUTH)).all()
        assert south.patient_sex == ""


def test_every_table_of_organizations_has_the_wall(two_roles):
    owner, _app = two_roles
    with administering(owner) as connection:
        walled = set(
            connection.exec_driver_sql(
                "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
            ).scalars()
        )
    belonging = {
        name
        for name, table in Record.metadata.tables.items()
        if "organization_id" in table.columns or name == "organizations"
    }
    assert walled == belonging


def test_what_the_transaction_said_is_looked_up_once_for_a_query(database):
    """For each row it would take longer than everything else that a long list needs."""
    with database.read(NORTH) as session:
        lines = Session.connection(session).execute(
            text("EXPLAIN SELECT id FROM patients WHERE patient_sex = 'F'")
        )
        plan = "\n".join(lines.scalars())
    assert "InitPlan" in plan
    per_row = [line for line in plan.splitlines() if "Filter" in line and "current_setting" in line]
    assert per_row == []


def test_a_plan_is_made_for_what_is_asked_however_often_it_is(database):
    """The server would keep one for whatever values come, from the tenth time on; that one reads many times as much."""
    times = 15
    with database.read(NORTH) as session:
        for number in range(times):
            session.exec(select(Patient).where(Patient.patient_id > str(number)).limit(number))
        made = Session.connection(session).exec_driver_sql(
            "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements"
            " WHERE statement LIKE '%%FROM patients%%LIMIT%%'"
        )
        for_all, for_each = made.one()
    assert for_all == 0
    assert times / 2 < for_each <= times


def test_what_a_transaction_said_is_forgotten_with_it(database):
    with database.read(NORTH):
        pass
    with database._reading.connect() as connection:
        said = connection.exec_driver_sql(f"SELECT current_setting('{ORGANIZATION}', true)")
        assert said.scalar_one() in {None, ""}


def test_the_one_chain_of_the_audit_trail_goes_through_all_organizations(database, tmp_path):
    witnessed = WitnessedDatabase(database, FileSeal(tmp_path / "seal", b"k" * 32))
    for organization_id in (NORTH, SOUTH, NORTH):
        with witnessed.write(organization_id) as session:
            caller = system_caller(organization_id, frozenset())
            audit.append(session, caller, AuditAction.STUDY_OPENED)
            assert patients(session) == [organization_id]
    with database.system_read() as session:
        entries = entries_after(session, 0, 10)
    assert [entry.organization_id for entry in entries] == [NORTH, SOUTH, NORTH]
    assert [entry.previous_hash for entry in entries] == [
        GENESIS_HASH,
        *(entry.hash for entry in entries[:-1]),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_entries",
        "UPDATE audit_entries SET actor_name = ''",
        "TRUNCATE audit_entries",
        "DELETE FROM report_versions",
        "UPDATE report_versions SET content_sha256 = ''",
        "DROP TABLE patients",
        "ALTER TABLE patients DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (id int)",
        "DROP POLICY one_organization ON patients",
        "ALTER FUNCTION audit_entries_no_delete() RESET ALL",
    ],
)
def test_the_role_that_serves_may_not_do_what_only_the_owner_may(two_roles, database, statement):
    _owner, app = two_roles
    with (
        administering(app) as connection,
        pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
    ):
        connection.exec_driver_sql(statement)


def test_the_role_that_serves_finds_that_the_database_is_up_to_date(database):
    assert database.is_up_to_date()
    assert database.schema_differences() == []


def test_the_walls_come_down_and_up_again_with_their_step(two_roles, database):
    owner, _app = two_roles
    with closing(Database(owner)) as owning:
        owning.downgrade(f"{int(WALLED_SINCE) - 1:04d}")
        with administering(owner) as connection:
            walled = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_class WHERE relforcerowsecurity"
            )
            assert walled.scalar_one() == 0
        owning.migrate()
    test_every_table_of_organizations_has_the_wall(two_roles)
    with database.system_read() as session:
        assert patients(session) == [NORTH, SOUTH]
