"""How many studies have a word, which the vocabulary tells; and what it tells exactly of a whole list."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, select

from backend.core.search_words import Facet, beginning_with, facet
from backend.models.among import is_text_given
from backend.models.search_words import SearchWord, VocabularyWord
from backend.models.studies import Study
from backend.models.worklist_criteria import Columns, Criterion, Words

# Every study has exactly one word of this kind.
_OF_EVERY_STUDY = beginning_with(facet(Facet.PRIOR, ""))


def having_words(session: Session, words: Collection[str]) -> dict[str, int]:
    """How many studies have each of these words; a word that none has is missing."""
    if not words:
        return {}
    statement = _having(session.get_bind().dialect.name)
    return dict(session.exec(statement, params={"words": sorted(words)}).all())


def all_studies(session: Session) -> int:
    """How many studies there are."""
    return _having_words_between(session, *_OF_EVERY_STUDY)


def whole_count(session: Session, criterion: Criterion | None, as_of: str) -> int | None:
    """How many studies meet one criterion, or are there at all, where words tell it exactly; else None.

    Args:
        session: An open session.
        criterion: The only one; None for all studies.
        as_of: The newest key that counts; empty for all. Those beyond are looked through, but few come while a list is open.
    """
    if criterion is None:
        found, newer, key = all_studies(session), select(Study.id), col(Study.id)
    elif isinstance(criterion, Words) and criterion.words and criterion.once:
        found = sum(having_words(session, criterion.words).values())
        newer, key = criterion.keys(), col(SearchWord.study_key)
    elif isinstance(criterion, Columns) and criterion.column == "study_date":
        found = _having_words_between(session, *criterion.dates())
        newer, key = criterion.keys(), col(Study.id)
    else:
        return None
    if as_of:
        beyond = newer.where(key > as_of).subquery()
        found -= session.exec(select(func.count()).select_from(beyond)).one()
    return found


@cache
def _having(dialect_name: str) -> Any:
    word = col(VocabularyWord.word)
    return select(word, VocabularyWord.studies).where(is_text_given(word, "words", dialect_name))


def _having_words_between(session: Session, least: str, greatest: str) -> int:
    """How many studies have one of these words, where none has two."""
    found: int = session.exec(_between(), params={"least": least, "greatest": greatest}).one()
    return found


@cache
def _between() -> Any:
    word = col(VocabularyWord.word)
    together = func.coalesce(func.sum(VocabularyWord.studies), 0)
    return select(together).where(word >= bindparam("least"), word <= bindparam("greatest"))
