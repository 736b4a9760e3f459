"""The stacks of series, found once and kept. What a stack is, is in `stacks`."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime

from backend.core.bounded_cache import BoundedCache
from backend.core.errors import NotFound, ObjectDamaged
from backend.dicom.plain import NotPlain
from backend.models import viewing as queries
from backend.models.session import Session
from backend.models.studies import Series, Study
from backend.services.series_description import attributes_of
from backend.services.series_frames import Attributes
from backend.services.stacks import SeriesStacks, Stack, stacks_of

# Opening a study puts its series in order until so many frames were looked at; the others when they are asked for.
_FRAMES_ORDERED_AT_OPENING = 1500
# Where places do not tell, what the files say is read: of so many objects at opening.
_OBJECTS_READ_AT_OPENING = 200
_MOST_IMAGES_KEPT = 100_000


class KnownStacks:
    """Finds the stacks of series, and keeps those that were found last."""

    def __init__(self) -> None:
        self._kept: BoundedCache[tuple[str, datetime], SeriesStacks] = BoundedCache(
            _MOST_IMAGES_KEPT, lambda stacks: 1 + stacks.image_count
        )

    def of_series(self, session: Session, study: Study, series: Series) -> SeriesStacks:
        """The stacks of a series.

        Raises:
            ObjectDamaged: If what was stored about it cannot be read.
        """
        return self._find(session, study, series, may_read=True)

    def one(self, session: Session, study: Study, series: Series, stack_id: str) -> Stack | None:
        """A stack; None where nothing of the series can be shown.

        Raises:
            NotFound: If the series has no such stack.
        """
        stacks = self.of_series(session, study, series)
        stack = stacks.find(stack_id)
        if stack is None and stack_id:
            raise NotFound
        return stack

    def at_opening(
        self, session: Session, study: Study, series: Sequence[Series], needed: Collection[str]
    ) -> dict[str, SeriesStacks]:
        """Stacks by the keys of their series: of the first that can be shown, of those needed, of more while that is quick."""
        found: dict[str, SeriesStacks] = {}
        frames, readable = 0, _OBJECTS_READ_AT_OPENING
        for row in series:
            frames += row.frame_count
            is_quick = frames <= _FRAMES_ORDERED_AT_OPENING
            is_needed = row.series_instance_uid in needed
            if row.frame_count and (not found or is_quick or is_needed):
                may_read = is_needed or not found or row.instance_count <= readable
                with suppress(_TooDear):
                    found[row.id] = self._find(session, study, row, may_read=may_read)
                    readable -= row.instance_count if len(found[row.id].stacks) > 1 else 0
        return found

    def _find(
        self, session: Session, study: Study, series: Series, *, may_read: bool
    ) -> SeriesStacks:
        """Kept or found; `_TooDear` if what the files say would have to be read, and may not."""
        key = (series.id, study.updated_at)
        stacks = self._kept.get(key)
        if stacks is None:

            def told() -> Attributes:
                if not may_read:
                    raise _TooDear
                return attributes_of(queries.stored_attributes(session, series.id))

            try:
                stacks = stacks_of(queries.placed_frames(session, series.id), told, series.modality)
            except NotPlain as error:
                raise ObjectDamaged from error
            self._kept.put(key, stacks)
        return stacks


class _TooDear(Exception):  # noqa: N818 - a reason, not a fault
    """A series whose stacks are not found now."""
