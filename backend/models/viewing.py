"""Queries of the viewer: what a study holds, in which order it is looked at, and what reading one instance needs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from backend.models.damages import Damage, is_withheld
from backend.models.reading_copies import ReadingCopy
from backend.models.reports import Report
from backend.models.studies import Frame, Instance, Patient, Series, Study

_MOST_NAMED = 500
# How far around an instance, by number, its series is read with it.
_NEIGHBOURS = 200
_SMALL_HEADER_BYTES = 8192


@dataclass(frozen=True, slots=True)
class InstanceGroup:
    """Instances of one series that share what the strip says about them."""

    series_key: str
    is_displayable: bool
    not_displayable_reason: str
    instance_count: int
    frame_count: int
    largest_frame_count: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class PlacedFrame:
    """What the viewing order of a series is found from; positions are JSON as the table holds them."""

    sop_instance_uid: str
    instance_number: int | None
    frame_number: int
    image_position_mm: str
    image_orientation: str
    frame_count: int  # of its instance
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """What describing one instance needs."""

    sop_instance_uid: str
    is_displayable: bool
    not_displayable_reason: str
    attributes: str
    reading_header: bytes


@dataclass(frozen=True, slots=True)
class ReadableInstance:
    """What decoding the frames of one instance needs; the `copy_` fields are None where there is no reading copy."""

    object_id: str
    is_displayable: bool
    not_displayable_reason: str
    wrapped_object_key: bytes
    wrapped_data_key: bytes
    reading_header: bytes
    copy_object_id: str | None
    copy_wrapped_object_key: bytes | None
    copy_index: bytes | None
    damaged_object_id: str | None = (
        None  # the same as `object_id` while the object is known to be damaged
    )


def series_of_study(session: Session, study_key: str) -> Sequence[Series]:
    """All series of a study, by number, those without one last."""
    statement = select(Series).where(Series.study_key == study_key)
    rows = session.exec(statement).all()
    return sorted(rows, key=lambda row: (row.series_number is None, row.series_number or 0, row.id))


def find_series(session: Session, study_key: str, series_instance_uid: str) -> Series | None:
    """A series of one study."""
    statement = select(Series).where(
        Series.study_key == study_key, Series.series_instance_uid == series_instance_uid
    )
    return session.exec(statement).first()


def instance_groups(session: Session, study_key: str) -> Sequence[InstanceGroup]:
    """The instances of a study, counted by series and by whether, or why not, they can be shown."""
    statement = (
        select_columns(
            col(Instance.series_key),
            col(Instance.is_displayable),
            col(Instance.not_displayable_reason),
            func.count(),
            func.sum(col(Instance.frame_count)),
            func.max(col(Instance.frame_count)),
            func.max(col(Instance.rows)),
            func.max(col(Instance.columns)),
        )
        .where(col(Instance.study_key) == study_key)
        .group_by(
            col(Instance.series_key),
            col(Instance.is_displayable),
            col(Instance.not_displayable_reason),
        )
        .order_by(col(Instance.not_displayable_reason))
    )
    rows = session.execute(statement).all()
    return [
        InstanceGroup(
            key, bool(shown), why, int(count), int(frames), int(most), int(high), int(wide)
        )
        for key, shown, why, count, frames, most, high, wide in rows
    ]


def placed_frames(session: Session, series_key: str) -> Sequence[PlacedFrame]:
    """All frames of the displayable instances of a series, in no particular order."""
    statement = (
        select_columns(
            col(Instance.sop_instance_uid),
            col(Instance.instance_number),
            col(Frame.frame_number),
            col(Frame.image_position_mm),
            col(Frame.image_orientation),
            col(Instance.frame_count),
            col(Instance.rows),
            col(Instance.columns),
        )
        .select_from(Instance)
        .join(Frame, col(Frame.instance_key) == col(Instance.id))
        .where(col(Instance.series_key) == series_key, col(Instance.is_displayable))
    )
    rows = session.execute(statement).all()
    return [PlacedFrame(*row) for row in rows]


def stored_instances(
    session: Session, series_key: str, sop_instance_uids: Collection[str] | None = None
) -> Sequence[StoredInstance]:
    """Instances of a series with what their files say.

    Args:
        session: Of the organization.
        series_key: The series.
        sop_instance_uids: Which of them; None for all.
    """
    statement = select_columns(
        col(Instance.sop_instance_uid),
        col(Instance.is_displayable),
        col(Instance.not_displayable_reason),
        col(Instance.attributes),
        col(Instance.reading_header),
    ).where(col(Instance.series_key) == series_key)
    if sop_instance_uids is None:
        return [StoredInstance(*row) for row in session.execute(statement).all()]
    wanted = sorted(sop_instance_uids)
    found: list[StoredInstance] = []
    for start in range(0, len(wanted), _MOST_NAMED):
        some = col(Instance.sop_instance_uid).in_(wanted[start : start + _MOST_NAMED])
        found += [StoredInstance(*row) for row in session.execute(statement.where(some)).all()]
    return found


def stored_attributes(session: Session, series_key: str) -> Sequence[tuple[str, str]]:
    """SOP Instance UID and attributes (JSON) of the displayable instances of a series."""
    statement = select_columns(col(Instance.sop_instance_uid), col(Instance.attributes)).where(
        col(Instance.series_key) == series_key, col(Instance.is_displayable)
    )
    return [(uid, attributes) for uid, attributes in session.execute(statement).all()]


def readable_instance(
    session: Session, study_key: str, sop_instance_uid: str
) -> ReadableInstance | None:
    """One instance of one study, with the keys that open it, wrapped."""
    statement = _readable_columns().where(
        col(Instance.study_key) == study_key, col(Instance.sop_instance_uid) == sop_instance_uid
    )
    row = session.execute(statement).first()
    return None if row is None else ReadableInstance(*row[1:])


def readable_neighbours(
    session: Session, study_key: str, sop_instance_uid: str
) -> dict[str, ReadableInstance]:
    """Displayable instances of the same series whose numbers are near, by SOP Instance UID: whoever scrolls needs them next.

    None if the instance has no number, and none whose header is large.
    """
    place = select_columns(col(Instance.series_key), col(Instance.instance_number)).where(
        col(Instance.study_key) == study_key, col(Instance.sop_instance_uid) == sop_instance_uid
    )
    found = session.execute(place).first()
    if found is None or found[1] is None:
        return {}
    series_key, number = found
    statement = _readable_columns().where(
        col(Instance.series_key) == series_key,
        col(Instance.instance_number).between(number - _NEIGHBOURS, number + _NEIGHBOURS),
        col(Instance.is_displayable),
        func.length(col(Instance.reading_header)) <= _SMALL_HEADER_BYTES,
    )
    rows = session.execute(statement.limit(2 * _NEIGHBOURS)).all()
    return {uid: ReadableInstance(*columns) for uid, *columns in rows}


def _readable_columns() -> Any:
    return (
        select_columns(
            col(Instance.sop_instance_uid),
            col(Instance.object_id),
            col(Instance.is_displayable),
            col(Instance.not_displayable_reason),
            col(Instance.wrapped_object_key),
            col(Study.wrapped_data_key),
            col(Instance.reading_header),
            col(ReadingCopy.object_id),
            col(ReadingCopy.wrapped_object_key),
            col(ReadingCopy.copy_index),
            col(Damage.object_id),
        )
        .select_from(Instance)
        .join(Study, col(Study.id) == col(Instance.study_key))
        .outerjoin(ReadingCopy, col(ReadingCopy.instance_key) == col(Instance.id))
        .outerjoin(Damage, is_withheld(col(Instance.object_id)))
    )


def patient_of(session: Session, study: Study) -> Patient:
    """The patient of a study."""
    return session.exec(select(Patient).where(Patient.id == study.patient_key)).one()


def newest_report(session: Session, study_key: str) -> Report | None:
    """The newest report of a study, if there is one."""
    statement = (
        select(Report).where(Report.study_key == study_key).order_by(col(Report.id).desc()).limit(1)
    )
    return session.exec(statement).first()
