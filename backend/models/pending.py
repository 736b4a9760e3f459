"""What a session has changed and not yet written, where a query found rows as they are stored.

Where every change is flushed before the next query there is nothing of the kind; in a rehearsal
(``Database.rehearse``) nothing ever is.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlmodel import Session

from backend.models.base import Record

Row = TypeVar("Row", bound=Record)


def as_changed(
    session: Session, row_class: type[Row], found: Iterable[Row], is_meant: Callable[[Row], bool]
) -> list[Row]:
    """The rows of a query as they would be found if all changes were written.

    Args:
        session: Where they were asked for.
        row_class: Their class.
        found: What the database found, in its order. Stays in it; what is only there through a change follows.
        is_meant: Says of a row what the query's condition says.
    """
    changed = [
        row
        for row in (*session.new, *session.dirty)
        if isinstance(row, row_class) and is_meant(row)
    ]
    rows = {row.id: row for row in found if is_meant(row)}
    return list((rows | {row.id: row for row in changed}).values())
