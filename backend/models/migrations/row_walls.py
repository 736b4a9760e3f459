"""Row-level security on PostgreSQL: the second wall between organizations, of the database's own. Nothing of it is on SQLite.

Each transaction says whose rows it is about (`pacscribe.organization`, set in `backend.adapters.database_postgresql`); `*` says
all. One that says nothing sees nothing, and its owner is bound by it as well. It holds off a query that has forgotten its
organization, not somebody who can run statements of their own.
"""

from sqlalchemy import Connection, text

ORGANIZATION = "pacscribe.organization"
EVERY_ORGANIZATION = "*"
WALLED_SINCE = "0021"
"""The step that raised them; tables of later steps are walled when these have run."""

_POLICY = "one_organization"
_SAID = f"current_setting('{ORGANIZATION}', true)"
_SAID_ONCE = f"(SELECT {_SAID})"
"""The same, looked up once for a query and not for each row that it looks at: a count of 100,000 rows takes a quarter of the time."""
# What keeps the one chain of the audit trail looks at the entries of all organizations: when it is broken, and what is said.
_CHAIN_GUARDS = {
    "audit_entries_in_sequence": (
        "NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM audit_entries)",
        "an audit entry continues the sequence",
    ),
    "audit_entries_in_chain": (
        "NEW.previous_hash <> (SELECT hash FROM audit_entries ORDER BY sequence DESC LIMIT 1)",
        "an audit entry continues the chain",
    ),
}
_SET = f"PERFORM set_config('{ORGANIZATION}', {{}}, true);"


def say_every_organization(connection: Connection) -> None:
    """Let this transaction be about the rows of all organizations; for whoever changes tables."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT set_config(:name, :value, true)"),
            {"name": ORGANIZATION, "value": EVERY_ORGANIZATION},
        )


def raise_walls(connection: Connection) -> None:
    """Put the wall around every table that belongs to an organization and has none yet."""
    if connection.dialect.name != "postgresql":
        return
    for table, column in _tables(connection, walled=False):
        shown, taken = _belongs(column, _SAID_ONCE), _belongs(column, _SAID)
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY {_POLICY} ON {table} USING ({shown}) WITH CHECK ({taken})",
        ):
            connection.exec_driver_sql(statement)
    _write_chain_guards(
        connection, before=_SET.format(f"'{EVERY_ORGANIZATION}'"), after=_SET.format("said")
    )


def rebuild_walls(connection: Connection, *, asked_once: bool) -> None:
    """Let the walls that stand look up what the transaction said once for a query, or for each row, as they first did."""
    if connection.dialect.name != "postgresql":
        return
    for table, column in _tables(connection, walled=True):
        shown = _belongs(column, _SAID_ONCE if asked_once else _SAID)
        connection.exec_driver_sql(f"ALTER POLICY {_POLICY} ON {table} USING ({shown})")


def _belongs(column: str, said: str) -> str:
    return f"{column} = {said} OR {said} = '{EVERY_ORGANIZATION}'"


def take_walls_down(connection: Connection) -> None:
    """The inverse of `raise_walls`."""
    if connection.dialect.name != "postgresql":
        return
    _write_chain_guards(connection, before="", after="")
    for table, _column in _tables(connection, walled=True):
        for statement in (
            f"DROP POLICY {_POLICY} ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ):
            connection.exec_driver_sql(statement)


def _write_chain_guards(connection: Connection, *, before: str, after: str) -> None:
    """The functions of the triggers, with what is to be done before they look and after."""
    for function, (condition, sentence) in _CHAIN_GUARDS.items():
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" DECLARE said text := coalesce({_SAID}, ''); is_broken boolean;"
            f" BEGIN {before} is_broken := {condition}; {after}"
            f" IF is_broken THEN RAISE EXCEPTION '{sentence}'"
            " USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
        )


def _tables(connection: Connection, *, walled: bool) -> list[tuple[str, str]]:
    """Tables whose rows belong to an organization, each with the column that says to which."""
    found = connection.execute(
        text(
            "SELECT c.relname, CASE c.relname WHEN 'organizations' THEN 'id'"
            " ELSE 'organization_id' END FROM pg_class c"
            " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
            " AND (c.relname = 'organizations' OR EXISTS (SELECT 1 FROM pg_attribute a"
            " WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped))"
            " AND c.relforcerowsecurity = :walled ORDER BY c.relname"
        ),
        {"walled": walled},
    )
    return [(row[0], row[1]) for row in found]
