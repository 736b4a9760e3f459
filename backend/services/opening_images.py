"""The image that a study opens with: found in its rows, and kept between a hand that nears the study and its click."""

import time

from backend.access import policy
from backend.core.bounded_cache import BoundedCache
from backend.core.caller import Caller
from backend.core.errors import NotDisplayable, ObjectDamaged
from backend.core.permissions import Permission
from backend.dicom.plain import NotPlain
from backend.models import viewing as queries
from backend.models.session import Database
from backend.schemas.opening import OpeningRequest
from backend.services.known_stacks import KnownStacks
from backend.services.opening import OpeningImage, nearby, opening_series
from backend.services.series_description import SeriesReader
from backend.services.study_view import by_series, series_views
from backend.services.viewing_verdicts import Verdicts

_NEARED_SECONDS = 10.0


class OpeningImages:
    """Finds which image a study opens with, for whoever may see it.

    Args:
        database: Where studies are described.
        verdicts: Who may see what.
        stacks: The stacks of series.
    """

    def __init__(self, database: Database, verdicts: Verdicts, stacks: KnownStacks) -> None:
        self._database = database
        self._verdicts = verdicts
        self._stacks = stacks
        # Between a hand that nears a study and its click; of what has changed meanwhile, the page says the truth.
        self._neared: BoundedCache[OpeningRequest, tuple[float, str, OpeningImage]] = BoundedCache(
            256
        )

    def image(self, caller: Caller, request: OpeningRequest) -> OpeningImage:
        """The image that a study opens with; found once for the hand that nears and its click.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such series.
            NotDisplayable: If nothing in it can be shown.
        """
        study_key = self._verdicts.require_view(caller, request.study_instance_uid)
        neared = self._neared.get(request)
        now = time.monotonic()
        if neared is not None and neared[0] > now - _NEARED_SECONDS and neared[1] == study_key:
            return neared[2]
        epoch = self._neared.epoch
        found = self._find(caller, request)
        self._neared.put(request, (now, study_key, found), epoch)
        return found

    def forget_study(self, study_instance_uid: str) -> None:
        """Rights on a study have changed, or it is being removed."""
        self._neared.forget(lambda request: request.study_instance_uid == study_instance_uid)

    def _find(self, caller: Caller, request: OpeningRequest) -> OpeningImage:
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(
                session, caller, Permission.STUDY_VIEW, request.study_instance_uid
            )
            groups = by_series(queries.instance_groups(session, study.id))
            rows = queries.series_of_study(session, study.id)
            series = opening_series(rows, groups, request.series_instance_uid)
            if series is None:
                raise NotDisplayable("Nothing in this study can be shown as an image.")
            stack = self._stacks.one(session, study, series, request.stack_id)
            if stack is None:
                raise NotDisplayable("Nothing in this series can be shown as an image.")
            at = min(request.image_index, len(stack.images)) - 1
            sop_instance_uid, frame_number = stack.images[at]
            stored = queries.stored_instances(session, series.id, {sop_instance_uid})
            views = series_views(
                series, groups[series.id], self._stacks.of_series(session, study, series)
            )
        spacing_mm = stack.measure.spacing_mm if stack.measure else None
        try:
            described = SeriesReader().read(stored[0]).describe(frame_number, at + 1, spacing_mm)
        except NotPlain as error:
            raise ObjectDamaged from error
        view = next(view for view in views if view.stack_id == stack.stack_id)
        return OpeningImage(view, described, *nearby(stack.images, at + 1))
