"""Checks of stored objects: what there is to look at, and what each check has found. How they check is in `services.integrity`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, func
from sqlalchemy import delete as delete_rows
from sqlalchemy import select as select_columns
from sqlmodel import Field, Session, col, select

from backend.models.base import Tenant, utc_column
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.damages import Damage
from backend.models.reading_copies import ReadingCopy
from backend.models.studies import Frame, Instance, Study


class CheckRun(Tenant, table=True):
    """One check: what was looked at and what was found. It belongs to the whole installation."""

    __tablename__ = "check_runs"

    scope: str = Field(max_length=16)  # vocabulary.CheckScope
    started_at: datetime = utc_column(required=True)
    finished_at: datetime | None = utc_column()
    cursor: str = Field(
        default="", max_length=36
    )  # key of the last instance; empty after the last of all
    objects: int = 0
    frames: int = 0
    size_bytes: int = Field(default=0, sa_type=BigInteger)
    damaged: int = 0
    recovered: int = 0
    copies_renewed: int = 0
    orphans: int = 0


@dataclass(frozen=True, slots=True)
class KeptObject:
    """What checking one original needs; its keys are wrapped."""

    key: str  # of its row
    organization_id: str
    study_key: str  # empty where it is in no study
    study_instance_uid: str
    sop_instance_uid: str
    object_id: str
    wrapped_object_key: bytes
    wrapped_data_key: bytes
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class KeptCopy:
    """What checking the reading copy of an instance needs; its keys are wrapped."""

    study_key: str
    sop_instance_uid: str
    object_id: str
    wrapped_object_key: bytes
    wrapped_data_key: bytes


def instances_after(session: Session, cursor: str, limit: int) -> Sequence[KeptObject]:
    """Stored instances of all organizations in the order in which they came, after the one with key `cursor`."""
    statement = _instances().where(col(Instance.id) > cursor).order_by(col(Instance.id))
    return [KeptObject(*row) for row in session.execute(statement.limit(limit)).all()]


def kept_object(session: Session, object_id: str) -> KeptObject | None:
    """The stored instance, or the file of a conflict, whose octets are this object."""
    found = instance_of_object(session, object_id)
    if found is None:
        row = session.execute(_held().where(col(HeldInstance.object_id) == object_id)).first()
        found = None if row is None else _kept_of_conflict(row)
    return found


def instance_of_object(session: Session, object_id: str) -> KeptObject | None:
    """The stored instance whose octets are this object."""
    row = session.execute(_instances().where(col(Instance.object_id) == object_id)).first()
    return None if row is None else KeptObject(*row)


def held_after(session: Session, cursor: str, limit: int) -> Sequence[KeptObject]:
    """Objects of conflicts that are in no study, of all organizations, likewise."""
    statement = _held().where(col(HeldInstance.id) > cursor).order_by(col(HeldInstance.id))
    return [_kept_of_conflict(row) for row in session.execute(statement.limit(limit)).all()]


def _kept_of_conflict(row: Any) -> KeptObject:
    key, organization, *rest = row
    return KeptObject(key, organization, "", *rest)


def copy_of(session: Session, instance_key: str) -> KeptCopy | None:
    """The reading copy of an instance."""
    statement = (
        select_columns(
            col(Instance.study_key),
            col(Instance.sop_instance_uid),
            col(ReadingCopy.object_id),
            col(ReadingCopy.wrapped_object_key),
            col(Study.wrapped_data_key),
        )
        .select_from(ReadingCopy)
        .join(Instance, col(Instance.id) == col(ReadingCopy.instance_key))
        .join(Study, col(Study.id) == col(Instance.study_key))
        .where(col(Instance.id) == instance_key, col(ReadingCopy.object_id).is_not(None))
    )
    row = session.execute(statement).first()
    return None if row is None else KeptCopy(*row)


def count_originals(session: Session) -> tuple[int, int]:
    """(how many, bytes) of the stored instances of all organizations."""
    statement = select_columns(
        func.coalesce(func.sum(col(Study.instance_count)), 0),
        func.coalesce(func.sum(col(Study.size_bytes)), 0),
    ).select_from(Study)
    count, size_bytes = session.execute(statement).one()
    return int(count), int(size_bytes)


def frame_checksums(session: Session, instance_key: str) -> tuple[str, ...]:
    """Checksums of the frames of an instance as they were taken at ingest, in order."""
    statement = (
        select_columns(col(Frame.pixel_sha256))
        .where(col(Frame.instance_key) == instance_key)
        .order_by(col(Frame.frame_number))
    )
    return tuple(session.execute(statement).scalars().all())


def is_kept(session: Session, object_id: str) -> bool:
    """Whether an instance, or a file of a conflict, still has this object."""
    return any(
        session.execute(each.limit(1)).first() is not None
        for each in (
            _instances().where(col(Instance.object_id) == object_id),
            _held().where(col(HeldInstance.object_id) == object_id),
        )
    )


def study_by_key(session: Session, study_key: str) -> Study | None:
    """A study; it changes when one of its objects is found damaged, or whole again."""
    return session.exec(select(Study).where(Study.id == study_key)).first()


def damage_of(session: Session, object_id: str) -> Damage | None:
    """What was found about an object, whether it still stands or not."""
    return session.exec(select(Damage).where(Damage.object_id == object_id)).first()


def standing_damages(session: Session, limit: int) -> Sequence[Damage]:
    """Objects that are damaged, those found last first."""
    return session.exec(
        select(Damage)
        .where(col(Damage.resolved_at).is_(None))
        .order_by(col(Damage.found_at).desc(), col(Damage.id))
        .limit(limit)
    ).all()


def count_standing_damages(session: Session) -> int:
    """How many objects are damaged."""
    statement = (
        select_columns(func.count(col(Damage.id)))
        .select_from(Damage)
        .where(col(Damage.resolved_at).is_(None))
    )
    return int(session.execute(statement).scalar_one())


def newest_runs(session: Session, limit: int) -> Sequence[CheckRun]:
    """The checks that began last."""
    return session.exec(select(CheckRun).order_by(col(CheckRun.id).desc()).limit(limit)).all()


def newest_run(session: Session, scope: str) -> CheckRun | None:
    """The check of a kind that began last."""
    return session.exec(
        select(CheckRun).where(CheckRun.scope == scope).order_by(col(CheckRun.id).desc()).limit(1)
    ).first()


def run_by_id(session: Session, run_id: str) -> CheckRun | None:
    """A check."""
    return session.exec(select(CheckRun).where(CheckRun.id == run_id)).first()


def delete_old_runs(session: Session, before: datetime) -> None:
    """Remove checks that began before then."""
    session.execute(
        delete_rows(CheckRun)
        .where(col(CheckRun.started_at) < before)
        .execution_options(synchronize_session=False)
    )


def _instances() -> Any:
    return (
        select_columns(
            col(Instance.id),
            col(Instance.organization_id),
            col(Instance.study_key),
            col(Study.study_instance_uid),
            col(Instance.sop_instance_uid),
            col(Instance.object_id),
            col(Instance.wrapped_object_key),
            col(Study.wrapped_data_key),
            col(Instance.size_bytes),
            col(Instance.sha256),
        )
        .select_from(Instance)
        .join(Study, col(Study.id) == col(Instance.study_key))
    )


def _held() -> Any:
    return (
        select_columns(
            col(HeldInstance.id),
            col(HeldInstance.organization_id),
            col(HeldInstance.study_instance_uid),
            col(HeldInstance.sop_instance_uid),
            col(HeldInstance.object_id),
            col(HeldInstance.wrapped_object_key),
            col(Conflict.wrapped_data_key),
            col(HeldInstance.size_bytes),
            col(HeldInstance.sha256),
        )
        .select_from(HeldInstance)
        .join(Conflict, col(Conflict.id) == col(HeldInstance.conflict_key))
        # What was filed is an instance, and checked as one.
        .outerjoin(Instance, col(Instance.object_id) == col(HeldInstance.object_id))
        .where(col(Instance.id).is_(None))
    )
