"""Videos: described, and sent in pieces that are opened only when they are asked for. Nothing is decoded here."""

import hashlib
from dataclasses import dataclass

import numpy as np

from backend.access import audit, policy
from backend.core.bounded_cache import BoundedCache
from backend.core.caller import Caller
from backend.core.errors import NotDisplayable, NotFound, ObjectDamaged
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.dicom.model import InstanceAttributes
from backend.dicom.plain import NotPlain, from_json
from backend.dicom.video.model import VideoHeader
from backend.dicom.video.remux import RemuxedVideo
from backend.dicom.video.stream import JoinedFragments
from backend.models import videos as queries
from backend.models.session import Database
from backend.models.videos import ReadableVideo
from backend.ports.keyring import Keyring
from backend.ports.object_store import ReadableObjects
from backend.schemas.videos import VideoDescription, VideoStream
from backend.services.corner_text import acquisition_text
from backend.services.series_description import (
    patient_orientation,
    physical_spacing,
)
from backend.services.viewing_verdicts import Verdicts

_MP4 = "video/mp4"
_ORIGINALS = {
    "mp4": (_MP4, "mp4"),
    "transport stream": ("video/mp2t", "ts"),
    "program stream": ("video/mpeg", "mpg"),
    "elementary stream": ("video/mpeg", "mpg"),
    "matroska": ("video/x-matroska", "mkv"),
    "avi": ("video/x-msvideo", "avi"),
}
_UNKNOWN = ("application/octet-stream", "bin")


@dataclass(frozen=True, slots=True)
class _OpenVideo:
    """One video, read from the database once. Its keys stay wrapped until they are used."""

    stored: ReadableVideo
    header: VideoHeader
    original: JoinedFragments
    played: JoinedFragments | RemuxedVideo


class Videos:
    """Use cases of videos.

    Args:
        database: Where videos are described.
        object_store: Where their octets are.
        keyring: Opens the keys of objects.
        verdicts: Who may see what; the viewer's, so that a study that is opened is recorded once.
    """

    def __init__(
        self,
        database: Database,
        object_store: ReadableObjects,
        keyring: Keyring,
        verdicts: Verdicts,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._verdicts = verdicts
        verdicts.when_changed(self.forget_study)
        verdicts.when_gone(lambda _uid, study_key: self.forget_study(study_key))
        self._open: BoundedCache[tuple[str, str], _OpenVideo] = BoundedCache(
            64 * 1024 * 1024, lambda video: 4000 + 3 * len(video.stored.header)
        )

    def describe(
        self, caller: Caller, study_instance_uid: str, sop_instance_uid: str
    ) -> VideoDescription:
        """All that a viewport must know of a video.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such video.
            ObjectDamaged: If what was stored about it cannot be read.
        """
        video = self._video(caller, study_instance_uid, sop_instance_uid)
        self._verdicts.record_opening(caller, study_instance_uid)
        header, clock = video.header, video.header.clock
        try:
            attributes = from_json(InstanceAttributes, video.stored.attributes.encode("utf-8"))
        except NotPlain as error:
            raise ObjectDamaged from error
        spacing = physical_spacing(attributes, None, attributes.geometry)
        codecs = f'; codecs="{header.codec}"' if header.codec else ""
        return VideoDescription(
            sop_instance_uid=sop_instance_uid,
            rows=header.rows,
            columns=header.columns,
            codec_name=header.codec_name,
            media_type="" if header.trouble else _MP4 + codecs,
            frame_count=clock.count,
            frame_seconds=clock.frame_seconds,
            frame_times_seconds=tuple((np.frombuffer(clock.times_us, "<i8") / 1e6).tolist()),
            is_exact=clock.is_exact,
            has_sound=header.has_sound,
            trouble=header.trouble,
            may_export=caller.may(Permission.STUDY_EXPORT),
            corner_text=acquisition_text(attributes),
            note=" ".join(attributes.notes),
            spacing_row_mm=spacing.row_mm,
            spacing_column_mm=spacing.column_mm,
            spacing_basis=spacing.basis.value,
            patient_orientation=patient_orientation(attributes),
        )

    def stream(self, caller: Caller, study_instance_uid: str, sop_instance_uid: str) -> VideoStream:
        """What a browser may ask for to play a video.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such video.
            NotDisplayable: If it is not played.
        """
        video = self._video(caller, study_instance_uid, sop_instance_uid)
        if video.header.trouble:
            raise NotDisplayable(video.header.trouble)
        self._verdicts.record_opening(caller, study_instance_uid)
        return VideoStream(
            video.played.size_bytes, _MP4, _tag(video, "played"), _file_name(video, "mp4")
        )

    def read(
        self,
        caller: Caller,
        study_instance_uid: str,
        sop_instance_uid: str,
        offset: int,
        length: int,
    ) -> bytes:
        """Octets of the stream that is played. Rights are asked for again with each piece.

        Raises:
            NotFound: If the study does not exist for this caller (any more), or has no such video.
            ObjectDamaged: If the stored octets fail their seal.
        """
        video = self._video(caller, study_instance_uid, sop_instance_uid)
        return video.played.read(offset, length)

    def export(self, caller: Caller, study_instance_uid: str, sop_instance_uid: str) -> VideoStream:
        """The stream as it was stored, to be taken away. That it was is recorded.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such video.
            NotAllowed: Without `study:export`.
        """
        video = self._video(caller, study_instance_uid, sop_instance_uid)
        with self._database.write(caller.organization_id) as session:
            policy.require_study(session, caller, Permission.STUDY_EXPORT, study_instance_uid)
            audit.append(
                session,
                caller,
                AuditAction.STUDY_EXPORTED,
                object_type="study",
                object_id=study_instance_uid,
                details={"sop_instance_uid": sop_instance_uid},
            )
        media_type, ending = _ORIGINALS.get(video.header.container, _UNKNOWN)
        return VideoStream(
            video.original.size_bytes,
            media_type,
            _tag(video, "original"),
            _file_name(video, ending),
        )

    def read_original(
        self,
        caller: Caller,
        study_instance_uid: str,
        sop_instance_uid: str,
        offset: int,
        length: int,
    ) -> bytes:
        """Octets of the stream as it was stored; only for who has been allowed to `export` it.

        Raises:
            NotFound: If the study does not exist for this caller (any more), or has no such video.
            NotAllowed: Without `study:export`.
            ObjectDamaged: If the stored octets fail their seal.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require_study(session, caller, Permission.STUDY_EXPORT, study_instance_uid)
        video = self._video(caller, study_instance_uid, sop_instance_uid)
        return video.original.read(offset, length)

    def forget(self, study_key: str, sop_instance_uid: str) -> None:
        """A video is found damaged, or whole again: what was read of its row is not kept."""
        self._open.discard((study_key, sop_instance_uid))

    def forget_study(self, study_key: str) -> None:
        """A study is not what it was, or is being removed."""
        self._open.forget(lambda key: key[0] == study_key)

    def _video(self, caller: Caller, study_instance_uid: str, sop_instance_uid: str) -> _OpenVideo:
        """A video of a study that the caller may see."""
        study_key = self._verdicts.require_view(caller, study_instance_uid)
        key = (study_key, sop_instance_uid)
        video = self._open.get(key)
        if video is None:
            with self._database.read(caller.organization_id) as session:
                stored = queries.readable_video(session, study_key, sop_instance_uid)
            if stored is None:
                raise NotFound("This study has no such video.")
            video = self._opened(stored)
            self._open.put(key, video)
        return video

    def _opened(self, stored: ReadableVideo) -> _OpenVideo:
        if stored.damaged_object_id is not None:
            raise ObjectDamaged
        try:
            header = VideoHeader.from_bytes(stored.header)
        except NotPlain as error:
            raise ObjectDamaged from error

        def read_range(offset: int, length: int) -> bytes:
            object_key = self._keyring.unwrap_object_key(
                stored.wrapped_object_key, stored.wrapped_data_key
            )
            with self._object_store.open(stored.object_id, object_key) as reader:
                there = max(0, min(length, reader.size_bytes - offset))
                return reader.read_range(offset, there) if there else b""

        original = JoinedFragments(read_range, header.fragments)
        units = header.access_units
        return _OpenVideo(
            stored, header, original, original if units is None else RemuxedVideo(original, units)
        )


def _tag(video: _OpenVideo, form: str) -> str:
    return hashlib.sha256(f"{form}|{video.stored.object_id}".encode()).hexdigest()[:32]


def _file_name(video: _OpenVideo, ending: str) -> str:
    number = video.stored.instance_number
    return f"video.{ending}" if number is None else f"video-{number}.{ending}"
