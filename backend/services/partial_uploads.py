"""Uploads that arrive in pieces: begun, gone on with after a dropped connection or a restart, given up, swept.

Each piece is sealed while it arrives and becomes an object of the store, durable before it is acknowledged; its key is
wrapped and kept beside it. What becomes of an upload that is whole is in `upload_taking`.
"""

import hashlib
import json
import threading
import time
from collections.abc import Sequence
from datetime import timedelta

from backend.access import policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import (
    ChecksumWrong,
    NotFound,
    OffsetWrong,
    TooManyUploads,
    UploadBusy,
    UploadTooLarge,
)
from backend.core.permissions import Permission
from backend.core.source_names import kept_name
from backend.models import partial_uploads as queries
from backend.models.partial_uploads import PartialUpload, UploadPiece
from backend.models.session import Database, Session
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectStore, StagedObject
from backend.schemas.attaching import AttachmentRequest
from backend.schemas.partial_uploads import PartialUploadView

PIECE_BYTES = 32 * 1024 * 1024
MOST_UPLOADS = 200
KEPT_FOR = timedelta(days=3)
# A sender that has been silent for so long has lost its connection, whatever the network says.
SILENT_SECONDS = 10.0
_LONGEST_NAME = 1000


class PartialUploads:
    """Use cases of uploads in pieces. An upload exists for the person who began it, and for nobody else.

    Args:
        database: Where rows go.
        object_store: Where pieces go.
        keyring: Wraps the keys.
        limit_bytes: How much one person may have on its way; also the largest upload.
    """

    def __init__(
        self, database: Database, object_store: ObjectStore, keyring: Keyring, *, limit_bytes: int
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._appending: dict[str, Appending] = {}

    @property
    def limit_bytes(self) -> int:
        """The largest upload."""
        return self._limit_bytes

    def create(
        self,
        caller: Caller,
        source_name: str,
        fingerprint: str,
        size_bytes: int,
        attachment: AttachmentRequest | None = None,
    ) -> PartialUploadView:
        """Begin an upload.

        Args:
            caller: Who sends it.
            source_name: What the sender calls the file.
            fingerprint: By which the sender will know it again; may be empty.
            size_bytes: How large it is.
            attachment: What it is to be attached to, if it is.

        Raises:
            NotAllowed: Without `study:upload`.
            UploadTooLarge: If it is larger than the limit.
            TooManyUploads: If too much of this person's is on its way.
            StorageFull: If there is no room for it.
        """
        if size_bytes > self._limit_bytes:
            raise UploadTooLarge
        self.sweep()
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_UPLOAD)
            count, held_bytes = queries.held_by(session, caller.user_id)
        if count >= MOST_UPLOADS or held_bytes + size_bytes > self._limit_bytes:
            raise TooManyUploads
        # Asks for the room; what is taken of it meanwhile is noticed piece by piece.
        self._object_store.stage(leave_free_bytes=size_bytes).discard()
        upload = PartialUpload(
            user_id=caller.user_id,
            source_name=kept_name(source_name)[:_LONGEST_NAME],
            fingerprint=kept_name(fingerprint),
            size_bytes=size_bytes,
            wrapped_data_key=self._keyring.wrap_new_data_key(),
            expires_at=clock.now() + KEPT_FOR,
            attachment=json.dumps(attachment.plain()) if attachment else "",
        )
        with self._database.write(caller.organization_id) as session:
            session.add(upload)
            return view_of(upload)

    def find(self, caller: Caller, upload_id: str) -> PartialUploadView:
        """One upload.

        Raises:
            NotAllowed: Without `study:upload`.
            NotFound: If it is not there for this caller.
        """
        with self._database.read(caller.organization_id) as session:
            return view_of(required_upload(session, caller, upload_id))

    def list(self, caller: Caller) -> tuple[PartialUploadView, ...]:
        """All uploads of the caller that are still there, the oldest first.

        Raises:
            NotAllowed: Without `study:upload`.
        """
        now = clock.now()
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_UPLOAD)
            rows = queries.uploads_of(session, caller.user_id)
            return tuple(view_of(row) for row in rows if row.expires_at > now)

    def journal_key(self, caller: Caller) -> bytes:
        """A key of this person's with which a browser blinds the names of files that it remembers as sent.

        Raises:
            NotAllowed: Without `study:upload`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_UPLOAD)
        return self._keyring.derive(f"upload-journal|{caller.organization_id}|{caller.user_id}")

    def append(
        self, caller: Caller, upload_id: str, offset_bytes: int, *, is_checked: bool = False
    ) -> "Appending":
        """Go on with an upload.

        Args:
            caller: Who sends it.
            upload_id: Which.
            offset_bytes: Where what comes belongs.
            is_checked: Whether nothing is to be kept before its checksum is known to be right.

        Returns:
            What takes the octets; to be finished or broken off.

        Raises:
            NotAllowed: Without `study:upload`.
            NotFound: If it is not there for this caller.
            OffsetWrong: If it goes on elsewhere.
            UploadBusy: If somebody is sending it.
        """
        with self._database.read(caller.organization_id) as session:
            required_upload(session, caller, upload_id)  # before anything of it is touched
        with self._lock:
            before = self._appending.get(upload_id)
        if before is not None:
            if not before.is_silent:
                raise UploadBusy
            before.give_up()
        with self._database.read(caller.organization_id) as session:
            upload = required_upload(session, caller, upload_id)
        if upload.received_bytes != offset_bytes:
            raise OffsetWrong
        made = Appending(self, caller, upload, is_checked=is_checked)
        with self._lock:
            if upload_id in self._appending:
                raise UploadBusy
            self._appending[upload_id] = made
        return made

    def terminate(self, caller: Caller, upload_id: str) -> None:
        """Give an upload up; what came of it is removed, what was taken in of it stays.

        Raises:
            NotAllowed: Without `study:upload`.
            NotFound: If it is not there for this caller.
        """
        with self._database.read(caller.organization_id) as session:
            required_upload(session, caller, upload_id)  # before anything of it is touched
        with self._lock:
            appending = self._appending.get(upload_id)
        if appending is not None:
            appending.give_up()
        with self._database.write(caller.organization_id) as session:
            upload = required_upload(session, caller, upload_id)
            object_ids = queries.remove_upload(session, upload)
        self._delete(object_ids)

    def sweep(self) -> int:
        """Remove uploads whose time is over; how many."""
        with self._database.system_read() as session:
            over = [row.id for row in queries.expired_uploads(session, clock.now())]
        if not over:
            return 0
        object_ids: list[str] = []
        with self._database.system_write() as session:
            for upload in queries.expired_uploads(session, clock.now()):
                object_ids += queries.remove_upload(session, upload)
        self._delete(object_ids)
        return len(over)

    def stage(self) -> StagedObject:
        """A place for the next piece."""
        return self._object_store.stage()

    def record(
        self, caller: Caller, upload_id: str, pieces: Sequence[tuple[int, int, StagedObject]]
    ) -> PartialUploadView:
        """Make pieces durable, and then known.

        Args:
            caller: Who sent them.
            upload_id: Of which upload.
            pieces: Offset and size of each, and where it lies finished.

        Raises:
            NotFound: If the upload was given up meanwhile.
            OffsetWrong: If somebody else went on with it meanwhile.
            StorageFull: If there is no room.
        """
        staged = [piece for _, _, piece in pieces]
        self._object_store.commit_many(staged)
        try:
            with self._database.write(caller.organization_id) as session:
                upload = required_upload(session, caller, upload_id)
                for offset_bytes, size_bytes, piece in pieces:
                    if upload.received_bytes != offset_bytes:
                        raise OffsetWrong
                    upload.received_bytes += size_bytes
                    session.add(self._row(upload, offset_bytes, size_bytes, piece))
                upload.expires_at = clock.now() + KEPT_FOR
                session.add(upload)
                return view_of(upload)
        except BaseException:
            self._delete([piece.object_id for piece in staged])
            raise

    def release(self, appending: "Appending") -> None:
        """Nobody sends this any more."""
        with self._lock:
            if self._appending.get(appending.upload_id) is appending:
                del self._appending[appending.upload_id]

    def _row(
        self, upload: PartialUpload, offset_bytes: int, size_bytes: int, piece: StagedObject
    ) -> UploadPiece:
        return UploadPiece(
            upload_key=upload.id,
            offset_bytes=offset_bytes,
            size_bytes=size_bytes,
            object_id=piece.object_id,
            wrapped_object_key=self._keyring.wrap_object_key(
                piece.object_key, upload.wrapped_data_key
            ),
        )

    def _delete(self, object_ids: Sequence[str]) -> None:
        for object_id in object_ids:
            self._object_store.delete(object_id)


class Appending:
    """Octets on their way into an upload: cut into pieces, each durable and known once it is full.

    One thread writes; another may give it up meanwhile.
    """

    def __init__(
        self, uploads: PartialUploads, caller: Caller, upload: PartialUpload, *, is_checked: bool
    ) -> None:
        self.upload_id = upload.id
        self._uploads = uploads
        self._caller = caller
        self._size_bytes = upload.size_bytes
        self._offset_bytes = upload.received_bytes  # up to where the pieces in hand reach
        self._digest = hashlib.sha256() if is_checked else None
        self._view = view_of(upload)
        self._staged: StagedObject | None = None
        self._filled_bytes = 0
        self._sealed: list[tuple[int, int, StagedObject]] = []
        self._lock = threading.RLock()
        self._is_over = False
        self._heard_at = time.monotonic()

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come for so long that the connection must be dead."""
        return time.monotonic() - self._heard_at > SILENT_SECONDS

    def write(self, octets: bytes) -> None:
        """Take octets.

        Raises:
            UploadTooLarge: If there are more than the upload was to have.
            UploadBusy: If it was given up, because somebody else sends it now.
            StorageFull: If there is no room.
        """
        with self._lock:
            self._require_going()
            self._heard_at = time.monotonic()
            rest = memoryview(octets)
            if self._offset_bytes + self._filled_bytes + len(rest) > self._size_bytes:
                raise UploadTooLarge("More was sent than the upload was said to have.")
            if self._digest is not None:
                self._digest.update(rest)
            while rest:
                if self._staged is None:
                    self._staged = self._uploads.stage()
                part = rest[: PIECE_BYTES - self._filled_bytes]
                self._staged.write(part)
                self._filled_bytes += len(part)
                rest = rest[len(part) :]
                if self._filled_bytes == PIECE_BYTES:
                    self._seal()
            self._heard_at = time.monotonic()

    def finish(self, sha256: bytes | None = None) -> PartialUploadView:
        """Everything has come.

        Args:
            sha256: What the octets must amount to, if they are checked.

        Returns:
            The upload with them in it, durable.

        Raises:
            ChecksumWrong: If they were changed on the way; nothing of them is kept.
            UploadBusy: If it was given up meanwhile.
        """
        with self._lock:
            self._require_going()
            try:
                self._seal()
                if self._digest is not None and self._digest.digest() != sha256:
                    raise ChecksumWrong
                self._record()
            finally:
                self.give_up()
            return self._view

    def break_off(self) -> None:
        """The connection is gone: what came is kept, unless it had to be checked."""
        with self._lock:
            if self._is_over:
                return
            try:
                if self._digest is None:
                    self._seal()
            finally:
                self.give_up()

    def give_up(self) -> None:
        """Let go of what is not known yet."""
        with self._lock:
            self._is_over = True
            if self._staged is not None:
                self._staged.discard()
            for _, _, piece in self._sealed:
                piece.discard()
            self._staged, self._sealed = None, []
            self._uploads.release(self)

    def _require_going(self) -> None:
        if self._is_over:
            raise UploadBusy

    def _seal(self) -> None:
        if self._staged is None:
            return
        self._staged.finish()
        self._sealed.append((self._offset_bytes, self._filled_bytes, self._staged))
        self._offset_bytes += self._filled_bytes
        self._staged, self._filled_bytes = None, 0
        if self._digest is None:
            self._record()

    def _record(self) -> None:
        if self._sealed:
            self._view = self._uploads.record(self._caller, self.upload_id, self._sealed)
            self._sealed = []


def required_upload(session: Session, caller: Caller, upload_id: str) -> PartialUpload:
    """The caller's own upload.

    Raises:
        NotAllowed: Without `study:upload`.
        NotFound: If it is not there for this caller, or its time is over.
    """
    policy.require(session, caller, Permission.STUDY_UPLOAD)
    upload = queries.upload_of(session, caller.user_id, upload_id)
    if upload is None or upload.expires_at <= clock.now():
        raise NotFound("This upload is no longer there. Send the file again.")
    return upload


def view_of(upload: PartialUpload) -> PartialUploadView:
    """A row as its sender sees it."""
    return PartialUploadView(
        upload_id=upload.id,
        source_name=upload.source_name,
        fingerprint=upload.fingerprint,
        size_bytes=upload.size_bytes,
        received_bytes=upload.received_bytes,
        expires_at=upload.expires_at,
        is_taken_in=upload.taken_in_at is not None,
        outcome_count=upload.outcome_count,
        attachment=AttachmentRequest.of(json.loads(upload.attachment))
        if upload.attachment
        else None,
    )
