"""Taking a decision about patients back. What decisions do is in `patient_changes`, and so is the journal that is read here."""

import json
from collections.abc import Mapping, Sequence

from backend.core import clock
from backend.core.errors import Refusal
from backend.core.vocabulary import ConflictKind, ConflictStatus, HeldState
from backend.models import access, conflicts, patients, stored_files
from backend.models.conflicts import Conflict
from backend.models.patients import PatientChange
from backend.models.session import Session
from backend.models.studies import Instance, Study
from backend.ports.keyring import Keyring
from backend.schemas.conflicts import PatientValues
from backend.services.filing import file_instances
from backend.services.holding import Holding, held_candidate
from backend.services.patient_changes import (
    Journal,
    changed_now,
    move_held,
    tell_apart,
    write_values,
)
from backend.services.patient_register import PatientRegister, Placement
from backend.services.unfiling import Aftermath, attributes_of, remove_emptied, unfile


class PatientUndoing:
    """Takes a change back: rows become what they were, and what came later goes to where it would have gone.

    Args:
        session: A writing session.
        keyring: Wraps the keys of what is held again.
    """

    def __init__(self, session: Session, keyring: Keyring) -> None:
        self._session = session
        self._keyring = keyring
        self._holding = Holding(session, keyring)
        self.aftermath = Aftermath()

    def undo(self, change: PatientChange) -> None:
        """Restore what was before `change`.

        Raises:
            Refusal: If a later decision rests on it, or somebody has worked on what would go.
        """
        journal = Journal(**json.loads(change.journal))
        self._require_last(change, journal)
        self._restore_values(journal)
        self._restore_claims(change, journal)
        self._restore_studies(journal)
        self._restore_care(journal)
        self._restore_held(change, journal)
        self._settle_later_arrivals(change, journal)
        remove_emptied(self._session, self.aftermath)
        self._remove_empty_patients(journal)

    def _require_last(self, change: PatientChange, journal: Journal) -> None:
        for later in patients.standing_changes_since(self._session, change.created_at):
            if later.id == change.id:
                continue
            if set(journal.touched) & set(json.loads(later.journal)["touched"]):
                raise Refusal("A later decision about the same patient stands. Undo that first.")

    def _restore_values(self, journal: Journal) -> None:
        for patient in patients.patients_by_key(self._session, journal.values).values():
            before = dict(journal.values[patient.id])
            patient.is_corrected = before.pop("is_corrected")
            patient.qualifier = before.pop("qualifier", patient.qualifier)
            write_values(patient, PatientValues(**before))
            tell_apart(self._session, patient)
            self._session.add(patient)
        changed_now(self._session, journal.values)
        self._session.flush()

    def _restore_claims(self, change: PatientChange, journal: Journal) -> None:
        made = patients.claims_by_key(self._session, journal.claims_created)
        before = dict(reversed(journal.claims_moved))
        moved = patients.claims_by_key(self._session, before)
        led_to = {(claim.root_key, claim.patient_key) for claim in (*made, *moved)}
        # What was learned from these meanwhile is learned again from what came, if it still agrees.
        learned = [
            claim
            for claim in patients.claims_by_root(self._session, {root for root, _ in led_to})
            if claim.id not in before
            and claim.created_at >= change.created_at
            and (claim.root_key, claim.patient_key) in led_to
        ]
        for claim in {claim.id: claim for claim in (*made, *learned)}.values():
            self._session.delete(claim)
        for claim in moved:
            claim.patient_key = before[claim.id]
            self._session.add(claim)
        self._session.flush()

    def _restore_studies(self, journal: Journal) -> None:
        for study_key, patient_key in reversed(journal.studies_moved):
            study = stored_files.study_by_key(self._session, study_key)
            if study is not None:
                study.patient_key, study.updated_at = patient_key, clock.now()
                self._session.add(study)
                self.aftermath.studies.add((study.study_instance_uid, study.id))
        self._session.flush()

    def _restore_care(self, journal: Journal) -> None:
        """What was ended meanwhile stays ended; what was given to the remaining patient since is that one's."""
        for relation_id, patient_key in journal.care_moved:
            relation = access.care_by_id(self._session, relation_id)
            if relation is not None:
                relation.patient_key = patient_key
                self._session.add(relation)
        for emergency_id, patient_key in journal.emergencies_moved:
            emergency = access.emergency_by_id(self._session, emergency_id)
            if emergency is not None:
                emergency.patient_key = patient_key
                self._session.add(emergency)
        self._session.flush()

    def _restore_held(self, change: PatientChange, journal: Journal) -> None:
        conflict = conflicts.conflict_by_key(self._session, change.conflict_key or "")
        if conflict is None:
            return
        filed = conflicts.objects_of_held(self._session, journal.filed)
        self._unfile(dict.fromkeys(filed, conflict))
        conflicts.set_held_state(self._session, journal.put_away, HeldState.WAITING)
        self._fetch_back(conflict, [key for key, _ in journal.held_elsewhere])
        self._file_again(conflict, dict(journal.replaced))
        conflict.status = ConflictStatus.WAITING
        self._session.add(conflict)
        self._session.flush()

    def _fetch_back(self, conflict: Conflict, held_keys: Sequence[str]) -> None:
        """Files that went on waiting elsewhere wait here again."""
        others: dict[str, Conflict] = {}
        for held in conflicts.held_by_key(self._session, held_keys):
            other = others.get(held.conflict_key) or conflicts.conflict_by_key(
                self._session, held.conflict_key
            )
            if other is not None and other.id != conflict.id:
                others[other.id] = other
                move_held(self._session, self._keyring, held, other, conflict)
        self._session.flush()
        for other in others.values():
            self._remove_if_empty(other)

    def _file_again(self, conflict: Conflict, patients: Mapping[str, str]) -> None:
        """Files that were replaced, by their keys, are those of these patients again."""
        replaced = conflicts.held_by_key(self._session, patients)
        filed = [
            (held_candidate(held, conflict, self._keyring), Placement(patients[held.id]))
            for held in replaced
        ]
        file_instances(self._session, self._keyring, filed)
        for held in replaced:
            self._session.delete(held)
        self._session.flush()

    def _settle_later_arrivals(self, change: PatientChange, journal: Journal) -> None:
        """What came since, under the patients concerned, belongs to where the restored claims lead."""
        for study in patients.studies_of_patients(self._session, journal.touched):
            later = stored_files.instances_since(self._session, study.id, change.created_at)
            if later:
                self._settle_study(study, later, is_new=len(later) == study.instance_count)

    def _settle_study(self, study: Study, later: Sequence[Instance], *, is_new: bool) -> None:
        said = [attributes_of(one) for one in later]
        register = PatientRegister(self._session, said)
        leaving: dict[str, Conflict] = {}
        for instance, attributes in zip(later, said, strict=True):
            placement = register.owner_of(attributes.patient, study.study_instance_uid)
            if placement.patient_key and (is_new or placement.patient_key == study.patient_key):
                for row in placement.new_rows:
                    self._session.add(row)
                    self._session.flush()
                if study.patient_key != placement.patient_key:
                    study.patient_key = placement.patient_key
                    study.updated_at = clock.now()
                    self._session.add(study)
                    self._session.flush()
                if placement.new_rows:
                    register = PatientRegister(self._session, said)
                is_new = False
            else:
                # Before anything of the study is settled, it stands under nobody else.
                kind = (placement.conflict if is_new else None) or ConflictKind.STUDY
                leaving[instance.object_id] = self._holding.conflict_for(attributes, kind)
        self._unfile(leaving)

    def _remove_empty_patients(self, journal: Journal) -> None:
        for patient in patients.patients_by_key(self._session, journal.patients_created).values():
            if patients.studies_of_patients(self._session, [patient.id]):
                continue
            for claim in patients.claims_of_patients(self._session, [patient.id]):
                self._session.delete(claim)
            self._session.flush()
            self._session.delete(patient)
            self._session.flush()

    def _remove_if_empty(self, conflict: Conflict) -> None:
        if not stored_files.refer_to(self._session, Conflict, [conflict.id], ()):
            self._session.delete(conflict)
            self._session.flush()

    def _unfile(self, leaving: Mapping[str, Conflict]) -> None:
        unfile(self._session, self._keyring, leaving, HeldState.WAITING, self.aftermath)
