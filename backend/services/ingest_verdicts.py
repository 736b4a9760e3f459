"""What becomes of an instance that was parsed: new, known already, or at odds with what is stored. Nothing is written here."""

import hashlib
from dataclasses import dataclass

from backend.core.search_text import fold
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.model import InstanceAttributes, ParsedInstance
from backend.models import ingest as queries
from backend.models.session import Session
from backend.models.studies import Patient, Study
from backend.ports.object_store import StagedObject
from backend.schemas.studies import IngestOutcome
from backend.services.copy_writing import WrittenCopy


@dataclass(frozen=True, slots=True)
class Received:
    """One file that has arrived whole and lies sealed in staging, finished. `head` is its first few octets."""

    source_name: str
    staged: StagedObject
    sha256: str
    size_bytes: int
    head: bytes


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


def verdicts_of(session: Session, candidates: dict[int, Candidate]) -> dict[int, IngestOutcome]:
    """Outcomes of the candidates that are not to be added: known already, or at odds with what is known."""
    uids = [c.attributes.sop_instance_uid for c in candidates.values()]
    stored = {uid: row.sha256 for uid, row in queries.instances_by_uid(session, uids).items()}
    patients: dict[str, str] = {}  # match key by study, of this batch and of what is stored
    series: dict[str, str] = {}  # study by series, likewise
    outcomes: dict[int, IngestOutcome] = {}
    for position, candidate in candidates.items():
        uid = candidate.attributes.sop_instance_uid
        known = stored.get(uid)
        if known is not None:
            same = known == candidate.received.sha256
            outcomes[position] = (
                outcome_of(candidate, IngestOutcomeKind.DUPLICATE, "It is stored already.")
                if same
                else outcome_of(
                    candidate,
                    IngestOutcomeKind.CONFLICT,
                    "Another object with the same SOP Instance UID is stored; it was kept and this one was not.",
                )
            )
            continue
        reason = _conflict(session, candidate.attributes, patients, series)
        if reason:
            outcomes[position] = outcome_of(candidate, IngestOutcomeKind.CONFLICT, reason)
        else:
            stored[uid] = candidate.received.sha256
    return outcomes


def _conflict(
    session: Session,
    attributes: InstanceAttributes,
    patients: dict[str, str],
    series: dict[str, str],
) -> str:
    study_uid = attributes.study.study_instance_uid
    series_uid = attributes.series.series_instance_uid
    if study_uid not in patients:
        study = queries.find_study(session, study_uid)
        owner = session.get(Patient, study.patient_key) if study is not None else None
        patients[study_uid] = owner.match_key if owner is not None else match_key_of(attributes)
    if patients[study_uid] != match_key_of(attributes):
        return "The study is stored under another patient; correct the patient and send it again."
    if series_uid not in series:
        row = queries.find_series(session, series_uid)
        home = session.get(Study, row.study_key) if row is not None else None
        series[series_uid] = home.study_instance_uid if home is not None else study_uid
    if series[series_uid] != study_uid:
        return "The series is stored in another study; correct its UIDs and send it again."
    return ""


def match_key_of(attributes: InstanceAttributes) -> str:
    """Names a patient by all four identifying values; without a Patient ID, only within one study."""
    said = attributes.patient
    parts = [
        said.patient_id,
        said.issuer_of_patient_id,
        fold(said.patient_name.text),
        said.patient_birth_date,
        "" if said.patient_id else attributes.study.study_instance_uid,
    ]
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def refused(source_name: str, reason: str) -> IngestOutcome:
    """An outcome without an instance: it cannot be taken in."""
    return IngestOutcome(source_name, IngestOutcomeKind.REFUSED, reason)


def skipped(source_name: str, reason: str = "This is not part of a study.") -> IngestOutcome:
    """An outcome without an instance: there is nothing to take in."""
    return IngestOutcome(source_name, IngestOutcomeKind.SKIPPED, reason)


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
    )
