"""Reading copies of instances: the rows, what is missing, and what must make room. Their octets are objects in the store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, Select, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Field, Session, col, select

from backend.models.base import Tenant
from backend.models.studies import Frame, Instance, Study


class ReadingCopy(Tenant, table=True):
    """What is known about the reading copy of one instance: where it is, or that none is to be made.

    Without an object there is none: the instance is quick to read as it is, or it could not be copied.
    """

    __tablename__ = "reading_copies"

    instance_key: str = Field(foreign_key="instances.id", unique=True)
    version: int  # of the way copies are made; another one is made anew
    object_id: str | None = Field(default=None, unique=True, max_length=64)
    wrapped_object_key: bytes = Field(default=b"", sa_type=LargeBinary)
    copy_index: bytes = Field(default=b"", sa_type=LargeBinary)
    size_bytes: int = Field(default=0, sa_type=BigInteger)


@dataclass(frozen=True, slots=True)
class CopyableInstance:
    """What making the copy of an instance needs; its keys are wrapped."""

    instance_key: str
    organization_id: str
    study_key: str
    sop_instance_uid: str
    object_id: str
    wrapped_object_key: bytes
    wrapped_data_key: bytes
    reading_header: bytes


@dataclass(frozen=True, slots=True)
class CopyCandidates:
    """Which instances may need a copy.

    Attributes:
        version: Of the way copies are made.
        plain_syntaxes: Transfer syntaxes whose pixels are read as they are.
        plain_side_px: Uncompressed images with no side above this need no copy.
    """

    version: int
    plain_syntaxes: Collection[str]
    plain_side_px: int


def missing_copies(
    session: Session, candidates: CopyCandidates, newer_than: str, limit: int
) -> Sequence[str]:
    """Keys of instances of all organizations whose copy is not decided on, the newest first.

    Args:
        session: A system session.
        candidates: Which instances may need one.
        newer_than: Only instances with a key after this.
        limit: How many at most.
    """
    statement = (
        _missing(candidates)
        .where(col(Instance.id) > newer_than)
        .order_by(col(Instance.id).desc())
        .limit(limit)
    )
    return session.execute(statement).scalars().all()


def missing_copies_of_study(
    session: Session, candidates: CopyCandidates, study_key: str, first_series_key: str
) -> Sequence[str]:
    """Keys of the instances of one study whose copy is not decided on, those of one series before the others."""
    statement = (
        _missing(candidates)
        .where(col(Instance.study_key) == study_key)
        .order_by(
            (col(Instance.series_key) == first_series_key).desc(),
            col(Instance.series_key),
            col(Instance.instance_number),
            col(Instance.id),
        )
    )
    return session.execute(statement).scalars().all()


def newest_instance_key(session: Session) -> str:
    """Key of the instance that was stored last; empty if there is none."""
    return session.execute(select_columns(func.max(col(Instance.id)))).scalar_one() or ""


def copyable_instance(session: Session, instance_key: str) -> CopyableInstance | None:
    """One instance; None if it is gone."""
    statement = (
        select_columns(
            col(Instance.id),
            col(Instance.organization_id),
            col(Instance.study_key),
            col(Instance.sop_instance_uid),
            col(Instance.object_id),
            col(Instance.wrapped_object_key),
            col(Study.wrapped_data_key),
            col(Instance.reading_header),
        )
        .select_from(Instance)
        .join(Study, col(Study.id) == col(Instance.study_key))
        .where(col(Instance.id) == instance_key)
    )
    row = session.execute(statement).first()
    return None if row is None else CopyableInstance(*row)


def pixel_checksums(session: Session, instance_key: str) -> Sequence[str]:
    """Checksums of the frames of an instance as they were taken at ingest, in order."""
    statement = (
        select_columns(col(Frame.pixel_sha256))
        .where(col(Frame.instance_key) == instance_key)
        .order_by(col(Frame.frame_number))
    )
    return session.execute(statement).scalars().all()


def find_copy(session: Session, instance_key: str) -> ReadingCopy | None:
    """What is known about the copy of an instance."""
    statement = select(ReadingCopy).where(ReadingCopy.instance_key == instance_key)
    return session.exec(statement).first()


def has_instance(session: Session, instance_key: str) -> bool:
    """Whether an instance is still there."""
    statement = select_columns(col(Instance.id)).where(col(Instance.id) == instance_key)
    return session.execute(statement).first() is not None


def forget_copy(session: Session, object_id: str) -> bool:
    """Remove what is known about a copy; False if it was not there."""
    statement = select(ReadingCopy).where(ReadingCopy.object_id == object_id)
    copy = session.exec(statement).first()
    if copy is not None:
        session.delete(copy)
    return copy is not None


def forget_refusal(session: Session, instance_key: str) -> None:
    """Whether to make a copy of an instance is decided anew, if it was decided against."""
    copy = find_copy(session, instance_key)
    if copy is not None and copy.object_id is None:
        session.delete(copy)


def bytes_of_copies(session: Session) -> int:
    """Size of all copies of all organizations."""
    statement = select_columns(func.coalesce(func.sum(col(ReadingCopy.size_bytes)), 0))
    return int(session.execute(statement).scalar_one())


def oldest_copies(session: Session, limit: int) -> Sequence[tuple[str, int]]:
    """(object, size) of the copies that were made first, over all organizations."""
    statement = (
        select_columns(col(ReadingCopy.object_id), col(ReadingCopy.size_bytes))
        .where(col(ReadingCopy.object_id).is_not(None))
        .order_by(col(ReadingCopy.id))
        .limit(limit)
    )
    return [(object_id, size) for object_id, size in session.execute(statement).all()]


def _missing(candidates: CopyCandidates) -> Select[Any]:
    return (
        select_columns(col(Instance.id))
        .select_from(Instance)
        .outerjoin(ReadingCopy, col(ReadingCopy.instance_key) == col(Instance.id))
        .where(
            col(Instance.is_displayable),
            or_(col(ReadingCopy.id).is_(None), col(ReadingCopy.version) != candidates.version),
            or_(
                col(Instance.transfer_syntax_uid).not_in(candidates.plain_syntaxes),
                col(Instance.rows) > candidates.plain_side_px,
                col(Instance.columns) > candidates.plain_side_px,
            ),
        )
    )
