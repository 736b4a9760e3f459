"""The studies of one organization as lists see them, in memory: what they are asked about and ordered by.

What a question asks of them is what `models.worklist_finding` asks the database; either finds the same. Who reads it here, and
what else the program does meanwhile, is in `models.worklist_rolls`.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import select as select_columns
from sqlmodel import Session

from backend.core.search_words import words_of
from backend.core.worklist_query import WorklistQuery
from backend.models.among import is_among_given
from backend.models.studies import TEXTS_BY_KEY, TOLD_BY_KEY, Study
from backend.models.study_changes import Change, last_change
from backend.models.verdicts import Reach
from backend.models.worklist_columns import Column, Places, TextColumn
from backend.models.worklist_criteria import (
    NOBODY,
    STUDY_KEY,
    Asked,
    Columns,
    Conditions,
    Held,
    Words,
)
from backend.models.worklist_pages import Found, Order, name_of, sensible_page

_COLUMNS = tuple(dict.fromkeys(("id", "patient_key", *TOLD_BY_KEY, *TEXTS_BY_KEY, "claimed_by")))
_OF_PEOPLE = ("assigned_to", "claimed_by")
# So few rows are read at a time that a page which somebody waits for is not held up by them.
_AT_ONCE = 100
_FEW_GONE = 1000


def _words_of_number(text: str) -> set[str]:
    return words_of(text.casefold())


_TEXTS: dict[str, Callable[[str], Iterable[str]]] = {
    "patient_sort_name": words_of,
    "patient_sort_id": _words_of_number,
    "accession_number": _words_of_number,
    "search_description": words_of,
}
"""The columns that a search looks into, and what their words are; as in `models.search_words.study_words`."""


class Roll:
    """The studies of one organization.

    Attributes:
        known: The number of the last change of studies that is in it.

    Args:
        known: The same, to begin with.
    """

    def __init__(self, known: int) -> None:
        self.known = known
        self._texts = {name: TextColumn(words) for name, words in _TEXTS.items()}
        self._columns = {name: self._texts.get(name) or Column() for name in _COLUMNS}
        self._keys = self._columns["id"]
        self._is_there = np.zeros(0, np.bool_)

    @property
    def size(self) -> int:
        """How many studies it holds, with those that are gone; of each it holds nearly a kilobyte."""
        return len(self._is_there)

    @property
    def is_overgrown(self) -> bool:
        """Whether most of what it holds is of studies that are gone."""
        return self.size > _FEW_GONE + 2 * int(np.count_nonzero(self._is_there))

    def prepare(self) -> None:
        """Make now what is otherwise made for the first question that needs it."""
        for column in self._columns.values():
            column.prepare()

    def follow(self, session: Session, changes: Sequence[Change]) -> None:
        """Bring it up to date with what has changed since, as the session sees it."""
        keys = sorted({each.study_key for each in changes})
        gone = set(keys)
        statement = _some(session.get_bind().dialect.name)
        for row in session.exec(statement, params={"keys": keys}).all():
            place = self._keys.code(row[0])
            if place is None:
                self.add([row])
            else:
                self._put(place, [row])
                self._is_there[place] = True
            gone.discard(row[0])
        for key in gone:
            place = self._keys.code(key)
            if place is not None:
                self._is_there[place] = False
        self.known = changes[-1].number

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take in studies that are not in it yet; of each, what `_COLUMNS` say."""
        self._put(len(self._is_there), rows)
        self._is_there = np.append(self._is_there, np.ones(len(rows), np.bool_))

    def _put(self, place: int, rows: Sequence[Sequence[Any]]) -> None:
        for name, values in zip(_COLUMNS, zip(*rows, strict=True), strict=True):
            held = values
            if name in _OF_PEOPLE:
                held = tuple(NOBODY if value is None else value for value in values)
            self._columns[name].put(place, held)

    def told(self) -> dict[str, tuple[Any, ...]]:
        """All that it holds, by key."""
        places = np.flatnonzero(self._is_there).tolist()
        columns = self._columns.values()
        return {
            self._keys.value(place): tuple(each.value(place) for each in columns)
            for place in places
        }

    def within(self, session: Session, reach: Reach | None) -> Places:
        """The places of the studies within reach; None for all there are."""
        places = np.flatnonzero(self._is_there)
        if reach is None:
            return places
        reached = np.zeros(len(places), np.bool_)
        for name, values in reach.told(session):
            column = self._columns[name]
            reached |= column.having(places, column.codes(values))
        return places[reached]

    def meeting(self, places: Places, conditions: Conditions) -> Places:
        """Of these studies, those that meet everything; what is within reach must be known before."""
        if conditions.as_of:
            places = self._keys.between(places, first=None, last=conditions.as_of, end=None)
        asked = (each for each in conditions.criteria if not isinstance(each, Reach))
        # Texts last: they are looked into letter by letter.
        for each in sorted(asked, key=lambda criterion: isinstance(criterion, Held)):
            places = self._meeting(places, each)
        return places

    def newest(self, places: Places) -> str:
        """The key of the one of these studies that arrived last, empty if there is none."""
        if not len(places):
            return ""
        return str(self._keys.value(int(places[np.argmax(self._keys.ranks(places))])))

    def modalities(self, places: Places) -> tuple[str, ...]:
        """Every modality of these studies, in order."""
        held = self._columns["modalities"].values(places)
        return tuple(sorted({each for value in held for each in value.split("\\") if each}))

    def page(self, places: Places, query: WorklistQuery) -> Found:
        """One page of the keys of these studies in the order asked for; ties are broken by key, so no row comes twice."""
        page = sensible_page(query, len(places))
        before = query.rows_before(page)
        keys = self._between(places, Order(query), before, before + query.page_size)
        return Found(keys, len(places), is_exact=True, page=page)

    def _meeting(self, places: Places, asked: Asked) -> Places:
        if isinstance(asked, Columns):
            first = "\0" if asked.first is None and isinstance(asked.last, str) else asked.first
            column = self._columns[asked.column]
            return column.between(places, first=first, last=asked.last, end=asked.end)
        if isinstance(asked, Held):
            return self._holding(places, asked)
        if asked.column:
            return self._columns[asked.column].meeting(places, asked.test())
        return self._worded(places, asked)

    def _holding(self, places: Places, held: Held) -> Places:
        column = self._texts[held.column]
        for text in held.texts:
            alike = held.are_capitals_alike(text)
            places = column.holding(places, text, whatever_capitals=alike)
        return places

    def _worded(self, places: Places, words: Words) -> Places:
        flags = np.zeros(len(places), np.bool_)
        for column in self._texts.values():
            if words.span is None:
                flags |= column.having(places, column.with_words(words.words))
            else:
                flags |= column.having(places, column.with_words_between(*words.span))
        return places[flags]

    def _between(self, places: Places, order: Order, first: int, end: int) -> tuple[str, ...]:
        """The keys of these studies that have the places from one to another in an order."""
        count = len(places)
        first, end = min(first, count), min(end, count)
        if first == end:
            return ()
        if order.is_descending:
            first, end = count - end, count - first
        columns = [*(self._columns[name_of(each)] for each in order.columns), self._keys]
        ranks = columns[0].ranks(places)
        least, greatest = np.partition(ranks, [first, end - 1])[[first, end - 1]]
        skipped = first - int(np.count_nonzero(ranks < least))
        among = places[(ranks >= least) & (ranks <= greatest)]
        in_order = among[np.lexsort([each.ranks(among) for each in reversed(columns)])]
        page = in_order[skipped : skipped + end - first]
        if order.is_descending:
            page = page[::-1]
        return tuple(self._keys.value(place) for place in page.tolist())


def read_roll(session: Session, go_on: Callable[[], bool]) -> Roll | None:
    """Every study of the session's organization, as it sees them.

    Args:
        session: Of one organization.
        go_on: Asked from time to time; where it says no, nothing is read any further and there is no roll.
    """
    roll = Roll(last_change(session))
    found = session.exec(_every(), execution_options={"yield_per": _AT_ONCE})
    for rows in found.partitions():
        if not go_on():
            found.close()
            return None
        roll.add(rows)
    roll.prepare()
    return roll


@cache
def _every() -> Any:
    return select_columns(*(getattr(Study, name) for name in _COLUMNS))


@cache
def _some(dialect_name: str) -> Any:
    return _every().where(is_among_given(STUDY_KEY, "keys", dialect_name))
