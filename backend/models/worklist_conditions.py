"""From a reader's question to what studies must meet. How that is looked up is in `models.worklist_finding`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_
from sqlmodel import Session, col, select

from backend.core.errors import Malformed
from backend.core.search_words import (
    MAX_WORD,
    Facet,
    asked_spellings,
    asked_words,
    beginning_with,
    facet,
    forgiven_mistakes,
    is_identifier,
    mistakes_between,
    near_identifiers,
    sure_length,
)
from backend.core.worklist_query import (
    ASSIGNED_TO_ME,
    CLAIMED_BY_ANYBODY,
    CLAIMED_BY_ME,
    SIMILAR,
    WorklistQuery,
)
from backend.models.search_words import VocabularyWord, facet_words
from backend.models.verdicts import Reach
from backend.models.worklist_criteria import (
    MOST_HELD,
    Columns,
    Conditions,
    Criterion,
    Held,
    Words,
    place_in,
)

_SHORTEST_END = 3
_WORDS = 1000
_ALIKE = 50
# Shorter parts are held by too many words for it to be worth while to look which they are.
_LONG_PART = 4
# So many words that hold a part of a text are asked for by name, if no more studies have one of them.
_NAMED_WORDS = 300
_FEW_HELD = {"sqlite": 1000, "postgresql": MOST_HELD}
_CANDIDATES = 2000

_CHOICES: dict[str, Facet] = {
    "modality": Facet.MODALITY,
    "status": Facet.STATUS,
    "priority": Facet.PRIORITY,
    "sex": Facet.SEX,
    "referrer": Facet.REFERRER,
    "body_part": Facet.BODY_PART,
    "institution": Facet.INSTITUTION,
    "report": Facet.REPORT,
    "tag": Facet.TAG,
}
# Of these a study has only one value.
_SEVERAL = (Facet.MODALITY, Facet.TAG)


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as conditions.

    Attributes:
        conditions: What studies must meet.
        similar_words: Words that were taken for others, since nothing has them as they were typed, or since both are asked for.
    """

    conditions: Conditions
    similar_words: tuple[str, ...] = ()


def understand(
    session: Session,
    query: WorklistQuery,
    user_id: str,
    now: datetime,
    reach: Reach | None = None,
    *,
    is_in_memory: bool = False,
) -> Understood:
    """What the question asks of studies.

    Args:
        session: An open session.
        query: The question, sensible.
        user_id: Who is asking.
        now: The present moment, aware.
        reach: The studies that whoever is asking reaches; None for all.
        is_in_memory: Whether studies are looked through in memory: then nothing need be known of where parts of texts are held.

    Raises:
        Malformed: If the answer would tell of studies that are out of reach.
    """
    similar: list[str] = []
    too = query.spelling == SIMILAR
    criteria: list[Criterion] = list(_of_words(session, query.text, similar, too=too))
    held = _held(query)
    criteria += held if is_in_memory else [_held_among_words(session, each) for each in held]
    criteria += _filters(session, query, user_id, now)
    if reach is not None:
        if query.prior:
            raise Malformed("Whether there are earlier studies is only told to who reaches all.")
        # The words that were taken for others are words of studies of everybody.
        similar = []
    named = None if reach is None else reach.named
    if reach is not None and named is None:
        criteria.insert(0, reach)
    return Understood(Conditions(tuple(criteria), query.as_of, named), tuple(similar))


def _held(query: WorklistQuery) -> list[Held]:
    parts = {
        "patient_sort_name": asked_words(query.name),
        "search_description": asked_words(query.description),
        "patient_sort_id": query.patient_id.split(),
        "accession_number": query.accession.split(),
    }
    return [Held(column, tuple(texts)) for column, texts in parts.items() if texts]


def _held_among_words(session: Session, held: Held) -> Held:
    """The same, of a part of a name or a description with the words that hold it."""
    if held.is_number:
        return held
    long = [each for each in held.texts if len(each) >= _LONG_PART]
    if not long:
        return held
    size, words = min(_words_holding(session, each) for each in long)
    if size > _FEW_HELD[session.get_bind().dialect.name] or len(words) > _NAMED_WORDS:
        return held
    return replace(held, among=Words(words, once=len(words) == 1), size=size)


def _words_holding(session: Session, text: str) -> tuple[int, tuple[str, ...]]:
    """How many studies have the words that hold a text, one with two of them counted twice, and which these are, up to one too many."""
    found = dict(session.exec(_holding_or_cut(text, _NAMED_WORDS + 1)).all())
    return sum(found.values()), tuple(sorted(found))


def _filters(
    session: Session, query: WorklistQuery, user_id: str, now: datetime
) -> Iterable[Criterion]:
    for name, kind in _CHOICES.items():
        chosen: tuple[str, ...] = getattr(query, name)
        if chosen:
            once = kind not in _SEVERAL or len(chosen) == 1
            yield Words(tuple(facet(kind, value) for value in chosen), once=once, kind=kind)
    if query.assigned:
        who = user_id if query.assigned == ASSIGNED_TO_ME else query.assigned
        yield Words((facet(Facet.ASSIGNED, who),), once=True, kind=Facet.ASSIGNED)
    if query.claimed == CLAIMED_BY_ANYBODY:
        known = facet_words(Facet.CLAIMED, _WORDS)
        yield Words(tuple(session.exec(known).scalars()), once=True, kind=Facet.CLAIMED)
    elif query.claimed:
        who = user_id if query.claimed == CLAIMED_BY_ME else query.claimed
        yield Words((facet(Facet.CLAIMED, who),), once=True, kind=Facet.CLAIMED)
    if query.prior:
        yield Words((facet(Facet.PRIOR, query.prior),), once=True, kind=Facet.PRIOR)
    born = (query.born_from, query.born_to)
    for column, (first, last) in (
        ("study_date", query.study_dates(now)),
        ("patient_sort_birth_date", born),
    ):
        if first or last:
            yield Columns(column, first=first or None, last=last or None)
    for column, least, most in (
        ("series_count", query.series_from, query.series_to),
        ("instance_count", query.images_from, query.images_to),
    ):
        if least or most:
            yield Columns(
                column, first=int(least) if least else None, last=int(most) if most else None
            )
    arrived, end = query.arrival_moments()
    if arrived is not None or end is not None:
        yield Columns("arrived_at", first=arrived, end=end)


def _of_words(session: Session, text: str, similar: list[str], *, too: bool) -> Iterable[Criterion]:
    for spellings in asked_spellings(text):
        meant = _of_word(session, spellings, similar, too=too)
        yield meant
        if meant.are_unknown:
            break  # nothing has all of them


def _of_word(
    session: Session, spellings: tuple[str, ...], similar: list[str], *, too: bool
) -> Words:
    """Words that begin with it or end in it, however it is spelt; else those that hold it; else, or too, those it may have been meant for."""
    word = spellings[0]
    found: set[str] = set()
    for spelling in spellings:
        beginning = _vocabulary(session, _in_range("word"), beginning_with(spelling))
        if len(beginning) == _WORDS and spelling == word:
            # Too many to name, and to ask for more than these.
            return Words(span=beginning_with(word))
        found.update(beginning)
        if len(spelling) >= _SHORTEST_END:
            backwards = beginning_with(spelling[::-1])
            found.update(_vocabulary(session, _in_range("reversed_word"), backwards))
    either = sorted(found)
    if not either:
        either = sorted(holding for holding, _ in session.exec(_holding(word, _WORDS)).all())
    if too or not either:
        others = [each for each in _alike(session, word) if each not in either]
        similar.extend(others)
        either = [*either, *others]
    return Words(tuple(either), once=len(either) == 1)


def _alike(session: Session, word: str) -> tuple[str, ...]:
    """The words that differ from `word` by few typing errors, the closest first."""
    limit = forgiven_mistakes(word)
    if not limit:
        return ()
    if is_identifier(word):
        near = select(VocabularyWord.word).where(
            col(VocabularyWord.word).in_(sorted(near_identifiers(word)))
        )
        return tuple(sorted(session.exec(near.limit(_ALIKE)).all()))
    sure = word[: sure_length(word)], word[-sure_length(word) :][::-1]
    lengths = {"shortest": len(word) - limit, "longest": len(word) + limit}
    candidates: set[str] = set()
    for name, part in zip(("word", "reversed_word"), sure, strict=True):
        candidates.update(_vocabulary(session, _likely(name), beginning_with(part), **lengths))
    distances = {each: mistakes_between(word, each, limit) for each in candidates}
    close = [each for each, mistakes in distances.items() if mistakes <= limit]
    return tuple(sorted(close, key=lambda each: (distances[each], each))[:_ALIKE])


# What a search asks again and again is put together once.


@cache
def _in_range(name: str, limit: int = _WORDS) -> Any:
    """The words of which this column is between two texts, or equal to the first."""
    column = col(getattr(VocabularyWord, name))
    words = select(VocabularyWord.word)
    return words.where(column >= bindparam("first"), column < bindparam("end")).limit(limit)


@cache
def _likely(name: str) -> Any:
    """The same, of such a length."""
    length = func.length(col(VocabularyWord.word))
    likely = length.between(bindparam("shortest"), bindparam("longest"))
    return _in_range(name, _CANDIDATES).where(likely)


def _holding(text: str, limit: int) -> Any:
    """The words that hold it, of all that are not identifiers, and how many studies have each."""
    return _words_that(place_in(col(VocabularyWord.word), text) > 0, limit)


def _holding_or_cut(text: str, limit: int) -> Any:
    """The same, and those words that held it maybe, before they were cut."""
    word = col(VocabularyWord.word)
    return _words_that(or_(place_in(word, text) > 0, func.length(word) >= MAX_WORD), limit)


def _words_that(met: ColumnElement[bool], limit: int) -> Any:
    words = select(VocabularyWord.word, VocabularyWord.studies)
    return words.where(col(VocabularyWord.is_identifier).is_(False), met).limit(limit)


def _vocabulary(
    session: Session, statement: Any, between: tuple[str, str], **given: int
) -> Sequence[str]:
    first, end = between
    found: Sequence[str] = session.exec(
        statement, params={"first": first, "end": end, **given}
    ).all()
    return found
