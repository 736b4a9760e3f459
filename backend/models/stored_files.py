"""Stored instances as decisions move them from study to study: where they are, what hangs on them, and taking them out."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Table
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from backend.models.base import Record
from backend.models.parts import delete_in_parts, in_parts
from backend.models.reading_copies import ReadingCopy
from backend.models.studies import Frame, Instance, Series, Study
from backend.models.videos import Video


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


_OF_STORED_FILE: tuple[Any, ...] = (
    Instance.id,
    *(getattr(Instance, each.name) for each in fields(StoredFile)[1:]),
)


def study_by_key(session: Session, study_key: str) -> Study | None:
    """The study of this key."""
    return session.exec(select(Study).where(Study.id == study_key)).first()


def studies_by_uids(session: Session, study_instance_uids: Collection[str]) -> dict[str, Study]:
    """The studies among these UIDs."""
    found: dict[str, Study] = {}
    for some in in_parts(study_instance_uids):
        statement = select(Study).where(col(Study.study_instance_uid).in_(some))
        found |= {study.study_instance_uid: study for study in session.exec(statement).all()}
    return found


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


def series_in(session: Session, study_key: str) -> list[Series]:
    """The series of a study."""
    return list(session.exec(select(Series).where(Series.study_key == study_key)).all())


def instance_by_uid(session: Session, sop_instance_uid: str) -> Instance | None:
    """The stored instance of this UID."""
    statement = select(Instance).where(Instance.sop_instance_uid == sop_instance_uid)
    return session.exec(statement).first()


def instances_by_uids(session: Session, uids: Collection[str]) -> dict[str, Instance]:
    """The stored instances of these SOP Instance UIDs, by UID."""
    found: dict[str, Instance] = {}
    for some in in_parts(uids):
        statement = select(Instance).where(col(Instance.sop_instance_uid).in_(some))
        found |= {one.sop_instance_uid: one for one in session.exec(statement).all()}
    return found


def instances_of(session: Session, study_key: str) -> list[Instance]:
    """Every instance of a study, in the order in which it came."""
    statement = select(Instance).where(Instance.study_key == study_key)
    return list(session.exec(statement.order_by(col(Instance.created_at), col(Instance.id))).all())


def instances_since(session: Session, study_key: str, since: datetime) -> list[Instance]:
    """What arrived in a study at or after a moment, in the order in which it came."""
    statement = select(Instance).where(
        Instance.study_key == study_key, col(Instance.created_at) >= since
    )
    return list(session.exec(statement.order_by(col(Instance.created_at), col(Instance.id))).all())


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


def stored_files(session: Session, object_ids: Collection[str]) -> list[StoredFile]:
    """The stored instances whose octets are these objects, each in few words."""
    found: list[StoredFile] = []
    for some in in_parts(object_ids):
        statement = select_columns(*_OF_STORED_FILE).where(col(Instance.object_id).in_(some))
        rows = session.execute(statement.order_by(col(Instance.id))).all()
        found += [StoredFile(*row) for row in rows]
    return found


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
    for belongs_to in (Frame.instance_key, ReadingCopy.instance_key, Video.instance_key):
        delete_in_parts(session, col(belongs_to), instance_keys)
    delete_in_parts(session, col(Instance.id), instance_keys)


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
