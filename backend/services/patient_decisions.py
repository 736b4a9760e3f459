"""What each decision about patients consists of. Steps and their undoing are in `patient_changes`."""

import re
import unicodedata
from datetime import date

from backend.core.errors import ConflictResolved, Malformed, NotFound
from backend.core.patient_names import is_same_person
from backend.core.vocabulary import ConflictKind, ConflictStatus, HeldState, PatientChangeKind
from backend.dicom.model import PatientAttributes
from backend.models import conflicts, patients, stored_files
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.session import Session
from backend.models.studies import Patient
from backend.schemas.conflicts import Decision, PatientValues
from backend.services.patient_changes import (
    PatientChanging,
    attributes_like,
    identities_in,
    said_of,
    values_of,
)
from backend.services.patient_register import (
    PatientRegister,
    identity_key,
    identity_of,
    identity_of_claim,
)

_LONGEST = {"patient_id": 64, "issuer_of_patient_id": 64, "patient_name": 324, "patient_sex": 16}
_SEXES = ("", "F", "M", "O")
_BIRTH_DATE = re.compile(r"\d{8}")

K = PatientChangeKind
CHOICES: dict[ConflictKind, tuple[PatientChangeKind, ...]] = {
    ConflictKind.PATIENT: (K.MERGE, K.KEEP_APART, K.CORRECT, K.DISCARD),
    ConflictKind.STUDY: (K.MERGE, K.KEEP_APART, K.DISCARD),
    ConflictKind.SERIES: (K.KEEP_APART, K.DISCARD),
    ConflictKind.INSTANCE: (K.EXCHANGE, K.DISCARD),
}
"""Which decisions resolve which conflict."""


def decide(changing: PatientChanging, decision: Decision) -> None:
    """Take all steps of a decision.

    Raises:
        NotFound: If what it is about does not exist.
        Malformed: If it makes no sense.
    """
    if decision.values is not None:
        require_sensible(decision.values)
    if decision.conflict_key:
        _resolve(changing, decision)
    elif decision.kind is K.MERGE_PATIENTS:
        _merge_patients(changing, decision)
    elif decision.kind is K.SPLIT:
        _split(changing, decision)
    elif decision.kind is K.CORRECT_PATIENT and decision.values is not None:
        changing.set_values(_patient(changing.session, decision.patient_key), decision.values)
    else:
        raise Malformed


def require_sensible(values: PatientValues) -> None:
    """Refuse values that no file could hold, or that would break what shows them.

    Raises:
        Malformed: With the reason.
    """
    for name, longest in _LONGEST.items():
        text = getattr(values, name)
        if len(text) > longest:
            raise Malformed(f"One of the values is longer than {longest} characters.")
        if any(unicodedata.category(c) in ("Cc", "Cs") or c == "\\" for c in text):
            raise Malformed("A value holds a character that must not be in it.")
    if values.patient_sex not in _SEXES:
        raise Malformed("The sex is F, M, O or left empty.")
    if values.patient_birth_date:
        try:
            if not _BIRTH_DATE.fullmatch(values.patient_birth_date):
                raise ValueError
            date.fromisoformat(values.patient_birth_date)
        except ValueError:
            raise Malformed("The birth date is not a date. Write YYYY-MM-DD.") from None
    if not values.patient_id and not values.patient_name:
        raise Malformed("Give a name or a Patient ID.")


def stored_patients(session: Session, conflict: Conflict) -> list[Patient]:
    """Whom the files of a conflict may belong to, the most likely first."""
    keys: list[str] = []
    if conflict.study_instance_uid:
        study = stored_files.studies_by_uids(session, [conflict.study_instance_uid])
        keys += [one.patient_key for one in study.values()]
    if conflict.kind in (ConflictKind.PATIENT, ConflictKind.STUDY):
        keys += [
            claim.patient_key
            for claim in patients.claims_for(session, [conflict.patient_id], [])
            if claim.issuer_of_patient_id == conflict.issuer_of_patient_id
        ]
    if conflict.kind in (ConflictKind.SERIES, ConflictKind.INSTANCE):
        for held in conflicts.first_of_each_study(session, conflict.id, HeldState.WAITING)[:1]:
            keys += _keys_of_home(session, held)
    found = patients.patients_by_key(session, keys)
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def _keys_of_home(session: Session, held: HeldInstance) -> list[str]:
    stored = stored_files.instance_by_uid(session, held.sop_instance_uid)
    uids = (
        [one.study_instance_uid for one in stored_files.homes_of(session, [stored])[0].values()]
        if stored is not None
        else [home for _, home in stored_files.homes_of_series(session, [held.series_instance_uid])]
    )
    return [study.patient_key for study in stored_files.studies_by_uids(session, uids).values()]


def _resolve(changing: PatientChanging, decision: Decision) -> None:
    conflict = conflicts.conflict_by_key(changing.session, decision.conflict_key)
    if conflict is None:
        raise NotFound
    if conflict.status != ConflictStatus.WAITING:
        raise ConflictResolved
    kind = ConflictKind(conflict.kind)
    if decision.kind not in CHOICES[kind]:
        raise Malformed("This decision does not fit the conflict.")
    changing.touch(conflict.id)
    if decision.kind is K.DISCARD:
        if not decision.reason.strip():
            raise Malformed("Say why the files are discarded.")
        changing.discard(conflict)
    elif decision.kind is K.EXCHANGE:
        changing.exchange(conflict)
    elif decision.kind is K.MERGE:
        _merge(changing, conflict, decision)
    elif decision.kind is K.CORRECT:
        _correct(changing, conflict, decision)
    elif kind is ConflictKind.STUDY:
        _give_study_away(changing, conflict)
    elif kind is ConflictKind.SERIES:
        changing.file_all(conflict, series_may_repeat=True)
    else:
        _keep_apart(changing, conflict)


def _merge(changing: PatientChanging, conflict: Conflict, decision: Decision) -> None:
    patient = _patient(changing.session, decision.patient_key)
    if patient.id not in {one.id for one in stored_patients(changing.session, conflict)}:
        raise Malformed("This decision does not fit the conflict.")
    _claim_all(changing, conflict, patient, only_here=not _shares_id(changing, conflict, patient))
    changing.set_values(patient, decision.values or values_of(patient))
    changing.file_all(conflict)


def _shares_id(changing: PatientChanging, conflict: Conflict, patient: Patient) -> bool:
    """Whether the files' own Patient ID is one of this patient's: else the decision holds for these studies only."""
    return bool(conflict.patient_id) and any(
        (claim.patient_id, claim.issuer_of_patient_id)
        == (conflict.patient_id, conflict.issuer_of_patient_id)
        and not claim.study_instance_uid
        for claim in patients.claims_of_patients(changing.session, [patient.id])
    )


def _keep_apart(changing: PatientChanging, conflict: Conflict) -> None:
    patient = changing.create_patient(values_said(_first(changing.session, conflict)))
    _claim_all(changing, conflict, patient)
    changing.file_all(conflict)


def _correct(changing: PatientChanging, conflict: Conflict, decision: Decision) -> None:
    if decision.values is None:
        raise Malformed
    values = decision.values
    found = _known_as(changing.session, values)
    if len(found) == 1:
        patient = _patient(changing.session, found.pop())
        changing.set_values(patient, values_of(patient))
    else:
        patient = changing.create_patient(values, is_corrected=True)
    _claim_all(changing, conflict, patient, only_here=True)
    changing.file_all(conflict)


def _known_as(session: Session, values: PatientValues) -> set[str]:
    """Whom files that say these values would be, or all whom they may be: keys of patients."""
    claims = [
        claim
        for claim in patients.claims_for(session, [values.patient_id], [])
        if not claim.study_instance_uid
    ]
    said = attributes_like(values)
    exactly = {one.patient_key for one in claims if one.identity_key == identity_key(said, "")}
    wanted = identity_of(said)
    return exactly or {
        one.patient_key for one in claims if is_same_person(identity_of_claim(one), wanted)
    }


def _give_study_away(changing: PatientChanging, conflict: Conflict) -> None:
    session = changing.session
    said = _first(session, conflict)
    register = PatientRegister(
        session,
        [said_of(one) for one in conflicts.held_in(session, conflict.id, HeldState.WAITING)],
    )
    placement = register.owner_of(said, conflict.study_instance_uid)
    known = patients.patients_by_key(session, [placement.patient_key])
    if known:
        patient = known[placement.patient_key]
        changing.set_values(patient, values_of(patient))
    else:
        patient = changing.create_patient(values_said(said))
        changing.claim(patient, said, conflict.study_instance_uid)
    for study in stored_files.studies_by_uids(session, [conflict.study_instance_uid]).values():
        for identity in identities_in(session, study):
            changing.claim(patient, identity, study.study_instance_uid, only_here=True)
        changing.move_study(study, patient)
    _claim_all(changing, conflict, patient, only_here=True)
    changing.file_all(conflict)


def _merge_patients(changing: PatientChanging, decision: Decision) -> None:
    session = changing.session
    remaining = _patient(session, decision.patient_key)
    merged = _patient(session, decision.other_patient_key)
    if remaining.id == merged.id:
        raise Malformed("Choose two different patients.")
    changing.move_claims(patients.claims_of_patients(session, [merged.id]), remaining)
    for study in patients.studies_of_patients(session, [merged.id]):
        changing.move_study(study, remaining)
    changing.move_care(merged, remaining)
    changing.set_values(remaining, decision.values or values_of(remaining))
    if merged.is_corrected or values_of(merged) != values_of(remaining):
        changing.mark_corrected(remaining)


def _split(changing: PatientChanging, decision: Decision) -> None:
    session = changing.session
    patient = _patient(session, decision.patient_key)
    studies = patients.studies_of_patients(session, [patient.id])
    chosen = [one for one in studies if one.study_instance_uid in decision.study_instance_uids]
    if not chosen or len(chosen) != len(set(decision.study_instance_uids)):
        raise Malformed("Choose the studies of the other person.")
    if len(chosen) == len(studies):
        raise Malformed("At least one study stays with the patient.")
    other = changing.create_patient(decision.values or values_of(patient), is_corrected=True)
    for study in chosen:
        for identity in identities_in(session, study):
            changing.claim(other, identity, study.study_instance_uid, only_here=True)
        changing.move_study(study, other)


def _claim_all(
    changing: PatientChanging, conflict: Conflict, patient: Patient, *, only_here: bool = False
) -> None:
    """Let the files of a conflict be this patient's: everywhere, or in the studies that wait."""
    for held in conflicts.first_of_each_study(changing.session, conflict.id, HeldState.WAITING):
        said = said_of(held).patient
        changing.claim(patient, said, held.study_instance_uid, only_here=only_here)


def _first(session: Session, conflict: Conflict) -> PatientAttributes:
    for held in conflicts.first_of_each_study(session, conflict.id, HeldState.WAITING)[:1]:
        return said_of(held).patient
    raise ConflictResolved


def _patient(session: Session, patient_key: str) -> Patient:
    found = patients.patients_by_key(session, [patient_key]).get(patient_key)
    if found is None:
        raise NotFound
    return found


def values_said(said: PatientAttributes) -> PatientValues:
    """What a file says of its patient."""
    return PatientValues(
        said.patient_id,
        said.issuer_of_patient_id,
        said.patient_name.text,
        said.patient_birth_date,
        said.patient_sex,
    )
