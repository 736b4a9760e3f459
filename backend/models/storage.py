"""Queries of how much is kept: by modality, by month, and how fast it grows. Sums are taken over studies, which count themselves."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from backend.models.reading_copies import ReadingCopy
from backend.models.studies import Study


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


def first_arrival_since(session: Session, since: datetime) -> datetime | None:
    """When the first study arrived of those that the session sees and that arrived since then."""
    statement = (
        select_columns(func.min(col(Study.arrived_at)))
        .select_from(Study)
        .where(col(Study.arrived_at) >= since)
    )
    first: datetime | None = session.execute(statement).scalar_one()
    return first
