"""Whether the audit trail holds: every entry, the seal of the newest one, and every signed checkpoint.

Works on a database as on a file of exported entries: what is verified are `ChainRecord`s in order. The entries between
two checkpoints are proven to be those that were signed because the root over all entries is computed anew at each.
"""

import json
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from backend.access.audit import GENESIS_HASH, Seal, SealDamaged, record_hash
from backend.access.chain_text import Proven, proven
from backend.access.checkpoints import Base, Checkpoint, CheckpointForged, Verifier, base_of
from backend.core.merkle import Tree
from backend.core.read_ahead import read_ahead
from backend.core.vocabulary import AuditAction
from backend.models import audit as table
from backend.models.audit import ChainEnd, ChainRecord, ChainText
from backend.models.session import Database
from backend.schemas.audit import AuditVerdict

BATCH = 5000
# Whole batches are read by so many threads while one computes hashes; the database needs no Python meanwhile.
_READERS = 2


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the trail outside of its database.

    Attributes:
        sealed: The entry that was sealed as the newest; None if nothing was.
        is_sealed: Whether a seal is to be there at all, once there are entries.
        checkpoints: Every checkpoint, all of them with good signatures, by the number of entries.
        is_checkpointed: Whether the checkpoints are all that were ever made, so that a missing one is a fault.
        base: Where the trail begins after entries were pruned.
    """

    sealed: ChainEnd | None = None
    is_sealed: bool = False
    checkpoints: Mapping[int, tuple[Checkpoint, ...]] = field(default_factory=dict)
    is_checkpointed: bool = False
    base: Base | None = None

    @property
    def start(self) -> Base:
        """What the first entry continues."""
        return self.base or Base(Tree(), GENESIS_HASH)


def evidence_of(
    notes: Iterable[tuple[str, int, str]], public_key: str, *, is_checkpointed: bool
) -> Evidence:
    """What signed checkpoints say.

    Args:
        notes: Name, number of entries (as the name has it) and text of each.
        public_key: The key that they must be signed with.
        is_checkpointed: See `Evidence`.

    Raises:
        CheckpointForged: If one is not to be trusted.
        Malformed: If the key is none.
    """
    verifier = Verifier(public_key)
    found: dict[int, tuple[Checkpoint, ...]] = {}
    base: Base | None = None
    for name, size, note in notes:
        try:
            checkpoint = verifier.open(note)
            left_behind = base_of(checkpoint) if checkpoint.extensions else None
        except CheckpointForged:
            raise CheckpointForged(name, size) from None
        if checkpoint.size != size:
            raise CheckpointForged(name, size)
        found[size] = (*found.get(size, ()), checkpoint)
        if left_behind is not None and (base is None or size > base.tree.size):
            base = left_behind
    return Evidence(checkpoints=found, is_checkpointed=is_checkpointed, base=base)


def verify(database: Database, seal: Seal | None, evidence: Evidence | None = None) -> AuditVerdict:
    """Check every entry of a database's chain against what is known outside of it.

    Args:
        database: Where the chain is.
        seal: What keeps the newest entry outside of it; None checks without.
        evidence: The checkpoints and the base; what it says of a seal is not used.
    """
    known = evidence or Evidence()
    # Read before the chain: the seal may only ever be behind it.
    try:
        sealed = seal.read() if seal is not None else None
    except SealDamaged:
        return AuditVerdict(0, 1, "The seal of the newest entry is damaged or was exchanged.")
    return grown_in(
        database,
        Evidence(sealed, seal is not None, known.checkpoints, known.is_checkpointed, known.base),
    ).verdict


def verify_records(records: Iterable[ChainRecord | None], evidence: Evidence) -> AuditVerdict:
    """Check entries in order; see `grown`."""
    return grown(records, evidence).verdict


@dataclass(frozen=True, slots=True)
class Grown:
    """What came of going through entries.

    Attributes:
        verdict: Whether they hold.
        end: Where the chain has arrived.
        others: How many of the entries do not just say that a checkpoint was signed.
    """

    verdict: AuditVerdict
    end: Base
    others: int


def grown(records: Iterable[ChainRecord | None], evidence: Evidence) -> Grown:
    """Go through entries in order, check each, and let the tree grow.

    Args:
        records: From the first that is kept to the last; None for one that cannot be read, after which none is used.
        evidence: What is known of them.
    """
    walk = _Walk(evidence)
    for record in records:
        problem = walk.step(record)
        if problem:
            return walk.grown(problem)
    return walk.grown(walk.problem_at_the_end())


def grown_in(database: Database, evidence: Evidence) -> Grown:
    """The same over all entries of a database: thousands at once, and record by record from where they do not hold."""
    walk = _Walk(evidence)
    start = walk.end.sequence
    readers = (_texts_of(database, start + BATCH * number) for number in range(_READERS))
    for batch in read_ahead(*readers):
        whole = proven(batch, walk.end)
        if whole is None or not walk.fits_the_seal(whole):
            break
        problem = walk.take(whole)
        if problem:
            return walk.grown(problem)
        if batch.entries < BATCH:
            break
    for record in records_of(database, walk.end.sequence):
        problem = walk.step(record)
        if problem:
            return walk.grown(problem)
    return walk.grown(walk.problem_at_the_end())


def roots_at(
    records: Iterable[ChainRecord | None], sizes: Collection[int], start: Base
) -> Mapping[int, bytes]:
    """The roots that a chain, which is known to hold, has at some sizes; those beyond its end are left out."""
    tree = Tree(start.tree.size, start.tree.edge)
    roots = {tree.size: tree.root()}
    for record in records:
        if record is not None:
            tree.add(bytes.fromhex(record.hash))
            if tree.size in sizes:
                roots[tree.size] = tree.root()
    return roots


def records_of(database: Database, after: int) -> Iterator[ChainRecord | None]:
    """The entries of a database after one, in order; None for one that cannot be read, after which nothing follows."""
    sequence, limit = after, BATCH
    with database.system_read() as session:
        while True:
            try:
                batch = table.chain_records(session, sequence, limit)
            except ValueError:
                if limit == 1:
                    yield None
                    return
                limit = 1  # come close to the unreadable one
                continue
            yield from batch
            if len(batch) < limit:
                return
            sequence = batch[-1].sequence


def _texts_of(database: Database, after: int) -> Generator[ChainText]:
    """Every so many'th batch of a database's entries, as it writes them out itself; ends early where it does not.

    Args:
        database: Where the chain is.
        after: The number before the first.
    """
    with database.system_read() as session:
        for sequence in count(after, BATCH * _READERS):
            batch = table.chain_text(session, sequence, BATCH)
            if batch is None or not batch.entries:
                return
            yield batch


class _Walk:
    """Goes through the chain once: from entry to entry, and from checkpoint to checkpoint."""

    def __init__(self, evidence: Evidence) -> None:
        start = evidence.start
        self._evidence = evidence
        self._tree = Tree(start.tree.size, start.tree.edge)
        self._hash = start.hash
        self._own_checkpoints = 0  # entries that say that one was signed
        self._checkpoints = 0
        self._signed_to = start.tree.size  # as far as the last checkpoint reaches that fits
        self._missing: list[int] = []
        self._bad: int | None = None

    def step(self, record: ChainRecord | None) -> str:
        """Take the next entry; what is wrong with it, empty if nothing is."""
        self._bad = self._tree.size + 1
        if record is None:
            return "It cannot be read."
        problem = self._problem(record)
        if problem:
            return problem
        self._tree.add(bytes.fromhex(record.hash))
        self._hash = record.hash
        return self._arrived(record.action, record.details)

    @property
    def end(self) -> ChainEnd:
        """The last entry that was taken."""
        return ChainEnd(self._tree.size, self._hash)

    def fits_the_seal(self, entries: Proven) -> bool:
        """Whether the sealed entry, if it is one of the next, is the one that was sealed."""
        sealed = self._evidence.sealed
        if sealed is None:
            return True
        place = sealed.sequence - self._tree.size - 1
        return not 0 <= place < len(entries.hashes) or entries.hashes[place].hex() == sealed.hash

    def take(self, entries: Proven) -> str:
        """Take entries that are proven to be whole, from one that says more to the next; what is wrong, as `step`."""
        first, last = self._tree.size, self._tree.size + len(entries.hashes)
        signed = (size for size in self._evidence.checkpoints if first < size <= last)
        for size in sorted({*signed, *entries.about_the_trail, last}):
            self._tree.extend(entries.hashes[self._tree.size - first : size - first])
            self._hash = entries.hashes[size - first - 1].hex()
            self._bad = size
            told = json.loads(entries.about_the_trail.get(size, "{}"))
            problem = self._arrived(told.get("action", ""), told.get("details", ""))
            if problem:
                return problem
        return ""

    def _arrived(self, action: str, details: str) -> str:
        """What is wrong now that an entry was taken, though the entry itself is whole."""
        problem = ""
        if action == AuditAction.AUDIT_CHECKPOINT:
            self._own_checkpoints += 1
            problem = self._remember_checkpoint(details)
        elif action == AuditAction.AUDIT_SEALED:
            self._missing.clear()  # whoever may seal the trail anew has accepted it as it was
        return problem or self._compared(self._tree.size)

    def problem_at_the_end(self) -> str:
        """What is wrong now that no entry is left; empty if nothing is."""
        known = self._evidence
        end = self._tree.size
        self._bad = end + 1
        if known.sealed is not None and known.sealed.sequence > end:
            return f"The trail was cut: entry {known.sealed.sequence} was sealed and is no longer there."
        beyond = max(known.checkpoints, default=0)
        if beyond > end:
            return f"The trail was cut: {beyond} entries were signed, and only {end} are there."
        if known.is_sealed and known.sealed is None and self._entries():
            self._bad = 1
            return "The seal of the newest entry is missing."
        if self._missing:
            self._bad = self._missing[0]
            return f"The signed checkpoint over {self._missing[0]} entries is missing."
        return ""

    def grown(self, problem: str) -> Grown:
        """The answer."""
        bad = self._bad if problem else None
        entries = self._entries()
        verdict = AuditVerdict(entries, bad, problem, self._checkpoints)
        return Grown(verdict, Base(self._tree, self._hash), entries - self._own_checkpoints)

    def _entries(self) -> int:
        return self._tree.size - self._evidence.start.tree.size

    def _problem(self, record: ChainRecord) -> str:
        expected = self._tree.size + 1
        if record.sequence != expected:
            return f"It is missing: entry {record.sequence} follows entry {expected - 1}."
        if record.previous_hash != self._hash:
            return "It does not continue the entry before it."
        try:
            right = record_hash(record)
        except (TypeError, ValueError):
            return "It cannot be read."
        if record.hash != right:
            return "It was changed after it was written."
        sealed = self._evidence.sealed
        if sealed is not None and sealed.sequence == expected and sealed.hash != right:
            return "It is not the entry that was sealed: the trail was written anew."
        return ""

    def _compared(self, size: int) -> str:
        """Whether the tree is the one that was signed when there were so many entries."""
        signed = self._evidence.checkpoints.get(size, ())
        if any(checkpoint.root != self._tree.root() for checkpoint in signed):
            self._bad = self._signed_to + 1
            return (
                f"Entries {self._bad} to {size} are not those that were signed: "
                "the trail was written anew, or the checkpoint was exchanged."
            )
        if signed:
            self._signed_to = size
            self._checkpoints += 1
        return ""

    def _remember_checkpoint(self, details: str) -> str:
        known = self._evidence
        try:
            size = int(json.loads(details)["size"])
        except (ValueError, TypeError, KeyError):
            return "It says that a checkpoint was signed, and not which."
        is_kept = size <= known.start.tree.size or size in known.checkpoints
        if known.is_checkpointed and not is_kept:
            self._missing.append(size)
        return ""
