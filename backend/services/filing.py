"""Filing instances: their rows under patient, study and series. Whether they may be filed is decided in `ingest_verdicts`.

A batch takes few statements, however many instances it has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from backend.core import clock
from backend.dicom.plain import AlikeWriter
from backend.models import ingest as queries
from backend.models import stored_files
from backend.models.session import Session
from backend.models.studies import Frame, Instance, Patient, Series, Study
from backend.ports.keyring import Keyring
from backend.services.ingest_rows import (
    copy_row,
    frame_values,
    instance_values,
    series_row,
    study_row,
    video_row,
)
from backend.services.ingest_verdicts import Candidate
from backend.services.patient_register import Placement

# So many frames are described in memory at a time.
_FRAMES_AT_ONCE = 1000

Key = TypeVar("Key")
Row = TypeVar("Row", Study, Series)
Filed = tuple[Candidate, Placement]


@dataclass(slots=True)
class _Growth:
    """What a batch adds to a series, of which its row is told once."""

    study: Study
    series: Series
    instances: int = 0
    shown_frames: int = 0
    size_bytes: int = 0


def file_instances(session: Session, keyring: Keyring, filed: Sequence[Filed]) -> list[Study]:
    """Add the rows of instances whose octets are durable already.

    Args:
        session: A writing session.
        keyring: Wraps their keys.
        filed: Each instance, and where it belongs.

    Returns:
        For each of them the study that it now belongs to.
    """
    _add_patients(session, filed)
    studies = _studies_of(session, keyring, filed)
    series = _series_of(session, filed, studies)
    instances: list[dict[str, object]] = []
    keys: list[str] = []
    grown: dict[str, _Growth] = {}
    writer = AlikeWriter()
    for (candidate, _), study, its_series in zip(filed, studies, series, strict=True):
        said, received = candidate.attributes, candidate.received
        wrapped = keyring.wrap_object_key(received.staged.object_key, study.wrapped_data_key)
        instances.append(instance_values(candidate, study, its_series, wrapped, writer))
        keys.append(str(instances[-1]["id"]))
        growth = grown.setdefault(its_series.id, _Growth(study, its_series))
        growth.instances += 1
        growth.shown_frames += said.number_of_frames if said.is_displayable else 0
        growth.size_bytes += received.size_bytes
    for growth in grown.values():
        queries.count_in(
            growth.study,
            growth.series,
            instances=growth.instances,
            shown_frames=growth.shown_frames,
            size_bytes=growth.size_bytes,
        )
    for study in {study.id: study for study in studies}.values():
        study.updated_at = clock.now()
    session.flush()
    if instances:
        queries.add_rows(session, Instance, instances)
    for (candidate, _), study, key in zip(filed, studies, keys, strict=True):
        copy = copy_row(candidate, key, keyring, study.wrapped_data_key)
        video = video_row(candidate, key, study.id)
        session.add_all(row for row in (copy, video) if row is not None)
    session.flush()
    frames = (
        frame
        for (candidate, _), key in zip(filed, keys, strict=True)
        for frame in frame_values(candidate, key)
    )
    while some := list(islice(frames, _FRAMES_AT_ONCE)):  # a film may have a hundred thousand
        queries.add_rows(session, Frame, some)
    return studies


def _add_patients(session: Session, filed: Sequence[Filed]) -> None:
    rows = [row for _, placement in filed for row in placement.new_rows]
    session.add_all(row for row in rows if isinstance(row, Patient))
    session.flush()  # a claim refers to its patient
    session.add_all(row for row in rows if not isinstance(row, Patient))
    session.flush()


def _studies_of(session: Session, keyring: Keyring, filed: Sequence[Filed]) -> list[Study]:
    uids = [candidate.attributes.study.study_instance_uid for candidate, _ in filed]

    def made(candidate: Candidate, placement: Placement) -> Study:
        wrapped_data_key = keyring.wrap_new_data_key()
        return study_row(candidate.attributes, placement.patient_key, wrapped_data_key)

    return _found_or_made(
        session, uids, filed, stored_files.studies_by_uids(session, set(uids)), made
    )


def _series_of(session: Session, filed: Sequence[Filed], studies: Sequence[Study]) -> list[Series]:
    keys = [
        (study.id, candidate.attributes.series.series_instance_uid)
        for (candidate, _), study in zip(filed, studies, strict=True)
    ]
    study_keys = {study.study_instance_uid: study.id for study in studies}

    def made(candidate: Candidate, _placement: Placement) -> Series:
        said = candidate.attributes
        return series_row(said, study_keys[said.study.study_instance_uid])

    found = queries.series_by_study_and_uid(session, {uid for _, uid in keys})
    return _found_or_made(session, keys, filed, found, made)


def _found_or_made(
    session: Session,
    keys: Sequence[Key],
    filed: Sequence[Filed],
    found: dict[Key, Row],
    make: Callable[[Candidate, Placement], Row],
) -> list[Row]:
    """The row of each key: one that is stored, or a new one, as the first file says that names it."""
    rows = dict(found)
    for key, (candidate, placement) in zip(keys, filed, strict=True):
        if key not in rows:
            rows[key] = make(candidate, placement)
            session.add(rows[key])
    session.flush()  # what refers to a row comes after it
    return [rows[key] for key in keys]
