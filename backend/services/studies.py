"""Taking studies in: every instance is parsed apart, made durable, recorded and audited before it is acknowledged."""

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import Protocol

from backend.access import policy
from backend.core.caller import Caller, system_caller
from backend.core.errors import FileRefused, NotFound, StorageFull
from backend.core.permissions import Permission
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.model import ParsedInstance, Refused
from backend.dicom.reading_copy import CopiedFrame
from backend.models import ingest as queries
from backend.models.organizations import organizations_by_slug
from backend.models.session import Database
from backend.models.studies import Study
from backend.ports.keyring import Keyring
from backend.ports.object_store import (
    MOST_ORPHANS,
    ObjectReader,
    ObjectStore,
    StagedObject,
    SweepReport,
)
from backend.schemas.studies import IngestOutcome
from backend.services import archives
from backend.services.arrivals import TURNED_AWAY, Arrivals, Arrived, kept_apart, taken_in
from backend.services.copy_writing import CopyAlongTheWay
from backend.services.filing import Filed, file_instances
from backend.services.giving_way import give_way
from backend.services.healing import Healed, heal
from backend.services.holding import Holding
from backend.services.ingest_pipeline import Pipeline
from backend.services.ingest_verdicts import (
    Candidate,
    Received,
    Verdicts,
    not_taken,
    refused,
    skipped,
)
from backend.services.media import Media

# An object this young may belong to an import whose row is on its way.
_SWEEP_GRACE_SECONDS = 3600.0
# While hands move. Slices still come in at some tens a second then.
_PATIENCE_OF_A_FILE_SECONDS = 0.05
_PATIENCE_OF_A_BATCH_SECONDS = 0.25
# Files that systems and media leave beside the images; they hold nothing of a study.
_SYSTEM_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_NESTED = "An archive inside an archive is not opened; send it by itself."


class ParseInstance(Protocol):
    """Parses one file in a process of its own, within limits."""

    def __call__(
        self, octets: ObjectReader, take: Callable[[CopiedFrame], None] | None = None
    ) -> ParsedInstance | Refused:
        """What is kept of the file; `take` is given the frames for its reading copy."""
        ...


class Studies:
    """Use cases of taking studies in.

    Args:
        database: Where rows go.
        object_store: Where octets go.
        keyring: Wraps the data key of each study.
        parse_instance: Parses one file in a process of its own, within limits.
        parsers: How many files are parsed at a time.
        upload_limit_bytes: Largest single file.
        makes_copies: Whether reading copies are to be made along the way; asked for each batch.
        when_stored: Told after a batch in which something was stored.
        when_healed: Told the study key and the SOP Instance UID of what was damaged and is whole again.
        is_busy: Whether somebody's hand is waiting for images at this moment; then taking in is slower.
        expect_files: Told when files are likely to come soon; waits for nothing.
    """

    def __init__(
        self,
        database: Database,
        object_store: ObjectStore,
        keyring: Keyring,
        parse_instance: ParseInstance,
        *,
        parsers: int,
        upload_limit_bytes: int,
        makes_copies: Callable[[], bool] = lambda: False,
        when_stored: Callable[[], None] = lambda: None,
        when_healed: Callable[[str, str], None] = lambda _study_key, _uid: None,
        is_busy: Callable[[], bool] = lambda: False,
        expect_files: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._parse_instance = parse_instance
        self._arrivals = Arrivals(database)
        self._makes_copies = makes_copies
        self._when_stored = when_stored
        self._when_healed = when_healed
        self._is_busy = is_busy
        self._expect_files = expect_files
        self._parser_threads = ThreadPoolExecutor(max(1, parsers), "parse")
        self._limits = archives.ArchiveLimits(entry_bytes=upload_limit_bytes)
        # Two batches of the same study must not both decide that it is new.
        self._recording = threading.Lock()

    @property
    def upload_limit_bytes(self) -> int:
        """Largest single file that is taken in."""
        return self._limits.entry_bytes

    def importer(self, organization_slug: str) -> Caller:
        """The program itself, importing for one organization; the only one if no slug is given.

        Raises:
            NotFound: If there is no such organization, or several and none was named.
        """
        with self._database.system_read() as session:
            found = organizations_by_slug(session, organization_slug)
        if len(found) != 1:
            slugs = ", ".join(organization.slug for organization in found)
            raise NotFound(
                f"Name the organization with --organization; there are: {slugs}."
                if found
                else "There is no such organization. Set PACScribe up first, or check the name."
            )
        return system_caller(found[0].id, frozenset({Permission.STUDY_UPLOAD}))

    def require_upload(self, caller: Caller) -> None:
        """Refuse whoever may not upload, before the first octet is read.

        Raises:
            NotAllowed: Without `study:upload`.
        """
        if policy.may(caller, Permission.STUDY_UPLOAD):
            return  # asked for each file; the database is needed for the record of a refusal only
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_UPLOAD)

    def expect_upload(self, caller: Caller) -> None:
        """`require_upload`, and files are likely to come soon: what parses them begins to load.

        Raises:
            NotAllowed: Without `study:upload`.
        """
        self.require_upload(caller)
        self._expect_files()

    def receive(
        self, caller: Caller, source_name: str, chunks: Iterable[bytes | memoryview]
    ) -> Received:
        """Seal a file into staging while it arrives; a chunk must hold only until the next is asked for.

        Raises:
            NotAllowed: Without `study:upload`.
            FileRefused: If it is larger than the limit.
            StorageFull: If there is no room.
        """
        self.require_upload(caller)
        return self._receive(source_name, chunks)

    def stage(self) -> StagedObject:
        """A sealed place for a file that arrives in pieces; `received` takes it from there."""
        return self._object_store.stage()

    @staticmethod
    def received(source_name: str, staged: StagedObject, mark: str = "") -> Received:
        """Finish a staged file; its `mark` is given back with its outcomes."""
        done = staged.finish()
        return Received(source_name, staged, done.sha256, done.size_bytes, done.head, mark)

    def ingest(
        self, caller: Caller, files: Iterable[Received]
    ) -> Generator[IngestOutcome, None, None]:
        """Take files in: images as they are, zip archives file by file.

        Outcomes are given only once everything they promise is durable. While `files` gives the next file, those before
        it are parsed and recorded. Whatever is not stored is removed from staging, also when the generator is closed early.

        Raises:
            NotAllowed: Without `study:upload`.
        """
        self.require_upload(caller)
        media = (
            Media()
        )  # of archives: whether the rest of a disc is still to come is not known here
        try:
            with self._pipeline(caller) as pipeline:
                for file in files:
                    if file.head.startswith(archives.ZIP_MAGIC):
                        yield from media.heard(self._ingest_archive(file, pipeline, media))
                    else:
                        yield from media.heard(pipeline.take(file))
                yield from media.heard(pipeline.rest())
        finally:
            self._arrivals.end(caller)
        yield from media.missing()

    def sweep(self, *, however_many: bool = False) -> SweepReport:
        """Remove what a crash left behind: staged files, and objects that no row points to.

        Args:
            however_many: Remove also more objects than crashes are likely to leave, because somebody has looked into it.
        """

        def known(object_ids: Sequence[str]) -> AbstractSet[str]:
            with self._database.system_read() as session:
                return queries.known_object_ids(session, object_ids)

        return self._object_store.sweep(
            known,
            older_than_seconds=_SWEEP_GRACE_SECONDS,
            most_orphans=None if however_many else MOST_ORPHANS,
        )

    def start(self) -> None:
        """Begin to look which arrivals are over, to sum them up in the audit trail."""
        self._arrivals.start()

    def sum_up(self) -> None:
        """Take every arrival for over."""
        self._arrivals.stop()

    def close(self) -> None:
        """Stop the parsing threads, each after its file; an upload that is under way ends without further outcomes."""
        self._parser_threads.shutdown(cancel_futures=True)
        self.sum_up()

    def _receive(
        self, source_name: str, chunks: Iterable[bytes | memoryview], mark: str = ""
    ) -> Received:
        staged = self._object_store.stage()
        try:
            total = 0
            for chunk in chunks:
                total += len(chunk)
                if total > self._limits.entry_bytes:
                    raise FileRefused("This file is larger than the upload limit.")
                staged.write(chunk)
            return self.received(source_name, staged, mark)
        except BaseException:
            staged.discard()
            raise

    def _pipeline(self, caller: Caller) -> Pipeline:
        return Pipeline(
            self._parser_threads,
            self._parse,
            lambda files, parsed: self._settle(caller, files, parsed),
        )

    def _ingest_archive(
        self, archive: Received, pipeline: Pipeline, media: Media
    ) -> Iterator[IngestOutcome]:
        try:
            with archive.staged.open() as reader, reader.stream() as stream:
                for entry in archives.entries(stream, self._limits):
                    name = f"{archive.source_name}/{entry.name}"
                    media.saw(name)
                    received = self._receive_entry(name, entry, archive.mark)
                    if isinstance(received, IngestOutcome):
                        yield received
                    else:
                        yield from pipeline.take(received)
        except FileRefused as refusal:
            yield refused(archive.source_name, refusal.sentence, archive.mark)
        finally:
            archive.staged.discard()

    def _receive_entry(
        self, name: str, entry: archives.ArchiveEntry, mark: str
    ) -> Received | IngestOutcome:
        if _is_system_file(name):
            return skipped(name, mark)
        if entry.refusal:
            return refused(name, entry.refusal, mark)
        try:
            received = self._receive(name, entry.chunks, mark)
        except (FileRefused, StorageFull) as refusal:
            return refused(name, refusal.sentence, mark)
        if received.head.startswith(archives.ZIP_MAGIC):
            received.staged.discard()
            return refused(name, _NESTED, mark)
        return received

    def _parse(self, file: Received) -> Candidate | Refused:
        if _is_system_file(file.source_name):
            return Refused("This is not part of a study.", is_skipped=True)
        give_way(self._is_busy, _PATIENCE_OF_A_FILE_SECONDS)
        with file.staged.open() as reader:
            if not self._makes_copies():
                parsed = self._parse_instance(reader)
                return parsed if isinstance(parsed, Refused) else Candidate(file, parsed)
            copy = CopyAlongTheWay(self._object_store)
            try:
                parsed = self._parse_instance(reader, copy.take)
                if not isinstance(parsed, Refused):
                    written, is_decided = copy.finish(parsed)
                    return Candidate(file, parsed, written, is_decided)
            except BaseException:
                copy.discard()
                raise
        copy.discard()
        return parsed

    def _settle(
        self, caller: Caller, files: Sequence[Received], parsed: Sequence[Candidate | Refused]
    ) -> list[IngestOutcome]:
        """Make a batch durable and record it; an outcome for each file."""
        give_way(self._is_busy, _PATIENCE_OF_A_BATCH_SECONDS)
        outcomes: dict[int, IngestOutcome] = {}
        candidates: dict[int, Candidate] = {}
        for position, (file, candidate) in enumerate(zip(files, parsed, strict=True)):
            if isinstance(candidate, Refused):
                outcomes[position] = not_taken(file, candidate)
            else:
                candidates[position] = candidate
        outcomes.update(self._settle_known(caller, candidates))
        fresh = {p: c for p, c in candidates.items() if p not in outcomes}
        try:
            self._object_store.commit_many([one for c in fresh.values() for one in c.staged])
        except StorageFull as full:
            unkept = {p: c.received for p, c in fresh.items()}
            outcomes.update(
                {p: refused(f.source_name, full.sentence, f.mark) for p, f in unkept.items()}
            )
            fresh = {}
        outcomes.update(self._record(caller, fresh, refusals=_count_refused(outcomes)))
        return [outcomes[position] for position in range(len(files))]

    def _settle_known(
        self, caller: Caller, candidates: dict[int, Candidate]
    ) -> dict[int, IngestOutcome]:
        """Outcomes of those that are here already, before anything is written.

        A file that comes twice in one batch is settled when it is recorded: the first of the two may yet be refused.
        """
        with self._database.read(caller.organization_id) as session:
            verdicts = Verdicts(session, candidates.values())
            outcomes = {p: verdicts.settled(candidate) for p, candidate in candidates.items()}
        return {p: outcome for p, outcome in outcomes.items() if outcome is not None}

    def _record(
        self, caller: Caller, fresh: dict[int, Candidate], *, refusals: int
    ) -> dict[int, IngestOutcome]:
        if not fresh and not refusals:
            return {}
        outcomes: dict[int, IngestOutcome] = {}
        unused: list[str] = []
        healed: list[Healed] = []
        with self._recording, self._database.write(caller.organization_id) as session:
            # Again: another upload may have come first.
            verdicts = Verdicts(session, fresh.values())
            holding = Holding(session, self._keyring)
            filed: list[Filed] = []
            for position, candidate in fresh.items():
                verdict = verdicts.of(candidate)
                outcomes[position] = verdict.outcome
                if verdict.placement is not None:
                    filed.append((candidate, verdict.placement))
                    continue
                unneeded = candidate.staged
                if verdict.heals:
                    healed.append(heal(session, self._keyring, caller, candidate))
                    unneeded = unneeded[1:]  # there may be a reading copy already
                if verdict.conflict is not None:
                    holding.hold(candidate, verdict.conflict)
                    unneeded = unneeded[1:]  # its reading copy
                unused += [staged.object_id for staged in unneeded]
            studies = file_instances(session, self._keyring, filed)
            arrived = _arrived(studies, holding.counts, refusals)
            told = self._arrivals.begin(session, caller, arrived)
        self._arrivals.count(caller, arrived, told)
        for object_id in unused:
            self._object_store.delete(object_id)
        for one in healed:
            self._object_store.delete(one.object_id)
            self._when_healed(one.study_key, one.sop_instance_uid)
        if studies or healed:
            self._when_stored()
        return outcomes


def _arrived(
    studies: Iterable[Study], per_conflict: dict[str, int], refusals: int
) -> Counter[Arrived]:
    """What a batch of files came to be, for the audit trail."""
    counts = Counter(taken_in(study.study_instance_uid) for study in studies)
    counts.update({kept_apart(key): count for key, count in per_conflict.items()})
    if refusals:
        counts[TURNED_AWAY] = refusals
    return counts


def _is_system_file(source_name: str) -> bool:
    path = PurePosixPath(source_name.replace("\\", "/"))
    return path.name.casefold() in _SYSTEM_FILES or "__MACOSX" in path.parts


def _count_refused(outcomes: dict[int, IngestOutcome]) -> int:
    return sum(outcome.kind is IngestOutcomeKind.REFUSED for outcome in outcomes.values())
