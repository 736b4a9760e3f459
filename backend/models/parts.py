"""Long lists of keys, asked for in parts: a database takes so many values in one statement and no more."""

from collections.abc import Iterable, Iterator
from itertools import islice

# PostgreSQL ends at 65,535; two such lists fit into one statement.
MOST_AT_ONCE = 10_000


def in_parts(keys: Iterable[str]) -> Iterator[list[str]]:
    """Every key once, some at a time; nothing of an empty list."""
    rest = iter(dict.fromkeys(keys))
    while part := list(islice(rest, MOST_AT_ONCE)):
        yield part
