"""Who a patient is: how files name them, files at odds with that, and what administrators have decided.

The patients themselves are in `models.studies`; what is shown of a patient stands there, what files say stands here.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, cast

from sqlalchemy import BigInteger, LargeBinary, Table, func, or_
from sqlalchemy.orm import defer
from sqlmodel import Field, Index, Session, UniqueConstraint, col, select

from backend.core.vocabulary import HeldState
from backend.models.base import Record, Tenant, utc_column
from backend.models.parts import in_parts
from backend.models.reading_copies import ReadingCopy
from backend.models.search_words import SearchWord, forget_unused
from backend.models.studies import Frame, Instance, Patient, Series, Study
from backend.models.videos import Video


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
    return [found[key] for key in sorted(found)]


def claims_of_patients(session: Session, patient_keys: Collection[str]) -> list[PatientClaim]:
    """All claims of these patients, oldest first."""
    statement = select(PatientClaim).where(col(PatientClaim.patient_key).in_(patient_keys))
    return list(session.exec(statement.order_by(col(PatientClaim.id))).all())


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
    return session.exec(statement).first()


def study_by_key(session: Session, study_key: str) -> Study | None:
    """The study of this key."""
    return session.exec(select(Study).where(Study.id == study_key)).first()


def conflict_by_key(session: Session, conflict_key: str) -> Conflict | None:
    """The conflict of this key."""
    return session.exec(select(Conflict).where(Conflict.id == conflict_key)).first()


def change_by_key(session: Session, change_key: str) -> PatientChange | None:
    """The decision of this key."""
    return session.exec(select(PatientChange).where(PatientChange.id == change_key)).first()


def held_by_key(session: Session, held_keys: Collection[str]) -> list[HeldInstance]:
    """Held files by their keys."""
    found: list[HeldInstance] = []
    for some in in_parts(sorted(held_keys)):
        statement = select(HeldInstance).where(col(HeldInstance.id).in_(some))
        found += session.exec(statement.order_by(col(HeldInstance.id))).all()
    return found


def patients_by_key(session: Session, patient_keys: Collection[str]) -> dict[str, Patient]:
    """Patients by their keys."""
    statement = select(Patient).where(col(Patient.id).in_(patient_keys))
    return {patient.id: patient for patient in session.exec(statement).all()}


def studies_by_uids(session: Session, study_instance_uids: Collection[str]) -> dict[str, Study]:
    """The studies among these UIDs."""
    found: dict[str, Study] = {}
    for some in in_parts(study_instance_uids):
        statement = select(Study).where(col(Study.study_instance_uid).in_(some))
        found |= {study.study_instance_uid: study for study in session.exec(statement).all()}
    return found


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
    found: list[tuple[str, str]] = []
    for some in in_parts(series_uids):
        statement = (
            select(Series.series_instance_uid, Study.study_instance_uid)
            .select_from(Series)
            .join(Study, col(Series.study_key) == col(Study.id))
            .where(col(Series.series_instance_uid).in_(some))
        )
        found += [(series, study) for series, study in session.exec(statement).all()]
    return found


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


def waiting_file(session: Session, sop_instance_uid: str, sha256: str) -> HeldInstance | None:
    """The file of these octets that waits in a conflict."""
    statement = select(HeldInstance).where(
        HeldInstance.sop_instance_uid == sop_instance_uid,
        HeldInstance.sha256 == sha256,
        HeldInstance.state == HeldState.WAITING,
    )
    return session.exec(statement.limit(1)).first()


def held_states(session: Session, sop_instance_uids: Collection[str]) -> list[tuple[str, str, str]]:
    """SOP Instance UID, SHA-256 and state of every held file of these UIDs."""
    statement = select(
        HeldInstance.sop_instance_uid, HeldInstance.sha256, HeldInstance.state
    ).where(col(HeldInstance.sop_instance_uid).in_(sop_instance_uids))
    return [(uid, sha256, state) for uid, sha256, state in session.exec(statement).all()]


def held_briefly(session: Session, conflict_key: str, *states: str) -> list[HeldInstance]:
    """As `held_in`; what was parsed of a file is only read where it is asked for, so that it is for few of many."""
    statement = (
        select(HeldInstance)
        .where(HeldInstance.conflict_key == conflict_key, col(HeldInstance.state).in_(states))
        .order_by(col(HeldInstance.id))
        .options(defer(cast("Any", HeldInstance.parsed)))
    )
    return list(session.exec(statement).all())


def is_waiting(session: Session, conflict_key: str) -> bool:
    """Whether any file of a conflict waits."""
    statement = select(HeldInstance.id).where(
        HeldInstance.conflict_key == conflict_key, HeldInstance.state == "waiting"
    )
    return session.exec(statement.limit(1)).first() is not None


def held_in(session: Session, conflict_key: str, *states: str) -> list[HeldInstance]:
    """The files of a conflict in these states, in the order in which they came."""
    statement = select(HeldInstance).where(
        HeldInstance.conflict_key == conflict_key, col(HeldInstance.state).in_(states)
    )
    return list(session.exec(statement.order_by(col(HeldInstance.id))).all())


def instances_since(session: Session, study_key: str, since: datetime) -> list[Instance]:
    """What arrived in a study at or after a moment, in the order in which it came."""
    statement = select(Instance).where(
        Instance.study_key == study_key, col(Instance.created_at) >= since
    )
    return list(session.exec(statement.order_by(col(Instance.created_at), col(Instance.id))).all())


def instance_by_object(session: Session, object_id: str) -> Instance | None:
    """The stored instance whose octets are this object."""
    return session.exec(select(Instance).where(Instance.object_id == object_id)).first()


def instance_by_uid(session: Session, sop_instance_uid: str) -> Instance | None:
    """The stored instance of this UID."""
    statement = select(Instance).where(Instance.sop_instance_uid == sop_instance_uid)
    return session.exec(statement).first()


def instances_of(session: Session, study_key: str) -> list[Instance]:
    """Every instance of a study, in the order in which it came."""
    statement = select(Instance).where(Instance.study_key == study_key)
    return list(session.exec(statement.order_by(col(Instance.created_at), col(Instance.id))).all())


def home_of(session: Session, instance: Instance) -> tuple[Study, Series]:
    """Study and series of a stored instance."""
    study = session.exec(select(Study).where(Study.id == instance.study_key)).one()
    series = session.exec(select(Series).where(Series.id == instance.series_key)).one()
    return study, series


def series_in(session: Session, study_key: str) -> list[Series]:
    """The series of a study."""
    return list(session.exec(select(Series).where(Series.study_key == study_key)).all())


def belongings_of(
    session: Session, instance_key: str
) -> tuple[list[Frame], ReadingCopy | None, Video | None]:
    """What hangs on an instance: its frames by number, its reading copy, its video."""
    frames = select(Frame).where(Frame.instance_key == instance_key)
    copy = select(ReadingCopy).where(ReadingCopy.instance_key == instance_key)
    video = select(Video).where(Video.instance_key == instance_key)
    return (
        list(session.exec(frames.order_by(col(Frame.frame_number))).all()),
        session.exec(copy).first(),
        session.exec(video).first(),
    )


def held_by_object(session: Session, object_id: str) -> HeldInstance | None:
    """The held file whose octets are this object."""
    return session.exec(select(HeldInstance).where(HeldInstance.object_id == object_id)).first()


def refer_to(session: Session, row: Record, besides: Collection[str]) -> bool:
    """Whether rows of tables other than `besides` refer to a row.

    Looked up in the tables' own foreign keys, so that a table that is added later is not forgotten.
    """
    name = str(type(row).__tablename__)
    for mapper in Record._sa_registry.mappers:
        table = mapper.local_table
        if not isinstance(table, Table) or table.name in besides:
            continue
        for key in table.foreign_keys:
            if key.column.table.name == name:
                attribute = getattr(mapper.class_, mapper.get_property_by_column(key.parent).key)
                if session.exec(select(attribute).where(attribute == row.id)).first():
                    return True
    return False


def delete_empty_study(session: Session, study: Study) -> None:
    """Take a study away that has no series left, with the words under which it was found."""
    of_study = select(SearchWord).where(col(SearchWord.study_key) == study.id)
    found = session.exec(of_study).all()
    for row in found:
        session.delete(row)
    session.flush()
    words, organization_id, study_key = [r.word for r in found], study.organization_id, study.id
    session.delete(study)
    session.flush()
    forget_unused(session, organization_id, words, study_key)
    session.flush()


def waiting_conflicts(session: Session, limit: int) -> list[Conflict]:
    """The conflicts that wait, newest first."""
    statement = (
        select(Conflict)
        .where(Conflict.status == "waiting")
        .order_by(col(Conflict.id).desc())
        .limit(limit)
    )
    return list(session.exec(statement).all())


def count_waiting_conflicts(session: Session) -> int:
    """How many conflicts wait."""
    statement = select(func.count()).select_from(Conflict).where(Conflict.status == "waiting")
    return int(session.exec(statement).one())


def count_held(session: Session, conflict_keys: Collection[str], state: str) -> dict[str, int]:
    """How many files of these conflicts are in this state."""
    statement = (
        select(HeldInstance.conflict_key, func.count())
        .where(col(HeldInstance.conflict_key).in_(conflict_keys), HeldInstance.state == state)
        .group_by(col(HeldInstance.conflict_key))
    )
    return {key: int(count) for key, count in session.exec(statement).all()}


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
    return list(session.exec(statement).all())


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
