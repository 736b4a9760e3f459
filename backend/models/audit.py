"""The audit trail: one chain over all organizations, each entry sealed with the hash of the one before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import column as plain_column
from sqlalchemy import delete, insert
from sqlalchemy import select as plain_select
from sqlalchemy import table as plain_table
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, Index, Session, col, select

from backend.models.base import ACROSS_ORGANIZATIONS, Record, Tenant, utc_column


class AuditEntry(Tenant, table=True):
    """Who did what, when, from where, and how it ended. Rows are added and never changed: triggers see to it.

    `hash` is the SHA-256 over `previous_hash` and the canonical JSON of all other columns (`access.audit`).
    What happens before anybody is known belongs to the organization `system`.
    """

    __tablename__ = "audit_entries"
    # Whatever a page is narrowed by, its hundred entries stand side by side in one of these.
    __table_args__ = tuple(
        Index(f"ix_audit_entries_by_{name}", "organization_id", *columns)
        for name, columns in (
            ("sequence", ("sequence",)),
            ("person", ("actor_user_id", "sequence")),
            ("session", ("session_id", "sequence")),
            ("action", ("action", "sequence")),
            ("object", ("object_id", "sequence")),
            ("outcome", ("outcome", "sequence")),
            ("time", ("at", "sequence")),
        )
    )

    organization_id: str = Field(
        default="", foreign_key="organizations.id", nullable=False, max_length=36
    )
    sequence: int = Field(unique=True)  # from 1, without gaps
    at: datetime = utc_column(required=True)
    actor_user_id: str = Field(default="", max_length=64)
    actor_name: str = Field(default="", max_length=200)
    session_id: str = Field(default="", max_length=64)
    ip_address: str = Field(default="", max_length=64)
    user_agent: str = Field(default="", max_length=400)
    action: str = Field(max_length=64)  # vocabulary.AuditAction
    object_type: str = Field(default="", max_length=32)
    object_id: str = Field(default="", max_length=64)
    outcome: str = Field(max_length=16)  # vocabulary.AuditOutcome
    reason: str = Field(default="", max_length=400)
    details: str = Field(default="{}")  # canonical JSON, no patient names
    previous_hash: str = Field(max_length=64)
    hash: str = Field(unique=True, max_length=64)


_INSERT: Any = insert(AuditEntry.__table__)  # type: ignore[attr-defined]  # every table has one


class AuditCursor(Record, table=True):
    """How far the entries of all organizations were sent to a collector outside."""

    __tablename__ = "audit_cursors"

    destination: str = Field(unique=True, max_length=64)  # SHA-256 of its address
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The newest entry of the chain, or a given one: where it stands and what it is sealed with."""

    sequence: int
    hash: str


def chain_end(session: Session) -> ChainEnd | None:
    """The newest entry of all organizations, None before the first."""
    newest = session.exec(
        select(AuditEntry.sequence, AuditEntry.hash)
        .order_by(col(AuditEntry.sequence).desc())
        .limit(1),
        execution_options=ACROSS_ORGANIZATIONS,
    ).first()
    return ChainEnd(*newest) if newest is not None else None


def add_entry(session: Session, entry: Mapping[str, Any]) -> None:
    """Put an entry at the end, at once and by value: as a row that the session goes on keeping it takes three times as long."""
    if getattr(session, "organization_id", None) is None:
        session.connection().execute(_INSERT, [dict(entry)])  # a system session: no wall to pass
    else:
        session.execute(insert(AuditEntry), [dict(entry)])


def hash_at(session: Session, sequence: int) -> str | None:
    """The hash of one entry of any organization, None if there is no such entry."""
    return session.exec(
        select(AuditEntry.hash).where(col(AuditEntry.sequence) == sequence),
        execution_options=ACROSS_ORGANIZATIONS,
    ).first()


def objects_of(
    session: Session, actions: Sequence[str], after: int, up_to: int
) -> Sequence[tuple[str, str]]:
    """Action and object of the entries with one of `actions`, in the order of the chain; for a system session."""
    if after >= up_to:
        return []
    sequence = col(AuditEntry.sequence)
    return session.exec(
        select(AuditEntry.action, AuditEntry.object_id)
        .where(sequence > after, sequence <= up_to, col(AuditEntry.action).in_(actions))
        .order_by(sequence)
    ).all()


def entries_after(session: Session, sequence: int, limit: int) -> Sequence[AuditEntry]:
    """Entries of all organizations in the order of the chain; for a system session."""
    return session.exec(
        select(AuditEntry)
        .where(col(AuditEntry.sequence) > sequence)
        .order_by(col(AuditEntry.sequence))
        .limit(limit)
    ).all()


def details_about(session: Session, object_id: str, actions: Collection[str]) -> Sequence[str]:
    """Details of what was done with one object, as JSON, in the order in which it was."""
    return session.exec(
        select(AuditEntry.details)
        .where(col(AuditEntry.object_id) == object_id, col(AuditEntry.action).in_(actions))
        .order_by(col(AuditEntry.sequence))
    ).all()


def cursor(session: Session, destination: str) -> int:
    """The last entry that was sent to a collector; 0 if none was. For a system session."""
    found = session.exec(
        select(AuditCursor.sequence).where(col(AuditCursor.destination) == destination)
    ).first()
    return found or 0


def move_cursor(session: Session, destination: str, sequence: int) -> None:
    """Entries up to `sequence` were sent. A cursor never goes back."""
    row = session.exec(
        select(AuditCursor).where(col(AuditCursor.destination) == destination)
    ).first() or AuditCursor(destination=destination)
    row.sequence = max(row.sequence, sequence)
    session.add(row)


def delete_entries(session: Session, up_to: int) -> None:
    """Remove the oldest entries; the database refuses it where one of them is younger than six years."""
    session.connection().execute(
        delete(plain_table("audit_entries", plain_column("sequence"))).where(
            plain_column("sequence") <= up_to
        )
    )


class ChainRecord(NamedTuple):
    """An entry as the chain seals it, its columns in the order of their names; moments as ISO text in UTC.

    Whole chains are read in this form: it takes a tenth of the time of rows that the ORM makes.
    """

    action: str
    actor_name: str
    actor_user_id: str
    at: str
    created_at: str
    details: str
    hash: str
    id: str
    ip_address: str
    object_id: str
    object_type: str
    organization_id: str
    outcome: str
    previous_hash: str
    reason: str
    sequence: int
    session_id: str
    user_agent: str


def chain_records(session: Session, sequence: int, limit: int) -> list[ChainRecord]:
    """Entries of all organizations after `sequence`, in the order of the chain; for a system session.

    Raises:
        ValueError: If one of them cannot be read at all.
    """
    statement: Any = (
        plain_select(*[plain_column(name) for name in ChainRecord._fields])
        .select_from(plain_table(AuditEntry.__tablename__))
        .where(plain_column("sequence") > sequence)
        .order_by(plain_column("sequence"))
        .limit(limit)
    )
    try:
        rows = session.connection().execute(statement).all()
    except DBAPIError as error:  # a text that is none
        raise ValueError("an entry cannot be read") from error
    return [_record(*row) for row in rows]


class ChainText(NamedTuple):
    """Entries as the database itself writes them out.

    Attributes:
        entries: How many there are.
        text: The readable ones among them, `ENTRY_END` between two: the canonical JSON with `hash` as one more key at
            its end, save that it may hold characters beyond ASCII as they are. None if there is none.
    """

    entries: int
    text: str | None


ENTRY_END = "\x1e"  # is not in JSON as it is


def chain_text(session: Session, sequence: int, limit: int) -> ChainText | None:
    """The entries numbered from `sequence + 1` to `sequence + limit`, in a third of the time that `chain_records` takes.

    Args:
        session: A system session.
        sequence: The number before the first.
        limit: How many there may be.

    Returns:
        None if an entry cannot be written so.
    """
    connection = session.connection()
    statement = _CHAIN_TEXTS[connection.dialect.name]
    try:
        found = connection.exec_driver_sql(statement, (sequence, sequence + limit)).one()
    except DBAPIError:  # octets where text should be
        return None
    return ChainText(*found)


_COLUMNS = [*(name for name in ChainRecord._fields if name != "hash"), "hash"]
_MOMENTS = ("at", "created_at")


def _on_sqlite() -> str:
    """SQLite's own words for `ChainText`."""

    def moment(name: str) -> str:
        """What `moment_text` makes of a column."""
        is_ours = f"{name} GLOB '?????????? ???????????????'"
        return f"iif({is_ours}, replace({name}, ' ', 'T') || '+00:00', {name})"

    columns = (f"'{name}', {moment(name) if name in _MOMENTS else name}" for name in _COLUMNS)
    return (
        "SELECT count(*), group_concat(entry, char(30))"  # noqa: S608 - only names of our own columns
        f" FROM (SELECT json_object({', '.join(columns)}) AS entry"
        " FROM audit_entries WHERE sequence > ? AND sequence <= ? ORDER BY sequence)"
    )


def _on_postgresql() -> str:
    """The same in PostgreSQL's; its own JSON objects have spaces in them."""

    def moment(name: str) -> str:
        """NULL, and with it no entry, for what this form would not tell from another moment."""
        iso = f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')"
        return f"CASE WHEN {name} >= '0001-01-02' AND {name} < '9999-12-31' THEN {iso} END"

    def column(name: str) -> str:
        if name == "sequence":
            return f"""'"{name}":' || {name}"""
        value = moment(name) if name in _MOMENTS else name
        return f"""'"{name}":' || to_json({value})::text"""

    columns = " || ',' || ".join(column(name) for name in _COLUMNS)
    return (
        "SELECT count(*), string_agg(entry, chr(30) ORDER BY sequence)"  # noqa: S608 - as above
        f" FROM (SELECT sequence, '{{' || {columns} || '}}' AS entry"
        " FROM audit_entries WHERE sequence > %s AND sequence <= %s) AS entries"
    )


_CHAIN_TEXTS = {"sqlite": _on_sqlite(), "postgresql": _on_postgresql()}


def record_of(entry: AuditEntry) -> ChainRecord:
    """The same of an entry in hand."""
    return _record(*[getattr(entry, name) for name in ChainRecord._fields])


def record_of_values(entry: Mapping[str, Any]) -> ChainRecord:
    """The same of an entry's columns by name."""
    return _record(*[entry[name] for name in ChainRecord._fields])


def _record(*values: Any) -> ChainRecord:
    action, name, user, at, created_at, *rest = values
    return ChainRecord(action, name, user, moment_text(at), moment_text(created_at), *rest)


def moment_text(value: object) -> str:
    """A moment as it is sealed. What a database gives as text and is not in its own form stays as it is, and fits no hash."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    text = str(value)
    return f"{text[:10]}T{text[11:]}+00:00" if len(text) == 26 and text[10] == " " else text
