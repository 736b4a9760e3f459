"""Taking an instance out of its study again: its octets stay where they are, its rows become those of a held file."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.core import clock
from backend.core.errors import Refusal
from backend.core.vocabulary import HeldState
from backend.dicom import plain
from backend.dicom.model import InstanceAttributes, ParsedInstance
from backend.models import patients as queries
from backend.models.base import Record
from backend.models.patients import Conflict, HeldInstance
from backend.models.session import Session
from backend.models.studies import Instance, Series, Study
from backend.ports.keyring import Keyring

_OWN_TABLES = ("frames", "reading_copies", "videos")
# Under these the worklist finds a study; the database takes them away with it.
_WORDS = ("search_words",)


def attributes_of(instance: Instance) -> InstanceAttributes:
    """What the file of a stored instance says."""
    return plain.from_json(InstanceAttributes, instance.attributes.encode("utf-8"))


@dataclass(slots=True)
class Aftermath:
    """What is to be done once the change is committed.

    Attributes:
        unused: Objects that are of no more use (reading copies).
        studies: Study Instance UID and key of each study that is not what it was.
    """

    unused: list[str] = field(default_factory=list)
    studies: set[tuple[str, str]] = field(default_factory=set)


def unfile(
    session: Session,
    keyring: Keyring,
    instance: Instance,
    conflict: Conflict,
    state: HeldState,
    aftermath: Aftermath,
) -> HeldInstance:
    """Take an instance out of its study and hold it in a conflict.

    Its study and series stay, even empty, until `remove_emptied`.

    Args:
        session: A writing session.
        keyring: Wraps its key anew.
        instance: What is taken out.
        conflict: Where it is held.
        state: How.
        aftermath: Added to.

    Returns:
        The held file.

    Raises:
        Refusal: If something else refers to what would go.
    """
    study, series = queries.home_of(session, instance)
    frames, copy, video = queries.belongings_of(session, instance.id)
    key = keyring.unwrap_object_key(instance.wrapped_object_key, study.wrapped_data_key)
    held = queries.held_by_object(session, instance.object_id)
    if held is None:
        held = HeldInstance(
            conflict_key=conflict.id,
            state=state,
            study_instance_uid=study.study_instance_uid,
            series_instance_uid=series.series_instance_uid,
            sop_instance_uid=instance.sop_instance_uid,
            object_id=instance.object_id,
            wrapped_object_key=b"",
            size_bytes=instance.size_bytes,
            sha256=instance.sha256,
            parsed=plain.to_json(
                ParsedInstance(
                    attributes=attributes_of(instance),
                    reading_header=instance.reading_header,
                    frame_checksums=tuple(frame.pixel_sha256 for frame in frames),
                    video_header=video.header if video is not None else b"",
                )
            ),
        )
    held.conflict_key, held.state = conflict.id, state
    held.wrapped_object_key = keyring.wrap_object_key(key, conflict.wrapped_data_key)
    session.add(held)
    aftermath.studies.add((study.study_instance_uid, study.id))
    if copy is not None and copy.object_id:
        aftermath.unused.append(copy.object_id)
    _require_unused(session, instance, _OWN_TABLES)
    _delete(session, [*frames, *(row for row in (copy, video) if row is not None)])
    _delete(session, [instance])
    _count_out(session, study, series, instance)
    return held


def remove_emptied(session: Session, aftermath: Aftermath) -> None:
    """Take away the studies and series of which nothing is left, once all of a change is done.

    Until then they stand empty: what is filed there again finds its study as people have left it.

    Raises:
        Refusal: If something else refers to what would go.
    """
    for _, study_key in sorted(aftermath.studies):
        study = queries.study_by_key(session, study_key)
        if study is None:
            continue
        for series in queries.series_in(session, study.id):
            if not series.instance_count:
                _require_unused(session, series, ())
                _delete(session, [series])
        if not study.instance_count:
            _require_unused(session, study, _WORDS)
            _delete(session, [study])


def _count_out(session: Session, study: Study, series: Series, instance: Instance) -> None:
    series.instance_count -= 1
    series.frame_count -= instance.frame_count if instance.is_displayable else 0
    study.instance_count -= 1
    study.size_bytes -= instance.size_bytes
    study.updated_at = clock.now()
    if not series.instance_count:
        study.series_count -= 1
        remaining = {
            one.modality or "OT"
            for one in queries.series_in(session, study.id)
            if one.instance_count
        }
        study.modalities = "\\" + "\\".join(sorted(remaining)) + "\\"
    session.flush()


def _require_unused(session: Session, row: Record, besides: Sequence[str]) -> None:
    if queries.refer_to(session, row, besides):
        raise Refusal(
            "Somebody has worked on what this would take away, so it stays as it is."
            + (" Move the study to the right patient instead." if isinstance(row, Study) else "")
        )


def _delete(session: Session, rows: Sequence[Record]) -> None:
    for row in rows:
        session.delete(row)
    session.flush()
