"""From a stored object to a decoded frame or a level of its pyramid, through the cache. Who may see it is decided before."""

import contextlib
import logging
import threading
import time
from dataclasses import dataclass

from backend.core.bounded_cache import BoundedCache
from backend.core.errors import NotDisplayable, NotFound, ObjectDamaged
from backend.dicom.frames import ReadRange, decode_frame
from backend.dicom.plain import NotPlain
from backend.dicom.reading_copy import ReadingCopy
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.model import DecodedFrame
from backend.imaging.packing import NotPacked
from backend.imaging.rendering import build_level
from backend.imaging.tiling import pyramid_levels
from backend.models import reading_copies
from backend.models import viewing as queries
from backend.models.session import Database
from backend.models.viewing import ReadableInstance
from backend.ports.frame_cache import FrameCache, FrameKey
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectReader, ReadableObjects

# Frames larger than this are decoded one at a time, so that several mammograms at once do not fill the memory.
LARGE_FRAME_BYTES = 8 * 1024 * 1024

_CHANGES_REMEMBERED = 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenInstance:
    """What decoding an instance needs, read from the database once. Its keys stay wrapped until they are used.

    Attributes:
        key: Of its study, and its SOP Instance UID.
        organization_id: Whose it is.
        stored: Its row.
        header: How its frames are decoded.
        copy: Its reading copy, None where there is none.
    """

    key: tuple[str, str]
    organization_id: str
    stored: ReadableInstance
    header: ReadingHeader
    copy: ReadingCopy | None


class FrameReader:
    """Reads frames of stored instances: from their reading copy where it has them, else by decoding the original.

    Args:
        database: Where instances are described.
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
        self._object_store = object_store
        self._keyring = keyring
        self._frame_cache = frame_cache
        self._one_large_frame = threading.Lock()
        self._rows: BoundedCache[tuple[str, str], ReadableInstance] = BoundedCache(
            8 * 1024 * 1024, _row_weight
        )
        self._looked_into: BoundedCache[str, bool] = BoundedCache(64)
        # When instances have got or lost a copy: what was read from the database before is not kept.
        self._changing = threading.Lock()
        self._changed_at: dict[tuple[str, str], float] = {}
        self._instances: BoundedCache[tuple[str, str], OpenInstance] = BoundedCache(
            32 * 1024 * 1024, _weight
        )

    @property
    def cache_bytes(self) -> int:
        """Upper bound of the frames that are kept."""
        return self._frame_cache.limit_bytes

    def instance(self, organization_id: str, study_key: str, sop_instance_uid: str) -> OpenInstance:
        """An instance of a study.

        Raises:
            NotFound: If the study has no such instance.
            NotDisplayable: If it holds nothing that can be shown.
            ObjectDamaged: If what was stored about it cannot be read.
        """
        key = (study_key, sop_instance_uid)
        instance = self._instances.get(key)
        if instance is not None:
            return instance
        epoch, began = self._instances.epoch, time.monotonic()
        stored = self._rows.get(key) or self._read_row(organization_id, key)
        if stored is None:
            raise NotFound
        if stored.damaged_object_id is not None:
            raise ObjectDamaged
        if not stored.is_displayable:
            raise NotDisplayable(stored.not_displayable_reason)
        try:
            header = ReadingHeader.from_bytes(stored.reading_header)
        except NotPlain as error:
            raise ObjectDamaged from error
        instance = OpenInstance(key, organization_id, stored, header, _copy_of(stored, header))
        if not self._has_changed(key, began):
            self._instances.put(key, instance, epoch)
        return instance

    def frame(self, instance: OpenInstance, frame_number: int, level: int) -> DecodedFrame:
        """One level of one frame, kept or made.

        Args:
            instance: From `instance`.
            frame_number: From 1.
            level: 0 for full resolution.

        Raises:
            NotFound: If there is no such frame.
            NotDisplayable: If there is no such level, or the frame does not decode.
            ObjectDamaged: If the stored octets fail their seal.
        """
        pixels = instance.header.pixel_format
        if not 1 <= frame_number <= instance.header.number_of_frames:
            raise NotFound("This image has no such frame.")
        if level and not 0 < level < pyramid_levels(pixels.rows, pixels.columns):
            raise NotDisplayable("This image has no such level of detail.")
        key = FrameKey(
            instance.stored.object_id,
            frame_number - 1,
            level,
            study_key=instance.key[0],
            header_version=instance.header.version,
        )
        frame = self._frame_cache.get(key)
        if frame is not None:
            return frame
        return self._frame_cache.get_or_make(key, lambda: self._make(instance, key))

    def forget_copy(self, study_key: str, sop_instance_uid: str) -> None:
        """An instance has got a reading copy, or lost it. What is kept of its pixels is the same with and without."""
        key = (study_key, sop_instance_uid)
        with self._changing:
            self._changed_at.pop(key, None)
            self._changed_at[key] = time.monotonic()
            while len(self._changed_at) > _CHANGES_REMEMBERED:
                del self._changed_at[next(iter(self._changed_at))]
        self._rows.discard(key)
        self._instances.discard(key)

    def forget_rows(self, study_key: str) -> None:
        """A study is not what it was: its instances are read from the database again, its pixels are what they were."""
        self._rows.forget(lambda key: key[0] == study_key)
        self._instances.forget(lambda key: key[0] == study_key)

    def forget_study(self, study_key: str) -> None:
        """Keep neither keys nor pixels of a study."""
        self.forget_rows(study_key)
        self._looked_into.discard(study_key)
        self._frame_cache.discard_study(study_key)

    def _has_changed(self, key: tuple[str, str], since: float) -> bool:
        with self._changing:
            return self._changed_at.get(key, -1.0) >= since

    def _read_row(self, organization_id: str, key: tuple[str, str]) -> ReadableInstance | None:
        """The row of an instance; of a study that is scrolled through, with those around it, for the price of one."""
        epoch, began = self._rows.epoch, time.monotonic()
        study_key = key[0]
        is_scrolled = self._looked_into.get(study_key) is not None
        with self._database.read(organization_id) as session:
            stored = queries.readable_instance(session, *key)
            neighbours = queries.readable_neighbours(session, *key) if is_scrolled else {}
        self._looked_into.put(study_key, True)
        for uid, row in neighbours.items():
            if not self._has_changed((study_key, uid), began):
                self._rows.put((study_key, uid), row, epoch)
        return stored

    def _make(self, instance: OpenInstance, key: FrameKey) -> DecodedFrame:
        if key.level == 0 and _frame_bytes(instance.header) > LARGE_FRAME_BYTES:
            with self._one_large_frame:
                return self._read(instance, key)
        return self._read(instance, key)

    def _read(self, instance: OpenInstance, key: FrameKey) -> DecodedFrame:
        if instance.copy is not None and instance.copy.holds(key.level):
            try:
                return self._from_copy(instance, instance.copy, key)
            except (ObjectDamaged, NotPacked, NotDisplayable, ValueError):
                self._drop_copy(instance)
        if key.level:
            return build_level(self.frame(instance, key.frame_index + 1, 0), key.level)
        return self._from_original(instance, key)

    def _from_original(self, instance: OpenInstance, key: FrameKey) -> DecodedFrame:
        stored = instance.stored
        object_key = self._keyring.unwrap_object_key(
            stored.wrapped_object_key, stored.wrapped_data_key
        )
        with self._object_store.open(stored.object_id, object_key) as reader:
            return decode_frame(instance.header, up_to_the_end(reader), key.frame_index)

    def _from_copy(self, instance: OpenInstance, copy: ReadingCopy, key: FrameKey) -> DecodedFrame:
        stored = instance.stored
        object_key = self._keyring.unwrap_object_key(
            stored.copy_wrapped_object_key or b"", stored.wrapped_data_key
        )
        with self._object_store.open(stored.copy_object_id or "", object_key) as reader:
            return copy.frame(reader.read_range, key.frame_index, key.level)

    def _drop_copy(self, instance: OpenInstance) -> None:
        """A damaged copy is worth nothing: it is forgotten and removed, and the original is decoded."""
        object_id = instance.stored.copy_object_id or ""
        with self._database.write(instance.organization_id) as session:
            was_there = reading_copies.forget_copy(session, object_id)
        self.forget_copy(*instance.key)
        if was_there:
            _log.warning("A reading copy was damaged and is dropped; the original is decoded.")
            with contextlib.suppress(ValueError, OSError):
                self._object_store.delete(object_id)


def up_to_the_end(reader: ObjectReader) -> ReadRange:
    """Reading that gives less at the end of the object, as a file does."""

    def read_range(offset: int, length: int) -> bytes:
        there = max(0, min(length, reader.size_bytes - offset))
        return reader.read_range(offset, there) if there else b""

    return read_range


def _copy_of(stored: ReadableInstance, header: ReadingHeader) -> ReadingCopy | None:
    """The copy, if there is one that this release can read."""
    if not stored.copy_object_id or stored.copy_index is None:
        return None
    try:
        return ReadingCopy(stored.copy_index, stored.reading_header, header)
    except NotPlain:
        return None


def _frame_bytes(header: ReadingHeader) -> int:
    pixels = header.pixel_format
    sample_bytes = max(1, pixels.bits_allocated // 8)
    return pixels.rows * pixels.columns * pixels.samples_per_pixel * sample_bytes


def _row_weight(stored: ReadableInstance) -> int:
    return 1000 + len(stored.reading_header) + len(stored.copy_index or b"")


def _weight(instance: OpenInstance) -> int:
    return 2000 + 4 * _row_weight(instance.stored)
