"""Who a patient is: how files name them, files at odds with that, and what administrators have decided.

The patients themselves are in `models.studies`; what is shown of a patient stands there, what files say stands here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import zip_longest
from typing import Any, cast

from sqlalchemy import BigInteger, LargeBinary, Table, delete, func, or_, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import defer
from sqlmodel import Field, Index, Session, UniqueConstraint, col, select

from backend.core.vocabulary import HeldState
from backend.models.base import Record, Tenant, utc_column
from backend.models.damages import forget_damages
from backend.models.parts import in_parts
from backend.models.pending import as_changed
from backend.models.reading_copies import ReadingCopy
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


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What taking a stored instance out of its study needs; its key is wrapped."""

    key: str  # of its row
    study_key: str
    series_key: str
    object_id: str
    wrapped_object_key: bytes
    frame_count: int
    is_displayable: bool
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PutAway:
    """A file that is kept, and shown to nobody."""

    key: str
    object_id: str
    state: str
    size_bytes: int


_OF_STORED_FILE: tuple[Any, ...] = (
    Instance.id,
    *(getattr(Instance, each.name) for each in fields(StoredFile)[1:]),
)


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
    """Held files by their keys; what was parsed of a file is only read where it is asked for."""
    found: list[HeldInstance] = []
    for some in in_parts(sorted(held_keys)):
        statement = select(HeldInstance).where(col(HeldInstance.id).in_(some))
        statement = statement.options(defer(cast("Any", HeldInstance.parsed)))
        found += session.exec(statement.order_by(col(HeldInstance.id))).all()
    return found


def put_away(session: Session, held_keys: Collection[str]) -> list[PutAway]:
    """Those of these held files that are still there, in the order in which they came."""
    found: list[PutAway] = []
    for some in in_parts(sorted(held_keys)):
        statement = (
            select(
                HeldInstance.id,
                HeldInstance.object_id,
                HeldInstance.state,
                HeldInstance.size_bytes,
            )
            .where(col(HeldInstance.id).in_(some))
            .order_by(col(HeldInstance.id))
        )
        found += [PutAway(*row) for row in session.exec(statement).all()]
    return found


def delete_held(session: Session, held_keys: Collection[str]) -> None:
    """Take held files away, with what was found about their objects."""
    for some in in_parts(held_keys):
        objects = select(HeldInstance.object_id).where(col(HeldInstance.id).in_(some))
        forget_damages(session, session.exec(objects).all())
        _delete(session, col(HeldInstance.id), some)


def objects_of_held(session: Session, held_keys: Collection[str]) -> list[str]:
    """The objects of held files."""
    found: list[str] = []
    for some in in_parts(held_keys):
        statement = select(HeldInstance.object_id).where(col(HeldInstance.id).in_(some))
        found += session.exec(statement).all()
    return found


def patients_by_key(session: Session, patient_keys: Collection[str]) -> dict[str, Patient]:
    """Patients by their keys."""
    statement = select(Patient).where(col(Patient.id).in_(patient_keys))
    found = session.exec(statement).all()
    rows = as_changed(session, Patient, found, lambda patient: patient.id in patient_keys)
    return {patient.id: patient for patient in rows}


def studies_by_uids(session: Session, study_instance_uids: Collection[str]) -> dict[str, Study]:
    """The studies among these UIDs."""
    found: dict[str, Study] = {}
    for some in in_parts(study_instance_uids):
        statement = select(Study).where(col(Study.study_instance_uid).in_(some))
        found |= {study.study_instance_uid: study for study in session.exec(statement).all()}
    return found


def studies_of_patients(session: Session, patient_keys: Collection[str]) -> list[Study]:
    """The studies of these patients, newest first."""
    statement = select(Study).where(col(Study.patient_key).in_(patient_keys))
    found = session.exec(statement).all()
    rows = as_changed(session, Study, found, lambda study: study.patient_key in patient_keys)
    return sorted(rows, key=lambda study: (study.study_date, study.id), reverse=True)


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


def first_of_each_study(session: Session, conflict_key: str, state: str) -> list[HeldInstance]:
    """Of the files of a conflict in this state, the one that came first of each study."""
    statement = (
        select(func.min(HeldInstance.id))
        .where(HeldInstance.conflict_key == conflict_key, HeldInstance.state == state)
        .group_by(col(HeldInstance.study_instance_uid))
    )
    return held_by_key(session, session.exec(statement).all())


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


def stored_files(session: Session, object_ids: Collection[str]) -> list[StoredFile]:
    """The stored instances whose octets are these objects, each in few words."""
    found: list[StoredFile] = []
    for some in in_parts(object_ids):
        statement = select_columns(*_OF_STORED_FILE).where(col(Instance.object_id).in_(some))
        rows = session.execute(statement.order_by(col(Instance.id))).all()
        found += [StoredFile(*row) for row in rows]
    return found


def instances_with_homes(
    session: Session, instance_keys: Collection[str]
) -> list[tuple[Instance, str, str]]:
    """Instances, each with the UIDs of its study and its series."""
    found: list[tuple[Instance, str, str]] = []
    for some in in_parts(instance_keys):
        statement = (
            select(Instance, Study.study_instance_uid, Series.series_instance_uid)
            .join(Study, col(Study.id) == col(Instance.study_key))
            .join(Series, col(Series.id) == col(Instance.series_key))
            .where(col(Instance.id).in_(some))
        )
        found += [(one, study, series) for one, study, series in session.exec(statement).all()]
    return found


def instances_by_uids(session: Session, uids: Collection[str]) -> dict[str, Instance]:
    """The stored instances of these SOP Instance UIDs, by UID."""
    found: dict[str, Instance] = {}
    for some in in_parts(uids):
        statement = select(Instance).where(col(Instance.sop_instance_uid).in_(some))
        found |= {one.sop_instance_uid: one for one in session.exec(statement).all()}
    return found


def instance_by_uid(session: Session, sop_instance_uid: str) -> Instance | None:
    """The stored instance of this UID."""
    statement = select(Instance).where(Instance.sop_instance_uid == sop_instance_uid)
    return session.exec(statement).first()


def instances_of(session: Session, study_key: str) -> list[Instance]:
    """Every instance of a study, in the order in which it came."""
    statement = select(Instance).where(Instance.study_key == study_key)
    return list(session.exec(statement.order_by(col(Instance.created_at), col(Instance.id))).all())


def homes_of(
    session: Session, files: Collection[StoredFile | Instance]
) -> tuple[dict[str, Study], dict[str, Series]]:
    """Studies and series of stored instances, by their keys."""
    studies: dict[str, Study] = {}
    for some in in_parts(one.study_key for one in files):
        found = session.exec(select(Study).where(col(Study.id).in_(some))).all()
        studies |= {study.id: study for study in found}
    series: dict[str, Series] = {}
    for some in in_parts(one.series_key for one in files):
        rows = session.exec(select(Series).where(col(Series.id).in_(some))).all()
        series |= {one.id: one for one in rows}
    return studies, series


def series_in(session: Session, study_key: str) -> list[Series]:
    """The series of a study."""
    return list(session.exec(select(Series).where(Series.study_key == study_key)).all())


def seen_in(
    session: Session, instance_keys: Collection[str]
) -> tuple[dict[str, list[str]], dict[str, bytes]]:
    """By the keys of instances: the checksums of their frames in order, and the headers of their videos."""
    checksums: dict[str, list[str]] = {}
    videos: dict[str, bytes] = {}
    for some in in_parts(instance_keys):
        frames = (
            select(Frame.instance_key, Frame.pixel_sha256)
            .where(col(Frame.instance_key).in_(some))
            .order_by(col(Frame.instance_key), col(Frame.frame_number))
        )
        for key, checksum in session.exec(frames).all():
            checksums.setdefault(key, []).append(checksum)
        headers = select(Video.instance_key, Video.header).where(col(Video.instance_key).in_(some))
        videos |= dict(session.exec(headers).all())
    return checksums, videos


def copies_of(session: Session, instance_keys: Collection[str]) -> list[str]:
    """The objects of the reading copies of instances."""
    found: list[str] = []
    for some in in_parts(instance_keys):
        statement = select(ReadingCopy.object_id).where(col(ReadingCopy.instance_key).in_(some))
        found += [object_id for object_id in session.exec(statement).all() if object_id]
    return found


def delete_instances(session: Session, instance_keys: Collection[str]) -> None:
    """Take instances away with what hangs on them: their frames, reading copies and videos."""
    for some in in_parts(instance_keys):
        for belongs_to in (Frame.instance_key, ReadingCopy.instance_key, Video.instance_key):
            _delete(session, col(belongs_to), some)
        _delete(session, col(Instance.id), some)


def _delete(session: Session, column: Any, keys: Collection[str]) -> None:
    session.execute(
        delete(column.class_).where(column.in_(keys)).execution_options(synchronize_session=False)
    )


def held_homes(session: Session, object_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The held files whose octets are these objects, by object: their keys, and those of their conflicts."""
    found: dict[str, tuple[str, str]] = {}
    for some in in_parts(object_ids):
        statement = select(
            HeldInstance.object_id, HeldInstance.id, HeldInstance.conflict_key
        ).where(col(HeldInstance.object_id).in_(some))
        found |= {object_id: (key, home) for object_id, key, home in session.exec(statement).all()}
    return found


def set_held_state(session: Session, held_keys: Collection[str], state: str) -> None:
    """Let held files be in this state."""
    for some in in_parts(held_keys):
        session.execute(
            update(HeldInstance)
            .where(col(HeldInstance.id).in_(some))
            .values(state=state)
            .execution_options(synchronize_session="evaluate")
        )


def held_by_object(session: Session, object_id: str) -> HeldInstance | None:
    """The held file whose octets are this object."""
    return session.exec(select(HeldInstance).where(HeldInstance.object_id == object_id)).first()


def refer_to(
    session: Session, row_class: type[Record], keys: Collection[str], besides: Collection[str]
) -> bool:
    """Whether rows of tables other than `besides` refer to any of some rows of one table.

    Looked up in the tables' own foreign keys, so that a table that is added later is not forgotten.
    """
    for mapper in Record._sa_registry.mappers:
        table = mapper.local_table
        if not isinstance(table, Table) or table.name in besides:
            continue
        for key in table.foreign_keys:
            if key.column.table.name != row_class.__tablename__:
                continue
            attribute = getattr(mapper.class_, mapper.get_property_by_column(key.parent).key)
            for some in in_parts(keys):
                if session.exec(select(attribute).where(attribute.in_(some)).limit(1)).first():
                    return True
    return False


def waiting_conflicts(session: Session, limit: int, offset: int = 0) -> list[Conflict]:
    """The conflicts that wait, newest first, without the first `offset`."""
    statement = (
        select(Conflict)
        .where(Conflict.status == "waiting")
        .order_by(col(Conflict.id).desc())
        .offset(offset)
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
