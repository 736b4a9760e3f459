"""The wall between organizations: sessions that cannot forget whose rows they may touch.

Four stones, each tested by itself (tests/adapters/test_database_tenancy.py):

* every ORM SELECT, UPDATE and DELETE gets the organization as a criterion, wherever in the
  statement a table stands (subqueries, aliases, joins);
* what the criterion cannot reach (text, Core tables, bulk inserts, raw connections) is refused;
* new rows are stamped, and a row of another organization is not flushed;
* a row of another organization that comes back from the database all the same is not handed out.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, NoReturn

from sqlalchemy import inspect
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapper, ORMExecuteState, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.session import sessionmaker
from sqlmodel import Session

from backend.adapters.database_walls import TenancyError, walled_tables
from backend.models.base import ACROSS_ORGANIZATIONS, Record, Tenant, TenantRoot


class TenantSession(Session):
    """A session for one organization, or (``organization_id=None``) a system session for all."""

    def __init__(self, *arguments: Any, organization_id: str | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.organization_id = organization_id

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


def session_maker() -> sessionmaker[TenantSession]:
    """Sessions with the wall built in; give ``bind`` and ``organization_id`` when calling it."""
    return sessionmaker(class_=TenantSession, expire_on_commit=False)


@cache
def _walled_classes() -> dict[str, type[Record]]:
    """Mapped class by table name, for every table whose rows belong to an organization."""
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
def _add_criterion(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, TenantSession)  # noqa: S101 - narrows the type of the listener
    organization_id = session.organization_id
    if organization_id is None:
        return
    statement: Any = state.statement
    tables = walled_tables(statement, _walled_classes())
    if not tables or _may_look_across(state):
        return
    strategy = state.execution_options.get("dml_strategy", "auto")
    if state.is_insert or strategy != "auto" or isinstance(state.parameters, list):
        raise TenancyError("bulk statements pass the wall between organizations; use add_all")
    classes = _walled_classes()
    if state.is_update:
        _require_no_move(statement, classes)
    for name in sorted(tables):
        mapped = classes[name]
        key = getattr(mapped, _organization_attribute(mapped))
        criterion = with_loader_criteria(mapped, key == organization_id, include_aliases=True)
        statement = statement.options(criterion)
    state.statement = statement


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
def _stamp_new_rows(session: TenantSession, _context: UOWTransaction, _instances: object) -> None:
    for row in session.new:
        if isinstance(row, Tenant) and not row.organization_id:
            if session.organization_id is None:
                raise TenancyError("a row added by a system session must name its organization")
            row.organization_id = session.organization_id
        _require_own(session, row)
    for row in session.dirty:
        if isinstance(row, Tenant) and inspect(row).attrs.organization_id.history.deleted:
            raise TenancyError("a row does not move to another organization")
        _require_own(session, row)
    for row in session.deleted:
        _require_own(session, row)


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
