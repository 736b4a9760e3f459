"""What a study of a list must meet, each criterion by itself. How several are looked up together is in `models.worklist_finding`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, TypeGuard, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    and_,
    bindparam,
    false,
    func,
    or_,
)
from sqlalchemy import select as select_columns
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, col, select

from backend.core.search_words import Facet, beginning_with, facet, facet_value
from backend.models.search_words import (
    PROGRESS,
    REPORT_PROGRESS,
    URGENCY,
    SearchWord,
    VocabularyWord,
)
from backend.models.studies import TOLD_BY_KEY, Study
from backend.models.verdicts import Named, Reach

LISTED = 20_000
"""Beyond this size criteria are counted no further, and their keys are no longer listed."""
STUDY_KEY = col(Study.id)
TOLD_HINT = "INDEXED BY ix_studies_told_by_key"
TEXTS_HINT = "INDEXED BY ix_studies_texts_by_key"

NOBODY = "\U0010ffff"
"""In memory, whom a study is assigned to or read by where that is nobody: after everybody in the order of lists."""

MAYBE_HELD = 2000
"""So many studies may hold a part of a text, where words do not tell: to count them takes as long as to find them."""
MOST_HELD = 5000
"""So many studies that hold a part of a text are named one by one."""

_COLUMNS = {
    Facet.MODALITY: "modalities",
    Facet.STATUS: "progress",
    Facet.PRIORITY: "urgency",
    Facet.ASSIGNED: "assigned_to",
    Facet.CLAIMED: "claimed_by",
    Facet.SEX: "patient_sort_sex",
    Facet.BODY_PART: "body_part_examined",
    Facet.REFERRER: "referring_physician_name",
    Facet.INSTITUTION: "institution_name",
    Facet.TAG: "tags",
    Facet.REPORT: "report_progress",
    Facet.PRIOR: "has_prior",
}
_PLACES: dict[Facet, Mapping[Any, int]] = {
    Facet.STATUS: PROGRESS,
    Facet.PRIORITY: URGENCY,
    Facet.REPORT: REPORT_PROGRESS,
    Facet.PRIOR: {"no": False, "yes": True},
}
_NUMBERS = ("patient_sort_id", "accession_number")
_FOLDED = ("patient_sort_name", "search_description")
_BETWEEN_BACKSLASHES = (Facet.MODALITY, Facet.TAG)


def _looked_up(met: Any) -> ColumnElement[bool]:
    """That there is such a row, asked of each study in turn, in the order in which they are looked through.

    PostgreSQL would rather join, in an order of its own, by guesses that are far off where criteria depend on each other.
    """
    return cast("ColumnElement[bool]", met.with_statement_hint("OFFSET 0", "postgresql").exists())


class place_in(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """Where in a text another begins, from 1; 0 where it does not. For LIKE, PostgreSQL compares letter by letter."""

    name = "instr"
    type = Integer()
    inherit_cache = True


@compiles(place_in, "sqlite")
def _place_in_on_sqlite(element: place_in, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(place_in, "postgresql")
def _place_in_on_postgresql(element: place_in, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words must be among a study's, or a word in this range.

    Attributes:
        words: Words, whole.
        span: Least word, and what the words are below; where there are too many to name.
        once: Whether a study has at most one of them.
        kind: What filter they are values of, None for words of a search.
    """

    words: tuple[str, ...] = ()
    span: tuple[str, str] | None = None
    once: bool = False
    kind: Facet | None = None

    @property
    def are_unknown(self) -> bool:
        """Whether there is no such word."""
        return not self.words and self.span is None

    @property
    def is_in_order(self) -> bool:
        """Whether its keys lie side by side in the order of arrival."""
        return len(self.words) == 1

    @property
    def column(self) -> str:
        """The column of a study that says the same, empty if none does."""
        return "" if self.kind is None else _COLUMNS.get(self.kind, "")

    @property
    def is_among_others(self) -> bool:
        """Whether that column may hold other values beside it, so that its order does not bring together what meets this."""
        return self.kind in _BETWEEN_BACKSLASHES

    def keys(self) -> Any:
        """The keys of the studies that have one; a study may come twice, if not `once`."""
        return select(SearchWord.study_key).where(self._met_by(SearchWord))

    def on(self, key: SQLColumnExpression[str]) -> ColumnElement[bool]:
        """The condition on a study's key, wherever it stands."""
        other = aliased(SearchWord)
        # A range of words is looked for among the words of the study.
        index = "ix_search_words_by_word" if self.span is None else "ix_search_words_by_study"
        found = select(other.study_key).with_hint(other, f"INDEXED BY {index}", "sqlite")
        met = found.where(other.study_key == key, self._met_by(other))
        return _looked_up(met.correlate_except(other))

    def told(self, entity: Any) -> ColumnElement[bool]:
        """The same condition on the column of a study."""
        column = getattr(entity, self.column)
        values = [facet_value(word) for word in self.words]
        if self.kind in _BETWEEN_BACKSLASHES:
            marked = [f"\\{value}\\" for value in values]
            # Unlike LIKE it minds capitals on both databases.
            return or_(*(func.replace(column, each, "") != column for each in marked))
        if self.kind is Facet.ASSIGNED:
            return or_(
                *(column.is_(None) if each == "nobody" else column == each for each in values)
            )
        return cast("ColumnElement[bool]", column.in_(self._as_in_column(values)))

    def test(self) -> Callable[[Any], bool]:
        """The same of a value that the column of a study holds, `NOBODY` for none."""
        values = [facet_value(word) for word in self.words]
        if self.kind in _BETWEEN_BACKSLASHES:
            marked = [f"\\{value}\\" for value in values]
            return lambda held: any(each in held for each in marked)
        if self.kind is Facet.ASSIGNED:
            values = [NOBODY if each == "nobody" else each for each in values]
        return frozenset(self._as_in_column(values)).__contains__

    def _as_in_column(self, values: Sequence[str]) -> list[Any]:
        places: Mapping[Any, Any] = _PLACES.get(self.kind, {}) if self.kind else {}
        return [places.get(each, each) for each in values]

    def _met_by(self, entity: Any) -> ColumnElement[bool]:
        if self.span is not None:
            return and_(entity.word >= self.span[0], entity.word < self.span[1])
        if len(self.words) == 1:
            return cast("ColumnElement[bool]", entity.word == self.words[0])
        return cast("ColumnElement[bool]", entity.word.in_(self.words) if self.words else false())


@dataclass(frozen=True, slots=True)
class Columns:
    """A column of the study must lie between two values.

    Attributes:
        column: Of `Study`, with an index.
        first: Least value, None for any.
        last: Greatest value, None for any.
        end: What the values are below, None for any.
    """

    column: str
    first: Any = None
    last: Any = None
    end: Any = None
    once: ClassVar[bool] = True
    is_in_order: ClassVar[bool] = False

    def keys(self) -> Any:
        """The keys of the studies in between."""
        return select(Study.id).where(self.told(Study))

    def on(self, key: SQLColumnExpression[str]) -> ColumnElement[bool]:
        """The condition on a study's key, wherever it stands."""
        return told_by_key(key, (self,))

    def told(self, entity: Any) -> ColumnElement[bool]:
        """The condition on the column of a study."""
        column = getattr(entity, self.column)
        conditions = [column != ""] if isinstance(self.last, str) else []
        conditions += [column >= self.first] if self.first is not None else []
        conditions += [column <= self.last] if self.last is not None else []
        conditions += [column < self.end] if self.end is not None else []
        return and_(*conditions)

    def dates(self) -> tuple[str, str]:
        """The least word of these dates, and the greatest; of `study_date` only."""
        least, beyond = beginning_with(facet(Facet.STUDY_DATE, ""))
        return (
            facet(Facet.STUDY_DATE, self.first) if self.first else least,
            facet(Facet.STUDY_DATE, self.last) if self.last else beyond,
        )

    def ends(
        self, session: Session, *, first: bool = True, last: bool = True
    ) -> tuple[str | None, str | None]:
        """The first and the last key of all studies of these dates; of `study_date` only.

        Every date has a word: the ends of each lie in the index, and a year has 365.

        Args:
            session: An open session.
            first: Whether the first is wanted; else it is None.
            last: Whether the last is.

        Returns:
            Empty where there is no such study.
        """
        least, greatest = self.dates()
        between = {"least": least, "greatest": greatest}
        found = session.exec(_ends_of_words(first=first, last=last), params=between).one()
        return (found[0] or "" if first else None, found[-1] or "" if last else None)


@dataclass(frozen=True, slots=True)
class Held:
    """A column of the study must hold each of these texts, anywhere.

    Attributes:
        column: Of `Study`, one of `TEXTS_BY_KEY`, with an index that lists are ordered by.
        texts: Folded where the column is.
        among: Words one of which each study has that is looked for, where it is worth while to go through them.
        size: How many studies may hold them.
    """

    column: str
    texts: tuple[str, ...]
    among: Words | None = None
    size: int = MAYBE_HELD
    once: ClassVar[bool] = True
    is_in_order: ClassVar[bool] = False

    @property
    def is_common(self) -> bool:
        """Whether many studies say the same, so that in the order of arrival enough are soon found; else the shortest index is read."""
        return self.column == "search_description"

    @property
    def is_number(self) -> bool:
        """Whether hardly two patients or studies say the same, so that few hold it."""
        return self.column in _NUMBERS

    def keys(self) -> Any:
        """The keys of the studies that hold them."""
        hint = TEXTS_HINT if self.is_common else f"INDEXED BY ix_studies_order_{self.column}"
        return select(Study.id).where(self.told(Study)).with_hint(Study, hint, "sqlite")

    def on(self, key: SQLColumnExpression[str]) -> ColumnElement[bool]:
        """The condition on a study's key, wherever it stands."""
        return told_by_key(key, (self,), TEXTS_HINT)

    def told(self, entity: Any) -> ColumnElement[bool]:
        """The condition on the column of a study."""
        column = getattr(entity, self.column)
        return and_(*(self._holds(column, each) for each in self.texts))

    def are_capitals_alike(self, text: str) -> bool:
        """Whether a capital letter of the column or the text is as good as a small one: elsewhere there are none."""
        return self.column not in _FOLDED and text.upper() != text.lower()

    def _holds(self, column: Any, text: str) -> ColumnElement[bool]:
        # The database need not make small letters of 100,000 values if there are no others.
        if not self.are_capitals_alike(text):
            return place_in(column, text) > 0
        # Capitals of letters beyond ASCII are forgiven as far as the database knows them.
        return cast("ColumnElement[bool]", column.icontains(text, autoescape=True))


@cache
def _ends_of_words(*, first: bool, last: bool) -> Any:
    """The first and the last key, as far as asked for, of the studies that have one of the words between two."""
    wanted = [which for which, is_wanted in ((func.min, first), (func.max, last)) if is_wanted]
    word = col(VocabularyWord.word)
    return (
        select_columns(*(which(_end_of_word(which)) for which in wanted))
        .select_from(VocabularyWord)
        .where(word >= bindparam("least"), word <= bindparam("greatest"))
    )


def _end_of_word(which: Any) -> Any:
    """The first or the last key of the studies that have a word of the vocabulary."""
    other = aliased(SearchWord)
    of_word = select(which(other.study_key)).where(other.word == col(VocabularyWord.word))
    return of_word.correlate_except(other).scalar_subquery()


def told_by_key(
    key: SQLColumnExpression[str],
    criteria: Iterable[Words | Columns | Held],
    hint: str = TOLD_HINT,
) -> ColumnElement[bool]:
    """The condition that a study of this key meets all of them, by one look into the index that tells their columns."""
    other = aliased(Study)
    found = select(other.id).with_hint(other, hint, "sqlite")
    met = found.where(other.id == key, *(each.told(other) for each in criteria))
    return _looked_up(met.correlate_except(other))


Asked = Words | Columns | Held
"""What is asked of a study itself."""
Criterion = Asked | Reach


def is_told(criterion: Criterion, names: Sequence[str] = TOLD_BY_KEY) -> TypeGuard[Asked]:
    """Whether one of these columns tells whether it is met."""
    return not isinstance(criterion, Reach) and criterion.column in names


def met_each(
    key: SQLColumnExpression[str],
    criteria: Sequence[Asked],
    names: Sequence[str] = (),
    entity: Any = None,
) -> Iterator[ColumnElement[bool]]:
    """The conditions on keys that something else has found: one look tells all that is told of a key, the rest is looked up each.

    Args:
        key: A study's, wherever it stands.
        criteria: What it must meet.
        names: Columns that are at hand; they tell what they can.
        entity: The study that has them.
    """
    at_hand = [each for each in criteria if is_told(each, names)]
    told = [each for each in criteria if is_told(each) and each not in at_hand]
    yield from (each.told(entity) for each in at_hand)
    yield from (each.on(key) for each in criteria if each not in at_hand and each not in told)
    if told:
        yield told_by_key(key, told)


@dataclass(frozen=True, slots=True)
class Conditions:
    """All that a study of the list must meet.

    Attributes:
        criteria: Each of them.
        as_of: The newest key of the list; empty for the newest there is.
        within: The studies within reach, where they are named.
    """

    criteria: tuple[Criterion, ...] = ()
    as_of: str = ""
    within: Named | None = None
