"""Queries and changes of taking instances in: what is there already, and how counts grow."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from sqlalchemy import insert, true
from sqlmodel import Session, col, select

from backend.core import clock
from backend.core.identifiers import new_id
from backend.core.vocabulary import HeldState
from backend.models.conflicts import HeldInstance
from backend.models.damages import Damage, is_withheld
from backend.models.partial_uploads import UploadPiece
from backend.models.parts import in_parts
from backend.models.reading_copies import ReadingCopy
from backend.models.studies import Frame, Instance, Series, Study


def checksums_by_uid(session: Session, sop_instance_uids: Collection[str]) -> dict[str, str]:
    """SHA-256 of the stored octets of those among `sop_instance_uids` that are stored."""
    found: dict[str, str] = {}
    for some in in_parts(sop_instance_uids):
        statement = select(Instance.sop_instance_uid, Instance.sha256).where(
            col(Instance.sop_instance_uid).in_(some)
        )
        found |= dict(session.exec(statement).all())
    return found


def damaged_files(session: Session, sop_instance_uids: Collection[str]) -> set[tuple[str, str]]:
    """SOP Instance UID and SHA-256 of those among these that are stored, or wait in a conflict, and are damaged.

    Right octets that decode otherwise than at ingest are not damaged in this sense.
    """
    found: set[tuple[str, str]] = set()
    for some in in_parts(damaged_uids(session, sop_instance_uids)):
        for kept, is_meant in (
            (Instance, true()),
            (HeldInstance, col(HeldInstance.state) == HeldState.WAITING),
        ):
            statement = (
                select(kept.sop_instance_uid, kept.sha256)
                .join(Damage, is_withheld(col(kept.object_id)))
                .where(col(Damage.sop_instance_uid).in_(some), is_meant)
            )
            found |= set(session.exec(statement).all())
    return found


def damaged_uids(session: Session, sop_instance_uids: Collection[str]) -> set[str]:
    """Those among these of which anything is noted as damaged; hardly ever one, which is quickly said."""
    found: set[str] = set()
    for some in in_parts(sop_instance_uids):
        statement = select(Damage.sop_instance_uid).where(col(Damage.sop_instance_uid).in_(some))
        found |= set(session.exec(statement).all())
    return found


def series_by_study_and_uid(
    session: Session, series_instance_uids: Collection[str]
) -> dict[tuple[str, str], Series]:
    """The stored series with these UIDs, by the key of their study (`Study.id`) and their UID."""
    found: list[Series] = []
    for some in in_parts(series_instance_uids):
        found += session.exec(select(Series).where(col(Series.series_instance_uid).in_(some))).all()
    return {(series.study_key, series.series_instance_uid): series for series in found}


def count_in(
    study: Study, series: Series, *, instances: int, shown_frames: int, size_bytes: int
) -> None:
    """Let the counts of a study and a series grow by some instances."""
    if series.instance_count == 0:
        study.series_count += 1
    series.instance_count += instances
    series.frame_count += shown_frames
    study.instance_count += instances
    study.size_bytes += size_bytes
    modality = series.modality or "OT"
    if f"\\{modality}\\" not in study.modalities:
        present = {part for part in study.modalities.split("\\") if part} | {modality}
        study.modalities = "\\" + "\\".join(sorted(present)) + "\\"


def add_rows(
    session: Session, row_class: type[Instance | Frame], rows: Sequence[Mapping[str, object]]
) -> None:
    """Add rows that are given by column: as objects they would take most of the time of recording them."""
    at = clock.now()
    session.execute(insert(row_class), [{"id": new_id(), "created_at": at, **row} for row in rows])


def known_object_ids(session: Session, object_ids: Sequence[str]) -> AbstractSet[str]:
    """Those of `object_ids` that a row points to, over all organizations; for the sweeper."""
    known: set[str] = set()
    for points_to in (
        col(Instance.object_id),
        col(HeldInstance.object_id),
        col(ReadingCopy.object_id),
        col(UploadPiece.object_id),
    ):
        found = session.exec(select(points_to).where(points_to.in_(object_ids))).all()
        known.update(object_id for object_id in found if object_id is not None)
    return known
