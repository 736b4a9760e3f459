"""In which order a list is, and which of its keys a page of it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import SQLColumnExpression
from sqlmodel import col

from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.models.studies import TEXTS_BY_KEY, Study

_ORDERS: dict[WorklistColumn, tuple[SQLColumnExpression[Any], ...]] = {
    # Identifiers are made as studies arrive, and sort by that (core.identifiers).
    WorklistColumn.ARRIVED: (),
    WorklistColumn.STATUS: (col(Study.progress),),
    WorklistColumn.PRIORITY: (col(Study.urgency),),
    WorklistColumn.PATIENT_NAME: (col(Study.patient_sort_name),),
    WorklistColumn.PATIENT_ID: (col(Study.patient_sort_id),),
    WorklistColumn.BIRTH_DATE: (col(Study.patient_sort_birth_date),),
    WorklistColumn.SEX: (col(Study.patient_sort_sex),),
    WorklistColumn.STUDY_DATE: (col(Study.study_date), col(Study.study_time)),
    WorklistColumn.MODALITY: (col(Study.modalities),),
    WorklistColumn.BODY_PART: (col(Study.body_part_examined),),
    WorklistColumn.DESCRIPTION: (col(Study.search_description),),
    WorklistColumn.ACCESSION: (col(Study.accession_number),),
    WorklistColumn.REFERRER: (col(Study.referring_physician_name),),
    WorklistColumn.INSTITUTION: (col(Study.institution_name),),
    WorklistColumn.ASSIGNED: (col(Study.assigned_to),),
    WorklistColumn.TAGS: (col(Study.tags),),
    WorklistColumn.SERIES: (col(Study.series_count),),
    WorklistColumn.IMAGES: (col(Study.instance_count),),
}
# Where one value of these filters is asked for, all studies of the list are alike in the column, and only ties are left.
_ALONE = {
    WorklistColumn.STATUS: "status",
    WorklistColumn.PRIORITY: "priority",
    WorklistColumn.SEX: "sex",
    WorklistColumn.BODY_PART: "body_part",
    WorklistColumn.REFERRER: "referrer",
    WorklistColumn.INSTITUTION: "institution",
    WorklistColumn.ASSIGNED: "assigned",
}

COUNTED = 1000
"""Several criteria together are counted this far, and then it is `more than`."""


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of one page, and how many there are.

    Attributes:
        keys: Of the page's studies, in order.
        total: How many studies there are; `COUNTED` + 1 if they are more and were not counted further.
        is_exact: Whether they were counted to the end.
        page: The page that `keys` are of: the last if one beyond it was asked for.
    """

    keys: tuple[str, ...]
    total: int
    is_exact: bool
    page: int


class Order:
    """The order that a question asks for; ties are broken by key, so no row comes twice.

    Attributes:
        columns: That the list is ordered by before the key; none in the order of arrival.
        is_descending: Whether the last comes first.
    """

    def __init__(self, query: WorklistQuery) -> None:
        chosen = getattr(query, _ALONE.get(query.order_by, ""), ())
        is_alike = bool(chosen) and (isinstance(chosen, str) or len(chosen) == 1)
        self.columns = () if is_alike else _ORDERS[query.order_by]
        self.is_descending = query.descending
        self._is_of_people = bool(self.columns) and query.order_by is WorklistColumn.ASSIGNED

    def by_key(self, key: SQLColumnExpression[str], *, backwards: bool = False) -> Any:
        """The order of arrival, or its reverse."""
        return key.desc() if self.is_descending != backwards else key.asc()

    def by(
        self,
        key: SQLColumnExpression[str],
        columns: Sequence[SQLColumnExpression[Any]],
        *,
        backwards: bool = False,
    ) -> tuple[Any, ...]:
        """What a statement is ordered by that has the columns of this order, and the key, under these names."""
        directed = (self._directed(each, backwards=backwards) for each in columns)
        return (*directed, self.by_key(key, backwards=backwards))

    def _directed(self, column: SQLColumnExpression[Any], *, backwards: bool) -> Any:
        is_descending = self.is_descending != backwards
        directed = column.desc() if is_descending else column.asc()
        if not self._is_of_people:
            return directed
        # By themselves the databases disagree about where nobody belongs.
        return directed.nulls_first() if is_descending else directed.nulls_last()


def name_of(column: SQLColumnExpression[Any]) -> str:
    """The name of a study's column."""
    return str(cast("Any", column).key)


def index_of(columns: Sequence[SQLColumnExpression[Any]], asked_about: Sequence[str] = ()) -> str:
    """The index that has the keys in the order of these columns.

    Args:
        columns: Of an order; none for that of arrival.
        asked_about: `TOLD_BY_KEY` or `TEXTS_BY_KEY`, where something is asked that the index is to tell in the order of arrival.
    """
    if not columns:
        if not asked_about:
            return "ix_studies_by_key"
        is_text = tuple(asked_about) == TEXTS_BY_KEY
        return "ix_studies_texts_by_key" if is_text else "ix_studies_told_by_key"
    name = name_of(columns[0])
    return "ix_studies_by_date" if name == "study_date" else f"ix_studies_order_{name}"


def enough_for(query: WorklistQuery) -> int:
    """So many keys in order tell every page that is turned to, and whether there are more."""
    return COUNTED + query.page_size


def page_among_all(query: WorklistQuery, keys: Sequence[str]) -> Found:
    """The page, where all keys of the list are known, and in order."""
    return _page(query, keys, len(keys), is_exact=True)


def page_among_enough(query: WorklistQuery, keys: Sequence[str]) -> Found:
    """The page, where all keys are known in order, or at least all that are counted."""
    total = min(len(keys), COUNTED + 1)
    return _page(query, keys, total, is_exact=total <= COUNTED)


def _page(query: WorklistQuery, keys: Sequence[str], total: int, *, is_exact: bool) -> Found:
    page = sensible_page(query, total)
    before = query.rows_before(page)
    return Found(tuple(keys[before : before + query.page_size]), total, is_exact, page)


def sensible_page(query: WorklistQuery, total: int) -> int:
    """The page that is asked for, or the last."""
    return min(query.page, query.page_count(total))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a page lies in its list, seen from the nearer end.

    Attributes:
        page: Its number.
        skipped: So many rows come before it.
        length: So many rows it has.
        backwards: Whether from the list's end.
    """

    page: int
    skipped: int
    length: int
    backwards: bool

    def of(self, keys: Sequence[str]) -> tuple[str, ...]:
        """The page, of its keys as they were read."""
        return tuple(reversed(keys) if self.backwards else keys)


def stretch(query: WorklistQuery, total: int, *, is_exact: bool) -> Stretch:
    """Where the page lies that is asked for.

    Args:
        query: The question.
        total: How many studies there are; if they were not counted to the end, more.
        is_exact: Whether they were counted to the end.
    """
    page = sensible_page(query, total)
    before = query.rows_before(page)
    length = max(0, min(query.page_size, total - before)) if is_exact else query.page_size
    after = total - before - length
    backwards = is_exact and after < before
    return Stretch(page, after if backwards else before, length, backwards)
