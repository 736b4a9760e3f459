"""Queries of the proof of view: where the instances stand that were served."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from backend.models.studies import Instance, Series, Study

_AT_ONCE = 500


class PlacedInstance(NamedTuple):
    """An instance, its series and its number in it."""

    sop_instance_uid: str
    series_instance_uid: str
    instance_number: int | None
    frame_count: int


def placed_instances(
    session: Session, study_instance_uid: str, sop_instance_uids: Sequence[str]
) -> list[PlacedInstance]:
    """Those of the instances that are there, in the order of their series and numbers."""
    found: list[tuple[int, str, PlacedInstance]] = []
    for first in range(0, len(sop_instance_uids), _AT_ONCE):
        statement = (
            select_columns(
                col(Series.series_number),
                col(Instance.sop_instance_uid),
                col(Series.series_instance_uid),
                col(Instance.instance_number),
                col(Instance.frame_count),
            )
            .select_from(Instance)
            .join(Series, col(Instance.series_key) == col(Series.id))
            .join(Study, col(Instance.study_key) == col(Study.id))
            .where(
                col(Study.study_instance_uid) == study_instance_uid,
                col(Instance.sop_instance_uid).in_(sop_instance_uids[first : first + _AT_ONCE]),
            )
        )
        found += [
            (number or 0, series, PlacedInstance(sop, series, instance, frames))
            for number, sop, series, instance, frames in session.execute(statement)
        ]
    found.sort(key=lambda each: (*each[:2], each[2].instance_number or 0, each[2].sop_instance_uid))
    return [placed for _, _, placed in found]
