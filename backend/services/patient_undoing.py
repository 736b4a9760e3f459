"""Taking a decision about patients back. What decisions do is in `patient_changes`, and so is the journal that is read here."""

import json
from collections.abc import Sequence

from backend.core import clock
from backend.core.errors import Refusal
from backend.core.vocabulary import ConflictKind, ConflictStatus, HeldState
from backend.models import patients as queries
from backend.models.patients import Conflict, PatientChange
from backend.models.session import Session
from backend.models.studies import Instance, Study
from backend.ports.keyring import Keyring
from backend.schemas.conflicts import PatientValues
from backend.services.filing import file_instances
from backend.services.holding import Holding, held_candidate
from backend.services.patient_changes import Journal, move_held, tell_apart, write_values
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
        self._restore_held(change, journal)
        self._settle_later_arrivals(change, journal)
        remove_emptied(self._session, self.aftermath)
        self._remove_empty_patients(journal)

    def _require_last(self, change: PatientChange, journal: Journal) -> None:
        for later in queries.standing_changes_since(self._session, change.created_at):
            if later.id == change.id:
                continue
            if set(journal.touched) & set(json.loads(later.journal)["touched"]):
                raise Refusal("A later decision about the same patient stands. Undo that first.")

    def _restore_values(self, journal: Journal) -> None:
        for patient in queries.patients_by_key(self._session, journal.values).values():
            before = dict(journal.values[patient.id])
            patient.is_corrected = before.pop("is_corrected")
            patient.qualifier = before.pop("qualifier", patient.qualifier)
            write_values(patient, PatientValues(**before))
            tell_apart(self._session, patient)
            self._session.add(patient)
        self._session.flush()

    def _restore_claims(self, change: PatientChange, journal: Journal) -> None:
        made = queries.claims_by_key(self._session, journal.claims_created)
        before = dict(reversed(journal.claims_moved))
        moved = queries.claims_by_key(self._session, before)
        led_to = {(claim.root_key, claim.patient_key) for claim in (*made, *moved)}
        # What was learned from these meanwhile is learned again from what came, if it still agrees.
        learned = [
            claim
            for claim in queries.claims_by_root(self._session, {root for root, _ in led_to})
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
            study = queries.study_by_key(self._session, study_key)
            if study is not None:
                study.patient_key, study.updated_at = patient_key, clock.now()
                self._session.add(study)
                self.aftermath.studies.add((study.study_instance_uid, study.id))
        self._session.flush()

    def _restore_held(self, change: PatientChange, journal: Journal) -> None:
        conflict = queries.conflict_by_key(self._session, change.conflict_key or "")
        if conflict is None:
            return
        for held in queries.held_by_key(self._session, journal.filed):
            instance = queries.instance_by_object(self._session, held.object_id)
            if instance is not None:
                self._unfile(instance, conflict)
        for held in queries.held_by_key(self._session, journal.put_away):
            held.state = HeldState.WAITING
            self._session.add(held)
        self._session.flush()
        for held_key, _ in journal.held_elsewhere:
            for held in queries.held_by_key(self._session, [held_key]):
                other = queries.conflict_by_key(self._session, held.conflict_key)
                if other is not None and other.id != conflict.id:
                    move_held(self._session, self._keyring, held, other, conflict)
                    self._remove_if_empty(other)
        for held_key, patient_key in journal.replaced:
            for held in queries.held_by_key(self._session, [held_key]):
                candidate = held_candidate(held, conflict, self._keyring)
                file_instances(self._session, self._keyring, [(candidate, Placement(patient_key))])
                self._session.delete(held)
                self._session.flush()
        conflict.status = ConflictStatus.WAITING
        self._session.add(conflict)
        self._session.flush()

    def _settle_later_arrivals(self, change: PatientChange, journal: Journal) -> None:
        """What came since, under the patients concerned, belongs to where the restored claims lead."""
        for study in queries.studies_of_patients(self._session, journal.touched):
            later = queries.instances_since(self._session, study.id, change.created_at)
            if later:
                self._settle_study(study, later, is_new=len(later) == study.instance_count)

    def _settle_study(self, study: Study, later: Sequence[Instance], *, is_new: bool) -> None:
        said = [attributes_of(one) for one in later]
        register = PatientRegister(self._session, said)
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
                self._unfile(instance, self._holding.conflict_for(attributes, kind))

    def _remove_empty_patients(self, journal: Journal) -> None:
        for patient in queries.patients_by_key(self._session, journal.patients_created).values():
            if queries.studies_of_patients(self._session, [patient.id]):
                continue
            for claim in queries.claims_of_patients(self._session, [patient.id]):
                self._session.delete(claim)
            self._session.flush()
            self._session.delete(patient)
            self._session.flush()

    def _remove_if_empty(self, conflict: Conflict) -> None:
        if not queries.refer_to(self._session, conflict, ()):
            self._session.delete(conflict)
            self._session.flush()

    def _unfile(self, instance: Instance, conflict: Conflict) -> None:
        unfile(self._session, self._keyring, instance, conflict, HeldState.WAITING, self.aftermath)
