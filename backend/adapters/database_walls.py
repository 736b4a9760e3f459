"""Which tables of a statement a tenancy criterion will reach; refuses statements where it would not.

``with_loader_criteria`` reaches a mapped class where the ORM compiles the SELECT, and where the
class stands as a selected column, a FROM, a join or in the WHERE. It silently passes by a table
that stands elsewhere (only in ORDER BY, as the second class inside one expression, as a Core
table, in a SELECT that is not the ORM's). A query that leaks must not be a query that runs, so
everything that is not known to be reached is refused. ``database_tenancy`` adds the criterion.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.sql import ClauseElement, Select, util
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.sql.selectable import Alias, TableClause, TableSample, TextualSelect

_ENTITY = "parententity"
# The very functions by which the ORM finds the classes of a statement; they come without types.
_surface_expressions: Any = util.surface_expressions
_extract_first_column_annotation: Any = util.extract_first_column_annotation


class TenancyError(RuntimeError):
    """A query or a row would have crossed the wall between organizations: a fault in the program."""


_judged: WeakKeyDictionary[ClauseElement, frozenset[str]] = WeakKeyDictionary()


def walled_tables(statement: ClauseElement, classes: Mapping[str, Any]) -> frozenset[str]:
    """Names of the tables in a statement that need a criterion.

    A statement never changes, so one that is kept and run again is judged once.

    Args:
        statement: What is to be executed. Not changed.
        classes: The mapped class of each table whose rows belong to an organization, by name.

    Raises:
        TenancyError: If a criterion would not reach one of them, or the statement has text in it.
    """
    known = _judged.get(statement)
    if known is None:
        known = _judged[statement] = frozenset(_judge(statement, classes))
    return known


def _judge(statement: ClauseElement, classes: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for scope, elements in _scopes(statement):
        entities: set[Any] = set()
        unmarked: set[str] = set()
        for table_name, entity in _tables(elements):
            if table_name not in classes:
                continue
            found.add(table_name)
            if entity is None:
                unmarked.add(table_name)
            else:
                entities.add(entity)
        if not entities and not unmarked:
            continue
        reached = set(_reached(scope)) - {None}
        # A plain column of a table that also stands here as its class is the very same FROM.
        unmarked -= {entity.mapper.local_table.fullname for entity in reached if entity.is_mapper}
        if unmarked:
            raise TenancyError(f"select the mapped class, not the table {min(unmarked)}")
        if not entities <= reached:
            names = ", ".join(
                sorted(entity.mapper.class_.__name__ for entity in entities - reached)
            )
            raise TenancyError(f"name the class in select_from() or join(): {names}")
    return found


def _scopes(statement: ClauseElement) -> Iterator[tuple[Any, list[Any]]]:
    """Each SELECT, UPDATE, DELETE or INSERT in a statement, with its own elements.

    Tables that a SELECT merely derives from its columns are not among them: they carry no mark.
    """
    outside: list[Any] = []
    waiting: list[tuple[Any, list[Any]]] = [(statement, outside)]
    seen: set[tuple[int, int]] = set()
    scopes: dict[int, tuple[Any, list[Any]]] = {}
    while waiting:
        element, elements = waiting.pop()
        if (id(element), id(elements)) in seen:
            continue
        seen.add((id(element), id(elements)))
        _refuse_text(element)
        if isinstance(element, Select | UpdateBase):
            _, elements = scopes.setdefault(id(element), (element, []))
        elements.append(element)
        if isinstance(element, ColumnClause):
            table = element.table
            if table is not None and not isinstance(table, TableClause | Alias | TableSample):
                waiting.append((table, elements))  # a subquery or a function: look inside
        elif not (isinstance(element, Alias | TableSample) and _is_over_table(element)):
            # Past Select's own `get_children`, which would add the derived tables.
            waiting += [(child, elements) for child in ClauseElement.get_children(element)]
    yield from scopes.values()


def _tables(elements: list[Any]) -> Iterator[tuple[str, Any]]:
    """The tables that elements of one scope stand for, each with its mapped entity or None."""
    for element in elements:
        table = element.table if isinstance(element, ColumnClause) else element
        while isinstance(table, Alias | TableSample):
            table = table.element
        if isinstance(table, TableClause):
            yield getattr(table, "fullname", table.name), element._annotations.get(_ENTITY)


def _is_over_table(element: Any) -> bool:
    while isinstance(element, Alias | TableSample):
        element = element.element
    return isinstance(element, TableClause)


def _reached(scope: Any) -> Iterator[Any]:
    """The mapped entities in one scope to which SQLAlchemy adds the criterion."""
    if scope._propagate_attrs.get("compile_state_plugin") != "orm":
        return
    if isinstance(scope, UpdateBase):
        yield scope.table._annotations.get(_ENTITY)
        return
    places = [*scope._from_obj, *(join[0] for join in scope._setup_joins)]
    for condition in scope._where_criteria:
        places += _surface_expressions(condition)
    yield from (place._annotations[_ENTITY] for place in places if _ENTITY in place._annotations)
    for column in scope._raw_columns:
        entity = column._annotations.get(_ENTITY)
        yield entity or _extract_first_column_annotation(column, _ENTITY)


def _refuse_text(element: Any) -> None:
    is_text = isinstance(element, TextClause | TextualSelect)
    if is_text or (
        isinstance(element, ColumnClause) and element.is_literal and element.name != "*"
    ):
        raise TenancyError("a session of an organization does not run text as SQL")
