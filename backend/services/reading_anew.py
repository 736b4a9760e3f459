"""Images that an earlier version of the program has described, read anew from their files, in the background.

What drawing an image needs, and what its file says, is read once, when it is taken in. What a later version reads besides
would be lacking for ever in all that came before it: therefore the version of reading headers grows with it, and what is
stored with another one is read again here. Only the description is made anew. The file, its place among patients and
studies and the checksums of its pixels stay what they are; which version a header is of is known in `dicom.reading_header`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from backend.core.errors import ObjectDamaged
from backend.dicom import plain
from backend.dicom.model import InstanceAttributes, ParsedInstance
from backend.dicom.plain import NotPlain
from backend.dicom.reading_copy import index_for
from backend.dicom.reading_header import HEADER_BEGINNING, ReadingHeader
from backend.models import integrity, reading_copies
from backend.models import reading_anew as queries
from backend.models.reading_anew import DescribedInstance, KnownFrame
from backend.models.session import Database, Session
from backend.ports.keyring import Keyring
from backend.ports.object_store import ReadableObjects
from backend.services.giving_way import give_way
from backend.services.ingest_rows import frame_places
from backend.services.object_checks import Parse

READ_ANEW = "archive:read-anew"

# Other jobs have their turn in between.
_TURN_SECONDS = 60.0
_HEADERS_PER_QUESTION = 1000
# So many are written down together; a study changes once for all of them.
_BATCH = 50
# How long it waits for hands to rest before it goes on with one more image all the same.
_PATIENCE_SECONDS = 2.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class TurnReport:
    """What came of one turn.

    Attributes:
        read: Images that were read anew.
        left: Images that stay described as they were, because their file, or their pixels, could not be read as before.
    """

    read: int
    left: int


@dataclass(frozen=True, slots=True)
class _ReadAnew:
    instance: DescribedInstance
    frames: Sequence[KnownFrame]
    parsed: ParsedInstance


class ReadingAnew:
    """Brings descriptions up to date.

    Args:
        database: Where instances are described.
        object_store: Where their octets are.
        keyring: Opens their keys.
        parse: Reads a file and decodes every frame of it, in a process of its own.
        is_busy: Whether somebody's hand is waiting for images at this moment.
        suspect: Told an object whose pixels are not what they were.
        when_changed: Told the study key and the SOP Instance UID of an instance that is described anew.
        when_copies_dropped: Told that reading copies are to be made anew.
    """

    def __init__(
        self,
        database: Database,
        object_store: ReadableObjects,
        keyring: Keyring,
        parse: Parse,
        *,
        is_busy: Callable[[], bool] = lambda: False,
        suspect: Callable[[str], None] = lambda _object_id: None,
        when_changed: Callable[[str, str], None] = lambda _study_key, _uid: None,
        when_copies_dropped: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._parse = parse
        self._is_busy = is_busy
        self._suspect = suspect
        self._when_changed = when_changed
        self._when_copies_dropped = when_copies_dropped
        self._cursor = ""
        self._passed = 0
        self._has_more = False

    @property
    def has_more(self) -> bool:
        """Whether the last turn ended because its time was over."""
        return self._has_more

    def turn(
        self,
        progress: Progress = lambda _done, _total: None,
        *,
        seconds: float = _TURN_SECONDS,
    ) -> TurnReport:
        """Read some images anew, from where the last turn ended.

        Args:
            progress: Told how many images it has come past, of how many; may end the turn by raising.
            seconds: After which it ends.
        """
        until = time.monotonic() + seconds
        with self._database.system_read() as session:
            total, _ = integrity.count_originals(session)
        self._has_more = False
        read = left = 0
        waiting: list[_ReadAnew] = []
        try:
            for key, is_other in self._headers():
                instance = self._described(key) if is_other else None
                if instance is not None:
                    found = self._read(instance)
                    read, left = read + (found is not None), left + (found is None)
                    waiting += [found] if found is not None else []
                self._cursor, self._passed = key, self._passed + 1
                if len(waiting) == _BATCH:
                    self._record(waiting)
                    waiting = []
                progress(self._passed, max(total, self._passed))
                if time.monotonic() > until:
                    self._has_more = True
                    break
            else:
                self._cursor, self._passed = "", 0
        finally:
            self._record(waiting)
        return TurnReport(read, left)

    def _headers(self) -> Iterator[tuple[str, bool]]:
        """Key of each image after the cursor, and whether another version has described it."""
        page = [(self._cursor, b"")]
        while page:
            with self._database.system_read() as session:
                page = list(
                    queries.headers_after(
                        session, page[-1][0], _HEADERS_PER_QUESTION, len(HEADER_BEGINNING)
                    )
                )
            for key, beginning in page:
                yield key, beginning != HEADER_BEGINNING

    def _described(self, key: str) -> DescribedInstance | None:
        give_way(self._is_busy, _PATIENCE_SECONDS)
        with self._database.system_read() as session:
            return queries.described_instance(session, key)

    def _read(self, instance: DescribedInstance) -> _ReadAnew | None:
        """An image as this version reads it; None if it cannot, or if the pixels are not what they were."""
        with self._database.system_read() as session:
            frames = queries.known_frames(session, instance.key)
        try:
            object_key = self._keyring.unwrap_object_key(
                instance.wrapped_object_key, instance.wrapped_data_key
            )
            with self._object_store.open(instance.object_id, object_key) as reader:
                parsed = self._parse(reader)
        except ObjectDamaged:
            return None  # the store that is watched has told it
        if not isinstance(parsed, ParsedInstance):
            return None
        if list(parsed.frame_checksums) != [frame.pixel_sha256 for frame in frames]:
            self._suspect(instance.object_id)
            return None
        return _ReadAnew(instance, frames, parsed)

    def _record(self, read: Sequence[_ReadAnew]) -> None:
        """Write down what was read, all of it or nothing."""
        if not read:
            return
        unused: list[str] = []
        with self._database.system_write() as session:
            changed = [each for each in read if _describe_anew(session, each, unused)]
            queries.studies_changed(session, {each.instance.study_key for each in changed})
        for object_id in unused:
            self._object_store.delete(object_id)
        for each in changed:
            self._when_changed(each.instance.study_key, each.instance.sop_instance_uid)
        if unused:
            self._when_copies_dropped()


def _describe_anew(session: Session, read: _ReadAnew, unused: list[str]) -> bool:
    """Let the rows of an instance say what was read; False if the instance has changed meanwhile.

    A reading copy whose frames are drawn otherwise now is forgotten, and its object added to `unused`.
    """
    instance, header = read.instance, read.parsed.reading_header
    attributes = plain.to_json(_filed_as_before(instance, read.parsed.attributes)).decode("utf-8")
    if not queries.describe_anew(session, instance, attributes, header):
        return False
    places = frame_places(read.parsed)
    for number, (frame, (position, orientation)) in enumerate(
        zip(read.frames, places, strict=True), start=1
    ):
        placed = replace(frame, image_position_mm=position, image_orientation=orientation)
        if placed != frame:
            queries.place_anew(session, instance.key, number, placed)
    copy = reading_copies.find_copy(session, instance.key)
    if copy is not None and copy.object_id is not None:
        try:
            copy.copy_index = _index_anew(copy.copy_index, instance.reading_header, header)
        except NotPlain:
            unused.append(copy.object_id)
            session.delete(copy)
    return True


def _filed_as_before(instance: DescribedInstance, said: InstanceAttributes) -> InstanceAttributes:
    """What the file says, but of patient and study what it was filed by."""
    try:
        before = plain.from_json(InstanceAttributes, instance.attributes.encode("utf-8"))
    except NotPlain:  # of a later version that was given up; nothing else can be known
        return said
    return replace(said, patient=before.patient, study=before.study)


def _index_anew(index: bytes, before: bytes, now: bytes) -> bytes:
    """The index of a reading copy for another header.

    Raises:
        NotPlain: If its frames may be drawn otherwise with it.
    """
    if not ReadingHeader.from_bytes(before).draws_like(ReadingHeader.from_bytes(now)):
        raise NotPlain("The frames are drawn otherwise now.")
    return index_for(index, now)
