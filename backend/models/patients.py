"""Who a patient is: how files name them, and what administrators have decided about that.

The patients themselves are in `models.studies`; what is shown of a patient stands there, what files say stands here.
Files at odds with that are in `models.conflicts`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import zip_longest

from sqlalchemy import func, or_
from sqlmodel import Field, Index, Session, UniqueConstraint, col, select

from backend.models.base import Record, Tenant, utc_column
from backend.models.parts import in_parts
from backend.models.pending import as_changed
from backend.models.studies import Patient, Study


class PatientClaim(Tenant, table=True):
    """A way in which files name a patient: files that say the same belong to that patient.

    A claim with a `study_instance_uid` holds in that study only; so does every claim of files without a Patient ID.
    Claims that were taken for the same person without asking have the first of them as `root_key`.
    """

    __tablename__ = "patient_claims"
    __table_args__ = (
        UniqueConstraint(
            "organization_id",
            "identity_key",
            "study_instance_uid",
            name="uq_patient_claims_identity",
        ),
        Index("ix_patient_claims_by_patient_id", "organization_id", "patient_id"),
        Index("ix_patient_claims_by_study", "organization_id", "study_instance_uid"),
    )

    patient_key: str = Field(foreign_key="patients.id", index=True)
    root_key: str = Field(max_length=36)
    identity_key: str = Field(max_length=64)  # SHA-256, see `services.patient_register`
    study_instance_uid: str = Field(default="", max_length=64)
    patient_id: str = Field(default="", max_length=64)
    issuer_of_patient_id: str = Field(default="", max_length=64)
    patient_name: str = Field(default="")
    patient_birth_date: str = Field(default="", max_length=8)


class PatientChange(Tenant, table=True):
    """What an administrator has decided about patients, and what it takes to undo it."""

    __tablename__ = "patient_changes"
    __table_args__ = (Index("ix_patient_changes_by_time", "organization_id", "id"),)

    kind: str = Field(max_length=16)  # vocabulary.PatientChangeKind
    actor_user_id: str = Field(max_length=64)
    actor_name: str = Field(max_length=200)
    reason: str = Field(default="")
    summary: str = Field(default="")  # what it did, in words, as the preview said it
    conflict_key: str | None = Field(default=None, foreign_key="conflicts.id")
    journal: str = Field(default="{}")  # JSON, see `services.patient_changes`
    undone_at: datetime | None = utc_column()
    undone_by: str = Field(default="", max_length=200)


def claims_for(
    session: Session, patient_ids: Collection[str], study_instance_uids: Collection[str]
) -> list[PatientClaim]:
    """The claims of these Patient IDs, and those that hold in these studies only."""
    study_uids = set(study_instance_uids)
    found: dict[str, PatientClaim] = {}
    ids = in_parts(one for one in patient_ids if one)
    uids = in_parts(one for one in study_instance_uids if one)
    nothing: list[str] = []
    for some_ids, some_uids in zip_longest(ids, uids, fillvalue=nothing):
        statement = select(PatientClaim).where(
            or_(
                col(PatientClaim.patient_id).in_(some_ids),
                col(PatientClaim.study_instance_uid).in_(some_uids),
            )
        )
        found |= {claim.id: claim for claim in session.exec(statement).all()}

    def is_meant(claim: PatientClaim) -> bool:
        named = claim.patient_id and claim.patient_id in patient_ids
        return bool(named or (claim.study_instance_uid and claim.study_instance_uid in study_uids))

    rows = as_changed(session, PatientClaim, found.values(), is_meant)
    return sorted(rows, key=_key_of)


def claims_of_patients(session: Session, patient_keys: Collection[str]) -> list[PatientClaim]:
    """All claims of these patients, oldest first."""
    statement = select(PatientClaim).where(col(PatientClaim.patient_key).in_(patient_keys))
    found = session.exec(statement).all()
    rows = as_changed(session, PatientClaim, found, lambda claim: claim.patient_key in patient_keys)
    return sorted(rows, key=_key_of)


def _key_of(row: Record) -> str:
    return row.id


def claims_by_root(session: Session, root_keys: Collection[str]) -> list[PatientClaim]:
    """These claims with all that were taken for the same person."""
    statement = select(PatientClaim).where(col(PatientClaim.root_key).in_(root_keys))
    return list(session.exec(statement).all())


def claims_by_key(session: Session, claim_keys: Collection[str]) -> list[PatientClaim]:
    """Claims by their keys."""
    statement = select(PatientClaim).where(col(PatientClaim.id).in_(claim_keys))
    return list(session.exec(statement).all())


def find_claim(session: Session, identity_key: str, study_instance_uid: str) -> PatientClaim | None:
    """The claim of this identity, everywhere or in a study."""
    statement = select(PatientClaim).where(
        PatientClaim.identity_key == identity_key,
        PatientClaim.study_instance_uid == study_instance_uid,
    )
    wanted = (identity_key, study_instance_uid)
    rows = as_changed(
        session,
        PatientClaim,
        session.exec(statement).all(),
        lambda claim: (claim.identity_key, claim.study_instance_uid) == wanted,
    )
    return rows[0] if rows else None


def change_by_key(session: Session, change_key: str) -> PatientChange | None:
    """The decision of this key."""
    return session.exec(select(PatientChange).where(PatientChange.id == change_key)).first()


def patients_by_key(session: Session, patient_keys: Collection[str]) -> dict[str, Patient]:
    """Patients by their keys."""
    statement = select(Patient).where(col(Patient.id).in_(patient_keys))
    found = session.exec(statement).all()
    rows = as_changed(session, Patient, found, lambda patient: patient.id in patient_keys)
    return {patient.id: patient for patient in rows}


def studies_of_patients(session: Session, patient_keys: Collection[str]) -> list[Study]:
    """The studies of these patients, newest first."""
    statement = select(Study).where(col(Study.patient_key).in_(patient_keys))
    found = session.exec(statement).all()
    rows = as_changed(session, Study, found, lambda study: study.patient_key in patient_keys)
    return sorted(rows, key=lambda study: (study.study_date, study.id), reverse=True)


def newest_changes(session: Session, limit: int) -> list[PatientChange]:
    """The newest decisions, newest first."""
    statement = select(PatientChange).order_by(
        col(PatientChange.created_at).desc(), col(PatientChange.id).desc()
    )
    return list(session.exec(statement.limit(limit)).all())


def standing_changes_since(session: Session, since: datetime) -> list[PatientChange]:
    """Decisions made at or after a moment that were not undone."""
    statement = select(PatientChange).where(
        col(PatientChange.created_at) >= since, col(PatientChange.undone_at).is_(None)
    )
    return list(session.exec(statement).all())


def patients_of_one_id(session: Session, patient_id: str, issuer: str) -> list[Patient]:
    """The patients who are shown with this ID and issuer, oldest first."""
    statement = (
        select(Patient)
        .where(Patient.patient_id == patient_id, Patient.issuer_of_patient_id == issuer)
        .order_by(col(Patient.id))
    )
    rows = as_changed(
        session,
        Patient,
        session.exec(statement).all(),
        lambda one: (one.patient_id, one.issuer_of_patient_id) == (patient_id, issuer),
    )
    return sorted(rows, key=_key_of)


def search_patients(session: Session, words: Sequence[str], limit: int) -> list[Patient]:
    """Patients with a study whose name or ID holds every word."""
    statement = (
        select(Patient)
        .where(col(Patient.id).in_(select(Study.patient_key)))
        .order_by(col(Patient.search_name), col(Patient.id))
        .limit(limit)
    )
    for word in words:
        statement = statement.where(
            or_(
                col(Patient.search_name).contains(word, autoescape=True),
                func.lower(col(Patient.patient_id)).contains(word, autoescape=True),
            )
        )
    return list(session.exec(statement).all())
