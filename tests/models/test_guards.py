"""What must not change is refused by the database itself, whoever asks and however."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from backend.adapters.database import Database
from backend.core import clock
from backend.models import AuditEntry, Patient, Report, ReportVersion, Study, User
from tests.postgres import NORTH, SOUTH, new_database


def _entry(sequence: int, previous_hash: str, organization_id: str = NORTH) -> AuditEntry:
    return AuditEntry(
        organization_id=organization_id,
        sequence=sequence,
        at=clock.now(),
        action="study:open",
        outcome="success",
        previous_hash=previous_hash,
        hash=f"hash-{sequence}",
    )


def _version(number: int, previous_sha256: str, report_id: str = "r") -> ReportVersion:
    return ReportVersion(
        id=f"{report_id}-{number}",
        report_id=report_id,
        version_number=number,
        content="{}",
        content_sha256=f"sha-{number}",
        previous_sha256=previous_sha256,
        signer_user_id="u",
        signer_name="Dr. North",
        signing_method="password",
        signed_at=clock.now(),
    )


def _add(session: Session, *rows: Any) -> None:
    for row in rows:
        session.add(row)
        session.flush()


def _sign(database: Database) -> None:
    """A study with a signed report ``r`` and a draft ``d``, and an audit trail of three entries."""
    now = clock.now()
    with database.write(NORTH) as session:
        _add(
            session,
            User(
                id="u",
                email="u@north.example",
                display_name="Dr. North",
                password_hash="x",
                password_changed_at=now,
            ),
            Patient(id="p"),
            Study(
                id="s",
                patient_key="p",
                study_instance_uid="1.2.3",
                wrapped_data_key=b"k",
                arrived_at=now,
                updated_at=now,
            ),
        )
        for report_id, status in (("r", "final"), ("d", "draft")):
            _add(
                session,
                Report(
                    id=report_id,
                    study_key="s",
                    author_user_id="u",
                    status=status,
                    findings="Clear lungs.",
                    updated_at=now,
                    updated_by_user_id="u",
                ),
            )
        _add(session, _version(1, ""), _version(2, "sha-1"))
        _add(session, _entry(1, ""), _entry(2, "hash-1"), _entry(3, "hash-2"))


@pytest.fixture
def signed(database: Database) -> Database:
    _sign(database)
    return database


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.postgres)])
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The same, for tests in which every change is refused."""
    with new_database(request, tmp_path_factory.mktemp("guarded"), request.param) as database:
        _sign(database)
        yield database


REFUSED = {
    "change an audit entry": "UPDATE audit_entries SET action = 'x' WHERE sequence = 2",
    "change its hash": "UPDATE audit_entries SET hash = 'x' WHERE sequence = 3",
    "remove an audit entry": "DELETE FROM audit_entries WHERE sequence = 3",
    "remove all audit entries": "DELETE FROM audit_entries",
    "change a signed version": "UPDATE report_versions SET content = '{}' WHERE id = 'r-1'",
    "remove a signed version": "DELETE FROM report_versions WHERE id = 'r-2'",
    "change a signed report": "UPDATE reports SET findings = 'Pneumonia.' WHERE id = 'r'",
    "open a signed report again": "UPDATE reports SET status = 'draft' WHERE id = 'r'",
    "move a signed report": "UPDATE reports SET study_key = 'other' WHERE id = 'r'",
    "remove a signed report": "DELETE FROM reports WHERE id = 'r'",
}


@pytest.mark.parametrize("deed", REFUSED)
def test_the_database_refuses_to(guarded: Database, deed: str) -> None:
    with pytest.raises(DBAPIError, match="never"), guarded.system_write() as session:
        session.connection().execute(text(REFUSED[deed]))


@pytest.mark.parametrize("table", ["audit_entries", "report_versions"])
def test_a_row_is_not_replaced_by_inserting_it_again(guarded: Database, table: str) -> None:
    key = "sequence" if table == "audit_entries" else "id"
    if guarded.dialect_name == "sqlite":
        statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    else:
        statement = f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET created_at = now()"
    with pytest.raises(DBAPIError), guarded.system_write() as session:
        session.connection().execute(text(statement))


@pytest.mark.parametrize("table", ["audit_entries", "report_versions", "reports"])
def test_a_table_is_not_emptied_past_the_guards(guarded: Database, table: str) -> None:
    statement = f"TRUNCATE {table} CASCADE"
    if guarded.dialect_name == "sqlite":
        statement = f"DELETE FROM {table}"  # which SQLite shortens to a truncation where it may
    with pytest.raises(DBAPIError, match="never"), guarded.system_write() as session:
        session.connection().execute(text(statement))


@pytest.mark.parametrize(
    ("sequence", "previous_hash"),
    [(5, "hash-3"), (3, "hash-3"), (0, "hash-3"), (-1, "hash-3"), (4, "hash-2"), (4, "")],
)
def test_an_audit_entry_that_does_not_continue_the_chain_is_refused(
    guarded: Database, sequence: int, previous_hash: str
) -> None:
    with pytest.raises(DBAPIError, match="continues"), guarded.system_write() as session:
        session.add(_entry(sequence, previous_hash))


def test_the_first_audit_entry_is_number_one(database: Database) -> None:
    with pytest.raises(DBAPIError, match="continues"), database.system_write() as session:
        session.add(_entry(2, ""))
    with database.system_write() as session:
        session.add(_entry(1, "0" * 64))


def test_the_chain_goes_on_over_organizations(signed: Database) -> None:
    with signed.write(SOUTH) as session:
        session.add(_entry(4, "hash-3", SOUTH))
    with signed.write(NORTH) as session:
        session.add(_entry(5, "hash-4"))


@pytest.mark.parametrize(
    ("number", "previous"), [(4, "sha-2"), (2, "sha-2"), (3, "sha-1"), (3, "")]
)
def test_a_signed_version_that_does_not_continue_the_last_is_refused(
    guarded: Database, number: int, previous: str
) -> None:
    with pytest.raises(DBAPIError), guarded.write(NORTH) as session:
        session.add(_version(number, previous))


def test_a_signed_version_that_continues_the_last_is_taken(signed: Database) -> None:
    with signed.write(NORTH) as session:
        session.add(_version(3, "sha-2"))


def test_a_draft_can_be_changed_signed_and_removed(signed: Database) -> None:
    with signed.write(NORTH) as session:
        draft = session.get(Report, "d")
        assert draft is not None
        draft.findings = "A nodule of 4 mm."
        session.flush()
        session.delete(draft)
    with signed.read(NORTH) as session:
        assert session.get(Report, "d") is None


def test_the_signing_itself_may_write_more_than_once(signed: Database) -> None:
    with signed.write(NORTH) as session:
        draft = session.get(Report, "d")
        assert draft is not None
        draft.status = "final"
        draft.findings = "Normal."
        session.flush()
        draft.draft_version += 1
        draft.updated_at = clock.now()
