"""One condition for many texts, as each database takes them best.

It gets them as one value: a statement has the same words however many they are, and is put together and parsed once.
"""

import json
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Dialect,
    SQLColumnExpression,
    String,
    TypeDecorator,
    any_,
    bindparam,
    false,
    func,
    literal,
    select,
)
from sqlmodel import Session

_COMMA = ","


class _Json(TypeDecorator[Sequence[str]]):
    """Texts as one, for a database that has no lists."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str:  # noqa: ARG002 - SQLAlchemy hands it over
        return json.dumps(list(value or ()), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Sequence[str]:  # noqa: ARG002 - SQLAlchemy hands it over
        return tuple(json.loads(value or "[]"))


class _Joined(TypeDecorator[Sequence[str]]):
    """Keys as one text: to write thousands of them as a list takes PostgreSQL's driver ten times as long."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str:  # noqa: ARG002 - SQLAlchemy hands it over
        return _COMMA.join(value or ())

    def process_result_value(self, value: str | None, dialect: Dialect) -> Sequence[str]:  # noqa: ARG002 - SQLAlchemy hands it over
        return tuple(value.split(_COMMA)) if value else ()


def is_among(
    session: Session, column: SQLColumnExpression[Any], keys: Sequence[str]
) -> ColumnElement[bool]:
    """That a column holds one of these keys."""
    dialect_name = session.get_bind().dialect.name
    return _is_among(column, literal(keys, _keys(dialect_name)), dialect_name)


def is_among_many(
    session: Session, column: SQLColumnExpression[Any], keys: Sequence[str]
) -> ColumnElement[bool]:
    """The same where each row that something else finds is asked, and none is looked up by it."""
    among = is_among(session, func.coalesce(column, column), keys)
    # PostgreSQL would compare thousands of keys with what it knows of the column, only to guess how many rows there are.
    return (
        func.coalesce(among, false()) if session.get_bind().dialect.name == "postgresql" else among
    )


def rows_of(keys: Sequence[str]) -> Any:
    """The keys as rows with a `key`, on PostgreSQL."""
    given = func.string_to_array(literal(keys, _Joined()), _COMMA, type_=ARRAY(String))
    return func.unnest(given, type_=String).table_valued("key").render_derived()


def is_among_given(
    column: SQLColumnExpression[Any], name: str, dialect_name: str
) -> ColumnElement[bool]:
    """The same, for a statement that is kept: the keys are those that it is run with under this name."""
    return _is_among(column, bindparam(name, type_=_keys(dialect_name)), dialect_name)


def is_text_given(
    column: SQLColumnExpression[Any], name: str, dialect_name: str
) -> ColumnElement[bool]:
    """That a column holds one of the texts that a statement is run with under this name, whatever signs are in them."""
    if dialect_name == "postgresql":
        return any_(bindparam(name, type_=ARRAY(String))) == column
    return is_among_given(column, name, dialect_name)


def as_keys(column: SQLColumnExpression[str], dialect_name: str) -> Any:
    """All keys of a column as one value. Thousands of rows take longer to be handed over."""
    if dialect_name == "postgresql":
        return func.string_agg(column, _COMMA, type_=_Joined())
    return func.json_group_array(column, type_=_Json())


def _keys(dialect_name: str) -> Any:
    return _Joined() if dialect_name == "postgresql" else _Json()


def _is_among(
    column: SQLColumnExpression[Any], keys: ColumnElement[Any], dialect_name: str
) -> ColumnElement[bool]:
    if dialect_name == "postgresql":
        return any_(func.string_to_array(keys, _COMMA, type_=ARRAY(String))) == column
    rows = func.json_each(keys).table_valued("value")
    return cast("ColumnElement[bool]", column.in_(select(rows.c.value)))
