"""A question's list is found in one of two ways: in memory, where the organization's studies are there, or by the database."""

from typing import Protocol

from backend.core.search_words import Facet
from backend.core.worklist_query import WorklistQuery
from backend.models import worklist_finding
from backend.models.session import Session
from backend.models.verdicts import Reach
from backend.models.worklist import newest_key_and_values
from backend.models.worklist_criteria import Conditions
from backend.models.worklist_pages import Found
from backend.models.worklist_roll import Roll
from backend.models.worklist_sizes import KnownSizes

_MOST_MODALITIES = 500


class Lists(Protocol):
    """The lists of one question.

    Attributes:
        reach: What is open to whoever asks, as `models.worklist_conditions` is to be told; None for all.
        is_in_memory: Whether studies are looked through in memory.
    """

    reach: Reach | None
    is_in_memory: bool

    def found(self, query: WorklistQuery, conditions: Conditions) -> Found:
        """One page of keys in the order asked for; ties are broken by key, so no row comes twice."""
        ...

    def count(self, conditions: Conditions) -> tuple[int, bool]:
        """How many studies there are, and whether they were counted to the end."""
        ...

    def newest_and_modalities(self) -> tuple[str, tuple[str, ...]]:
        """The key of the study that arrived last of all within reach, and the modalities that occur there."""
        ...


class InMemory:
    """In memory."""

    is_in_memory = True

    def __init__(self, session: Session, roll: Roll, reach: Reach | None) -> None:
        self.reach = reach
        self._roll = roll
        self._places = roll.within(session, reach)

    def found(self, query: WorklistQuery, conditions: Conditions) -> Found:
        """See `Lists`."""
        return self._roll.page(self._roll.meeting(self._places, conditions), query)

    def count(self, conditions: Conditions) -> tuple[int, bool]:
        """See `Lists`; all are counted."""
        return len(self._roll.meeting(self._places, conditions)), True

    def newest_and_modalities(self) -> tuple[str, tuple[str, ...]]:
        """See `Lists`."""
        return self._roll.newest(self._places), self._roll.modalities(self._places)


class ByDatabase:
    """By the database."""

    is_in_memory = False

    def __init__(self, session: Session, reach: Reach | None, sizes: KnownSizes) -> None:
        self.reach = None if reach is None else reach.by_name(session)
        self._session = session
        self._sizes = sizes

    def found(self, query: WorklistQuery, conditions: Conditions) -> Found:
        """See `Lists`."""
        return worklist_finding.find(self._session, query, conditions, self._sizes)

    def count(self, conditions: Conditions) -> tuple[int, bool]:
        """See `Lists`."""
        return worklist_finding.count(self._session, conditions, self._sizes)

    def newest_and_modalities(self) -> tuple[str, tuple[str, ...]]:
        """See `Lists`."""
        return newest_key_and_values(self._session, Facet.MODALITY, _MOST_MODALITIES, self.reach)
