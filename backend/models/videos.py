"""Videos of stored instances: what playing one needs, and which a study holds. The octets are in the object store."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import LargeBinary
from sqlalchemy import select as select_columns
from sqlmodel import Field, Session, col

from backend.models.base import Tenant
from backend.models.damages import Damage, is_withheld
from backend.models.studies import Instance, Study


class Video(Tenant, table=True):
    """The video of one instance; `header` is the JSON of `backend.dicom.video.model.VideoHeader`."""

    __tablename__ = "videos"

    instance_key: str = Field(foreign_key="instances.id", unique=True)
    study_key: str = Field(foreign_key="studies.id", index=True)
    duration_ms: int = 0
    codec_name: str = Field(default="", max_length=64)
    trouble: str = Field(default="")  # why it is not played
    header: bytes = Field(sa_type=LargeBinary)


@dataclass(frozen=True, slots=True)
class VideoInStudy:
    """A video as the strip lists it."""

    series_key: str
    sop_instance_uid: str
    instance_number: int | None
    rows: int
    columns: int
    frame_count: int
    duration_ms: int
    codec_name: str
    trouble: str


@dataclass(frozen=True, slots=True)
class ReadableVideo:
    """What playing one video needs; keys are wrapped."""

    object_id: str
    wrapped_object_key: bytes
    wrapped_data_key: bytes
    instance_number: int | None
    attributes: str
    header: bytes
    damaged_object_id: str | None = (
        None  # the same as `object_id` while the object is known to be damaged
    )


def videos_of_study(session: Session, study_key: str) -> Sequence[VideoInStudy]:
    """The videos of a study, by series, then by number."""
    statement = (
        select_columns(
            col(Instance.series_key),
            col(Instance.sop_instance_uid),
            col(Instance.instance_number),
            col(Instance.rows),
            col(Instance.columns),
            col(Instance.frame_count),
            col(Video.duration_ms),
            col(Video.codec_name),
            col(Video.trouble),
        )
        .select_from(Video)
        .join(Instance, col(Instance.id) == col(Video.instance_key))
        .where(col(Video.study_key) == study_key)
    )
    rows = [VideoInStudy(*row) for row in session.execute(statement).all()]
    return sorted(
        rows,
        key=lambda row: (
            row.series_key,
            row.instance_number is None,
            row.instance_number or 0,
            row.sop_instance_uid,
        ),
    )


def readable_video(session: Session, study_key: str, sop_instance_uid: str) -> ReadableVideo | None:
    """One video of one study, with the keys that open it, wrapped."""
    statement = (
        select_columns(
            col(Instance.object_id),
            col(Instance.wrapped_object_key),
            col(Study.wrapped_data_key),
            col(Instance.instance_number),
            col(Instance.attributes),
            col(Video.header),
            col(Damage.object_id),
        )
        .select_from(Video)
        .join(Instance, col(Instance.id) == col(Video.instance_key))
        .join(Study, col(Study.id) == col(Instance.study_key))
        .outerjoin(Damage, is_withheld(col(Instance.object_id)))
        .where(
            col(Video.study_key) == study_key, col(Instance.sop_instance_uid) == sop_instance_uid
        )
    )
    row = session.execute(statement).first()
    return None if row is None else ReadableVideo(*row)
