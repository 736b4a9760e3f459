"""How many studies meet a criterion, roughly: it says where to look first, and is never an answer."""

import time
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, select

from backend.core.bounded_cache import BoundedCache
from backend.models.studies import Study
from backend.models.verdicts import Reach
from backend.models.worklist_criteria import LISTED, Columns, Criterion, Words

_KEPT_SECONDS = 60.0
# What many studies meet takes longest to count, and is the last to change much.
_COMMON_KEPT_SECONDS = 600.0
_ALL_STUDIES = 200_000
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

    def of(self, session: Session, criterion: Criterion) -> int:
        """How many studies meet a criterion, `LISTED` at most."""
        keys = criterion.keys().limit(LISTED)
        if isinstance(criterion, Reach):
            return _counted(session, keys)
        return self._known(session, criterion, keys)

    def of_all(self, session: Session) -> int:
        """How many studies there are, at least one."""
        return max(1, self._known(session, None, select(Study.id).limit(_ALL_STUDIES)))

    def _known(self, session: Session, criterion: Words | Columns | None, keys: Any) -> int:
        key, now = (self._organization_id, criterion), time.monotonic()
        kept = self._kept.get(key)
        if kept is not None and now < kept[0]:
            return kept[1]
        size = _counted(session, keys)
        lasts = _COMMON_KEPT_SECONDS if size >= LISTED else _KEPT_SECONDS
        self._kept.put(key, (now + lasts, size))
        return size


def kept_sizes() -> Kept:
    """A place to remember sizes in, of all organizations."""
    return Kept(_MOST_KEPT)


def _counted(session: Session, keys: Any) -> int:
    found: int = session.exec(select(func.count()).select_from(keys.subquery())).one()
    return found
