"""The rows that an accepted instance becomes. Which are accepted is in `ingest_verdicts`; adding them, in `filing`."""

import json
from collections.abc import Iterator

from backend.core import clock
from backend.core.identifiers import new_id
from backend.core.search_text import fold
from backend.dicom import plain
from backend.dicom.model import InstanceAttributes, ParsedInstance
from backend.dicom.reading_copy import READING_COPY_VERSION
from backend.dicom.video.model import VideoHeader
from backend.models.reading_copies import ReadingCopy
from backend.models.studies import Series, Study
from backend.models.videos import Video
from backend.ports.keyring import Keyring
from backend.services.copy_writing import describe_copy
from backend.services.ingest_verdicts import Candidate


def study_row(attributes: InstanceAttributes, patient_key: str, wrapped_data_key: bytes) -> Study:
    """The row of a study, still without instances."""
    said = attributes.study
    return Study(
        patient_key=patient_key,
        study_instance_uid=said.study_instance_uid,
        study_id=said.study_id,
        study_date=said.study_date,
        study_time=said.study_time,
        accession_number=said.accession_number,
        study_description=said.study_description,
        search_description=fold(said.study_description),
        referring_physician_name=said.referring_physician_name.text,
        institution_name=said.institution_name,
        body_part_examined=attributes.series.body_part_examined,
        wrapped_data_key=wrapped_data_key,
        arrived_at=clock.now(),
        updated_at=clock.now(),
    )


def series_row(attributes: InstanceAttributes, study_key: str) -> Series:
    """The row of a series, still without instances."""
    said = attributes.series
    return Series(
        study_key=study_key,
        series_instance_uid=said.series_instance_uid,
        modality=said.modality,
        series_number=said.series_number,
        series_description=said.series_description,
        body_part_examined=said.body_part_examined,
        laterality=said.laterality,
        protocol_name=said.protocol_name,
        series_date=said.series_date,
        series_time=said.series_time,
        frame_of_reference_uid=said.frame_of_reference_uid,
    )


def instance_values(
    candidate: Candidate,
    study: Study,
    series: Series,
    wrapped_object_key: bytes,
    writer: plain.AlikeWriter,
) -> dict[str, object]:
    """The columns of an instance whose octets are durable already, with a key (`id`) of its own.

    Args:
        candidate: The instance.
        study: Its study.
        series: Its series.
        wrapped_object_key: Of its object.
        writer: Of its batch.
    """
    attributes = candidate.attributes
    return {
        "id": new_id(),
        "study_key": study.id,
        "series_key": series.id,
        "sop_instance_uid": attributes.sop_instance_uid,
        "sop_class_uid": attributes.sop_class_uid,
        "transfer_syntax_uid": attributes.transfer_syntax_uid,
        "instance_number": attributes.instance_number,
        "rows": attributes.rows,
        "columns": attributes.columns,
        "frame_count": attributes.number_of_frames,
        "is_displayable": attributes.is_displayable,
        "not_displayable_reason": attributes.not_displayable_reason,
        "object_id": candidate.received.staged.object_id,
        "wrapped_object_key": wrapped_object_key,
        "size_bytes": candidate.received.size_bytes,
        "sha256": candidate.received.sha256,
        "attributes": writer.write(attributes),
        "reading_header": candidate.parsed.reading_header,
    }


def copy_row(
    candidate: Candidate, instance_key: str, keyring: Keyring, wrapped_data_key: bytes
) -> ReadingCopy | None:
    """The row of the reading copy that was made with it; None if that is still to be decided."""
    if not candidate.is_copy_decided:
        return None
    row = ReadingCopy(instance_key=instance_key, version=READING_COPY_VERSION)
    describe_copy(row, candidate.copy, keyring, wrapped_data_key)
    return row


def video_row(candidate: Candidate, instance_key: str, study_key: str) -> Video | None:
    """The row of the instance's video, if it holds one."""
    octets = candidate.parsed.video_header
    if not octets:
        return None
    header = VideoHeader.from_bytes(octets)
    return Video(
        instance_key=instance_key,
        study_key=study_key,
        # What a file claims may be anything: the column has 32 bits, and PostgreSQL knows no NUL.
        duration_ms=round(min(1000 * header.clock.duration_seconds, 2**31 - 1)),
        codec_name=header.codec_name.replace("\0", "")[:64],
        trouble=header.trouble,
        header=octets,
    )


def frame_values(candidate: Candidate, instance_key: str) -> Iterator[dict[str, object]]:
    """The columns of each frame that was decoded."""
    parsed = candidate.parsed
    for frame_index, (position, orientation) in enumerate(frame_places(parsed)):
        yield {
            "instance_key": instance_key,
            "frame_number": frame_index + 1,
            "pixel_sha256": parsed.frame_checksums[frame_index],
            "image_position_mm": position,
            "image_orientation": orientation,
        }


def frame_places(parsed: ParsedInstance) -> Iterator[tuple[str, str]]:
    """Position and orientation of each frame that was decoded, as the columns of a frame hold them."""
    for frame_index in range(len(parsed.frame_checksums)):
        geometry = parsed.attributes.frame_geometry(frame_index)
        yield _numbers(geometry.image_position_mm), _numbers(geometry.image_orientation)


def _numbers(values: tuple[float, ...] | None) -> str:
    return "" if values is None else json.dumps(values)
