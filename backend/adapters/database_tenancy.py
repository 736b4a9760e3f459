"""The wall between organizations: sessions that cannot forget whose rows they may touch.

Five stones, each tested by itself (tests/adapters/test_database_tenancy.py):

* every ORM SELECT, UPDATE and DELETE gets the organization as a criterion, wherever in the
  statement a table stands (subqueries, aliases, joins);
* what the criterion cannot reach (text, Core tables, bulk updates, raw connections) is refused;
* new rows are stamped, and a row of another organization is neither flushed nor inserted by value;
* nor is a row that refers to a row of another organization;
* a row of another organization that comes back from the database all the same is not handed out.
"""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, NoReturn, cast

from sqlalchemy import Connection, Result, inspect, select
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapper, ORMExecuteState, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.session import sessionmaker
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql import ClauseElement
from sqlmodel import Session

from backend.adapters.database_postgresql import say_whose
from backend.adapters.database_walls import TenancyError, walled_tables
from backend.models.base import ACROSS_ORGANIZATIONS, Record, Tenant, TenantRoot


class TenantSession(Session):
    """A session for one organization, or (``organization_id=None``) a system session for all."""

    def __init__(self, *arguments: Any, organization_id: str | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.organization_id = organization_id
        self.inserted: set[tuple[type[Record], str]] = set()
        """Rows that were inserted by value in this transaction: whose they are need not be looked up."""

    def connection(self, *arguments: Any, **options: Any) -> Any:
        """Refused to sessions of an organization: what runs on a connection has no criterion."""
        if self.organization_id is not None:
            raise TenancyError("a session of an organization does not hand out its connection")
        return super().connection(*arguments, **options)

    def _refuse_bulk(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise TenancyError("bulk operations pass the wall between organizations; use add_all")

    bulk_save_objects = _refuse_bulk
    bulk_insert_mappings = _refuse_bulk
    bulk_update_mappings = _refuse_bulk


class Rehearsal(TenantSession):
    """A session whose changes stay in it: nothing is flushed, whoever asks for it."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Nothing."""


def session_maker(kind: type[TenantSession] = TenantSession) -> sessionmaker[TenantSession]:
    """Sessions with the wall built in; give ``bind`` and ``organization_id`` when calling it."""
    return sessionmaker(class_=kind, expire_on_commit=False)


def _walled_classes() -> dict[str, type[Record]]:
    """Mapped class by table name, for every table whose rows belong to an organization."""
    return _walled_classes_among(len(Record.metadata.tables))


@cache
def _walled_classes_among(_table_count: int) -> dict[str, type[Record]]:
    # Remembered by how many tables there are: a module imported later must not escape.
    found: dict[str, type[Record]] = {}
    for base in (Tenant, TenantRoot):
        for mapped in _mapped_subclasses(base):
            mapper: Mapper[Any] = inspect(mapped)
            found[mapper.local_table.fullname] = mapped  # type: ignore[attr-defined]  # a Table
    return found


def _mapped_subclasses(base: type[Record]) -> Iterable[type[Record]]:
    for subclass in base.__subclasses__():
        if inspect(subclass, raiseerr=False) is not None:
            yield subclass
        yield from _mapped_subclasses(subclass)


def _organization_attribute(mapped: type[Record]) -> str:
    return "id" if issubclass(mapped, TenantRoot) else "organization_id"


@listens_for(TenantSession, "do_orm_execute")
def _add_criterion(state: ORMExecuteState) -> Result[Any] | None:
    session = state.session
    assert isinstance(session, TenantSession)  # noqa: S101 - narrows the type of the listener
    organization_id = session.organization_id
    if organization_id is None:
        return None
    statement: Any = state.statement
    classes = _walled_classes()
    tables = walled_tables(statement, classes)
    if tables and _may_look_across(state):
        return _look_across(state, session)
    if not tables:
        return None
    strategy = state.execution_options.get("dml_strategy", "auto")
    if strategy == "auto" and _is_plain_insert(state):
        row_class, rows = classes[statement.table.fullname], cast(Any, state.parameters)
        _check_inserted(session, row_class, rows)
        result = state.invoke_statement()
        session.inserted |= {(row_class, row["id"]) for row in rows if "id" in row}
        return result
    if state.is_insert or strategy != "auto" or isinstance(state.parameters, list):
        raise TenancyError("this bulk statement passes the wall between organizations; use add_all")
    if state.is_update:
        _require_no_move(statement, classes)
    criteria = (_criterion(classes[name], organization_id) for name in sorted(tables))
    state.statement = statement.options(*criteria)
    return None


@lru_cache(maxsize=4096)
def _criterion(mapped: type[Record], organization_id: str) -> Any:
    key = getattr(mapped, _organization_attribute(mapped))
    return with_loader_criteria(mapped, key == organization_id, include_aliases=True)


@listens_for(TenantSession, "after_begin")
def _say_whose(session: TenantSession, _transaction: object, connection: Connection) -> None:
    """Tell the database as well, where it keeps organizations apart by itself; nothing is inserted yet."""
    session.inserted.clear()
    say_whose(connection, session.organization_id)


def _look_across(state: ORMExecuteState, session: TenantSession) -> Result[Any]:
    """Run the one statement that may, and put the wall back; after an error nothing runs until all is undone anyway."""
    connection = Session.connection(session)
    say_whose(connection, None)
    found = state.invoke_statement()
    say_whose(connection, session.organization_id)
    return found


def _is_plain_insert(state: ORMExecuteState) -> bool:
    """Whether a statement inserts rows that are given by value, all of them and nothing else."""
    statement: Any = state.statement
    return (
        state.is_insert
        and isinstance(state.parameters, list)
        and statement.select is None
        and not statement._values
        and not statement._multi_values
        and not statement._returning
        and not statement._independent_ctes
        and statement._post_values_clause is None
    )


def _check_inserted(
    session: TenantSession, row_class: type[Record], rows: list[dict[str, Any]]
) -> None:
    """Stamp rows that are given by value, and refuse what a flush would refuse."""
    if not issubclass(row_class, Tenant):
        raise TenancyError("an organization is not made inside an organization")
    owners: _Owners = {}
    for row in rows:
        if any(_is_expression(value) for value in row.values()):
            raise TenancyError("what is inserted is given by value, not by a query")
        if row.setdefault("organization_id", session.organization_id) != session.organization_id:
            raise TenancyError("a row of another organization")
        for attribute, target in _references(row_class, len(Record.metadata.tables)):
            value = row.get(attribute)
            if value is not None:
                _require_owner(session, owners, (target, value), session.organization_id, attribute)


def _is_expression(value: object) -> bool:
    return isinstance(value, ClauseElement) or hasattr(value, "__clause_element__")


def _may_look_across(state: ORMExecuteState) -> bool:
    """Whether the query says that it looks past its organization. Only reading may."""
    asked = all(state.execution_options.get(name) for name in ACROSS_ORGANIZATIONS)
    return asked and state.is_select


def _require_no_move(statement: Any, classes: dict[str, type[Record]]) -> None:
    """Refuse an UPDATE that would give rows to another organization."""
    mapped = classes.get(statement.table.fullname)
    names = {getattr(column, "key", column) for column in statement._values or ()}
    if mapped is not None and _organization_attribute(mapped) in names:
        raise TenancyError("a row does not move to another organization")


@listens_for(TenantSession, "before_flush")
def _check_flush(session: TenantSession, _context: UOWTransaction, _instances: object) -> None:
    new = list(session.new)
    for row in new:
        if isinstance(row, Tenant) and not row.organization_id:
            if session.organization_id is None:
                raise TenancyError("a row added by a system session must name its organization")
            row.organization_id = session.organization_id
    changed = [*new, *session.dirty]
    for row in [*changed, *session.deleted]:
        _require_own(session, row)
    owners: _Owners = {
        (type(row), row.id): row.organization_id for row in new if isinstance(row, Tenant)
    }
    for row in changed:
        if isinstance(row, Tenant):
            if inspect(row).attrs.organization_id.history.deleted:
                raise TenancyError("a row does not move to another organization")
            _require_own_references(session, row, owners)


_Owners = dict[tuple[type[Record], str], str]


def _require_own_references(session: TenantSession, row: Tenant, owners: _Owners) -> None:
    """Refuse a row that refers to a row of another organization, though the database would take it.

    ``owners`` holds the organizations of the rows that this flush adds; what is looked up is added.
    """
    row_class: Any = type(row)
    for attribute, target in _references(row_class, len(Record.metadata.tables)):
        history = inspect(row).attrs[attribute].history
        value = history.added[0] if history.added else None
        if value is None:
            continue
        _require_owner(session, owners, (target, value), row.organization_id, attribute)


def _require_owner(
    session: TenantSession,
    owners: _Owners,
    referred: tuple[type[Record], str],
    organization_id: str | None,
    attribute: str,
) -> None:
    """Refuse a reference to a row of another organization; what is looked up is added to ``owners``."""
    if referred not in owners:
        owners[referred] = _owner(session, *referred)
    if owners[referred] != organization_id:
        raise TenancyError(f"{attribute} refers to a row of another organization, or to none")


@cache
def _references(row_class: Any, _table_count: int) -> tuple[tuple[str, type[Record]], ...]:
    """The attributes of a class that refer to rows with an organization, and to which class."""
    classes = _walled_classes()
    mapper: Mapper[Any] = inspect(row_class)
    return tuple(
        (mapper.get_property_by_column(column).key, classes[key.column.table.fullname])
        for column in mapper.columns
        for key in column.foreign_keys
        if issubclass(classes.get(key.column.table.fullname, object), Tenant)
    )


def _owner(session: TenantSession, target: type[Record], identifier: str) -> str:
    """The organization of a stored row, empty if there is no such row (that the session may see)."""
    if session.organization_id is not None and (target, identifier) in session.inserted:
        return session.organization_id
    held = session.identity_map.get(identity_key(target, identifier))
    if isinstance(held, Tenant):
        return held.organization_id
    columns: Any = target
    query = select(columns.organization_id).where(columns.id == identifier)
    return str(session.execute(query).scalar_one_or_none() or "")


@listens_for(TenantSession, "loaded_as_persistent")
def _require_own_when_loaded(session: TenantSession, row: object) -> None:
    _require_own(session, row)


def _require_own(session: TenantSession, row: object) -> None:
    row_class: Any = type(row)
    name = _organization_attribute_of(row_class)
    if session.organization_id is None or name is None:
        return
    # From the loaded values, never by the attribute: a deferred one would start a query here.
    owner = row.__dict__.get(name)
    if owner is not None and owner != session.organization_id:
        raise TenancyError("a row of another organization")


@cache
def _organization_attribute_of(row_class: type) -> str | None:
    # By class and remembered: this is asked for every row, and SQLModel's isinstance is slow.
    if not issubclass(row_class, Tenant | TenantRoot):
        return None
    return _organization_attribute(row_class)
