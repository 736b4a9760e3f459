"""What is asked of a database, counted: work that tells nothing is the same work, whatever the clock says."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event


@contextmanager
def statements() -> Iterator[Counter[str]]:
    """Counts what is sent to any database meanwhile, by its text."""
    done: Counter[str] = Counter()

    def count(_connection, _cursor, statement, *_):
        done[statement] += 1

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield done
    finally:
        event.remove(Engine, "before_cursor_execute", count)
