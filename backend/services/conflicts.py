"""Conflicts and corrections of patients: what contradicts what, previews, decisions, their history and undo."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from backend.access import audit, policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import NotFound, Refusal
from backend.core.permissions import Permission
from backend.core.search_text import fold
from backend.core.shown import shown_date, shown_name
from backend.core.vocabulary import (
    AuditAction,
    ConflictKind,
    ConflictStatus,
    HeldState,
)
from backend.models import conflicts, patients
from backend.models.conflicts import Conflict, HeldInstance, PutAway
from backend.models.patients import PatientChange
from backend.models.session import Database, Session
from backend.models.studies import Patient, Study
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectStore
from backend.schemas.conflicts import (
    ChangeRow,
    ClaimChange,
    ConflictRow,
    ConflictsPage,
    ConflictView,
    Decision,
    Effects,
    PatientFacts,
    PatientValues,
    Preview,
    StudyFacts,
    ValueChange,
)
from backend.services.erasures import kept_of, require_all_kept
from backend.services.patient_changes import PatientChanging, said_of, values_of
from backend.services.patient_decisions import CHOICES, decide, stored_patients
from backend.services.patient_undoing import PatientUndoing
from backend.services.searches import Searches
from backend.services.unfiling import Aftermath

_ROWS = 50
_MOST_CHANGES = 100
_PATIENTS = 20
_NAMES = 5


class Conflicts:
    """Use cases of administrators who set patients right. All of them need `patient:correct`.

    Args:
        database: Where rows are.
        object_store: Where octets are; nothing is removed from it but copies that can be made again.
        keyring: Wraps the keys of what is filed.
        forget_study: Told the UID and key of each study of which nothing that was cached may be shown any more.
    """

    def __init__(
        self,
        database: Database,
        object_store: ObjectStore,
        keyring: Keyring,
        *,
        forget_study: Callable[[str, str], None],
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._forget_study = forget_study
        self._searches = Searches(database, keyring)

    def page(self, caller: Caller, conflict_key: str = "", page: int = 1) -> ConflictsPage:
        """Some of the conflicts that wait, the newest decisions, and one conflict whole if it is named.

        Args:
            caller: Who asks.
            conflict_key: The conflict that is shown whole.
            page: Of the list, from 1; one that is too high or too low is the nearest.

        Raises:
            NotFound: If that conflict does not exist for this caller.
        """
        opened = self.conflict(caller, conflict_key) if conflict_key else None
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PATIENT_CORRECT)
            total = conflicts.count_waiting_conflicts(session)
            page_count = max(1, -(-total // _ROWS))
            page = min(max(1, page), page_count)
            waiting = conflicts.waiting_conflicts(session, _ROWS, offset=(page - 1) * _ROWS)
            changes = patients.newest_changes(session, _MOST_CHANGES)
            kept = kept_of(session, changes)
            counts = conflicts.count_held(session, [one.id for one in waiting], HeldState.WAITING)
            return ConflictsPage(
                tuple(_row(one, counts.get(one.id, 0)) for one in waiting),
                total,
                page,
                page_count,
                tuple(_change(one, kept.get(one.id)) for one in changes),
                opened,
            )

    def conflict(self, caller: Caller, conflict_key: str) -> ConflictView:
        """One conflict: what came, and whom it may belong to.

        Raises:
            NotFound: If it does not exist for this caller.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PATIENT_CORRECT)
            conflict = conflicts.conflict_by_key(session, conflict_key)
            if conflict is None:
                raise NotFound
            audit.append(
                session,
                caller,
                AuditAction.CONFLICT_OPENED,
                object_type="conflict",
                object_id=conflict.id,
            )
            return _view(session, conflict)

    def patients(self, caller: Caller, text: str) -> tuple[PatientFacts, ...]:
        """Patients whose name or ID holds every word of `text`; none without a word. Recorded with how many there were."""
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PATIENT_CORRECT)
            words = fold(text).split()
            if not words:
                return ()
            found = tuple(
                _facts(session, patient)
                for patient in patients.search_patients(session, words, _PATIENTS)
            )
        asked = {"text": " ".join(words)}
        self._searches.record(caller, AuditAction.PATIENT_SEARCHED, asked, len(found))
        return found

    def preview(self, caller: Caller, decision: Decision) -> Preview:
        """What a decision would change; nothing is changed.

        It is carried out as if it were meant, but for the rows of files that it would file, in a session that writes
        nothing and that nobody has to wait for.

        Raises:
            Malformed: If the decision makes no sense.
            NotFound: If what it is about does not exist.
            ConflictResolved: If somebody has resolved the conflict meanwhile.
        """
        with self._database.rehearse(caller.organization_id) as session:
            policy.require(session, caller, Permission.PATIENT_CORRECT)
            changing = PatientChanging(session, self._keyring, is_meant=False)
            decide(changing, decision)
            return _preview(decision, changing)

    def resolve(self, caller: Caller, decision: Decision, fingerprint: str) -> str:
        """Carry a decision out, exactly as its preview said.

        Returns:
            Key of the change, to undo it.

        Raises:
            ConflictResolved: If somebody has resolved the conflict meanwhile.
            Refusal: If it would change something else than what was previewed.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PATIENT_CORRECT)
            made_at = clock.now()
            changing = PatientChanging(session, self._keyring, is_meant=True)
            decide(changing, decision)
            if _preview(decision, changing).fingerprint != fingerprint:
                raise Refusal("Something changed meanwhile. Look at the preview again.")
            change = PatientChange(
                created_at=made_at,
                kind=decision.kind,
                actor_user_id=caller.user_id,
                actor_name=caller.display_name,
                reason=decision.reason.strip(),
                summary=json.dumps(asdict(changing.effects), ensure_ascii=False),
                conflict_key=decision.conflict_key or None,
                journal=json.dumps(asdict(changing.journal), ensure_ascii=False),
            )
            session.add(change)
            _audit(session, caller, AuditAction.PATIENT_CHANGED, change)
        self._follow_up(changing.aftermath)
        return change.id

    def undo(self, caller: Caller, change_key: str) -> None:
        """Take a decision back: what it changed is again as it was before.

        Raises:
            NotFound: If there is no such decision for this caller.
            Refusal: If a later decision rests on it, or somebody has worked on what would go.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PATIENT_CORRECT)
            change = patients.change_by_key(session, change_key)
            if change is None:
                raise NotFound
            if change.undone_at is not None:
                raise Refusal("This decision is undone already.")
            require_all_kept(session, change)
            undoing = PatientUndoing(session, self._keyring)
            undoing.undo(change)
            change.undone_at, change.undone_by = clock.now(), caller.display_name
            session.add(change)
            _audit(session, caller, AuditAction.PATIENT_CHANGE_UNDONE, change)
        self._follow_up(undoing.aftermath)

    def _follow_up(self, aftermath: Aftermath) -> None:
        for study_instance_uid, study_key in aftermath.studies:
            self._forget_study(study_instance_uid, study_key)
        for object_id in aftermath.unused:
            self._object_store.delete(object_id)


def _audit(session: Session, caller: Caller, action: AuditAction, change: PatientChange) -> None:
    audit.append(
        session,
        caller,
        action,
        object_type="patient-change",
        object_id=change.id,
        reason=change.reason,
        details={"kind": str(change.kind), "conflict": change.conflict_key or ""},
    )


def _preview(decision: Decision, changing: PatientChanging) -> Preview:
    journal = changing.journal
    # Keys of rows that are made on the way differ each time; everything else must be the same.
    exactly = [
        asdict(decision),
        asdict(changing.effects),
        sorted(journal.filed),
        sorted(journal.put_away),
        sorted(journal.studies_moved),
        sorted(journal.claims_moved),
        journal.values,
    ]
    octets = json.dumps(exactly, sort_keys=True).encode("utf-8", "surrogatepass")
    return Preview(changing.effects, hashlib.sha256(octets).hexdigest())


def _row(conflict: Conflict, count: int) -> ConflictRow:
    return ConflictRow(
        conflict.id,
        conflict.kind,
        shown_name(conflict.patient_name),
        conflict.patient_id,
        shown_date(conflict.patient_birth_date),
        count,
        _moment(conflict.created_at),
    )


def _view(session: Session, conflict: Conflict) -> ConflictView:
    waiting = conflicts.held_briefly(session, conflict.id, HeldState.WAITING)
    is_open = conflict.status == ConflictStatus.WAITING
    return ConflictView(
        conflict_key=conflict.id,
        kind=conflict.kind,
        status=conflict.status,
        arrived_at=_moment(conflict.created_at),
        came=PatientValues(
            conflict.patient_id,
            conflict.issuer_of_patient_id,
            conflict.patient_name,
            conflict.patient_birth_date,
            conflict.patient_sex,
        ),
        came_shown_name=shown_name(conflict.patient_name),
        came_shown_birth_date=shown_date(conflict.patient_birth_date),
        came_studies=_held_studies(waiting),
        instance_count=len(waiting),
        stored=tuple(_facts(session, one) for one in stored_patients(session, conflict)),
        choices=tuple(CHOICES[ConflictKind(conflict.kind)]) if is_open else (),
        source_names=tuple(held.source_name for held in waiting[:_NAMES] if held.source_name),
    )


def _held_studies(waiting: list[HeldInstance]) -> tuple[StudyFacts, ...]:
    found: dict[str, list[HeldInstance]] = {}
    for held in waiting:
        found.setdefault(held.study_instance_uid, []).append(held)
    facts = []
    for uid, files in found.items():
        said = said_of(files[0])
        facts.append(
            StudyFacts(
                uid,
                shown_date(said.study.study_date),
                said.study.study_description,
                (said.series.modality or "OT",),
                len(files),
            )
        )
    return tuple(facts)


def _facts(session: Session, patient: Patient) -> PatientFacts:
    studies = patients.studies_of_patients(session, [patient.id])
    names = {
        shown_name(claim.patient_name)
        for claim in patients.claims_of_patients(session, [patient.id])
        if claim.patient_name != patient.patient_name
    }
    return PatientFacts(
        patient_key=patient.id,
        values=values_of(patient),
        qualifier=patient.qualifier,
        shown_name=shown_name(patient.patient_name),
        shown_birth_date=shown_date(patient.patient_birth_date),
        is_corrected=patient.is_corrected,
        studies=tuple(_study(study) for study in studies),
        instance_count=sum(study.instance_count for study in studies),
        other_names=tuple(sorted(names - {shown_name(patient.patient_name)})),
    )


def _study(study: Study) -> StudyFacts:
    return StudyFacts(
        study.study_instance_uid,
        shown_date(study.study_date),
        study.study_description,
        tuple(part for part in study.modalities.split("\\") if part),
        study.instance_count,
    )


def _change(change: PatientChange, kept: list[PutAway] | None) -> ChangeRow:
    """A decision in short; `kept` is None for one that has put nothing away, or was undone."""
    said = json.loads(change.summary)
    changes = tuple(ValueChange(**one) for one in said.pop("value_changes"))
    claims = tuple(ClaimChange(**one) for one in said.pop("claims", ()))
    effects = Effects(**said, value_changes=changes, claims=claims)
    return ChangeRow(
        change.id,
        change.kind,
        _moment(change.created_at),
        change.actor_name,
        change.reason,
        effects,
        _moment(change.undone_at) if change.undone_at is not None else "",
        change.undone_by,
        len(kept or ()),
        sum(one.size_bytes for one in kept or ()),
        change.undone_at is None
        and (kept is None or len(kept) == effects.discarded + effects.replaced),
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
