"""Which studies a list has where it is known beforehand that they are among some thousands: these are asked what they must meet.

They are those within somebody's reach who does not reach all, or those that have one of few words. Which a list has where they
may be any of all studies is in `models.worklist_finding`.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import SQLColumnExpression
from sqlmodel import Session, col, select

from backend.core.worklist_query import WorklistQuery
from backend.models import worklist_pages
from backend.models.among import as_keys, is_among_many
from backend.models.studies import Study
from backend.models.verdicts import Named, Reach, between
from backend.models.worklist_criteria import (
    MAYBE_HELD,
    MOST_HELD,
    STUDY_KEY,
    Asked,
    Columns,
    Conditions,
    Criterion,
    Held,
    Words,
    is_told,
    met_each,
)
from backend.models.worklist_lookups import IN_ROW, those_of
from backend.models.worklist_pages import (
    Found,
    Order,
    enough_for,
    index_of,
    name_of,
    page_among_all,
    page_among_enough,
    stretch,
)
from backend.models.worklist_sizes import KnownSizes

# So many more studies are asked at once than are likely to be enough: to ask again takes another statement.
_ASKED_BESIDE = 0.25
FEW = 200
"""So few are asked together without further thought."""

# What the following costs, where looking up whether a study of this key has a word costs 1.
LISTING = {"sqlite": 0.05, "postgresql": 0.07}
"""To be told the key of one study that has a word, where all are."""
TOLD = 0.1
"""To ask one thing more, where a look tells several."""
SCANNED = {"sqlite": math.inf, "postgresql": 0.25}
"""To look at the row of one study within reach, where all are looked at."""
LOOK_APART = {"sqlite": 25, "postgresql": 10}
"""To look at a study by its key costs as much as going so many entries on in an index; an encrypted page is dear."""


def within(
    session: Session, query: WorklistQuery, conditions: Conditions, sizes: KnownSizes
) -> "Within | None":
    """The list, if it is known which studies it is among; else None."""
    if conditions.within is not None:
        return Within(session, query, conditions, sizes, conditions.within.study_keys)
    if any(isinstance(each, Reach) for each in conditions.criteria):
        return None
    held = [each for each in conditions.criteria if isinstance(each, Held)]
    words = sizes.of_words(session, _named_words(conditions.criteria))
    if not held or min(words, default=MOST_HELD) < MAYBE_HELD:
        return None
    for each in sorted(held, key=lambda one: one.size):
        if each.among is not None:
            keys = _having(session, each.among)
            return Within(session, query, conditions, sizes, tuple(sorted({*keys})))
        if not each.is_number:
            continue
        keys = _holding(session, each)
        if len(keys) <= MOST_HELD:
            rest = tuple(other for other in conditions.criteria if other is not each)
            conditions = replace(conditions, criteria=rest)
            return Within(session, query, conditions, sizes, tuple(sorted(keys)))
    return None


def _holding(session: Session, held: Held) -> Sequence[str]:
    """The keys of all studies that hold a text, up to one too many."""
    return _as_one(session, held.keys().limit(MOST_HELD + 1).subquery().c.id)


def _having(session: Session, words: Words) -> Sequence[str]:
    """The keys of all studies that have one of these words; a study may come twice, if not `once`."""
    return _as_one(session, words.keys().subquery().c.study_key)


def _as_one(session: Session, keys: SQLColumnExpression[str]) -> Sequence[str]:
    """Keys are read as one value: thousands of rows take longer."""
    kind = session.get_bind().dialect.name
    found: Sequence[str] = session.exec(select(as_keys(keys, kind))).one()
    return found


class Within:
    """A list of some of the studies that are among these.

    Args:
        session: An open session.
        query: The question.
        conditions: What studies must meet.
        sizes: How many studies meet a criterion.
        keys: Of all that may be on the list, in the order of arrival.
    """

    def __init__(
        self,
        session: Session,
        query: WorklistQuery,
        conditions: Conditions,
        sizes: KnownSizes,
        keys: tuple[str, ...],
    ) -> None:
        self._session = session
        self._query = query
        self._reach = conditions.within
        self._criteria = [each for each in conditions.criteria if not isinstance(each, Reach)]
        self._as_of = conditions.as_of
        self._sizes = sizes
        self._among = keys
        self._kind = session.get_bind().dialect.name
        self._order = Order(query)

    def found(self) -> Found:
        """One page of keys in the order asked for."""
        keys, asked = self._narrowed()
        columns = self._order.columns
        if asked and not columns:
            return page_among_enough(self._query, self._first(keys, asked, enough_for(self._query)))
        if columns and not self._criteria and self._is_sooner_walked_to(len(keys)):
            return self._walked_to(len(keys))
        return page_among_all(self._query, self._met_of(keys, asked))

    def count(self) -> tuple[int, bool]:
        """How many studies there are, and whether they were counted to the end."""
        keys, asked = self._narrowed()
        if not asked:
            return len(keys), True
        most = worklist_pages.COUNTED
        total = min(len(self._first(keys, asked, most + 1)), most + 1)
        return total, total <= most

    def _narrowed(self) -> tuple[Sequence[str], list[Asked]]:
        """The keys that may meet everything, in the order of arrival, and what they must still be asked.

        Where few studies have a word, all of them are told sooner than each of these is looked up.
        """
        keys: Sequence[str] = self._between_ends()
        asked = list(self._criteria)
        words = _named_words(asked)
        sizes = self._sizes.of_words(self._session, words)
        sized: list[tuple[int, Words, Asked]] = [
            (size, each, each) for size, each in zip(sizes, words, strict=True)
        ]
        if self._reach is not None:
            holding = [each for each in asked if isinstance(each, Held)]
            sized += [(each.size, each.among, each) for each in holding if each.among is not None]
        for size, having_one, criterion in sorted(sized, key=lambda one: one[0]):
            if size * LISTING[self._kind] <= len(keys) * (TOLD if is_told(criterion) else 1):
                having = frozenset(_having(self._session, having_one))
                keys = [key for key in keys if key in having]
                if criterion is having_one:
                    asked.remove(criterion)
        return keys, asked

    def _between_ends(self) -> Sequence[str]:
        """Those that came before the list was opened, as far as dates can be among them that are asked for."""
        keys = between(self._among, None, self._as_of or None)
        for each in self._criteria:
            if isinstance(each, Columns) and each.column == "study_date":
                has_first, has_last = each.first is not None, each.last is not None
                ends = each.ends(self._session, first=has_first, last=has_last)
                keys = between(keys, *ends)
        return keys

    def _first(self, keys: Sequence[str], asked: Sequence[Asked], enough: int) -> Sequence[str]:
        """The first that meet everything, in the order of arrival: enough of them, or all.

        Some are asked after the other; how many of them meet it says how many are to be asked next.
        """
        keys = keys[::-1] if self._order.is_descending else keys
        found: list[str] = []
        begin, met = 0, self._likely(asked)
        while begin < len(keys) and len(found) < enough:
            wanted = math.ceil((enough - len(found)) * (1 + _ASKED_BESIDE) / met)
            some = keys[begin : begin + max(FEW, wanted)]
            if self._is_sooner_scanned(some):
                some = keys[begin:]
            found += self._met_of(some, asked)
            begin += len(some)
            met = max(len(found), 1) / begin
        return found

    def _likely(self, asked: Sequence[Asked]) -> float:
        """Which part of the studies meets everything, as far as words tell."""
        words = _named_words(asked)
        everything = self._sizes.of_all(self._session)
        sized = self._sizes.of_words(self._session, words)
        return max(1 / everything, math.prod(min(1.0, size / everything) for size in sized))

    def _met_of(self, keys: Sequence[str], asked: Sequence[Asked]) -> Sequence[str]:
        """Those of these keys that meet everything, in the order asked for."""
        if not asked and not self._order.columns:
            return sorted(keys, reverse=self._order.is_descending)
        if self._reach is None or not self._is_sooner_scanned(keys):
            return those_of(self._session, keys, asked, self._order)
        scanned = self._scanned(self._reach, asked)
        found: Sequence[str] = self._session.exec(scanned, params=self._reach.given).all()
        if len(keys) == len(self._among):
            return found
        wanted = frozenset(keys)
        return [key for key in found if key in wanted]

    def _is_sooner_scanned(self, keys: Sequence[str]) -> bool:
        """Whether the rows of all within reach are looked at sooner than these are looked up."""
        return self._reach is not None and len(self._among) * SCANNED[self._kind] < len(keys)

    def _scanned(self, reach: Named, asked: Sequence[Asked]) -> Any:
        """The keys of all within reach that meet everything, in this order, as the rows lie. Of PostgreSQL."""
        names = {each.column for each in asked} & {*IN_ROW}
        columns = {"id": STUDY_KEY, **{each: getattr(Study, each) for each in sorted(names)}}
        columns |= {name_of(each): each for each in self._order.columns}
        # With `OFFSET 0`, or it would begin at all studies that meet one of the others.
        within = select(*columns.values()).where(reach.met_by_index()).offset(0).subquery()
        statement = select(within.c.id).where(*met_each(within.c.id, asked, IN_ROW, within.c))
        order = [within.c[name_of(each)] for each in self._order.columns]
        return statement.order_by(*self._order.by(within.c.id, order))

    def _is_sooner_walked_to(self, total: int) -> bool:
        """Whether the page of so many studies is reached through the index of the order sooner than by a look at each of them."""
        wanted = stretch(self._query, total, is_exact=True)
        rows = wanted.skipped + wanted.length
        return rows * self._sizes.of_all(self._session) <= total * total * LOOK_APART[self._kind]

    def _walked_to(self, total: int) -> Found:
        """The page, by the index of the order, from the nearer end."""
        wanted = stretch(self._query, total, is_exact=True)
        statement = select(STUDY_KEY).where(is_among_many(self._session, STUDY_KEY, self._among))
        if self._as_of:
            statement = statement.where(col(Study.id) <= self._as_of)
        index = index_of(self._order.columns)
        statement = statement.with_hint(Study, f"INDEXED BY {index}", "sqlite")
        by = self._order.by(STUDY_KEY, self._order.columns, backwards=wanted.backwards)
        statement = statement.order_by(*by).limit(wanted.length)
        keys = self._keys(statement.offset(wanted.skipped) if wanted.skipped else statement)
        return Found(wanted.of(keys), total, is_exact=True, page=wanted.page)

    def _keys(self, statement: Any) -> Sequence[str]:
        found: Sequence[str] = self._session.exec(statement).all()
        return found


def _named_words(asked: Sequence[Criterion]) -> list[Words]:
    """Those of the criteria that are words, where these are not too many to name."""
    return [each for each in asked if isinstance(each, Words) and each.span is None]
