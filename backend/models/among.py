"""One condition for many values, as each database takes them best."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, SQLColumnExpression, String, any_, bindparam, literal
from sqlmodel import Session


def is_among(
    session: Session, column: SQLColumnExpression[Any], texts: Iterable[str]
) -> ColumnElement[bool]:
    """That a column holds one of these texts.

    PostgreSQL gets them as one value: a statement has the same words however many there are, and is parsed once.
    """
    if session.get_bind().dialect.name == "postgresql":
        return any_(literal(list(texts), ARRAY(String))) == column
    return column.in_(texts)


def is_among_given(
    column: SQLColumnExpression[Any], name: str, dialect_name: str
) -> ColumnElement[bool]:
    """The same, for a statement that is kept: the texts are the list that it is run with under this name."""
    if dialect_name == "postgresql":
        return any_(bindparam(name, type_=ARRAY(String))) == column
    return column.in_(bindparam(name, expanding=True))
