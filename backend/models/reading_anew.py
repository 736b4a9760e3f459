"""What is known of stored instances from their files, for reading it anew. How that is done is in `services.reading_anew`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import LargeBinary, func, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from backend.core import clock
from backend.models.studies import Frame, Instance, Study


@dataclass(frozen=True, slots=True)
class DescribedInstance:
    """What reading a stored instance anew needs; its keys are wrapped."""

    key: str  # of its row
    study_key: str
    sop_instance_uid: str
    object_id: str
    wrapped_object_key: bytes
    wrapped_data_key: bytes
    attributes: str
    reading_header: bytes


@dataclass(frozen=True, slots=True)
class KnownFrame:
    """What the row of a frame says; the two last as in `Frame`."""

    pixel_sha256: str
    image_position_mm: str
    image_orientation: str


def headers_after(
    session: Session, cursor: str, limit: int, octets: int
) -> Sequence[tuple[str, bytes]]:
    """Images of all organizations in the order in which they came.

    Args:
        session: A system session.
        cursor: Only those after the one with this key.
        limit: How many at most.
        octets: How much of each reading header.

    Returns:
        Key, and the beginning of the reading header.
    """
    beginning = func.substr(col(Instance.reading_header), 1, octets, type_=LargeBinary())
    statement = (
        select_columns(col(Instance.id), beginning)
        .where(col(Instance.id) > cursor, col(Instance.is_displayable))
        .order_by(col(Instance.id))
        .limit(limit)
    )
    return [(key, found) for key, found in session.execute(statement).all()]


def described_instance(session: Session, instance_key: str) -> DescribedInstance | None:
    """One instance; None if it is gone."""
    statement = (
        select_columns(
            col(Instance.id),
            col(Instance.study_key),
            col(Instance.sop_instance_uid),
            col(Instance.object_id),
            col(Instance.wrapped_object_key),
            col(Study.wrapped_data_key),
            col(Instance.attributes),
            col(Instance.reading_header),
        )
        .select_from(Instance)
        .join(Study, col(Study.id) == col(Instance.study_key))
        .where(col(Instance.id) == instance_key)
    )
    row = session.execute(statement).first()
    return None if row is None else DescribedInstance(*row)


def known_frames(session: Session, instance_key: str) -> Sequence[KnownFrame]:
    """The frames of an instance, in order."""
    statement = (
        select_columns(
            col(Frame.pixel_sha256), col(Frame.image_position_mm), col(Frame.image_orientation)
        )
        .where(col(Frame.instance_key) == instance_key)
        .order_by(col(Frame.frame_number))
    )
    return [KnownFrame(*row) for row in session.execute(statement).all()]


def describe_anew(
    session: Session, instance: DescribedInstance, attributes: str, reading_header: bytes
) -> bool:
    """Let an instance say what was read anew; False if it is not what it was when it was read."""
    done = session.exec(
        update(Instance)
        .where(
            col(Instance.id) == instance.key,
            col(Instance.object_id) == instance.object_id,
            col(Instance.reading_header) == instance.reading_header,
        )
        .values(attributes=attributes, reading_header=reading_header)
        .execution_options(synchronize_session=False)
    )
    return done.rowcount == 1


def place_anew(session: Session, instance_key: str, frame_number: int, frame: KnownFrame) -> None:
    """Let a frame lie where it was found to lie."""
    session.execute(
        update(Frame)
        .where(col(Frame.instance_key) == instance_key, col(Frame.frame_number) == frame_number)
        .values(
            image_position_mm=frame.image_position_mm, image_orientation=frame.image_orientation
        )
        .execution_options(synchronize_session=False)
    )


def studies_changed(session: Session, study_keys: Collection[str]) -> None:
    """Whoever has kept something of these studies asks again: pictures are kept for one state of a study."""
    session.execute(
        update(Study)
        .where(col(Study.id).in_(study_keys))
        .values(updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )
