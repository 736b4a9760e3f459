"""Changing patients so that it can be undone: each step is written down as it is taken.

Which steps a decision consists of is known in `patient_decisions`; how they are taken back, in `patient_undoing`; who may
decide, in `conflicts`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from backend.core import clock
from backend.core.errors import Malformed
from backend.core.search_text import fold_name
from backend.core.vocabulary import ConflictKind, ConflictStatus, HeldState
from backend.dicom import plain
from backend.dicom.model import InstanceAttributes, ParsedInstance, PatientAttributes, PersonName
from backend.models import access, conflicts, ingest, patients, stored_files
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.patients import PatientClaim
from backend.models.session import Session
from backend.models.studies import Patient, Study
from backend.ports.keyring import Keyring
from backend.schemas.conflicts import ClaimChange, Effects, PatientValues, ValueChange
from backend.services.filing import Filed, file_instances
from backend.services.holding import Holding, held_candidates
from backend.services.patient_register import PatientRegister, Placement, identity_key, new_claim
from backend.services.unfiling import (
    Aftermath,
    attributes_of,
    remove_emptied,
    require_may_leave,
    unfile,
)

_FIELDS = (
    "patient_id",
    "issuer_of_patient_id",
    "patient_name",
    "patient_birth_date",
    "patient_sex",
)


@dataclass(slots=True)
class Journal:
    """What undoing needs: keys of rows, by step."""

    patients_created: list[str] = field(default_factory=list)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)  # before, by patient
    claims_created: list[str] = field(default_factory=list)
    claims_moved: list[tuple[str, str]] = field(default_factory=list)  # claim, from patient
    studies_moved: list[tuple[str, str]] = field(default_factory=list)  # study, from patient
    care_moved: list[tuple[str, str]] = field(default_factory=list)  # relation, from patient
    emergencies_moved: list[tuple[str, str]] = field(default_factory=list)  # access, from patient
    filed: list[str] = field(default_factory=list)  # held files
    put_away: list[str] = field(default_factory=list)  # held files, discarded or known
    held_elsewhere: list[tuple[str, str]] = field(default_factory=list)  # file, from conflict
    replaced: list[tuple[str, str]] = field(default_factory=list)  # file, patient of its study
    touched: list[str] = field(default_factory=list)  # patients and conflicts


class PatientChanging:
    """One change in the making.

    Args:
        session: A writing session; for a preview, a rehearsal.
        keyring: Wraps the keys of what is filed.
        is_meant: Whether rows of files are written; a preview decides about each, and goes without.
    """

    def __init__(self, session: Session, keyring: Keyring, *, is_meant: bool) -> None:
        self.session = session
        self._is_meant = is_meant
        self.journal = Journal()
        self.effects = Effects()
        self.aftermath = Aftermath()
        self._keyring = keyring
        self._holding = Holding(session, keyring)

    def touch(self, *keys: str) -> None:
        """Note that the change is about these patients or conflicts."""
        self.journal.touched += [key for key in keys if key not in self.journal.touched]

    def create_patient(self, values: PatientValues, *, is_corrected: bool = False) -> Patient:
        """Make a patient of these values; one of an ID that is taken gets a number."""
        patient = Patient(is_corrected=is_corrected)
        write_values(patient, values)
        tell_apart(self.session, patient)
        self.session.add(patient)
        self.session.flush()
        self.journal.patients_created.append(patient.id)
        self.touch(patient.id)
        self._claim_values(patient, values)
        self.effects = replace(
            self.effects,
            patient=patient.patient_name,
            is_new_patient=True,
            qualifier=patient.qualifier,
        )
        return patient

    def set_values(self, patient: Patient, values: PatientValues) -> None:
        """Let these values be shown, and say that they are a correction; nothing if they are shown already.

        With an ID that is taken, the patient gets a number.
        """
        before = values_of(patient)
        self.touch(patient.id)
        self.effects = replace(self.effects, patient=values.patient_name)
        if before == values:
            return
        self._note_values(patient)
        write_values(patient, values)
        if _id_of(before) != _id_of(values):
            patient.qualifier = ""
            tell_apart(self.session, patient)
            self.effects = replace(self.effects, qualifier=patient.qualifier)
        patient.is_corrected = True
        self.session.add(patient)
        changed_now(self.session, [patient.id])
        self.session.flush()
        self._claim_values(patient, values)
        changes = tuple(
            ValueChange(name, getattr(before, name), getattr(values, name))
            for name in _FIELDS
            if getattr(before, name) != getattr(values, name)
        )
        self.effects = replace(self.effects, value_changes=(*self.effects.value_changes, *changes))

    def mark_corrected(self, patient: Patient) -> None:
        """Say that this patient is shown otherwise than some of the files say."""
        if patient.is_corrected:
            return
        self._note_values(patient)
        patient.is_corrected = True
        self.session.add(patient)
        changed_now(self.session, [patient.id])
        self.session.flush()

    def _note_values(self, patient: Patient) -> None:
        if patient.id in self.journal.patients_created:
            return  # undone, there is nobody to be shown as before
        before = values_of(patient)
        self.journal.values.setdefault(
            patient.id,
            {
                **{name: getattr(before, name) for name in _FIELDS},
                "is_corrected": patient.is_corrected,
                "qualifier": patient.qualifier,
            },
        )

    def claim(
        self,
        patient: Patient,
        said: PatientAttributes,
        study_instance_uid: str = "",
        *,
        only_here: bool = False,
    ) -> None:
        """Let files that say this be this patient's, from now on.

        What is another patient's in every study stays so: only merging the two moves that. Then it holds in this
        study only.
        """
        self.touch(patient.id)
        if _says_otherwise(patient, said):
            self.mark_corrected(patient)
        only_here = only_here or self._is_claimed_by_another(patient, said, study_instance_uid)
        wanted = new_claim(patient, said, study_instance_uid, only_here=only_here)
        there = patients.find_claim(self.session, wanted.identity_key, wanted.study_instance_uid)
        if there is None:
            self.session.add(wanted)
            self.session.flush()
            self.journal.claims_created.append(wanted.id)
            self._note_claim(wanted)
        elif there.patient_key != patient.id:
            self.move_claims([there], patient)

    def _is_claimed_by_another(
        self, patient: Patient, said: PatientAttributes, study_instance_uid: str
    ) -> bool:
        """Whether files that say this are another patient's, in every study."""
        found = patients.find_claim(self.session, identity_key(said, study_instance_uid), "")
        return found is not None and found.patient_key != patient.id

    def _claim_values(self, patient: Patient, values: PatientValues) -> None:
        """Let files that say what is shown be this patient's, unless they are somebody's already."""
        said = attributes_like(values)
        studies = patients.studies_of_patients(self.session, [patient.id])
        uids = [""] if said.patient_id else [study.study_instance_uid for study in studies]
        for uid in uids:
            if patients.find_claim(self.session, identity_key(said, uid), uid) is None:
                self.claim(patient, said, uid)

    def move_claims(self, claims: Iterable[PatientClaim], patient: Patient) -> None:
        """Give these claims to another patient."""
        moved = list(claims)
        owners = patients.patients_by_key(self.session, {claim.patient_key for claim in moved})
        for claim in moved:
            self._note_claim(claim, owners[claim.patient_key].patient_name)
            self.touch(claim.patient_key, patient.id)
            self.journal.claims_moved.append((claim.id, claim.patient_key))
            claim.patient_key = patient.id
            self.session.add(claim)
        self.session.flush()

    def _note_claim(self, claim: PatientClaim, before: str = "") -> None:
        said = ClaimChange(
            claim.patient_id,
            claim.patient_name,
            claim.patient_birth_date,
            not claim.study_instance_uid,
            before,
        )
        if said not in self.effects.claims:
            self.effects = replace(self.effects, claims=(*self.effects.claims, said))

    def move_study(self, study: Study, patient: Patient) -> None:
        """Give a study to another patient."""
        self.touch(study.patient_key, patient.id)
        self.journal.studies_moved.append((study.id, study.patient_key))
        study.patient_key, study.updated_at = patient.id, clock.now()
        self.session.add(study)
        self.session.flush()
        self.aftermath.studies.add((study.study_instance_uid, study.id))
        self.effects = replace(
            self.effects,
            moved_studies=self.effects.moved_studies + 1,
            moved_images=self.effects.moved_images + study.instance_count,
        )

    def move_care(self, merged: Patient, remaining: Patient) -> None:
        """Whoever takes care of a patient who turns out to be another takes care of that one; so in an emergency.

        An emergency that is over keeps what it was about: its review is of what was open then.
        """
        self.touch(merged.id, remaining.id)
        for relation in access.care_of_patient(self.session, merged.id):
            self.journal.care_moved.append((relation.id, relation.patient_key))
            relation.patient_key = remaining.id
            self.session.add(relation)
        for emergency in access.live_emergencies_of_patient(self.session, merged.id, clock.now()):
            self.journal.emergencies_moved.append((emergency.id, emergency.patient_key))
            emergency.patient_key = remaining.id
            self.session.add(emergency)
        self.session.flush()

    def discard(self, conflict: Conflict) -> None:
        """Show nothing of what waits in a conflict; its octets stay."""
        waiting = conflicts.held_briefly(self.session, conflict.id, HeldState.WAITING)
        self._put_away([held.id for held in waiting], HeldState.DISCARDED)
        self.effects = replace(self.effects, discarded=len(waiting))
        self._resolved(conflict)

    def file_all(
        self,
        conflict: Conflict,
        *,
        series_may_repeat: bool = False,
        leaving: Collection[str] = frozenset(),
    ) -> None:
        """File what waits in a conflict wherever the claims, as they are now, let it belong.

        What contradicts something else goes on waiting, in a conflict of that kind.

        Args:
            conflict: Where it waits.
            series_may_repeat: Whether its series may be stored in another study as well.
            leaving: SOP Instance UIDs of what is no longer stored when this is done.
        """
        waiting = conflicts.held_in(self.session, conflict.id, HeldState.WAITING)
        candidates = held_candidates(waiting, conflict, self._keyring)
        register = PatientRegister(self.session, [one.attributes for one in candidates])
        uids = {one.sop_instance_uid for one in waiting}.difference(leaving)
        stored = ingest.checksums_by_uid(self.session, uids)
        filed: list[Filed] = []
        filed_keys: list[str] = []
        known_keys: list[str] = []
        for held, candidate in zip(waiting, candidates, strict=True):
            known = stored.get(held.sop_instance_uid)
            if known == held.sha256:
                known_keys.append(held.id)
                continue
            placement = (
                Placement(conflict=ConflictKind.INSTANCE)
                if known
                else register.place(candidate.attributes, series_may_repeat=series_may_repeat)
            )
            if placement.conflict is not None:
                self._hold_elsewhere(held, conflict, candidate.attributes, placement.conflict)
                continue
            self._note_placed(placement)
            filed_keys.append(held.id)
            filed.append((candidate, placement))
            stored[held.sop_instance_uid] = held.sha256
        self._put_away(known_keys, HeldState.KNOWN)
        self.journal.filed += filed_keys
        if self._is_meant:
            conflicts.set_held_state(self.session, filed_keys, HeldState.FILED)
            file_instances(self.session, self._keyring, filed)
        studies = {candidate.attributes.study.study_instance_uid for candidate, _ in filed}
        self.effects = replace(
            self.effects, filed=len(filed), filed_studies=len(studies), known=len(known_keys)
        )
        self._name_patient(filed)
        self._resolved(conflict)

    def exchange(self, conflict: Conflict) -> None:
        """Let what waits take the place of what is stored under the same SOP Instance UIDs.

        Raises:
            Malformed: If it would not come to stand there.
            Refusal: If something else refers to what would go.
        """
        waiting = conflicts.held_in(self.session, conflict.id, HeldState.WAITING)
        found = stored_files.instances_by_uids(
            self.session, [one.sop_instance_uid for one in waiting]
        )
        studies, _ = stored_files.homes_of(self.session, found.values())
        register = PatientRegister(self.session, [said_of(one) for one in waiting])
        leaving: dict[str, str] = {}  # the patient of each object
        uids: set[str] = set()
        for held in waiting:
            stored = found.get(held.sop_instance_uid)
            if stored is None or stored.sha256 == held.sha256 or stored.object_id in leaving:
                continue
            self._require_same_place(register, held, studies[stored.study_key])
            leaving[stored.object_id] = studies[stored.study_key].patient_key
            uids.add(held.sop_instance_uid)
        self.effects = replace(self.effects, replaced=len(leaving))
        if not self._is_meant:
            require_may_leave(self.session, leaving)
            self.file_all(conflict, leaving=uids)
            return
        replaced = unfile(
            self.session,
            self._keyring,
            dict.fromkeys(leaving, conflict),
            HeldState.REPLACED,
            self.aftermath,
        )
        for object_id, held_key in replaced.items():
            self.touch(leaving[object_id])
            self.journal.replaced.append((held_key, leaving[object_id]))
        self.file_all(conflict, leaving=uids)
        remove_emptied(self.session, self.aftermath)

    @staticmethod
    def _require_same_place(register: PatientRegister, held: HeldInstance, study: Study) -> None:
        place = register.place(said_of(held))
        if (place.patient_key, held.study_instance_uid) != (
            study.patient_key,
            study.study_instance_uid,
        ):
            raise Malformed(
                "What came names another patient or study, or a series of another study;"
                " it cannot be exchanged."
            )

    def _name_patient(self, filed: Sequence[Filed]) -> None:
        if not self.effects.patient:
            keys = [placement.patient_key for _, placement in filed[:1]]
            for patient in patients.patients_by_key(self.session, keys).values():
                self.effects = replace(self.effects, patient=patient.patient_name)

    def _note_placed(self, placement: Placement) -> None:
        for row in placement.new_rows:
            if isinstance(row, Patient):
                self.journal.patients_created.append(row.id)
            else:
                self.journal.claims_created.append(row.id)
        self.touch(placement.patient_key)

    def _put_away(self, held_keys: Sequence[str], state: HeldState) -> None:
        if self._is_meant:
            conflicts.set_held_state(self.session, held_keys, state)
        self.journal.put_away += held_keys

    def _hold_elsewhere(
        self, held: HeldInstance, conflict: Conflict, said: InstanceAttributes, kind: ConflictKind
    ) -> None:
        other = self._holding.conflict_for(said, kind)
        self.journal.held_elsewhere.append((held.id, conflict.id))
        self.touch(other.id)
        move_held(self.session, self._keyring, held, conflict, other)
        self.effects = replace(self.effects, still_waiting=self.effects.still_waiting + 1)

    def _resolved(self, conflict: Conflict) -> None:
        self.touch(conflict.id)
        if not conflicts.is_waiting(self.session, conflict.id):
            conflict.status = ConflictStatus.RESOLVED
            self.session.add(conflict)
            self.session.flush()


def values_of(patient: Patient) -> PatientValues:
    """What is shown of a patient."""
    return PatientValues(**{name: getattr(patient, name) for name in _FIELDS})


def identities_in(session: Session, study: Study) -> list[PatientAttributes]:
    """The different ways in which the files of a study name their patient."""
    found: dict[str, PatientAttributes] = {}
    for instance in stored_files.instances_of(session, study.id):
        said = attributes_of(instance).patient
        found.setdefault(identity_key(said, study.study_instance_uid), said)
    return list(found.values())


def said_of(held: HeldInstance) -> InstanceAttributes:
    """What a held file says."""
    return plain.from_json(ParsedInstance, held.parsed).attributes


def attributes_like(values: PatientValues) -> PatientAttributes:
    """What a file would say that says these values."""
    return PatientAttributes(
        values.patient_id,
        values.issuer_of_patient_id,
        PersonName(values.patient_name),
        values.patient_birth_date,
        values.patient_sex,
    )


def _id_of(values: PatientValues) -> tuple[str, str]:
    return values.patient_id, values.issuer_of_patient_id


def tell_apart(session: Session, patient: Patient) -> None:
    """Give a patient who is shown with an ID that is taken a number of their own; a number that is free stays."""
    others = patients.patients_of_one_id(session, patient.patient_id, patient.issuer_of_patient_id)
    taken = {int(one.qualifier or 1) for one in others if one.id != patient.id}
    number = int(patient.qualifier or 1)
    if not patient.patient_id:
        number = 1
    elif number in taken:
        number = next(n for n in range(1, len(taken) + 2) if n not in taken)
    patient.qualifier = "" if number == 1 else str(number)


def changed_now(session: Session, patient_keys: Collection[str]) -> None:
    """Say of the studies of patients that they are not what they were, so that open lists show the patients anew."""
    for study in patients.studies_of_patients(session, patient_keys):
        study.updated_at = clock.now()
        session.add(study)


def write_values(patient: Patient, values: PatientValues) -> None:
    """Show a patient by these values, and let searches find them by these."""
    for name in _FIELDS:
        setattr(patient, name, getattr(values, name))
    patient.search_name = fold_name(values.patient_name)


def move_held(
    session: Session, keyring: Keyring, held: HeldInstance, old: Conflict, new: Conflict
) -> None:
    """Put a file of one conflict into another, its key under that one's."""
    key = keyring.unwrap_object_key(held.wrapped_object_key, old.wrapped_data_key)
    held.wrapped_object_key = keyring.wrap_object_key(key, new.wrapped_data_key)
    held.conflict_key = new.id
    session.add(held)


def _says_otherwise(patient: Patient, said: PatientAttributes) -> bool:
    """Whether files say something else than what is shown of a patient; what they do not say is not otherwise."""
    texts = {name: str(getattr(said, name)) for name in _FIELDS}
    texts["patient_name"] = said.patient_name.text
    return any(text and text != getattr(patient, name) for name, text in texts.items())
