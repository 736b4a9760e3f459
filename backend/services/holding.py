"""Keeping files that contradict what is stored: sealed and durable like any other, but outside every study."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.core.vocabulary import ConflictKind, HeldState
from backend.dicom import plain
from backend.dicom.model import InstanceAttributes, ParsedInstance
from backend.models import conflicts
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.session import Session
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectReader, StagedSummary
from backend.services.ingest_verdicts import Candidate, Received
from backend.services.patient_register import identity_key


@dataclass(frozen=True, slots=True)
class _Committed:
    """An object that is in the store already, where a staged one is expected."""

    object_id: str
    object_key: bytes

    def write(self, data: bytes | bytearray | memoryview) -> int:  # noqa: ARG002 - the port has it
        raise ValueError("the object is finished")

    def finish(self) -> StagedSummary:
        raise ValueError("the object is committed")

    def open(self) -> ObjectReader:
        raise ValueError("the object is committed; the store opens it")

    def discard(self) -> None:
        """Nothing: it is committed."""


def held_candidate(held: HeldInstance, conflict: Conflict, keyring: Keyring) -> Candidate:
    """A held file as if it had just arrived and been parsed."""
    return held_candidates([held], conflict, keyring)[0]


def held_candidates(
    files: Sequence[HeldInstance], conflict: Conflict, keyring: Keyring
) -> list[Candidate]:
    """Held files of one conflict, as if they had just arrived and been parsed."""
    reader = plain.AlikeReader(ParsedInstance)
    found = []
    for held in files:
        key = keyring.unwrap_object_key(held.wrapped_object_key, conflict.wrapped_data_key)
        received = Received(
            held.source_name, _Committed(held.object_id, key), held.sha256, held.size_bytes, b""
        )
        found.append(Candidate(received, reader.read(held.parsed)))
    return found


class Holding:
    """Adds the rows of held files, and the conflicts that they belong to.

    Args:
        session: A writing session.
        keyring: Makes a data key for each conflict, so that what is held lies under no study's.
    """

    def __init__(self, session: Session, keyring: Keyring) -> None:
        self._session = session
        self._keyring = keyring
        self._open: dict[tuple[str, str, str], Conflict] = {}
        self.counts: dict[str, int] = {}
        """How many files were held, by conflict."""

    def hold(self, candidate: Candidate, kind: ConflictKind) -> HeldInstance:
        """Keep a file whose octets are durable already."""
        said = candidate.attributes
        conflict = self.conflict_for(said, kind)
        received = candidate.received
        held = HeldInstance(
            conflict_key=conflict.id,
            state=HeldState.WAITING,
            source_name=received.source_name,
            study_instance_uid=said.study.study_instance_uid,
            series_instance_uid=said.series.series_instance_uid,
            sop_instance_uid=said.sop_instance_uid,
            object_id=received.staged.object_id,
            wrapped_object_key=self._keyring.wrap_object_key(
                received.staged.object_key, conflict.wrapped_data_key
            ),
            size_bytes=received.size_bytes,
            sha256=received.sha256,
            parsed=plain.to_json(candidate.parsed),
        )
        self._session.add(held)
        self._session.flush()
        self.counts[conflict.id] = self.counts.get(conflict.id, 0) + 1
        return held

    def conflict_for(self, said: InstanceAttributes, kind: ConflictKind) -> Conflict:
        """The waiting conflict that such a file belongs to; a new one if there is none."""
        study_uid = said.study.study_instance_uid
        identity = identity_key(said.patient, study_uid)
        scope = "" if kind is ConflictKind.PATIENT else study_uid
        found = self._open.get((kind, identity, scope)) or conflicts.open_conflict(
            self._session, kind, identity, scope
        )
        if found is None:
            found = Conflict(
                kind=kind,
                identity_key=identity,
                study_instance_uid=scope,
                patient_id=said.patient.patient_id,
                issuer_of_patient_id=said.patient.issuer_of_patient_id,
                patient_name=said.patient.patient_name.text,
                patient_birth_date=said.patient.patient_birth_date,
                patient_sex=said.patient.patient_sex,
                wrapped_data_key=self._keyring.wrap_new_data_key(),
            )
            self._session.add(found)
            self._session.flush()
        self._open[kind, identity, scope] = found
        return found
