"""Long lists of keys, asked for in parts: a database takes so many values in one statement and no more."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session

# PostgreSQL ends at 65,535; two such lists fit into one statement.
MOST_AT_ONCE = 10_000


def in_parts(keys: Iterable[str]) -> Iterator[list[str]]:
    """Every key once, some at a time; nothing of an empty list."""
    rest = iter(dict.fromkeys(keys))
    while part := list(islice(rest, MOST_AT_ONCE)):
        yield part


def delete_in_parts(session: Session, column: Any, keys: Iterable[str]) -> None:
    """Delete the rows of a table whose column holds one of these keys; the session is not told which."""
    for some in in_parts(keys):
        statement = delete(column.class_).where(column.in_(some))
        session.execute(statement.execution_options(synchronize_session=False))
