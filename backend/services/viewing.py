"""The viewer's use cases: open a study, describe a series, draw a tile, make ready what comes next.

How pixels are drawn is in `tile_drawing`; how they are fetched, in `frame_reading`; which image a study opens with, in
`opening_images`; how a series is divided into stacks and described, in `stacks` and `series_description`.
"""

import time
from collections.abc import Callable, Collection
from datetime import datetime

from backend.access import policy
from backend.core.bounded_cache import BoundedCache
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotDisplayable, NotFound, ObjectDamaged
from backend.core.permissions import Permission
from backend.dicom.plain import NotPlain
from backend.imaging import pixel_reading
from backend.imaging.modality_lut import value_unit
from backend.imaging.model import DecodedFrame
from backend.models import viewing as queries
from backend.models.session import Database, Session
from backend.models.studies import Series, Study
from backend.models.videos import videos_of_study
from backend.models.worklist import is_listed_picture
from backend.ports.frame_cache import FrameCache
from backend.ports.keyring import Keyring
from backend.ports.object_store import ReadableObjects
from backend.schemas.opening import Opening, OpeningRequest
from backend.schemas.pixels import PixelPlace, PixelValue, RegionAsk, RegionWindow, Spread
from backend.schemas.viewing import (
    EncodedTile,
    SeriesDescription,
    StudyView,
    TileRequest,
)
from backend.services.frame_reading import FrameReader, OpenInstance
from backend.services.known_stacks import KnownStacks
from backend.services.opening import opening_level
from backend.services.opening_images import OpeningImages
from backend.services.overlay_layers import OverlayLayers
from backend.services.series_description import (
    DescribedImages,
    SeriesReader,
    describe_images,
)
from backend.services.study_view import by_series, not_displayable_note, series_views, study_view
from backend.services.tile_drawing import draw_thumbnail, draw_tile, parameters_of
from backend.services.video_views import videos_by_series, with_videos
from backend.services.viewing_verdicts import Verdicts

MAX_THUMBNAIL_PX = 512
# What the worklist shows of a study that is not opened; anything larger, or of a stack, is looking at it.
WORKLIST_THUMBNAIL_PX = 256
# A hand that moves asks for the next image before this has passed.
_HAND_RESTS_SECONDS = 0.25


class Viewing:
    """Use cases of the viewer.

    Args:
        database: Where studies are described.
        object_store: Where their octets are.
        keyring: Opens the keys of objects.
        frame_cache: Keeps decoded frames.
    """

    def __init__(
        self,
        database: Database,
        object_store: ReadableObjects,
        keyring: Keyring,
        frame_cache: FrameCache,
    ) -> None:
        self._database = database
        self._verdicts = Verdicts(database)
        self._when_opened: Callable[[str, str], None] = lambda _study_key, _series_key: None
        self._hand_moved_at = float("-inf")
        self._frames = FrameReader(database, object_store, keyring, frame_cache)
        self._verdicts.when_changed(self._frames.forget_rows)
        self._verdicts.when_gone(self.forget_study)
        self._overlays = OverlayLayers(object_store, keyring)
        self._stacks = KnownStacks()
        self._opening_images = OpeningImages(database, self._verdicts, self._stacks)
        self._descriptions: BoundedCache[tuple[str, datetime, str], SeriesDescription] = (
            BoundedCache(10_000, lambda description: 1 + len(description.images))
        )
        self._thumbnails: BoundedCache[tuple[str, datetime, str, int], EncodedTile] = BoundedCache(
            8 * 1024 * 1024, lambda tile: len(tile.octets)
        )

    @property
    def verdicts(self) -> Verdicts:
        """Who may see what, for the other doors by which a study's images leave."""
        return self._verdicts

    @property
    def prefetch_limit_bytes(self) -> int:
        """How much one list may make ready: more would push out of the cache what is being looked at."""
        return self._frames.cache_bytes // 2

    @property
    def is_busy(self) -> bool:
        """Whether somebody opens images or moves through them at this moment."""
        return time.monotonic() - self._hand_moved_at < _HAND_RESTS_SECONDS

    def _hand_moves(self) -> None:
        self._hand_moved_at = time.monotonic()

    def when_opened(self, told: Callable[[str, str], None]) -> None:
        """From now on `told` gets the study key and the series key of each series that is opened."""
        self._when_opened = told

    def open_study(
        self,
        caller: Caller,
        study_instance_uid: str,
        *,
        needed: Collection[str] = (),
        is_whole: bool = False,
    ) -> StudyView:
        """A study as the viewer opens it. That it was opened is recorded, once per session.

        Args:
            caller: Who asks.
            study_instance_uid: The study.
            needed: Series Instance UIDs of series whose stacks must be known, because an address names them.
            is_whole: Whether to find the stacks of every series, however many images it has. Otherwise those of
                the first series, of those that are needed, and of as many as are quickly looked through.

        Raises:
            NotFound: If the study does not exist for this caller.
        """
        self._hand_moves()
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(session, caller, Permission.STUDY_VIEW, study_instance_uid)
            rows = queries.series_of_study(session, study.id)
            groups = by_series(queries.instance_groups(session, study.id))
            videos = videos_by_series(videos_of_study(session, study.id))
            wanted = {row.series_instance_uid for row in rows} if is_whole else set(needed)
            found = self._stacks.at_opening(session, study, rows, wanted)
            view = study_view(
                caller,
                study,
                queries.patient_of(session, study),
                queries.newest_report(session, study.id),
                [
                    entry
                    for row in rows
                    for entry in with_videos(
                        row,
                        series_views(row, groups.get(row.id, []), found.get(row.id)),
                        videos.get(row.id, []),
                    )
                ],
                is_whole=all(row.id in found for row in rows if row.frame_count),
            )
        self._when_opened(study.id, next(iter(found), ""))
        self._verdicts.record_opening(caller, study_instance_uid)
        return view

    def open_image(self, caller: Caller, request: OpeningRequest) -> Opening:
        """The image a study opens with, drawn. That the study was opened is recorded, once per session.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such series.
            NotDisplayable: If nothing in it can be shown.
            InvalidWindow: If the standard does not define the window.
        """
        self._hand_moves()
        found = self._opening_images.image(caller, request)
        image = found.image
        level = opening_level(image, request.box_width_px, request.box_height_px)
        tile = TileRequest(
            sop_instance_uid=image.sop_instance_uid,
            frame_number=image.frame_number,
            level=level,
            window_center=request.window_center,
            window_width=request.window_width,
            voi_function=request.voi_function,
            invert=request.invert,
            quality=request.quality,
            voi_lut_number=request.voi_lut_number,
            with_shutter=request.with_shutter,
        )
        drawn = self.render_tile(caller, request.study_instance_uid, tile)
        return Opening(found.series, image, found.nearby, found.nearby_from, level, drawn)

    def approach(self, caller: Caller, request: OpeningRequest) -> None:
        """Make ready what `open_image` would draw, because a hand nears the study. Nothing leaves; nothing is recorded.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such series.
            NotDisplayable: If nothing in it can be shown.
        """
        image = self._opening_images.image(caller, request).image
        self.prefetch(
            caller,
            request.study_instance_uid,
            image.sop_instance_uid,
            image.frame_number,
            opening_level(image, request.box_width_px, request.box_height_px),
        )

    def describe_series(
        self,
        caller: Caller,
        study_instance_uid: str,
        series_instance_uid: str,
        stack_id: str = "",
    ) -> SeriesDescription:
        """Every image of a stack of a series in viewing order, with all that a viewport must know of each.

        Args:
            caller: Who asks.
            study_instance_uid: The study.
            series_instance_uid: The series.
            stack_id: The stack; empty for the first one.

        Raises:
            NotFound: If the study does not exist for this caller or has no such series or stack.
        """
        self._hand_moves()
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(session, caller, Permission.STUDY_VIEW, study_instance_uid)
            series = _require_series(session, study, series_instance_uid)
            key = (series.id, study.updated_at, stack_id)
            description = self._descriptions.get(key)
            if description is None:
                description = self._describe(session, study, series, stack_id)
                self._descriptions.put(key, description)
        self._when_opened(study.id, series.id)
        self._verdicts.record_opening(caller, study_instance_uid)
        return description

    def render_tile(
        self, caller: Caller, study_instance_uid: str, request: TileRequest
    ) -> EncodedTile:
        """Draw a tile. With everything warm, neither database nor disk is touched.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such instance or frame.
            NotDisplayable: If the instance cannot be shown, or has no such level or tile.
            InvalidWindow: If the standard does not define the window.
            Malformed: If the VOI function is not known.
        """
        parameters = parameters_of(request)
        instance = self._instance(caller, study_instance_uid, request.sop_instance_uid)
        self._verdicts.record_opening(caller, study_instance_uid)
        self._hand_moves()
        frame = self._frames.frame(instance, request.frame_number, request.level)
        return draw_tile(frame, parameters)

    def render_overlay(
        self,
        caller: Caller,
        study_instance_uid: str,
        sop_instance_uid: str,
        frame_number: int,
        level: int,
    ) -> EncodedTile:
        """Draw the overlay planes of a frame as a transparent layer over one level of its pyramid.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such instance or frame.
            NotDisplayable: If the instance cannot be shown, or has no such level.
        """
        study_key = self._verdicts.require_view(caller, study_instance_uid)
        instance = self._frames.instance(caller.organization_id, study_key, sop_instance_uid)
        self._verdicts.record_opening(caller, study_instance_uid)
        return self._overlays.layer(study_key, instance, frame_number, level)

    def read_pixel(self, caller: Caller, study_instance_uid: str, place: PixelPlace) -> PixelValue:
        """What a pixel holds, in the unit that the file gives it.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such instance or frame.
            NotDisplayable: If the instance cannot be shown, or has no such pixel.
        """
        frame = self._full_frame(
            caller, study_instance_uid, place.sop_instance_uid, place.frame_number
        )
        reading = pixel_reading.read_pixel(frame, place.row, place.column)
        uptake = frame.attributes.uptake
        return PixelValue(
            row=place.row,
            column=place.column,
            stored_value=reading.stored_value,
            modality_value=reading.modality_value,
            unit=value_unit(frame.attributes),
            red_green_blue=reading.red_green_blue,
            is_background=reading.is_background,
            suv=reading.suv,
            suv_name=uptake.name if uptake is not None and reading.suv is not None else "",
        )

    def window_of_region(
        self, caller: Caller, study_instance_uid: str, ask: RegionAsk
    ) -> RegionWindow:
        """The window that spreads what a part of an image holds from black to white.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such instance or frame.
            NotDisplayable: If the instance cannot be shown or is in colour.
            InvalidWindow: If the region holds background only, or one value only.
        """
        frame = self._full_frame(caller, study_instance_uid, ask.sop_instance_uid, ask.frame_number)
        percentiles = (0.0, 100.0) if ask.spread is Spread.FULL else (1.0, 99.0)
        window = pixel_reading.window_of_region(frame, ask.region, percentiles)
        return RegionWindow(window.center, window.width, window.function.value)

    def thumbnail(
        self,
        caller: Caller,
        study_instance_uid: str,
        series_instance_uid: str,
        size_px: int,
        stack_id: str = "",
    ) -> EncodedTile:
        """The middle image of a stack, by default of the first of its series, as a JPEG that fits a square.

        Recorded as a look at the study, but for the small picture that stands for it in lists.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such series or stack.
            NotDisplayable: If nothing in the series can be shown.
            Malformed: If the size is not sensible.
        """
        if not 16 <= size_px <= MAX_THUMBNAIL_PX:
            raise Malformed(f"A thumbnail has 16 to {MAX_THUMBNAIL_PX} pixels.")
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(session, caller, Permission.STUDY_VIEW, study_instance_uid)
            series = _require_series(session, study, series_instance_uid)
            key = (series.id, study.updated_at, stack_id, size_px)
            thumbnail = self._thumbnails.get(key)
            stack = None if thumbnail else self._stacks.one(session, study, series, stack_id)
            images = stack.images if stack else ()
            middle = images[len(images) // 2] if images else None
            stored = queries.stored_instances(session, series.id, {middle[0]}) if middle else ()
            is_small = not stack_id and size_px <= WORKLIST_THUMBNAIL_PX
            is_of_list = is_small and is_listed_picture(session, study.id, series_instance_uid)
        if not is_of_list:
            self._verdicts.record_opening(
                caller, study_instance_uid, "pictures" if is_small else ""
            )
        if thumbnail is not None:
            return thumbnail
        if middle is None:
            raise NotDisplayable("Nothing in this series can be shown as an image.")
        sop_instance_uid, frame_number = middle
        instance = self._frames.instance(caller.organization_id, study.id, sop_instance_uid)
        try:
            aspect = SeriesReader().read(stored[0]).describe(frame_number, 1).pixel_aspect
        except NotPlain as error:
            raise ObjectDamaged from error
        thumbnail = draw_thumbnail(self._frames, instance, frame_number, size_px, aspect)
        self._thumbnails.put(key, thumbnail)
        return thumbnail

    def prefetch(
        self,
        caller: Caller,
        study_instance_uid: str,
        sop_instance_uid: str,
        frame_number: int,
        level: int,
    ) -> int:
        """Decode one level of one frame into the cache, so that its first tile is warm.

        Returns:
            Bytes that the level takes in the cache.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such instance or frame.
            NotDisplayable: If the instance cannot be shown, or has no such level.
        """
        instance = self._instance(caller, study_instance_uid, sop_instance_uid)
        return int(self._frames.frame(instance, frame_number, level).stored_values.nbytes)

    def forget_session(self, session_id: str) -> None:
        """A session has ended: nothing that was allowed in it holds any more."""
        self._verdicts.forget_session(session_id)

    def forget_user(self, user_id: str) -> None:
        """A person's rights have changed."""
        self._verdicts.forget_user(user_id)

    def forget_instance(self, study_key: str, sop_instance_uid: str) -> None:
        """An instance is found damaged, or whole again: what was read of its row is not kept."""
        self._frames.forget_copy(study_key, sop_instance_uid)

    def copy_made(self, study_key: str, sop_instance_uid: str) -> None:
        """An instance has got a reading copy, which is read from now on."""
        self._frames.forget_copy(study_key, sop_instance_uid)

    def forget_study(self, study_instance_uid: str, study_key: str) -> None:
        """Rights on a study have changed, or it is being removed: verdicts, keys and pixels go."""
        self._verdicts.forget_study(study_instance_uid)
        self._opening_images.forget_study(study_instance_uid)
        self._frames.forget_study(study_key)
        self._overlays.forget_study(study_key)

    def _instance(
        self, caller: Caller, study_instance_uid: str, sop_instance_uid: str
    ) -> OpenInstance:
        """An instance of a study that the caller may see."""
        study_key = self._verdicts.require_view(caller, study_instance_uid)
        return self._frames.instance(caller.organization_id, study_key, sop_instance_uid)

    def _full_frame(
        self, caller: Caller, study_instance_uid: str, sop_instance_uid: str, frame_number: int
    ) -> DecodedFrame:
        """A frame at full resolution of a study that the caller may see; that it was opened is recorded."""
        instance = self._instance(caller, study_instance_uid, sop_instance_uid)
        self._verdicts.record_opening(caller, study_instance_uid)
        return self._frames.frame(instance, frame_number, 0)

    def _describe(
        self, session: Session, study: Study, series: Series, stack_id: str
    ) -> SeriesDescription:
        stack = self._stacks.one(session, study, series, stack_id)
        described, hidden_note = DescribedImages(), ""
        if stack is not None:
            uids = {uid for uid, _ in stack.images} if stack.stack_id else None
            stored = queries.stored_instances(session, series.id, uids)
            try:
                described = describe_images(stored, stack)
            except NotPlain as error:
                raise ObjectDamaged from error
        if stack is None or stack is self._stacks.one(session, study, series, ""):
            groups = by_series(queries.instance_groups(session, study.id)).get(series.id, [])
            hidden_note = not_displayable_note(groups)
        notes = (described.note, hidden_note)
        return SeriesDescription(
            study_instance_uid=study.study_instance_uid,
            series_instance_uid=series.series_instance_uid,
            modality=series.modality,
            series_number="" if series.series_number is None else str(series.series_number),
            series_description=series.series_description,
            presets=described.presets,
            images=described.images,
            note=" ".join(note for note in notes if note),
            frame_of_reference_uid=described.frame_of_reference_uid,
            film=described.film,
            stack_id=stack.stack_id if stack else "",
            stack_label=stack.label if stack else "",
        )


def _require_series(session: Session, study: Study, series_instance_uid: str) -> Series:
    series = queries.find_series(session, study.id, series_instance_uid)
    if series is None:
        raise NotFound
    return series
