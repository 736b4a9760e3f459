"""What becomes of an instance that was parsed: new, known already, or at odds with what is stored. Nothing is written here."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial

from backend.core.source_names import kept_name
from backend.core.vocabulary import ConflictKind, HeldState, IngestOutcomeKind
from backend.dicom.model import InstanceAttributes, ParsedInstance, Refused
from backend.models import conflicts
from backend.models import ingest as queries
from backend.models.session import Session
from backend.ports.object_store import StagedObject
from backend.schemas.studies import IngestOutcome
from backend.services.copy_writing import WrittenCopy
from backend.services.patient_register import PatientRegister, Placement

_CONFLICTS = {
    ConflictKind.PATIENT: (
        "Its Patient ID is stored with another name or birth date; the file is kept,"
        " and an administrator decides whose it is."
    ),
    ConflictKind.STUDY: (
        "Its study is stored under another patient; the file is kept,"
        " and an administrator decides whose it is."
    ),
    ConflictKind.SERIES: (
        "Its series is stored in another study; the file is kept,"
        " and an administrator decides where it belongs."
    ),
    ConflictKind.INSTANCE: (
        "Another object with the same SOP Instance UID is stored; this one is kept beside it,"
        " and an administrator decides which holds."
    ),
}
# What is stored of these is asked for as of any other file: their study may be deleted meanwhile.
_IN_A_STUDY = (HeldState.FILED, HeldState.KNOWN)
_HELD_ALREADY = "It is kept already, and an administrator has yet to decide about it."
_HEALS = "What was stored of it was damaged; these octets are the same, and have taken its place."
_DISCARDED = "An administrator has decided that this very file is not taken in."


@dataclass(frozen=True, slots=True)
class Received:
    """One file that has arrived whole and lies sealed in staging, finished.

    Attributes:
        source_name: What its sender calls it.
        staged: Where it lies.
        sha256: Of its octets.
        size_bytes: How many they are.
        head: The first few of them.
        mark: What its sender tells it by among the files of one request; never kept.
    """

    source_name: str
    staged: StagedObject
    sha256: str
    size_bytes: int
    head: bytes
    mark: str = ""

    def __post_init__(self) -> None:
        """However it was named, its name can be kept and told."""
        object.__setattr__(self, "source_name", kept_name(self.source_name))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that was parsed, waiting for its verdict.

    Attributes:
        received: The file.
        parsed: What was read from it.
        copy: Its reading copy, staged; None if it has none.
        is_copy_decided: Whether it needs no other.
    """

    received: Received
    parsed: ParsedInstance
    copy: WrittenCopy | None = None
    is_copy_decided: bool = False

    @property
    def staged(self) -> list[StagedObject]:
        """The objects that are committed with it."""
        return [self.received.staged, *([self.copy.staged] if self.copy else [])]

    @property
    def attributes(self) -> InstanceAttributes:
        """What the file says."""
        return self.parsed.attributes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a file.

    Attributes:
        outcome: What its sender is told.
        placement: Where it is filed; None if it is not.
        conflict: What it contradicts, if it is to be kept apart for that; None otherwise.
        heals: Whether it takes the place of its own damaged object.
    """

    outcome: IngestOutcome
    placement: Placement | None = None
    conflict: ConflictKind | None = None
    heals: bool = False


class Verdicts:
    """Gives verdicts on files, one after the other; what is stored already is read once for all of them."""

    def __init__(self, session: Session, candidates: Iterable[Candidate]) -> None:
        said = [candidate.attributes for candidate in candidates]
        uids = [one.sop_instance_uid for one in said]
        self._stored = queries.checksums_by_uid(session, uids)
        self._held = {
            (uid, sha256): HeldState(state)
            for uid, sha256, state in conflicts.held_states(session, uids)
            if state not in _IN_A_STUDY
        }
        # Nothing is damaged that is not kept.
        is_kept = bool(self._stored or self._held)
        self._damaged = queries.damaged_files(session, uids) if is_kept else set()
        # Read when first asked for: of what is here already nobody asks.
        self._read_register = cache(partial(PatientRegister, session, said))

    def settled(self, candidate: Candidate) -> IngestOutcome | None:
        """The outcome of a file that is here already, or was turned away; None if it may be kept."""
        uid, sha256 = candidate.attributes.sop_instance_uid, candidate.received.sha256
        if (uid, sha256) in self._damaged:
            return None
        if self._stored.get(uid) == sha256:
            return outcome_of(candidate, IngestOutcomeKind.DUPLICATE, "It is stored already.")
        held = self._held.get((uid, sha256))
        if held in (HeldState.DISCARDED, HeldState.REPLACED):
            return outcome_of(candidate, IngestOutcomeKind.REFUSED, _DISCARDED)
        if held is not None:
            return outcome_of(candidate, IngestOutcomeKind.CONFLICT, _HELD_ALREADY)
        return None

    def of(self, candidate: Candidate) -> Verdict:
        """The verdict on one file; a file that is kept counts as there for those that follow."""
        outcome = self.settled(candidate)
        if outcome is not None:
            return Verdict(outcome)
        uid, sha256 = candidate.attributes.sop_instance_uid, candidate.received.sha256
        if (uid, sha256) in self._damaged:
            self._damaged.discard((uid, sha256))  # the next such file finds it whole
            kind = IngestOutcomeKind.STORED
            if self._stored.get(uid) != sha256:
                kind = IngestOutcomeKind.CONFLICT
            return Verdict(outcome_of(candidate, kind, _HEALS), heals=True)
        if uid in self._stored:
            return self._conflict(candidate, ConflictKind.INSTANCE)
        placement = self._read_register().place(candidate.attributes)
        if placement.conflict is not None:
            return self._conflict(candidate, placement.conflict)
        self._stored[uid] = sha256
        return Verdict(outcome_of(candidate, IngestOutcomeKind.STORED), placement)

    def _conflict(self, candidate: Candidate, kind: ConflictKind) -> Verdict:
        uid, sha256 = candidate.attributes.sop_instance_uid, candidate.received.sha256
        self._held[(uid, sha256)] = HeldState.WAITING
        reason = _CONFLICTS[kind]
        return Verdict(outcome_of(candidate, IngestOutcomeKind.CONFLICT, reason), conflict=kind)


def refused(source_name: str, reason: str, mark: str = "") -> IngestOutcome:
    """An outcome without an instance: it cannot be taken in."""
    return IngestOutcome(source_name, IngestOutcomeKind.REFUSED, reason, mark=mark)


def skipped(source_name: str, mark: str = "") -> IngestOutcome:
    """An outcome without an instance: there is nothing to take in."""
    reason = "This is not part of a study."
    return IngestOutcome(source_name, IngestOutcomeKind.SKIPPED, reason, mark=mark)


def not_taken(file: Received, answer: Refused) -> IngestOutcome:
    """The outcome of a file that the parser did not take."""
    kind = IngestOutcomeKind.SKIPPED if answer.is_skipped else IngestOutcomeKind.REFUSED
    named = answer.named_files
    return IngestOutcome(file.source_name, kind, answer.reason, named_files=named, mark=file.mark)


def outcome_of(candidate: Candidate, kind: IngestOutcomeKind, reason: str = "") -> IngestOutcome:
    """The outcome of an instance, with what was odd about its file unless there is a `reason`."""
    attributes = candidate.attributes
    return IngestOutcome(
        candidate.received.source_name,
        kind,
        reason or " ".join(attributes.notes),
        attributes.study.study_instance_uid,
        attributes.series.series_instance_uid,
        attributes.sop_instance_uid,
        mark=candidate.received.mark,
    )
