"""Whose a file is: what is stored of patients, studies and series, read once for many files, and asked file by file.

Nothing is written here; rows that a verdict needs come with it, unsaved. The rules are in
docs/decisions/0016-patients-and-conflicts.md.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from backend.core.patient_names import Identity, is_same_person, one_way_of_writing
from backend.core.search_text import fold_name
from backend.core.vocabulary import ConflictKind
from backend.dicom.model import InstanceAttributes, PatientAttributes
from backend.models import patients, stored_files
from backend.models.patients import PatientClaim
from backend.models.session import Session
from backend.models.studies import Patient


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a file belongs.

    Attributes:
        patient_key: The patient that it is filed under; "" if it contradicts what is stored.
        conflict: What it contradicts; None if nothing.
        new_rows: A new patient, or a new claim; to be added before the file is filed.
    """

    patient_key: str = ""
    conflict: ConflictKind | None = None
    new_rows: tuple[Patient | PatientClaim, ...] = ()


@dataclass(slots=True)
class _Known:
    claims: list[PatientClaim] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)  # patient key by study UID
    homes: dict[str, set[str]] = field(default_factory=dict)  # study UIDs by series UID


class PatientRegister:
    """What is stored of the patients, studies and series that some files name.

    Args:
        session: An open session of one organization.
        files: What the files say.
    """

    def __init__(self, session: Session, files: Iterable[InstanceAttributes]) -> None:
        said = list(files)
        study_uids = {one.study.study_instance_uid for one in said}
        self._known = _Known(
            patients.claims_for(session, {one.patient.patient_id for one in said}, study_uids)
        )
        for uid, study in stored_files.studies_by_uids(session, study_uids).items():
            self._known.owners[uid] = study.patient_key
        series_uids = {one.series.series_instance_uid for one in said}
        for series_uid, study_uid in stored_files.homes_of_series(session, series_uids):
            self._known.homes.setdefault(series_uid, set()).add(study_uid)

    def place(self, said: InstanceAttributes, *, series_may_repeat: bool = False) -> Placement:
        """Where a file belongs; a file that is placed counts as stored for those that follow.

        Args:
            said: What the file says.
            series_may_repeat: Whether its series may be stored in another study as well.
        """
        study_uid = said.study.study_instance_uid
        series_uid = said.series.series_instance_uid
        placement = self.owner_of(said.patient, study_uid)
        owner = self._known.owners.get(study_uid)
        if owner is not None and placement.patient_key != owner:
            return Placement(conflict=ConflictKind.STUDY)
        if placement.conflict is not None:
            return placement
        homes = self._known.homes.setdefault(series_uid, set())
        if homes and study_uid not in homes and not series_may_repeat:
            return Placement(conflict=ConflictKind.SERIES)
        homes.add(study_uid)
        self._known.owners[study_uid] = placement.patient_key
        self._known.claims += [row for row in placement.new_rows if isinstance(row, PatientClaim)]
        return placement

    def owner_of(self, said: PatientAttributes, study_uid: str) -> Placement:
        """To whom the claims alone give a file of this study, whatever is stored of the study."""
        key = identity_key(said, study_uid)
        only_here = [c for c in self._known.claims if c.study_instance_uid == study_uid]
        everywhere = [
            c
            for c in self._known.claims
            if not c.study_instance_uid
            and (c.patient_id, c.issuer_of_patient_id)
            == (said.patient_id, said.issuer_of_patient_id)
        ]
        for claims in (only_here, everywhere):
            same = next((claim for claim in claims if claim.identity_key == key), None)
            if same is not None:
                return Placement(same.patient_key)
        if not said.patient_id:
            everywhere = []
        identity = identity_of(said)
        alike = _alike(identity, only_here) or _alike(identity, everywhere)
        if len({claim.patient_key for claim in alike}) == 1:
            return Placement(
                alike[0].patient_key, new_rows=(_another(alike[0], said, study_uid, key),)
            )
        if everywhere or alike:
            return Placement(conflict=ConflictKind.PATIENT)
        patient = new_patient(said)
        return Placement(patient.id, new_rows=(patient, new_claim(patient, said, study_uid)))


def identity_of(said: PatientAttributes) -> Identity:
    """What a file is compared by."""
    return Identity(
        said.patient_id,
        said.issuer_of_patient_id,
        said.patient_name.text,
        said.patient_birth_date,
    )


def identity_of_claim(claim: PatientClaim) -> Identity:
    """What a claim is compared by."""
    return Identity(
        claim.patient_id,
        claim.issuer_of_patient_id,
        claim.patient_name,
        claim.patient_birth_date,
    )


def identity_key(said: PatientAttributes, study_instance_uid: str) -> str:
    """Names an identity by its four values, the name folded; without a Patient ID, only within one study."""
    parts = [
        said.patient_id,
        said.issuer_of_patient_id,
        one_way_of_writing(said.patient_name.text),
        said.patient_birth_date,
        "" if said.patient_id else study_instance_uid,
    ]
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def new_patient(said: PatientAttributes) -> Patient:
    """A patient as a file says it; not yet added."""
    return Patient(
        patient_id=said.patient_id,
        issuer_of_patient_id=said.issuer_of_patient_id,
        patient_name=said.patient_name.text,
        search_name=fold_name(said.patient_name.text),
        patient_birth_date=said.patient_birth_date,
        patient_sex=said.patient_sex,
    )


def new_claim(
    patient: Patient, said: PatientAttributes, study_instance_uid: str, *, only_here: bool = False
) -> PatientClaim:
    """The claim that files which say this are `patient`'s; not yet added.

    Args:
        patient: Whose they are.
        said: What they say.
        study_instance_uid: A study of theirs.
        only_here: Whether it holds in that study only; it always does without a Patient ID.
    """
    claim = PatientClaim(
        patient_key=patient.id,
        root_key="",
        identity_key=identity_key(said, study_instance_uid),
        study_instance_uid=study_instance_uid if only_here or not said.patient_id else "",
        patient_id=said.patient_id,
        issuer_of_patient_id=said.issuer_of_patient_id,
        patient_name=said.patient_name.text,
        patient_birth_date=said.patient_birth_date,
    )
    claim.root_key = claim.id
    return claim


def _another(like: PatientClaim, said: PatientAttributes, study_uid: str, key: str) -> PatientClaim:
    return PatientClaim(
        patient_key=like.patient_key,
        root_key=like.root_key,
        identity_key=key,
        study_instance_uid=study_uid if like.study_instance_uid else "",
        patient_id=said.patient_id,
        issuer_of_patient_id=said.issuer_of_patient_id,
        patient_name=said.patient_name.text,
        patient_birth_date=said.patient_birth_date,
    )


def _alike(identity: Identity, claims: Sequence[PatientClaim]) -> list[PatientClaim]:
    """The claims under whose root everything is certainly the same person as `identity`.

    All of them: where they lie with two patients, that must be seen.
    """
    roots: dict[str, list[PatientClaim]] = {}
    for claim in claims:
        roots.setdefault(claim.root_key, []).append(claim)
    return [
        claim
        for group in roots.values()
        if all(is_same_person(identity, identity_of_claim(one)) for one in group)
        for claim in group
    ]
