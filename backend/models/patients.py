"""Who a patient is: how files name them, files at odds with that, and what administrators have decided.

The patients themselves are in `models.studies`; what is shown of a patient stands there, what files say stands here.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, func, or_
from sqlmodel import Field, Index, Session, UniqueConstraint, col, select

from backend.models.base import Record, Tenant, utc_column
from backend.models.studies import Frame, Instance, Patient, Series, Study


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


class Conflict(Tenant, table=True):
    """Files that are kept, but contradict what is stored: they wait for an administrator.

    What identifies the patient stands here as the files say it.
    """

    __tablename__ = "conflicts"
    __table_args__ = (Index("ix_conflicts_by_status", "organization_id", "status", "id"),)

    kind: str = Field(max_length=16)  # vocabulary.ConflictKind
    status: str = Field(default="waiting", max_length=16)  # vocabulary.ConflictStatus
    identity_key: str = Field(max_length=64)
    study_instance_uid: str = Field(default="", max_length=64)  # empty: of any study
    patient_id: str = Field(default="", max_length=64)
    issuer_of_patient_id: str = Field(default="", max_length=64)
    patient_name: str = Field(default="")
    patient_birth_date: str = Field(default="", max_length=8)
    patient_sex: str = Field(default="", max_length=16)
    wrapped_data_key: bytes = Field(sa_type=LargeBinary)


class HeldInstance(Tenant, table=True):
    """A file of a conflict: its octets are an object of the store, outside every study.

    The row stays when the file is filed, so that the decision can be undone.
    """

    __tablename__ = "held_instances"
    __table_args__ = (
        UniqueConstraint("organization_id", "object_id"),
        Index("ix_held_instances_by_conflict", "conflict_key", "state"),
        Index("ix_held_instances_by_uid", "organization_id", "sop_instance_uid"),
    )

    conflict_key: str = Field(foreign_key="conflicts.id")
    state: str = Field(max_length=16)  # vocabulary.HeldState
    source_name: str = Field(default="")
    study_instance_uid: str = Field(max_length=64)
    series_instance_uid: str = Field(max_length=64)
    sop_instance_uid: str = Field(max_length=64)
    object_id: str = Field(max_length=64)
    wrapped_object_key: bytes = Field(sa_type=LargeBinary)
    size_bytes: int = Field(default=0, sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    parsed: bytes = Field(sa_type=LargeBinary)  # JSON of `dicom.model.ParsedInstance`


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
    statement = select(PatientClaim).where(
        or_(
            col(PatientClaim.patient_id).in_([one for one in patient_ids if one]),
            col(PatientClaim.study_instance_uid).in_([one for one in study_instance_uids if one]),
        )
    )
    return list(session.exec(statement.order_by(col(PatientClaim.id))).all())


def claims_of_patients(session: Session, patient_keys: Collection[str]) -> list[PatientClaim]:
    """All claims of these patients, oldest first."""
    statement = select(PatientClaim).where(col(PatientClaim.patient_key).in_(patient_keys))
    return list(session.exec(statement.order_by(col(PatientClaim.id))).all())


def claims_by_root(session: Session, root_keys: Collection[str]) -> list[PatientClaim]:
    """These claims with all that were taken for the same person."""
    statement = select(PatientClaim).where(col(PatientClaim.root_key).in_(root_keys))
    return list(session.exec(statement).all())


def patients_by_key(session: Session, patient_keys: Collection[str]) -> dict[str, Patient]:
    """Patients by their keys."""
    statement = select(Patient).where(col(Patient.id).in_(patient_keys))
    return {patient.id: patient for patient in session.exec(statement).all()}


def studies_by_uids(session: Session, study_instance_uids: Collection[str]) -> dict[str, Study]:
    """The studies among these UIDs."""
    statement = select(Study).where(col(Study.study_instance_uid).in_(study_instance_uids))
    return {study.study_instance_uid: study for study in session.exec(statement).all()}


def studies_of_patients(session: Session, patient_keys: Collection[str]) -> list[Study]:
    """The studies of these patients, newest first."""
    statement = (
        select(Study)
        .where(col(Study.patient_key).in_(patient_keys))
        .order_by(col(Study.study_date).desc(), col(Study.id).desc())
    )
    return list(session.exec(statement).all())


def homes_of_series(session: Session, series_uids: Collection[str]) -> list[tuple[str, str]]:
    """Series UID and Study Instance UID of each stored series among these."""
    statement = (
        select(Series.series_instance_uid, Study.study_instance_uid)
        .select_from(Series)
        .join(Study, col(Series.study_key) == col(Study.id))
        .where(col(Series.series_instance_uid).in_(series_uids))
    )
    return [(series, study) for series, study in session.exec(statement).all()]


def open_conflict(
    session: Session, kind: str, identity_key: str, study_instance_uid: str
) -> Conflict | None:
    """The waiting conflict that such a file joins."""
    statement = select(Conflict).where(
        Conflict.status == "waiting",
        Conflict.kind == kind,
        Conflict.identity_key == identity_key,
        Conflict.study_instance_uid == study_instance_uid,
    )
    return session.exec(statement).first()


def held_by_uid(session: Session, sop_instance_uids: Collection[str]) -> list[HeldInstance]:
    """Every held file of these SOP Instance UIDs."""
    statement = select(HeldInstance).where(
        col(HeldInstance.sop_instance_uid).in_(sop_instance_uids)
    )
    return list(session.exec(statement).all())


def held_in(session: Session, conflict_key: str, *states: str) -> list[HeldInstance]:
    """The files of a conflict in these states, in the order in which they came."""
    statement = select(HeldInstance).where(
        HeldInstance.conflict_key == conflict_key, col(HeldInstance.state).in_(states)
    )
    return list(session.exec(statement.order_by(col(HeldInstance.id))).all())


def instances_since(
    session: Session, study_keys: Collection[str], since: datetime
) -> list[Instance]:
    """What arrived in these studies at or after a moment, in the order in which it came."""
    statement = select(Instance).where(
        col(Instance.study_key).in_(study_keys), col(Instance.created_at) >= since
    )
    return list(session.exec(statement.order_by(col(Instance.id))).all())


def frames_of(session: Session, instance_key: str) -> list[Frame]:
    """The frames of an instance, by number."""
    statement = select(Frame).where(Frame.instance_key == instance_key)
    return list(session.exec(statement.order_by(col(Frame.frame_number))).all())


def rows_that_refer_to(
    session: Session, row: Record, besides: Collection[str]
) -> list[tuple[str, int]]:
    """Tables, other than `besides`, with rows that refer to a row, and how many.

    Looked up in the tables' own foreign keys, so that a table that is added later is not forgotten.
    """
    found = []
    name = str(type(row).__tablename__)
    for mapper in Record._sa_registry.mappers:
        table = mapper.local_table
        if getattr(table, "name", "") in besides:
            continue
        for key in getattr(table, "foreign_keys", ()):
            if key.column.table.name != name:
                continue
            attribute = mapper.get_property_by_column(key.parent).key
            referring = mapper.class_
            count = session.exec(
                select(func.count())
                .select_from(referring)
                .where(getattr(referring, attribute) == row.id)
            ).one()
            if count:
                found.append((str(table.description), int(count)))
    return found
