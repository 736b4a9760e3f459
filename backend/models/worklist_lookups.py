"""What is asked of studies whose keys are known."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import true
from sqlmodel import Session, select

from backend.models.among import is_among, rows_of
from backend.models.studies import TEXTS_BY_KEY, TOLD_BY_KEY, Study
from backend.models.worklist_criteria import (
    STUDY_KEY,
    TEXTS_HINT,
    TOLD_HINT,
    Asked,
    is_told,
    met_each,
)
from backend.models.worklist_pages import Order, name_of

IN_ROW = (*TOLD_BY_KEY, *TEXTS_BY_KEY)
"""The columns that tell something where a row is at hand."""


def those_of(
    session: Session, keys: Sequence[str], asked: Sequence[Asked], order: Order
) -> Sequence[str]:
    """Those of these keys that meet everything, in this order: one look tells most of what is asked of a study."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    statement = (
        _by_row(keys, asked, order) if is_postgresql else _by_index(session, keys, asked, order)
    )
    found: Sequence[str] = session.exec(statement).all()
    return found


def _by_row(keys: Sequence[str], asked: Sequence[Asked], order: Order) -> Any:
    """On PostgreSQL the row is at hand. With `OFFSET 0` it is looked up by each key; a join would rather go through all studies."""
    rows = rows_of(keys)
    told = [each for each in asked if is_told(each, IN_ROW)]
    row: Any = select(STUDY_KEY, *order.columns).where(rows.c.key == STUDY_KEY)
    row = row.where(*met_each(STUDY_KEY, told, IN_ROW, Study)).offset(0).lateral()
    key, *columns = row.c
    rest = [each for each in asked if each not in told]
    statement = select(key).select_from(rows).join(row, true()).where(*met_each(key, rest))
    return statement.order_by(*order.by(key, columns))


def _by_index(session: Session, keys: Sequence[str], asked: Sequence[Asked], order: Order) -> Any:
    """On the embedded database one of two indexes tells it."""
    is_ordered_by_text = any(name_of(each) not in TOLD_BY_KEY for each in order.columns)
    is_nothing_told = not order.columns and not any(is_told(each) for each in asked)
    is_text = is_ordered_by_text or is_nothing_told
    names, hint = (TEXTS_BY_KEY, TEXTS_HINT) if is_text else (TOLD_BY_KEY, TOLD_HINT)
    statement = select(STUDY_KEY).where(is_among(session, STUDY_KEY, keys))
    statement = statement.where(*met_each(STUDY_KEY, asked, names, Study))
    statement = statement.with_hint(Study, hint, "sqlite")
    return statement.order_by(*order.by(STUDY_KEY, order.columns))
