"""Taking instances out of their studies again: their octets stay where they are, their rows become those of held files."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from backend.core import clock
from backend.core.errors import Refusal
from backend.core.vocabulary import HeldState
from backend.dicom import plain
from backend.dicom.model import InstanceAttributes, ParsedInstance
from backend.models import conflicts, stored_files
from backend.models.base import Record
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.session import Session
from backend.models.stored_files import StoredFile
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
    leaving: Mapping[str, Conflict],
    state: HeldState,
    aftermath: Aftermath,
) -> dict[str, str]:
    """Take instances out of their studies and hold each in a conflict, in few statements, however many they are.

    Their studies and series stay, even empty, until `remove_emptied`.

    Args:
        session: A writing session.
        keyring: Wraps their keys anew where that is needed.
        leaving: By the objects of the instances, where each is held from then on; what is not stored is passed over.
        state: How.
        aftermath: Added to.

    Returns:
        The keys of the held files, by object.

    Raises:
        Refusal: If something else refers to what would go.
    """
    files = require_may_leave(session, leaving)
    keys = [file.key for file in files]
    studies, series = stored_files.homes_of(session, files)
    held = _hold(session, keyring, files, studies, leaving, state)
    aftermath.studies.update((study.study_instance_uid, study.id) for study in studies.values())
    aftermath.unused += stored_files.copies_of(session, keys)
    stored_files.delete_instances(session, keys)
    for file in files:
        _count_out(studies[file.study_key], series[file.series_key], file)
    for study in studies.values():
        _describe_rest(session, study)
    session.flush()
    return held


def require_may_leave(session: Session, object_ids: Collection[str]) -> list[StoredFile]:
    """The stored instances whose octets are these objects, of which none may be in anybody's use.

    Raises:
        Refusal: If something else refers to what would go.
    """
    files = stored_files.stored_files(session, object_ids)
    _require_unused(session, Instance, [file.key for file in files], _OWN_TABLES)
    return files


def _hold(
    session: Session,
    keyring: Keyring,
    files: Sequence[StoredFile],
    studies: Mapping[str, Study],
    leaving: Mapping[str, Conflict],
    state: HeldState,
) -> dict[str, str]:
    known = conflicts.held_homes(session, [file.object_id for file in files])
    # What comes back to where it was lies there under the key under which it was held.
    returning = {o: key for o, (key, home) in known.items() if home == leaving[o].id}
    conflicts.set_held_state(session, returning.values(), state)
    others = [file for file in files if file.object_id not in returning]
    if not others:
        return returning
    rows = _held_rows(session, others, known)
    for file in others:
        row, conflict = rows[file.object_id], leaving[file.object_id]
        data_key = studies[file.study_key].wrapped_data_key
        key = keyring.unwrap_object_key(file.wrapped_object_key, data_key)
        row.conflict_key, row.state = conflict.id, state
        row.wrapped_object_key = keyring.wrap_object_key(key, conflict.wrapped_data_key)
        session.add(row)
    session.flush()
    return returning | {object_id: row.id for object_id, row in rows.items()}


def _held_rows(
    session: Session, files: Sequence[StoredFile], known: Mapping[str, tuple[str, str]]
) -> dict[str, HeldInstance]:
    """The rows of files as held ones, by object: those under which they were held before, and new ones."""
    before = [known[file.object_id][0] for file in files if file.object_id in known]
    rows = {held.object_id: held for held in conflicts.held_by_key(session, before)}
    fresh = [file.key for file in files if file.object_id not in known]
    checksums, videos = stored_files.seen_in(session, fresh)
    for instance, study_uid, series_uid in stored_files.instances_with_homes(session, fresh):
        rows[instance.object_id] = HeldInstance(
            conflict_key="",
            state="",
            study_instance_uid=study_uid,
            series_instance_uid=series_uid,
            sop_instance_uid=instance.sop_instance_uid,
            object_id=instance.object_id,
            wrapped_object_key=b"",
            size_bytes=instance.size_bytes,
            sha256=instance.sha256,
            parsed=plain.to_json(
                ParsedInstance(
                    attributes=attributes_of(instance),
                    reading_header=instance.reading_header,
                    frame_checksums=tuple(checksums.get(instance.id, ())),
                    video_header=videos.get(instance.id, b""),
                )
            ),
        )
        session.expunge(instance)
    return rows


def remove_emptied(session: Session, aftermath: Aftermath) -> None:
    """Take away the studies and series of which nothing is left, once all of a change is done.

    Until then they stand empty: what is filed there again finds its study as people have left it.

    Raises:
        Refusal: If something else refers to what would go.
    """
    for _, study_key in sorted(aftermath.studies):
        study = stored_files.study_by_key(session, study_key)
        if study is None:
            continue
        for series in stored_files.series_in(session, study.id):
            if not series.instance_count:
                _require_unused(session, Series, [series.id], ())
                _delete(session, [series])
        if not study.instance_count:
            _require_unused(session, Study, [study.id], _WORDS)
            _delete(session, [study])


def _count_out(study: Study, series: Series, file: StoredFile) -> None:
    series.instance_count -= 1
    series.frame_count -= file.frame_count if file.is_displayable else 0
    study.instance_count -= 1
    study.size_bytes -= file.size_bytes
    if not series.instance_count:
        study.series_count -= 1


def _describe_rest(session: Session, study: Study) -> None:
    study.updated_at = clock.now()
    remaining = {
        one.modality or "OT"
        for one in stored_files.series_in(session, study.id)
        if one.instance_count
    }
    study.modalities = "\\" + "\\".join(sorted(remaining)) + "\\"


def _require_unused(
    session: Session, row_class: type[Record], keys: Sequence[str], besides: Sequence[str]
) -> None:
    if stored_files.refer_to(session, row_class, keys, besides):
        raise Refusal(
            "Somebody has worked on what this would take away, so it stays as it is."
            + (" Move the study to the right patient instead." if row_class is Study else "")
        )


def _delete(session: Session, rows: Sequence[Record]) -> None:
    for row in rows:
        session.delete(row)
    session.flush()
