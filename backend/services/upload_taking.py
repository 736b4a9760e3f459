"""Taking in what has arrived in pieces: in the background, so that nobody has to wait for it with an open connection.

Outcomes are written down as they come. Whoever was cut off asks again from any number on; after a restart the work
goes on by itself, and what was written down is not said twice.
"""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from backend.access.absentees import absent_caller
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import (
    FileRefused,
    Malformed,
    NotFound,
    OffsetWrong,
    PatientNotConfirmed,
    Refusal,
    UploadTooLarge,
)
from backend.core.permissions import Permission
from backend.core.redaction import described_exception
from backend.models import partial_uploads as queries
from backend.models.partial_uploads import UploadOutcomes, UploadPiece
from backend.models.session import Database, Session
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectReader, ObjectStore
from backend.schemas.attaching import AttachmentRequest
from backend.schemas.partial_uploads import PartialUploadView
from backend.schemas.studies import IngestOutcome
from backend.services import archives
from backend.services.attaching import Attaching
from backend.services.ingest_verdicts import Received, refused
from backend.services.joined_pieces import JoinedPieces
from backend.services.partial_uploads import KEPT_FOR, required_upload, view_of
from backend.services.studies import Studies

_log = logging.getLogger(__name__)

AT_ONCE = 2
_WRITE_DOWN_EVERY_SECONDS = 0.5
_WRITE_DOWN_EVERY_OUTCOMES = 200
_PATIENCE_SECONDS = 2.0
_FAILED = (
    "PACScribe could not take this upload in. It is kept; try again, or tell an administrator."
)


class _Stopped(Exception):  # noqa: N818 - no fault: the program ends
    """The program ends; the work goes on when it starts again."""


class _Run:
    """One upload being taken in: how many of its outcomes are written down, and whether it is over."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self.is_over = False
        self.failure = ""

    def tell(self, count: int) -> None:
        """So many outcomes are written down."""
        with self._changed:
            self._count = count
            self._changed.notify_all()

    def end(self, failure: str = "") -> None:
        """It is over."""
        with self._changed:
            self.failure = failure
            self.is_over = True
            self._changed.notify_all()

    def wait_beyond(self, count: int) -> None:
        """Wait until more than `count` are written down, or it is over; not for long, for it holds a thread."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_over or self._count > count, _PATIENCE_SECONDS)


class UploadTaking:
    """Use cases of taking uploads in.

    Args:
        database: Where rows are.
        object_store: Where pieces are.
        keyring: Unwraps the keys of pieces.
        studies: Takes files in.
        attaching: Attaches files to a study.
    """

    def __init__(
        self,
        database: Database,
        object_store: ObjectStore,
        keyring: Keyring,
        studies: Studies,
        attaching: Attaching,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._studies = studies
        self._attaching = attaching
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(AT_ONCE, "take-in")

    def outcomes(
        self, caller: Caller, upload_id: str, first: int = 0
    ) -> Iterator[dict[str, Any] | None]:
        """What became of each instance of an upload that is whole, from a number on, as it becomes known.

        Args:
            caller: Whose upload it is.
            upload_id: Which.
            first: How many outcomes the caller has already.

        Returns:
            Each as `IngestOutcome`, in an order that does not change; None now and then while there is none. Going
            through it raises `Refusal` if the upload could not be taken in; it is kept.

        Raises:
            NotAllowed: Without `study:upload`.
            NotFound: If it is not there for this caller.
            OffsetWrong: If it is not whole yet.
        """
        with self._database.read(caller.organization_id) as session:
            upload = required_upload(session, caller, upload_id)
        if upload.received_bytes != upload.size_bytes:
            raise OffsetWrong("The upload is not whole yet. Send the rest of it first.")
        run = None if upload.taken_in_at else self._begin(caller, upload_id)
        return self._told(caller, upload_id, first, run)

    def _told(
        self, caller: Caller, upload_id: str, first: int, run: _Run | None
    ) -> Iterator[dict[str, Any] | None]:
        while True:
            is_over = run is None or run.is_over  # asked before reading, so that nothing is missed
            for outcome in self._written_down(caller, upload_id, first):
                first += 1
                yield outcome
            if run is None or is_over:
                break
            run.wait_beyond(first)
            yield None
        if run is not None and run.failure:
            raise Refusal(run.failure)

    def resume(self) -> int:
        """Go on with what had arrived when the program ended; how many uploads."""
        resumed = 0
        with self._database.system_read() as session:
            found = [
                (upload.id, absent_caller(session, upload.user_id))
                for upload in queries.arrived_uploads(session)
            ]
        for upload_id, caller in found:
            if caller is not None and caller.may(Permission.STUDY_UPLOAD):
                self._begin(caller, upload_id)
                resumed += 1
        return resumed

    def close(self) -> None:
        """Stop soon; what is not done goes on at the next start."""
        self._stopping.set()
        self._threads.shutdown(cancel_futures=True)
        with self._lock:
            for run in self._runs.values():
                run.end()

    def _begin(self, caller: Caller, upload_id: str) -> _Run:
        with self._lock:
            run = self._runs.get(upload_id)
            if run is None:
                run = self._runs[upload_id] = _Run()
                self._threads.submit(self._run, run, caller, upload_id)
            return run

    def _run(self, run: _Run, caller: Caller, upload_id: str) -> None:
        failure = ""
        try:
            self._take_in(run, caller, upload_id)
        except _Stopped:
            pass
        except Refusal as refusal:
            failure = refusal.sentence
        except Exception as error:  # noqa: BLE001 - a thread's end: it is logged and told
            _log.error("An upload could not be taken in: %s", described_exception(error))
            failure = _FAILED
        finally:
            with self._lock:
                del self._runs[upload_id]
            run.end(failure)

    def _take_in(self, run: _Run, caller: Caller, upload_id: str) -> None:
        with self._database.read(caller.organization_id) as session:
            row = required_upload(session, caller, upload_id)
            if row.taken_in_at is not None:
                return
            upload = view_of(row)
            pieces = queries.pieces_of(session, upload_id)
            said = Counter(
                outcome["source_name"] for outcome in _outcomes_from(session, upload_id, 0)
            )
            count = upload.outcome_count
        joined = JoinedPieces(
            [partial(self._open, piece, row.wrapped_data_key) for piece in pieces],
            [piece.size_bytes for piece in pieces],
        )
        fresh: list[IngestOutcome] = []
        written_at = time.monotonic()
        for outcome in self._ingested(caller, upload, joined):
            if self._stopping.is_set():
                raise _Stopped
            if said[outcome.source_name]:
                said[outcome.source_name] -= 1
                continue
            fresh.append(outcome)
            is_due = time.monotonic() - written_at > _WRITE_DOWN_EVERY_SECONDS
            if is_due or len(fresh) >= _WRITE_DOWN_EVERY_OUTCOMES:
                count = self._write_down(caller, upload_id, fresh)
                run.tell(count)
                fresh, written_at = [], time.monotonic()
        self._write_down(caller, upload_id, fresh, is_last=True)

    def _ingested(
        self, caller: Caller, upload: PartialUploadView, joined: JoinedPieces
    ) -> Iterator[IngestOutcome]:
        source_name = upload.source_name
        if upload.attachment is not None:
            yield self._attached(caller, upload, upload.attachment, joined)
            return
        with joined.open() as reader:
            size_bytes = reader.size_bytes
            magic = reader.read_range(0, min(size_bytes, len(archives.ZIP_MAGIC)))
        if magic == archives.ZIP_MAGIC:
            archive = Received(source_name, joined, "", size_bytes, magic)
            yield from self._studies.ingest(caller, [archive])
        elif size_bytes > self._studies.upload_limit_bytes:
            yield refused(source_name, UploadTooLarge.default_sentence)
        else:
            # An object of its own, under a key of its own, as every instance is.
            received = self._studies.receive(caller, source_name, joined.chunks())
            yield from self._studies.ingest(caller, [received])

    def _attached(
        self,
        caller: Caller,
        upload: PartialUploadView,
        request: AttachmentRequest,
        joined: JoinedPieces,
    ) -> IngestOutcome:
        try:
            with joined.open() as reader:
                return self._attaching.attach(
                    caller, request, upload.source_name, reader, upload.upload_id
                )
        except (FileRefused, Malformed, NotFound, PatientNotConfirmed) as refusal:
            return refused(upload.source_name, refusal.sentence)

    def _open(self, piece: UploadPiece, wrapped_data_key: bytes) -> ObjectReader:
        key = self._keyring.unwrap_object_key(piece.wrapped_object_key, wrapped_data_key)
        return self._object_store.open(piece.object_id, key)

    def _write_down(
        self,
        caller: Caller,
        upload_id: str,
        outcomes: Sequence[IngestOutcome],
        *,
        is_last: bool = False,
    ) -> int:
        object_ids: list[str] = []
        with self._database.write(caller.organization_id) as session:
            upload = required_upload(session, caller, upload_id)
            if outcomes:
                session.add(
                    UploadOutcomes(
                        upload_key=upload_id,
                        first=upload.outcome_count,
                        outcomes=json.dumps([outcome.plain() for outcome in outcomes]),
                    )
                )
            upload.outcome_count += len(outcomes)
            upload.expires_at = clock.now() + KEPT_FOR
            if is_last:
                upload.taken_in_at = clock.now()
                object_ids = queries.remove_pieces(session, upload_id)
            session.add(upload)
            count = upload.outcome_count
        for object_id in object_ids:
            self._object_store.delete(object_id)
        return count

    def _written_down(self, caller: Caller, upload_id: str, first: int) -> list[dict[str, Any]]:
        with self._database.read(caller.organization_id) as session:
            try:
                required_upload(session, caller, upload_id)
            except NotFound:
                return []  # given up meanwhile
            return _outcomes_from(session, upload_id, first)


def _outcomes_from(session: Session, upload_id: str, first: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row in queries.outcomes_of(session, upload_id, first):
        found += json.loads(row.outcomes)[max(0, first - row.first) :]
    return found
