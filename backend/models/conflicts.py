"""Files that are kept, but contradict what is stored: the conflicts they are in, and the files as they are held.

How files name patients, and what administrators have decided, is in `models.patients`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import BigInteger, LargeBinary, func, update
from sqlalchemy.orm import defer
from sqlmodel import Field, Index, Session, UniqueConstraint, col, select

from backend.core.vocabulary import HeldState
from backend.models.base import Tenant
from backend.models.damages import forget_damages
from backend.models.parts import delete_in_parts, in_parts


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


@dataclass(frozen=True, slots=True)
class PutAway:
    """A file that is kept, and shown to nobody."""

    key: str
    object_id: str
    state: str
    size_bytes: int


def conflict_by_key(session: Session, conflict_key: str) -> Conflict | None:
    """The conflict of this key."""
    return session.exec(select(Conflict).where(Conflict.id == conflict_key)).first()


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


def held_by_key(session: Session, held_keys: Collection[str]) -> list[HeldInstance]:
    """Held files by their keys; what was parsed of a file is only read where it is asked for."""
    found: list[HeldInstance] = []
    for some in in_parts(sorted(held_keys)):
        statement = select(HeldInstance).where(col(HeldInstance.id).in_(some))
        statement = statement.options(defer(cast("Any", HeldInstance.parsed)))
        found += session.exec(statement.order_by(col(HeldInstance.id))).all()
    return found


def held_by_object(session: Session, object_id: str) -> HeldInstance | None:
    """The held file whose octets are this object."""
    return session.exec(select(HeldInstance).where(HeldInstance.object_id == object_id)).first()


def held_homes(session: Session, object_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The held files whose octets are these objects, by object: their keys, and those of their conflicts."""
    found: dict[str, tuple[str, str]] = {}
    for some in in_parts(object_ids):
        statement = select(
            HeldInstance.object_id, HeldInstance.id, HeldInstance.conflict_key
        ).where(col(HeldInstance.object_id).in_(some))
        found |= {object_id: (key, home) for object_id, key, home in session.exec(statement).all()}
    return found


def held_states(session: Session, sop_instance_uids: Collection[str]) -> list[tuple[str, str, str]]:
    """SOP Instance UID, SHA-256 and state of every held file of these UIDs."""
    statement = select(
        HeldInstance.sop_instance_uid, HeldInstance.sha256, HeldInstance.state
    ).where(col(HeldInstance.sop_instance_uid).in_(sop_instance_uids))
    return [(uid, sha256, state) for uid, sha256, state in session.exec(statement).all()]


def waiting_file(session: Session, sop_instance_uid: str, sha256: str) -> HeldInstance | None:
    """The file of these octets that waits in a conflict."""
    statement = select(HeldInstance).where(
        HeldInstance.sop_instance_uid == sop_instance_uid,
        HeldInstance.sha256 == sha256,
        HeldInstance.state == HeldState.WAITING,
    )
    return session.exec(statement.limit(1)).first()


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


def objects_of_held(session: Session, held_keys: Collection[str]) -> list[str]:
    """The objects of held files."""
    found: list[str] = []
    for some in in_parts(held_keys):
        statement = select(HeldInstance.object_id).where(col(HeldInstance.id).in_(some))
        found += session.exec(statement).all()
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


def delete_held(session: Session, held_keys: Collection[str]) -> None:
    """Take held files away, with what was found about their objects."""
    forget_damages(session, objects_of_held(session, held_keys))
    delete_in_parts(session, col(HeldInstance.id), held_keys)
