"""Which studies a list has: one page of keys, counted, filtered and sorted by the database. What is shown of them is in `models.worklist`."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard, cast

from sqlalchemy import ColumnElement, SQLColumnExpression, func, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.models.among import is_among, rows_of
from backend.models.search_words import SearchWord
from backend.models.studies import TEXTS_BY_KEY, TOLD_BY_KEY, Study
from backend.models.verdicts import Named, Reach
from backend.models.worklist_counts import whole_count
from backend.models.worklist_criteria import (
    LISTED,
    STUDY_KEY,
    TEXTS_HINT,
    TOLD_HINT,
    Columns,
    Conditions,
    Criterion,
    Held,
    Words,
    told_by_key,
)
from backend.models.worklist_sizes import KnownSizes

ORDERS: dict[WorklistColumn, tuple[SQLColumnExpression[Any], ...]] = {
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

_Sized = tuple[int, Criterion]
"""How many studies meet a criterion, as far as that is known, and the criterion."""
_Asked = Words | Columns | Held
_Driver = _Asked | Reach

COUNTED = 1000
"""Several criteria together are counted this far, and then it is `more than`."""
# So many more studies within reach are asked at once than are likely to be enough: to ask again takes another statement.
ASKED_BESIDE = 0.25
# To look at a study by its key costs as much as going so many entries on in an index; an encrypted page is dear.
LOOK_APART = {"sqlite": 25, "postgresql": 10}
# Going on to the next key of a word, to the next study with all that is told of it, and listing a key, in look-ups.
_STEP = 0.1
TOLD_STEP = {"sqlite": 0.4, "postgresql": 0.15}
# The same where studies are named, and each is looked up.
NAMED_STEP = 1.0
# The same where a text is looked into; all are. And to look up a text, which only the row has.
HELD_STEP = {"sqlite": 0.06, "postgresql": 0.08}
HELD_APART = {"sqlite": 1.0, "postgresql": 0.3}
LISTING = {"sqlite": 1.0, "postgresql": 0.1}
# So few keys are looked up without further thought.
FEW = 200


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


def find(
    session: Session, query: WorklistQuery, conditions: Conditions, sizes: KnownSizes
) -> Found:
    """One page of keys in the order asked for; ties are broken by key, so no row comes twice."""
    return _Listing(session, query, conditions, sizes).found()


def count(session: Session, conditions: Conditions, sizes: KnownSizes) -> tuple[int, bool]:
    """How many studies there are, and whether they were counted to the end."""
    return _Listing(session, WorklistQuery(), conditions, sizes).count()


class _Listing:
    """Looks through the studies of one criterion for what meets the others, and stops when it has enough."""

    def __init__(
        self, session: Session, query: WorklistQuery, conditions: Conditions, sizes: KnownSizes
    ) -> None:
        self._session = session
        self._query = query
        self._as_of = conditions.as_of
        self._kind = session.get_bind().dialect.name
        self._order = _order(query)
        criteria = conditions.criteria
        # One alone has nothing to be compared with.
        sized = [LISTED] if len(criteria) == 1 else sizes.of_each(session, criteria)
        self._criteria = sorted(zip(sized, criteria, strict=True), key=lambda each: each[0])
        self._everything = sizes.of_all(session)
        self._named = next((each for each in criteria if isinstance(each, Named)), None)

    def found(self) -> Found:
        if self._is_met_by_none():
            return self._page(0)
        if self._named is not None and self._driver[1] is None:
            return self._page_of_named(self._named)
        if self._is_counted_whole():
            total = self._counted_whole()
            if total > COUNTED:
                return self._page(total)
            return self._part_of(self._in_order(self._keys(self._scanned())))
        if self._is_scanned_in_order():
            return self._page_of(self._keys(self._scanned(backwards=False).limit(self._enough)))
        most = self._most_ordered
        keys = self._keys(self._some(most + 1))
        if len(keys) > most:
            return self._page(len(keys), is_exact=False)
        return self._part_of(self._in_order(keys))

    def count(self) -> tuple[int, bool]:
        if self._is_met_by_none():
            return 0, True
        if self._is_counted_whole():
            return self._counted_whole(), True
        if self._named is not None and self._driver[1] is None:
            total = min(len(self._found_among(self._named, COUNTED + 1)), COUNTED + 1)
            return total, total <= COUNTED
        total = self._counted(self._some(COUNTED + 1))
        return total, total <= COUNTED

    def _is_met_by_none(self) -> bool:
        """Whether nothing at all has one of the words."""
        return any(isinstance(each, Words) and each.are_unknown for _, each in self._criteria) or (
            self._named is not None and not self._named.study_keys
        )

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
    def _driver(self) -> tuple[int, _Driver | None]:
        """The criterion whose studies are looked through, and through how many; None for all studies, as one index tells them.

        The one that costs least; but where the list is in the order of arrival, one that is in that order and need not be sorted.
        """
        part = min(1.0, COUNTED / max(self._expected, 1.0))
        told = [(size, each) for size, each in self._criteria if _is_told(each)]
        within = [each for each in self._criteria if isinstance(each[1], Reach)]
        rest = [each for _, each in self._criteria if not isinstance(each, Reach | Named)]
        looked_up = sum(self._looking(each) for each in rest if not _is_told(each))
        choices: list[tuple[float, int, _Driver | None]] = []
        for size, each in self._criteria:
            if isinstance(each, Named):
                continue  # they are walked, as all studies are
            looked_through = size * part
            if self._kind == "postgresql" and not each.once:
                # To tell each key once it reads them all; beyond `LISTED` they may be any number.
                looked_through = size if size < LISTED else self._everything
            further = self._further(each, looked_through)
            choices.append(
                (self._steps(each, size, looked_through) + further, int(looked_through), each)
            )
        everything, step = self._everything, TOLD_STEP[self._kind]
        if self._named is not None:
            everything, step = len(self._named.study_keys), NAMED_STEP
        walked = everything * part
        met = math.prod(min(1.0, size / self._everything) for size, _ in told)
        if told or self._named is not None or not choices:
            cost = walked * (step + met * looked_up)
            cost += sum(self._listing(*each, walked * met) for each in within)
            choices.append((cost, int(walked), None))
        choices.sort(key=lambda each: each[0])
        in_order = [each for each in choices if self._comes_in_order(each[2])]
        if not self._order and in_order and in_order[0][0] <= 2 * choices[0][0]:
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
        if rest and (isinstance(driver, Reach) or (listed and self._kind == "postgresql")):
            # Or each key would be looked up before it is put in order, or asked whether it is listed.
            first = self._directed_by(key, statement, backwards).offset(0).subquery()
            key = first.c[0]
            statement = select(key)
        return self._directed_by(key, statement.where(*_looked_up(key, rest)), backwards)

    def _some(self, count: int) -> Any:
        """So many of the keys that meet everything, the newest where they lie in that order."""
        is_in_order = self._comes_in_order(self._driver[1])
        return self._scanned(backwards=False if is_in_order else None).limit(count)

    @property
    def _most_ordered(self) -> int:
        """So many keys are found before they are put into another order; all that are within reach, where they are named."""
        return COUNTED if self._named is None else len(self._named.study_keys)

    def _is_scanned_in_order(self) -> bool:
        return not self._order and self._comes_in_order(self._driver[1])

    def _comes_in_order(self, driver: _Driver | None) -> bool:
        """Whether the keys that a criterion has lie in the order of arrival."""
        if isinstance(driver, Held):
            return driver.is_common and self._kind == "sqlite"  # by the index of texts
        return driver is None or driver.is_in_order

    @property
    def _enough(self) -> int:
        """So many keys in order tell every page that is turned to, and whether there are more."""
        return COUNTED + self._query.page_size

    def _page_of(self, keys: Sequence[str]) -> Found:
        """The page, where all keys are known in order, or at least all that are counted."""
        total = min(len(keys), COUNTED + 1)
        page = self._sensible_page(total)
        before = self._query.rows_before(page)
        found = tuple(keys[before : before + self._query.page_size])
        return Found(found, total, total <= COUNTED, page)

    def _page_of_named(self, named: Named) -> Found:
        """The page, where what is within reach is gone through: in another order than that of arrival mostly all of it."""
        if not self._order and self._others:
            return self._page_of(self._found_among(named, self._enough))
        keys = self._between_ends(named).study_keys
        if not self._order:
            return self._part_of(self._in_order(keys))
        if not self._others and self._is_sooner_walked_to(len(keys)):
            return self._page(len(keys))
        return self._part_of(self._keys(self._those_of(keys, self._others, self._order)))

    def _is_sooner_walked_to(self, total: int) -> bool:
        """Whether the page of so many studies is reached through the index of the order sooner than by a look at each of them."""
        before = self._query.rows_before(self._sensible_page(total))
        wanted = min(before, total - before) + self._query.page_size
        return wanted * self._everything <= total * total * LOOK_APART[self._kind]

    @property
    def _others(self) -> list[_Sized]:
        """All criteria but those within reach that are named."""
        return [each for each in self._criteria if each[1] is not self._named]

    def _part_of(self, keys: Sequence[str]) -> Found:
        """The page, where all keys are known, and in order."""
        page = self._sensible_page(len(keys))
        before = self._query.rows_before(page)
        found = tuple(keys[before : before + self._query.page_size])
        return Found(found, len(keys), is_exact=True, page=page)

    def _in_order(self, keys: Sequence[str]) -> Sequence[str]:
        """These keys, in the order asked for."""
        if self._order and keys:
            return self._keys(self._those_of(keys, (), self._order))
        return sorted(keys, reverse=self._query.descending)

    def _found_among(self, named: Named, enough: int) -> Sequence[str]:
        """The first studies within reach that meet everything, in the order of arrival: enough of them, or all."""
        keys = self._between_ends(named).study_keys
        keys = keys[::-1] if self._query.descending else keys
        found: list[str] = []
        met = math.prod(min(1.0, size / self._everything) for size, _ in self._others)
        together = round(max(FEW, enough * (1 + ASKED_BESIDE) / max(met, 1 / (len(keys) + 1))))
        for begin in range(0, len(keys), together):
            some = keys[begin : begin + together]
            found += self._keys(self._those_of(some, self._others, ()))
            if len(found) >= enough:
                break
        return found

    def _those_of(
        self,
        keys: Sequence[str],
        criteria: Sequence[_Sized],
        order: tuple[SQLColumnExpression[Any], ...],
    ) -> Any:
        """Those of these keys that meet the criteria, in this order: one look tells most of what is asked of a study."""
        if self._kind == "postgresql":
            # The row is at hand. With `OFFSET 0` it is looked up by each key; a join would rather go through all studies.
            told = [each for _, each in criteria if _is_told(each, (*TOLD_BY_KEY, *TEXTS_BY_KEY))]
            rows = rows_of(keys)
            row: Any = select(STUDY_KEY, *order).where(rows.c.key == STUDY_KEY)
            row = row.where(*(each.told(Study) for each in told)).offset(0).lateral()
            key, *columns = row.c
            statement = select(key).select_from(rows).join(row, true())
        else:
            is_ordered_by_text = any(_name(column) not in TOLD_BY_KEY for column in order)
            is_nothing_told = not order and not any(_is_told(each) for _, each in criteria)
            is_text = is_ordered_by_text or is_nothing_told
            names, hint = (TEXTS_BY_KEY, TEXTS_HINT) if is_text else (TOLD_BY_KEY, TOLD_HINT)
            told = [each for _, each in criteria if _is_told(each, names)]
            key, columns = STUDY_KEY, list(order)
            statement = select(key).where(is_among(self._session, key, keys))
            statement = statement.where(*(each.told(Study) for each in told))
            statement = statement.with_hint(Study, hint, "sqlite")
        others = [each for each in criteria if each[1] not in told]
        looked_through = 0 if self._kind == "sqlite" else len(keys)
        listed, rest = self._told_apart(others, looked_through, in_order=False)
        statement = statement.where(*self._among(key, listed, in_order=False))
        statement = statement.where(*_looked_up(key, rest))
        return statement.order_by(
            *(self._directed(each, backwards=False) for each in columns),
            self._directed(key, backwards=False, is_key=True),
        )

    def _page(self, total: int, *, is_exact: bool = True) -> Found:
        """The page, where not all keys are known: read in the order asked for, a far one from the nearer end.

        Args:
            total: How many studies there are; if they were not counted to the end, more.
            is_exact: Whether they were counted to the end.
        """
        size = self._query.page_size
        page = self._sensible_page(total)
        before = self._query.rows_before(page)
        length = max(0, min(size, total - before)) if is_exact else size
        if not length:
            return Found((), total, is_exact, page)
        after = total - before - length
        backwards = is_exact and after < before
        skipped = after if backwards else before
        statement = self._ordered(backwards=backwards).limit(length)
        found = self._keys(statement.offset(skipped) if skipped else statement)
        return Found(tuple(reversed(found) if backwards else found), total, is_exact, page)

    def _sensible_page(self, total: int) -> int:
        return min(self._query.page, self._query.page_count(total))

    def _ordered(self, *, backwards: bool) -> Any:
        """The keys that meet everything, in the order asked for or, backwards, from its end."""
        if self._is_scanned_in_order():
            return self._scanned(backwards=backwards)
        statement = self._walked(self._order, backwards=backwards)
        columns = (self._directed(column, backwards) for column in self._order)
        return self._directed_by(STUDY_KEY, statement.order_by(*columns), backwards)

    def _walked(
        self, order: tuple[SQLColumnExpression[Any], ...], *, backwards: bool = False
    ) -> Any:
        """The keys that meet everything, looked for among all studies, by the index that has them in this order."""
        statement = self._until(select(Study.id), STUDY_KEY, in_order=not order)
        if order and self._kind == "postgresql":
            statement = statement.where(*self._from_where_it_is_met(order[0], backwards=backwards))
        # PostgreSQL has the rows at hand, and looks into them sooner than into another index.
        is_row = not order or self._kind == "postgresql"
        names = TOLD_BY_KEY if is_row else [_name(each) for each in order[:1]]
        told: list[_Asked] = [each for _, each in self._criteria if _is_told(each, names)]
        if self._kind == "postgresql":
            told += [each for _, each in self._criteria if isinstance(each, Held)]
        others = [each for each in self._criteria if each[1] not in told]
        statement = statement.where(*(each.told(Study) for each in told))
        looked_through = 0 if order or self._kind == "sqlite" else self._driver[0]
        listed, rest = self._told_apart(others, looked_through, in_order=not order)
        statement = statement.where(*self._among(STUDY_KEY, listed, in_order=not order))
        if len(rest) == 1 and isinstance(rest[0], Words) and rest[0].is_in_order:
            # The keys of one word lie closer together than those of all studies.
            statement = statement.where(rest[0].on(STUDY_KEY))
        else:
            statement = statement.where(*_looked_up(STUDY_KEY, rest))
        return statement.with_hint(
            Study, f"INDEXED BY {_index(order, is_told=bool(told))}", "sqlite"
        )

    def _from_where_it_is_met(
        self, column: SQLColumnExpression[Any], *, backwards: bool
    ) -> Iterator[ColumnElement[bool]]:
        """That a walk in the order of a column begins at the first value that meets what is asked of it.

        The index tells that value by itself; on the way there each row would have to be looked at.
        """
        is_descending = self._query.descending != backwards
        for _, each in self._criteria:
            if _is_told(each) and each.column == _name(column):
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
        if self._expected <= 2 * COUNTED:
            return tuple(each.ends(self._session) for each in dates)
        # Enough is met before the other end.
        if self._query.descending:
            late = (each for each in dates if each.last is not None)
            return tuple(each.ends(self._session, first=False) for each in late)
        early = (each for each in dates if each.first is not None)
        return tuple(each.ends(self._session, last=False) for each in early)

    def _among(
        self, key: SQLColumnExpression[str], listed: Sequence[_Sized], *, in_order: bool
    ) -> Iterator[ColumnElement[bool]]:
        """The conditions that a key is in the lists; what keys that come in order are between, is all that is read of a list."""
        for _, each in listed:
            if isinstance(each, Named):
                named = self._between_ends(each) if in_order else each
                yield named.are(self._session, key)
                continue
            keys = each.keys()
            if in_order and isinstance(each, Words):
                keys = self._until(keys, col(SearchWord.study_key), in_order=True)
            if isinstance(each, Reach) and self._kind == "sqlite":
                # Or it would look up, of every key within reach, whether it meets the rest.
                yield func.coalesce(key, key).in_(keys)
            else:
                yield key.in_(keys)

    def _between_ends(self, named: Named) -> Named:
        """Those that came before the list was opened, as far as dates can be among them that are asked for."""
        for first, last in ((None, self._as_of or None), *self._ends):
            named = named.between(first, last)
        return named

    def _told_apart(
        self, criteria: Sequence[_Sized], looked_through: float, *, in_order: bool
    ) -> tuple[list[_Sized], list[_Asked]]:
        """The criteria whose keys are listed, as those within reach always are, and those that each key is looked up in.

        Args:
            criteria: What keys are to meet.
            looked_through: How many keys are.
            in_order: Whether they come in the order of arrival.
        """
        listed: list[_Sized] = []
        rest: list[_Asked] = []
        for size, each in criteria:
            if isinstance(each, Reach | Named) or self._is_listed(
                size, each, looked_through, in_order=in_order
            ):
                listed.append((size, each))
            else:
                rest.append(each)
        return listed, rest

    def _is_listed(
        self, size: int, criterion: _Asked, looked_through: float, *, in_order: bool
    ) -> bool:
        """Whether listing all keys that meet it costs less than looking each key up."""
        are_merged = in_order and criterion.is_in_order and self._kind == "postgresql"
        if are_merged and looked_through > FEW:
            return True  # two lists in the same order, and no further than is asked for
        if self._kind == "sqlite" and _is_told(criterion):
            return False
        return size < LISTED and size * LISTING[self._kind] <= looked_through

    def _further(self, driver: _Driver, looked_through: float) -> float:
        """What it costs to tell of so many keys of a criterion whether they meet the others, in look-ups."""
        others = [each for each in self._criteria if each[1] is not driver]
        listed, rest = self._told_apart(others, looked_through, in_order=driver.is_in_order)
        cost = sum(self._listing(*each, looked_through) for each in listed)
        if self._kind == "postgresql":
            looked_through *= math.prod(min(1.0, size / self._everything) for size, _ in listed)
        apart = sum(self._looking(each) for each in rest if not _is_told(each))
        return cost + looked_through * (apart + any(_is_told(each) for each in rest))

    def _steps(self, driver: _Driver, size: int, looked_through: float) -> float:
        """What it costs to go through a criterion's studies, in look-ups."""
        if isinstance(driver, Held):
            return self._everything * HELD_STEP[self._kind]
        # What is within reach is listed whole, and put in order.
        return (size if isinstance(driver, Reach) else looked_through) * _STEP

    def _looking(self, criterion: _Asked) -> float:
        """What it costs to look up whether one key meets a criterion that is not told by key, in look-ups."""
        return HELD_APART[self._kind] if isinstance(criterion, Held) else 1.0

    def _listing(self, size: int, criterion: Criterion, looked_through: float) -> float:
        """What it costs to list the keys of a criterion, in look-ups, where so many are asked whether they are listed."""
        if isinstance(criterion, Reach | Named):
            return (size + looked_through) * _STEP
        return min(looked_through, size * LISTING[self._kind])

    def _directed_by(
        self, key: SQLColumnExpression[str], statement: Any, backwards: bool | None
    ) -> Any:
        if backwards is None:
            return statement
        return statement.order_by(self._directed(key, backwards, is_key=True))

    def _directed(
        self, column: SQLColumnExpression[Any], backwards: bool, *, is_key: bool = False
    ) -> Any:
        is_descending = self._query.descending != backwards
        directed = column.desc() if is_descending else column.asc()
        is_of_people = bool(self._order) and self._query.order_by is WorklistColumn.ASSIGNED
        if not is_of_people or is_key:
            return directed
        # By themselves the databases disagree about where nobody belongs.
        return directed.nulls_first() if is_descending else directed.nulls_last()

    def _keys(self, statement: Any) -> Sequence[str]:
        found: Sequence[str] = self._session.exec(statement).all()
        return found

    def _counted(self, keys: Any) -> int:
        return self._session.exec(select(func.count()).select_from(keys.subquery())).one()


def _looked_up(
    key: SQLColumnExpression[str], criteria: Sequence[_Asked]
) -> Iterator[ColumnElement[bool]]:
    """The conditions on keys that come in order: one look tells all that is told of a key, the rest is looked up each."""
    told = [each for each in criteria if _is_told(each)]
    yield from (each.on(key) for each in criteria if not _is_told(each))
    if told:
        yield told_by_key(key, told)


def _first_that_meets(criterion: _Asked, *, is_descending: bool) -> Any:
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


def _order(query: WorklistQuery) -> tuple[SQLColumnExpression[Any], ...]:
    """The columns that the list is ordered by before the key."""
    chosen = getattr(query, _ALONE.get(query.order_by, ""), ())
    is_alike = bool(chosen) and (isinstance(chosen, str) or len(chosen) == 1)
    return () if is_alike else ORDERS[query.order_by]


def _name(column: SQLColumnExpression[Any]) -> str:
    return str(cast("Any", column).key)


def _is_told(criterion: Criterion, names: Sequence[str] = TOLD_BY_KEY) -> TypeGuard[_Asked]:
    """Whether one of these columns tells whether it is met."""
    return not isinstance(criterion, Reach | Named) and criterion.column in names


def _index(order: tuple[SQLColumnExpression[Any], ...], *, is_told: bool = False) -> str:
    """The index that has the keys in this order."""
    if not order:
        return "ix_studies_told_by_key" if is_told else "ix_studies_by_key"
    name = _name(order[0])
    return "ix_studies_by_date" if name == "study_date" else f"ix_studies_order_{name}"
