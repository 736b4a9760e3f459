"""Entries of the audit trail for tests, and what somebody does to them who has the database in hand."""

from sqlalchemy import text

from backend.access import audit
from backend.core.caller import Caller, Origin
from backend.core.vocabulary import AuditAction
from backend.models.audit import entries_after
from tests.postgres import NORTH

ENTRIES = 12


def anna(organization_id=NORTH):
    return Caller(
        user_id="user-anna",
        organization_id=organization_id,
        session_id="session-1",
        display_name="Anna Miller",
        email="anna@north.example",
        roles=("radiologist",),
        permissions=frozenset(),
        origin=Origin("192.0.2.7", "Test browser"),
    )


def record(database, organization_id=NORTH, **fields):
    with database.write(organization_id) as session:
        audit.append(session, anna(organization_id), AuditAction.STUDY_OPENED, **fields)


def entries(database):
    with database.system_read() as session:
        return list(entries_after(session, 0, 1000))


def without_guards(database, *statements, **parameters):
    """What somebody does who has the database and its key in hand."""
    with database.system_write() as session:
        connection = session.connection()
        if database.dialect_name == "postgresql":
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        else:
            for name in ("no_update", "no_delete", "in_sequence", "in_chain"):
                connection.execute(text(f"DROP TRIGGER audit_entries_{name}"))
        for statement in statements:
            connection.execute(text(statement), parameters)
