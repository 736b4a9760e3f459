"""How many studies meet a criterion, roughly: it says where to look first, and is never an answer."""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, select

from backend.core.bounded_cache import BoundedCache
from backend.models.verdicts import Reach
from backend.models.worklist_counts import all_studies, having_words, whole_count
from backend.models.worklist_criteria import LISTED, Columns, Criterion, Held, Words

_KEPT_SECONDS = 60.0
# What many studies meet takes longest to count, and is the last to change much.
_COMMON_KEPT_SECONDS = 600.0
_MOST_KEPT = 5000

Kept = BoundedCache[tuple[str, Words | Columns | None], tuple[float, int]]
"""Until when each size is remembered, and the size."""


class KnownSizes:
    """Sizes of criteria in one organization, as far as they must be told apart.

    Args:
        organization_id: Whose studies.
        kept: Where they are remembered: for a minute, and those of common criteria for ten.
    """

    def __init__(self, organization_id: str, kept: Kept | None = None) -> None:
        self._organization_id = organization_id
        self._kept = Kept(_MOST_KEPT) if kept is None else kept

    def of_each(self, session: Session, criteria: Sequence[Criterion]) -> list[int]:
        """How many studies meet each criterion, as its words tell; one with two of them counts twice. Others are counted up to `LISTED`."""
        self.of_words(
            session, [each for each in criteria if isinstance(each, Words) and each.span is None]
        )
        return [self._of(session, each) for each in criteria]

    def of_words(self, session: Session, criteria: Sequence[Words]) -> list[int]:
        """The same of words that are named."""
        known = {each: self._remembered(each) for each in criteria}
        unknown = [each for each, size in known.items() if size is None]
        having = having_words(session, {word for each in unknown for word in each.words})
        for each in unknown:
            known[each] = self._remember(each, sum(having.get(word, 0) for word in each.words))
        return [known[each] or 0 for each in criteria]

    def of_all(self, session: Session) -> int:
        """How many studies there are, at least one."""
        kept = self._remembered(None)
        return self._remember(None, max(1, all_studies(session))) if kept is None else kept

    def _of(self, session: Session, criterion: Criterion) -> int:
        if isinstance(criterion, Reach):
            reached: int = session.exec(criterion.size(LISTED)).one()
            return reached
        if isinstance(criterion, Held):
            return criterion.size
        kept = self._remembered(criterion)
        if kept is not None:
            return kept
        known = whole_count(session, criterion, as_of="")
        if known is None:
            known = _counted(session, criterion.keys().limit(LISTED))
        return self._remember(criterion, known)

    def _remembered(self, criterion: Words | Columns | None) -> int | None:
        until, size = self._kept.get((self._organization_id, criterion)) or (0.0, 0)
        return size if time.monotonic() < until else None

    def _remember(self, criterion: Words | Columns | None, size: int) -> int:
        lasts = _COMMON_KEPT_SECONDS if size >= LISTED else _KEPT_SECONDS
        self._kept.put((self._organization_id, criterion), (time.monotonic() + lasts, size))
        return size


def kept_sizes() -> Kept:
    """A place to remember sizes in, of all organizations."""
    return Kept(_MOST_KEPT)


def _counted(session: Session, keys: Any) -> int:
    found: int = session.exec(select(func.count()).select_from(keys.subquery())).one()
    return found
