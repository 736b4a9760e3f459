"""The database itself refuses to change what must not change: the audit trail and signed reports.

A trigger does not survive `batch_alter_table` on SQLite, which rebuilds the table: a later step that
alters one of these tables must call `drop_guards` before it and `create_guards` after it.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What makes up a report; `draft_version` and `updated_at` may still be written by the signing itself.
_REPORT_COLUMNS = (
    "id",
    "organization_id",
    "study_key",
    "author_user_id",
    "status",
    "indication",
    "technique",
    "comparison",
    "findings",
    "impression",
    "recommendation",
    "comments",
)
_SIGNED_REPORT_CHANGES = " OR ".join(
    f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _REPORT_COLUMNS
)

# name, event and table, condition under which it is refused (empty: always), what is said
_ROW_GUARDS = (
    (
        "audit_entries_no_update",
        "UPDATE ON audit_entries",
        "",
        "an audit entry is never changed",
    ),
    (
        "audit_entries_no_delete",
        "DELETE ON audit_entries",
        "",
        "an audit entry is never removed",
    ),
    (
        "audit_entries_in_sequence",
        "INSERT ON audit_entries",
        "NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM audit_entries)",
        "an audit entry continues the sequence",
    ),
    (
        "audit_entries_in_chain",
        "INSERT ON audit_entries",
        "NEW.previous_hash <> (SELECT hash FROM audit_entries ORDER BY sequence DESC LIMIT 1)",
        "an audit entry continues the chain",
    ),
    (
        "report_versions_no_update",
        "UPDATE ON report_versions",
        "",
        "a signed version is never changed",
    ),
    (
        "report_versions_no_delete",
        "DELETE ON report_versions",
        "",
        "a signed version is never removed",
    ),
    (
        "report_versions_in_sequence",
        "INSERT ON report_versions",
        "NEW.version_number <> (SELECT coalesce(max(version_number), 0) + 1"
        " FROM report_versions WHERE report_id = NEW.report_id)",
        "a signed version continues the sequence",
    ),
    (
        "report_versions_in_chain",
        "INSERT ON report_versions",
        "NEW.previous_sha256 <> coalesce((SELECT content_sha256 FROM report_versions"
        " WHERE report_id = NEW.report_id ORDER BY version_number DESC LIMIT 1), '')",
        "a signed version continues the chain",
    ),
    (
        "reports_no_change_once_signed",
        "UPDATE ON reports",
        f"OLD.status = 'final' AND ({_SIGNED_REPORT_CHANGES})",
        "a signed report is never changed",
    ),
    (
        "reports_no_delete_once_signed",
        "DELETE ON reports",
        "OLD.status = 'final'",
        "a signed report is never removed",
    ),
)
_TABLES = ("audit_entries", "report_versions", "reports")


def create_guards() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, event, condition, sentence in _ROW_GUARDS:
        if postgresql:
            _create_function(name, condition, sentence, returned=_returned(event))
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            where = f" WHERE {condition}" if condition else ""
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} BEGIN"
                f" SELECT RAISE(ABORT, '{sentence}'){where}; END"
            )
    if postgresql:
        for table in _TABLES:
            name = f"{table}_no_truncate"
            _create_function(name, "", "this table is never emptied", returned="NULL")
            op.execute(
                f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )


def drop_guards() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    guards = [(name, event.split(" ON ")[1]) for name, event, _, _ in _ROW_GUARDS]
    if postgresql:
        guards += [(f"{table}_no_truncate", table) for table in _TABLES]
    for name, table in guards:
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if postgresql else ""))
        if postgresql:
            op.execute(f"DROP FUNCTION {name}()")


def _returned(event: str) -> str:
    return "OLD" if event.startswith("DELETE") else "NEW"


def _create_function(name: str, condition: str, sentence: str, *, returned: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition or 'true'} THEN"
        f" RAISE EXCEPTION '{sentence}' USING ERRCODE = 'restrict_violation'; END IF;"
        f" RETURN {returned}; END $$"
    )


def upgrade() -> None:
    create_guards()


def downgrade() -> None:
    drop_guards()
