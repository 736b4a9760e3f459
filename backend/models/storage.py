"""Queries of how much is kept: by modality, by month, and how fast it grows. Sums are taken over studies where they can be, which count themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from backend.core.vocabulary import HeldState
from backend.models.conflicts import HeldInstance
from backend.models.partial_uploads import UploadPiece
from backend.models.reading_copies import ReadingCopy
from backend.models.studies import Instance, Study


def use_by_modality(session: Session) -> Sequence[tuple[str, int, int, int]]:
    r"""(modalities as `\CT\SR\`, studies, instances, bytes) of the organization, largest first."""
    size = func.sum(col(Study.size_bytes))
    statement = (
        select_columns(
            col(Study.modalities),
            func.count(col(Study.id)),
            func.sum(col(Study.instance_count)),
            size,
        )
        .select_from(Study)
        .group_by(col(Study.modalities))
        .order_by(size.desc(), col(Study.modalities))
    )
    return [
        (modalities, int(studies), int(instances), int(size_bytes))
        for modalities, studies, instances, size_bytes in session.execute(statement).all()
    ]


def arrived_between(session: Session, since: datetime, before: datetime) -> tuple[int, int]:
    """(studies, bytes) of what the session sees and what arrived in a span of time."""
    statement = (
        select_columns(func.count(col(Study.id)), func.coalesce(func.sum(col(Study.size_bytes)), 0))
        .select_from(Study)
        .where(col(Study.arrived_at) >= since, col(Study.arrived_at) < before)
    )
    studies, size_bytes = session.execute(statement).one()
    return int(studies), int(size_bytes)


def copies_made_since(session: Session, since: datetime) -> int:
    """Bytes of the reading copies that the session sees and that were made since then."""
    statement = (
        select_columns(func.coalesce(func.sum(col(ReadingCopy.size_bytes)), 0))
        .select_from(ReadingCopy)
        .where(col(ReadingCopy.created_at) >= since)
    )
    return int(session.execute(statement).scalar_one())


def bytes_held(session: Session) -> int:
    """Bytes of the files that contradict what is stored, and are in no study."""
    return _sum(session, HeldInstance.size_bytes, col(HeldInstance.state) != HeldState.FILED)


def bytes_arriving(session: Session) -> int:
    """Bytes of uploads in pieces that are not taken in yet."""
    return _sum(session, UploadPiece.size_bytes)


def growth_since(session: Session, since: datetime) -> tuple[int, datetime | None]:
    """(bytes, when the first came) of the objects that the session sees and that came since then, to old studies as well."""
    # All of a new study came since then: it counts itself, and its objects, which may be millions, are not looked through.
    new = select_columns(
        func.coalesce(func.sum(col(Study.size_bytes)), 0), func.min(col(Study.arrived_at))
    ).where(col(Study.arrived_at) >= since)
    # A study changes with all that comes to it.
    changed = select_columns(col(Study.id)).where(
        col(Study.arrived_at) < since, col(Study.updated_at) >= since
    )
    came = select_columns(
        func.coalesce(func.sum(col(Instance.size_bytes)), 0), _first(Instance)
    ).where(col(Instance.study_key).in_(changed), col(Instance.created_at) >= since)
    held = (
        select_columns(
            func.coalesce(func.sum(col(HeldInstance.size_bytes)), 0), _first(HeldInstance)
        )
        .select_from(HeldInstance)
        .where(col(HeldInstance.created_at) >= since, col(HeldInstance.state) != HeldState.FILED)
    )
    sizes, firsts = zip(*(session.execute(each).one() for each in (new, came, held)), strict=True)
    return sum(map(int, sizes)), min((first for first in firsts if first), default=None)


def _first(table: type[Instance | HeldInstance]) -> Any:
    return func.min(col(table.created_at))


def _sum(session: Session, column: int, *conditions: ColumnElement[bool]) -> int:
    statement = select_columns(func.coalesce(func.sum(col(column)), 0)).where(*conditions)
    return int(session.execute(statement).scalar_one())
