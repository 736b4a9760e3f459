"""The proof of the audit trail outside of its database: checkpoints are signed, and the trail is verified against them.

How they are written is in `access.checkpoints`, what is compared with what in `access.audit_proof`.
"""

import base64
import contextlib
import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from backend.access import audit, audit_proof
from backend.access.audit import LEAST_YEARS, Seal
from backend.access.audit_proof import Evidence, Grown
from backend.access.checkpoints import (
    Base,
    Checkpoint,
    CheckpointForged,
    Signer,
    base_extensions,
)
from backend.access.witness import WitnessedDatabase
from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID, system_caller
from backend.core.errors import Refusal
from backend.core.vocabulary import AuditAction
from backend.models import audit as table
from backend.models.audit import ChainRecord
from backend.schemas.audit import AuditVerdict

# One is due after so many entries, or so long after the one before it if there was anything to sign.
_MOST_UNSIGNED = 1000
_LONGEST_UNSIGNED = timedelta(hours=1)
# A stop does not wait for more than these to be hashed; the next start does it.
_MOST_AT_STOP = 100_000

_DOES_NOT_CONTINUE = (
    "The audit trail does not continue what was signed; nothing more is signed. "
    "Run `pacscribe audit verify`."
)

_log = logging.getLogger(__name__)


class CheckpointStore(Protocol):
    """Keeps checkpoints outside of the database."""

    def keep(self, size: int, note: str, *, is_base: bool = False) -> None:
        """Keep a signed checkpoint for ever; one that is there already stays."""
        ...

    def notes(self, size: int | None = None) -> Iterable[tuple[str, int, str]]:
        """Name, number of entries and text of every checkpoint that is kept, or of those over so many entries."""
        ...

    def edge(self) -> Base | None:
        """What the next checkpoint grows from, if it is known."""
        ...

    def keep_edge(self, base: Base) -> None:
        """Keep what the next checkpoint grows from."""
        ...

    def set_aside(self, names: Collection[str]) -> None:
        """These no longer count."""
        ...


class AuditCheckpoints:
    """Signs checkpoints, and verifies the trail.

    Args:
        database: Where the trail is.
        seal: Keeps its newest entry outside of the database.
        store: Keeps checkpoints.
        signer: Signs them.
    """

    def __init__(
        self, database: WitnessedDatabase, seal: Seal, store: CheckpointStore, signer: Signer
    ) -> None:
        self._database = database
        self._seal = seal
        self._store = store
        self._signer = signer
        self._lock = threading.Lock()
        self._signed_at: datetime | None = None

    @property
    def public_key(self) -> str:
        """The key with which anybody can check the signatures."""
        return self._signer.public_key

    def sign_if_due(self) -> str:
        """Sign a checkpoint if enough entries have come or enough time has passed; says what was done.

        Raises:
            Refusal: If the trail does not continue what was signed: then nothing may be signed.
        """
        last = self._signed_at
        is_time = last is None or clock.now() - last >= _LONGEST_UNSIGNED
        return self.sign_now(least=1 if is_time else _MOST_UNSIGNED)

    def sign_now(self, *, least: int = 1) -> str:
        """Sign a checkpoint if there are as many entries that are not signed yet; says what was done.

        Raises:
            Refusal: If the trail does not continue what was signed: then nothing may be signed.
        """
        with self._lock:
            grown = self._grown()
            if grown.others < least:
                return "Nothing new to sign."
            self._sign(grown.end)
        tree = grown.end.tree
        with self._database.system_write() as session:
            audit.append(
                session,
                system_caller(SYSTEM_ORGANIZATION_ID, frozenset()),
                AuditAction.AUDIT_CHECKPOINT,
                object_type="audit",
                details={"size": tree.size, "root": base64.b64encode(tree.root()).decode()},
            )
        return f"Signed: {tree.size} entries."

    def sign_at_stop(self) -> None:
        """Sign what there is, the entry about the stop with it. That it is signed has no entry of its own."""
        with self._lock:
            start = self._start()
            with self._database.system_read() as session:
                end = table.chain_end(session)
            if end is None or end.sequence - start.base.tree.size > _MOST_AT_STOP:
                return
            try:
                grown = self._grown(start)
            except Refusal as refusal:
                _log.error(refusal.sentence)
                return
            if grown.others:
                self._sign(grown.end)

    def verify(self) -> AuditVerdict:
        """Check every entry, the seal, and every checkpoint."""
        try:
            evidence = self._evidence()
        except CheckpointForged as forged:
            return AuditVerdict(0, forged.size, str(forged))
        return audit_proof.verify(self._database, self._seal, evidence)

    def accept(self) -> AuditVerdict:
        """Whether the chain itself holds; if so, set aside every checkpoint that does not fit it."""
        base = self._readable_base()
        verdict = audit_proof.verify(self._database, None, Evidence(base=base))
        if verdict.first_bad_sequence is None:
            self._set_aside(Evidence(base=base).start)
        return verdict

    def records(self) -> Iterator[ChainRecord]:
        """Every entry of all organizations that is kept, in order, for a file that can be verified. That they left is recorded first.

        Raises:
            Refusal: If one cannot be read.
        """
        base = self._readable_base()
        with self._database.system_write() as session:
            audit.append(
                session,
                system_caller(SYSTEM_ORGANIZATION_ID, frozenset()),
                AuditAction.AUDIT_EXPORTED,
                object_type="audit",
                details={"format": "jsonl", "of": "all organizations"},
            )
        after = Evidence(base=base).start.tree.size
        for record in audit_proof.records_of(self._database, after):
            if record is None:
                raise Refusal("An entry cannot be read. Run `pacscribe audit verify`.")
            yield record

    def prune(self, years: int, *, up_to: int | None = None) -> int:
        """Remove entries that are older than `years`, which is never less than six; returns how many.

        What is left behind is a signed checkpoint over them, from which the rest verifies as before.

        Args:
            years: After how many years.
            up_to: The last entry that may be removed, because a collector has it; None if there is no collector.

        Raises:
            Refusal: If the trail does not hold: then nothing is removed.
        """
        before = _years_ago(clock.now(), max(years, LEAST_YEARS)).isoformat()
        with self._lock:
            if self.verify().first_bad_sequence is not None:
                raise Refusal("The audit trail does not hold; nothing of it is removed.")
            start = self._evidence().start
            gone = audit_proof.grown(
                self._old_records(start.tree.size, before, up_to), Evidence(base=start)
            )
            if not gone.verdict.entries:
                return 0
            tree = gone.end.tree
            note = self._signer.sign(tree.size, tree.root(), base_extensions(gone.end))
            self._store.keep(tree.size, note, is_base=True)
            with self._database.system_write() as session:
                table.delete_entries(session, tree.size)
                audit.append(
                    session,
                    system_caller(SYSTEM_ORGANIZATION_ID, frozenset()),
                    AuditAction.AUDIT_PRUNED,
                    object_type="audit",
                    details={"entries": gone.verdict.entries, "size": tree.size},
                )
        return gone.verdict.entries

    def _old_records(self, after: int, before: str, up_to: int | None) -> Iterator[ChainRecord]:
        """From the beginning, until one is young enough to stay; the newest stays in any case."""
        kept: ChainRecord | None = None
        for record in audit_proof.records_of(self._database, after):
            if kept is not None:
                yield kept
            if record is None or record.at >= before:
                return
            if up_to is not None and record.sequence > up_to:
                return
            kept = record

    # --------------------------------------------------------------------------------------------

    def _sign(self, end: Base) -> None:
        self._signed_at = clock.now()
        self._store.keep(end.tree.size, self._signer.sign(end.tree.size, end.tree.root()))
        self._store.keep_edge(end)

    def _grown(self, start: "_Start | None" = None) -> Grown:
        """From the last checkpoint, over every entry since, each of them checked."""
        start = start or self._start()
        evidence = Evidence(checkpoints=start.checkpoints, base=start.base)
        grown = audit_proof.grown_in(self._database, evidence)
        if grown.verdict.first_bad_sequence is not None:
            raise Refusal(_DOES_NOT_CONTINUE)
        return grown

    def _start(self) -> "_Start":
        """Where the next checkpoint grows from: the edge that was kept, if it is the one that was signed."""
        edge = self._store.edge()
        try:
            if edge is not None:
                signed = self._evidence(edge.tree.size).checkpoints.get(edge.tree.size, ())
                if signed and all(each.root == edge.tree.root() for each in signed):
                    return _Start(edge, {})
            evidence = self._evidence()
        except CheckpointForged:
            raise Refusal(_DOES_NOT_CONTINUE) from None
        return _Start(evidence.start, evidence.checkpoints)

    def _evidence(self, size: int | None = None) -> Evidence:
        notes = self._store.notes(size)
        return audit_proof.evidence_of(notes, self.public_key, is_checkpointed=True)

    def _readable_base(self) -> Base | None:
        """The newest base with a good signature, whatever else is damaged."""
        found: Base | None = None
        for note in self._store.notes():
            with contextlib.suppress(CheckpointForged):
                evidence = audit_proof.evidence_of([note], self.public_key, is_checkpointed=False)
                if evidence.base is not None:
                    found = evidence.base
        return found

    def _set_aside(self, start: Base) -> None:
        notes = list(self._store.notes())
        roots = audit_proof.roots_at(
            audit_proof.records_of(self._database, start.tree.size),
            {size for _, size, _ in notes},
            start,
        )
        self._store.set_aside(
            [name for name, size, note in notes if not self._fits(start, roots, (name, size, note))]
        )

    def _fits(self, start: Base, roots: Mapping[int, bytes], note: tuple[str, int, str]) -> bool:
        size = note[1]
        try:
            evidence = audit_proof.evidence_of([note], self.public_key, is_checkpointed=False)
        except CheckpointForged:
            return False
        if size < start.tree.size:
            return True
        return all(each.root == roots.get(size) for each in evidence.checkpoints[size])


def _years_ago(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # the 29th of February
        return now.replace(year=now.year - years, day=28)


@dataclass(frozen=True, slots=True)
class _Start:
    """Where the next checkpoint grows from, and which must be met on the way."""

    base: Base
    checkpoints: Mapping[int, tuple[Checkpoint, ...]]
