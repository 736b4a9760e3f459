"""Which studies a list has: one page of keys, counted, filtered and sorted by the database. What is shown of them is in `models.worklist`.

Where somebody reaches a part of them that is not too large, `models.worklist_within` finds it.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from backend.core.worklist_query import WorklistQuery
from backend.models import worklist_pages
from backend.models.search_words import SearchWord
from backend.models.studies import TEXTS_BY_KEY, TOLD_BY_KEY, Study
from backend.models.verdicts import Reach
from backend.models.worklist_counts import whole_count
from backend.models.worklist_criteria import (
    LISTED,
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
from backend.models.worklist_lookups import those_of
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
from backend.models.worklist_within import Within, within

_Sized = tuple[int, Criterion]
"""How many studies meet a criterion, as far as that is known, and the criterion."""
# Going on to the next key of a word, to the next study with all that is told of it, and listing a key, in look-ups.
_STEP = 0.1
TOLD_STEP = {"sqlite": 0.4, "postgresql": 0.15}
# The same where a text is looked into; all are. And to look up a text, which only the row has.
HELD_STEP = {"sqlite": 0.06, "postgresql": 0.08}
HELD_APART = {"sqlite": 1.0, "postgresql": 0.3}
LISTING = {"sqlite": 1.0, "postgresql": 0.1}
# So few keys are looked up without further thought.
FEW = 200


def find(
    session: Session, query: WorklistQuery, conditions: Conditions, sizes: KnownSizes
) -> Found:
    """One page of keys in the order asked for; ties are broken by key, so no row comes twice."""
    return _looked_for(session, query, conditions, sizes).found()


def count(session: Session, conditions: Conditions, sizes: KnownSizes) -> tuple[int, bool]:
    """How many studies there are, and whether they were counted to the end."""
    return _looked_for(session, WorklistQuery(), conditions, sizes).count()


def _looked_for(
    session: Session, query: WorklistQuery, conditions: Conditions, sizes: KnownSizes
) -> "_Listing | Within":
    among = within(session, query, conditions, sizes)
    return _Listing(session, query, conditions, sizes) if among is None else among


class _Listing:
    """Looks through the studies of one criterion for what meets the others, and stops when it has enough."""

    def __init__(
        self, session: Session, query: WorklistQuery, conditions: Conditions, sizes: KnownSizes
    ) -> None:
        self._session = session
        self._query = query
        self._as_of = conditions.as_of
        self._kind = session.get_bind().dialect.name
        self._order = Order(query)
        criteria = conditions.criteria
        # One alone has nothing to be compared with.
        sized = [LISTED] if len(criteria) == 1 else sizes.of_each(session, criteria)
        self._criteria = sorted(zip(sized, criteria, strict=True), key=lambda each: each[0])
        self._everything = sizes.of_all(session)

    def found(self) -> Found:
        """One page of keys in the order asked for."""
        if self._is_met_by_none():
            return page_among_all(self._query, ())
        if self._is_counted_whole():
            total = self._counted_whole()
            if total > worklist_pages.COUNTED:
                return self._page(total)
            return page_among_all(self._query, self._in_order(self._keys(self._scanned())))
        if self._is_scanned_in_order():
            enough = self._scanned(backwards=False).limit(enough_for(self._query))
            return page_among_enough(self._query, self._keys(enough))
        most = worklist_pages.COUNTED
        keys = self._keys(self._some(most + 1))
        if len(keys) > most:
            return self._page(len(keys), is_exact=False)
        return page_among_all(self._query, self._in_order(keys))

    def count(self) -> tuple[int, bool]:
        """How many studies there are, and whether they were counted to the end."""
        if self._is_met_by_none():
            return 0, True
        if self._is_counted_whole():
            return self._counted_whole(), True
        most = worklist_pages.COUNTED
        total = self._counted(self._some(most + 1))
        return total, total <= most

    def _is_met_by_none(self) -> bool:
        """Whether nothing at all has one of the words."""
        return any(isinstance(each, Words) and each.are_unknown for _, each in self._criteria)

    def _is_counted_whole(self) -> bool:
        """Whether one index tells how many there are, and need not be looked through for the page once more."""
        if any(isinstance(each, Held) for _, each in self._criteria):
            return False
        return all(each.once for _, each in self._criteria) and len(self._criteria) < 2

    def _counted_whole(self) -> int:
        criterion = self._criteria[0][1] if self._criteria else None
        known = whole_count(self._session, criterion, self._as_of)
        return self._counted(self._scanned()) if known is None else known

    @cached_property
    def _expected(self) -> float:
        """How many studies may meet everything, if criteria do not depend on each other."""
        expected = float(self._everything)
        for size, _ in self._criteria:
            expected *= min(1.0, size / self._everything)
        return expected

    @cached_property
    def _driver(self) -> tuple[int, Criterion | None]:
        """The criterion whose studies are looked through, and through how many; None for all studies, as one index tells them.

        The one that costs least; but where the list is in the order of arrival, one that is in that order and need not be sorted.
        """
        part = min(1.0, worklist_pages.COUNTED / max(self._expected, 1.0))
        told = [(size, each) for size, each in self._criteria if is_told(each)]
        within = [each for each in self._criteria if isinstance(each[1], Reach)]
        rest = [each for _, each in self._criteria if not isinstance(each, Reach)]
        looked_up = sum(self._looking(each) for each in rest if not is_told(each))
        choices: list[tuple[float, int, Criterion | None]] = []
        for size, each in self._criteria:
            looked_through = size * part
            if self._kind == "postgresql" and not each.once:
                # To tell each key once it reads them all; beyond `LISTED` they may be any number.
                looked_through = size if size < LISTED else self._everything
            further = self._further(each, looked_through)
            choices.append(
                (self._steps(each, size, looked_through) + further, int(looked_through), each)
            )
        walked = self._everything * part
        met = math.prod(min(1.0, size / self._everything) for size, _ in told)
        if told or not choices:
            cost = walked * (TOLD_STEP[self._kind] + met * looked_up)
            cost += sum(self._listing(*each, walked * met) for each in within)
            choices.append((cost, int(walked), None))
        choices.sort(key=lambda each: each[0])
        in_order = [each for each in choices if self._comes_in_order(each[2])]
        if not self._order.columns and in_order and in_order[0][0] <= 2 * choices[0][0]:
            return in_order[0][1:]
        return choices[0][1:]

    def _scanned(self, *, backwards: bool | None = None) -> Any:
        """The keys that meet everything, each once.

        Args:
            backwards: Whether from the other end than is asked for, in the order of arrival; None for whatever order is quickest.
        """
        looked_through, driver = self._driver
        if driver is None:
            return self._directed_by(STUDY_KEY, self._walked(()), backwards)
        in_order = self._comes_in_order(driver)
        statement = driver.keys()
        key: Any = statement.selected_columns[0]
        statement = self._until(statement, key, in_order=in_order)
        statement = statement if driver.once else statement.distinct()
        others = [each for each in self._criteria if each[1] is not driver]
        listed, rest = self._told_apart(others, looked_through, in_order=in_order)
        statement = statement.where(*self._among(key, listed, in_order=in_order))
        is_apart = isinstance(driver, Reach)
        if self._kind == "postgresql":
            is_apart |= bool(listed) or isinstance(driver, Held)
        if rest and is_apart:
            # Or each key would be looked up before it is put in order, asked whether it is listed, or found to hold a text.
            first = self._directed_by(key, statement, backwards).offset(0).subquery()
            key = first.c[0]
            statement = select(key)
        return self._directed_by(key, statement.where(*met_each(key, rest)), backwards)

    def _some(self, count: int) -> Any:
        """So many of the keys that meet everything, the newest where they lie in that order."""
        is_in_order = self._comes_in_order(self._driver[1])
        return self._scanned(backwards=False if is_in_order else None).limit(count)

    def _is_scanned_in_order(self) -> bool:
        return not self._order.columns and self._comes_in_order(self._driver[1])

    def _comes_in_order(self, driver: Criterion | None) -> bool:
        """Whether the keys that a criterion has lie in the order of arrival."""
        if isinstance(driver, Held):
            return driver.is_common and self._kind == "sqlite"  # by the index of texts
        return driver is None or driver.is_in_order

    def _in_order(self, keys: Sequence[str]) -> Sequence[str]:
        """These keys, in the order asked for."""
        if self._order.columns and keys:
            return those_of(self._session, keys, (), self._order)
        return sorted(keys, reverse=self._order.is_descending)

    def _page(self, total: int, *, is_exact: bool = True) -> Found:
        """The page, where not all keys are known: read in the order asked for, a far one from the nearer end.

        Args:
            total: How many studies there are; if they were not counted to the end, more.
            is_exact: Whether they were counted to the end.
        """
        wanted = stretch(self._query, total, is_exact=is_exact)
        if not wanted.length:
            return Found((), total, is_exact, wanted.page)
        statement = self._ordered(backwards=wanted.backwards).limit(wanted.length)
        keys = self._keys(statement.offset(wanted.skipped) if wanted.skipped else statement)
        return Found(wanted.of(keys), total, is_exact, wanted.page)

    def _ordered(self, *, backwards: bool) -> Any:
        """The keys that meet everything, in the order asked for or, backwards, from its end."""
        if self._is_scanned_in_order():
            return self._scanned(backwards=backwards)
        statement = self._walked(self._order.columns, backwards=backwards)
        columns = self._order.columns
        return statement.order_by(*self._order.by(STUDY_KEY, columns, backwards=backwards))

    def _walked(
        self, order: tuple[SQLColumnExpression[Any], ...], *, backwards: bool = False
    ) -> Any:
        """The keys that meet everything, looked for among all studies, by the index that has them in this order."""
        statement = self._until(select(Study.id), STUDY_KEY, in_order=not order)
        if order and self._kind == "postgresql":
            statement = statement.where(*self._from_where_it_is_met(order[0], backwards=backwards))
        # PostgreSQL has the rows at hand, and looks into them sooner than into another index.
        is_row = not order or self._kind == "postgresql"
        names: Sequence[str] = TOLD_BY_KEY if is_row else [name_of(each) for each in order[:1]]
        if not order and not any(is_told(each) for _, each in self._criteria):
            names = TEXTS_BY_KEY
        told: list[Asked] = [each for _, each in self._criteria if is_told(each, names)]
        if self._kind == "postgresql":
            told += [
                each for _, each in self._criteria if isinstance(each, Held) and each not in told
            ]
        others = [each for each in self._criteria if each[1] not in told]
        statement = statement.where(*(each.told(Study) for each in told))
        looked_through = 0 if order or self._kind == "sqlite" else self._driver[0]
        listed, rest = self._told_apart(others, looked_through, in_order=not order)
        statement = statement.where(*self._among(STUDY_KEY, listed, in_order=not order))
        if len(rest) == 1 and isinstance(rest[0], Words) and rest[0].is_in_order:
            # The keys of one word lie closer together than those of all studies.
            statement = statement.where(rest[0].on(STUDY_KEY))
        else:
            statement = statement.where(*met_each(STUDY_KEY, rest))
        return statement.with_hint(
            Study, f"INDEXED BY {index_of(order, names if told else ())}", "sqlite"
        )

    def _from_where_it_is_met(
        self, column: SQLColumnExpression[Any], *, backwards: bool
    ) -> Iterator[ColumnElement[bool]]:
        """That a walk in the order of a column begins at the first value that meets what is asked of it.

        The index tells that value by itself; on the way there each row would have to be looked at.
        """
        is_descending = self._order.is_descending != backwards
        for _, each in self._criteria:
            if is_told(each) and each.column == name_of(column):
                end = _first_that_meets(each, is_descending=is_descending).scalar_subquery()
                yield column <= end if is_descending else column >= end

    def _until(self, statement: Any, key: SQLColumnExpression[str], *, in_order: bool) -> Any:
        """What arrived later than the list was opened is left out; in order, so is what no date can be among."""
        if self._as_of:
            statement = statement.where(key <= self._as_of)
        for first, last in self._ends if in_order else ():
            statement = statement if first is None else statement.where(key >= first)
            statement = statement if last is None else statement.where(key <= last)
        return statement

    @cached_property
    def _ends(self) -> tuple[tuple[str | None, str | None], ...]:
        """Between which keys dates are that are asked for, as far as it matters."""
        criteria = (each for _, each in self._criteria if isinstance(each, Columns))
        dates = [each for each in criteria if each.column == "study_date"]
        if self._expected <= 2 * worklist_pages.COUNTED:
            return tuple(each.ends(self._session) for each in dates)
        # Enough is met before the other end.
        if self._order.is_descending:
            late = (each for each in dates if each.last is not None)
            return tuple(each.ends(self._session, first=False) for each in late)
        early = (each for each in dates if each.first is not None)
        return tuple(each.ends(self._session, last=False) for each in early)

    def _among(
        self, key: SQLColumnExpression[str], listed: Sequence[_Sized], *, in_order: bool
    ) -> Iterator[ColumnElement[bool]]:
        """The conditions that a key is in the lists; what keys that come in order are between, is all that is read of a list."""
        for _, each in listed:
            keys = each.keys()
            if in_order and isinstance(each, Words):
                keys = self._until(keys, col(SearchWord.study_key), in_order=True)
            if isinstance(each, Reach) and self._kind == "sqlite":
                # Or it would look up, of every key within reach, whether it meets the rest.
                yield func.coalesce(key, key).in_(keys)
            else:
                yield key.in_(keys)

    def _told_apart(
        self, criteria: Sequence[_Sized], looked_through: float, *, in_order: bool
    ) -> tuple[list[_Sized], list[Asked]]:
        """The criteria whose keys are listed, as those within reach always are, and those that each key is looked up in.

        Args:
            criteria: What keys are to meet.
            looked_through: How many keys are.
            in_order: Whether they come in the order of arrival.
        """
        listed: list[_Sized] = []
        rest: list[Asked] = []
        for size, each in criteria:
            if isinstance(each, Reach) or self._is_listed(
                size, each, looked_through, in_order=in_order
            ):
                listed.append((size, each))
            else:
                rest.append(each)
        return listed, rest

    def _is_listed(
        self, size: int, criterion: Asked, looked_through: float, *, in_order: bool
    ) -> bool:
        """Whether listing all keys that meet it costs less than looking each key up."""
        are_merged = in_order and criterion.is_in_order and self._kind == "postgresql"
        if are_merged and looked_through > FEW:
            return True  # two lists in the same order, and no further than is asked for
        if self._kind == "sqlite" and is_told(criterion):
            return False
        whole = self._listing_whole(size, criterion)
        return size < LISTED and whole <= looked_through

    def _listing_whole(self, size: int, criterion: Asked) -> float:
        """What it costs to list all keys of a criterion, in look-ups."""
        if isinstance(criterion, Held) and self._kind == "sqlite":
            return self._everything * HELD_STEP[self._kind]
        # PostgreSQL merges the rows that hold a text with other keys in order, and goes no further than is asked for.
        return size * LISTING[self._kind]

    def _further(self, driver: Criterion, looked_through: float) -> float:
        """What it costs to tell of so many keys of a criterion whether they meet the others, in look-ups."""
        others = [each for each in self._criteria if each[1] is not driver]
        listed, rest = self._told_apart(others, looked_through, in_order=driver.is_in_order)
        cost = sum(self._listing(*each, looked_through) for each in listed)
        if self._kind == "postgresql":
            looked_through *= math.prod(min(1.0, size / self._everything) for size, _ in listed)
        apart = sum(self._looking(each) for each in rest if not is_told(each))
        return cost + looked_through * (apart + any(is_told(each) for each in rest))

    def _steps(self, driver: Criterion, size: int, looked_through: float) -> float:
        """What it costs to go through a criterion's studies, in look-ups."""
        if isinstance(driver, Held):
            return self._everything * HELD_STEP[self._kind]
        # What is within reach is listed whole, and put in order.
        return (size if isinstance(driver, Reach) else looked_through) * _STEP

    def _looking(self, criterion: Asked) -> float:
        """What it costs to look up whether one key meets a criterion that is not told by key, in look-ups."""
        return HELD_APART[self._kind] if isinstance(criterion, Held) else 1.0

    def _listing(self, size: int, criterion: Criterion, looked_through: float) -> float:
        """What it costs to list the keys of a criterion, in look-ups, where so many are asked whether they are listed."""
        if isinstance(criterion, Reach):
            return (size + looked_through) * _STEP
        return min(looked_through, self._listing_whole(size, criterion))

    def _directed_by(
        self, key: SQLColumnExpression[str], statement: Any, backwards: bool | None
    ) -> Any:
        if backwards is None:
            return statement
        return statement.order_by(self._order.by_key(key, backwards=backwards))

    def _keys(self, statement: Any) -> Sequence[str]:
        found: Sequence[str] = self._session.exec(statement).all()
        return found

    def _counted(self, keys: Any) -> int:
        return self._session.exec(select(func.count()).select_from(keys.subquery())).one()


def _first_that_meets(criterion: Asked, *, is_descending: bool) -> Any:
    """The first value of a criterion's column that meets it, in the order of the index of that column."""
    other = aliased(Study)
    value = getattr(other, criterion.column)
    if not (isinstance(criterion, Words) and criterion.is_among_others):
        first = select(value).where(criterion.told(other)).correlate_except(other).limit(1)
        return first.order_by(value.desc() if is_descending else value.asc())
    # From each value to the next, of which there are few, and not through all studies.
    least = func.max if is_descending else func.min
    seen = select(least(value).label(criterion.column)).cte("seen", recursive=True)
    last = getattr(seen.c, criterion.column)
    further = aliased(Study)
    value = getattr(further, criterion.column)
    beyond = select(least(value)).where(value < last if is_descending else value > last)
    following = beyond.correlate_except(further).scalar_subquery()
    seen = seen.union_all(select(following).where(~criterion.told(seen.c)))
    return select(getattr(seen.c, criterion.column)).where(criterion.told(seen.c))
