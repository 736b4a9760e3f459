"""One condition for many values, as each database takes them best."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, SQLColumnExpression, String, any_, literal
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
