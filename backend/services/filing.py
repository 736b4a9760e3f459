"""Filing an instance: its rows under patient, study and series. Whether it may be filed is decided in `ingest_verdicts`."""

from backend.core import clock
from backend.core.search_text import fold
from backend.dicom.model import InstanceAttributes
from backend.models import ingest as queries
from backend.models.session import Session
from backend.models.studies import Study
from backend.ports.keyring import Keyring
from backend.services.ingest_rows import (
    copy_row,
    frame_rows,
    instance_row,
    series_of,
    video_row,
)
from backend.services.ingest_verdicts import Candidate
from backend.services.patient_register import Placement


def file_instance(
    session: Session, keyring: Keyring, candidate: Candidate, placement: Placement
) -> Study:
    """Add the rows of an instance whose octets are durable already.

    Args:
        session: A writing session.
        keyring: Wraps its key.
        candidate: The instance.
        placement: Where it belongs.

    Returns:
        The study that it now belongs to.
    """
    for row in placement.new_rows:
        session.add(row)
        session.flush()  # a claim refers to its patient
    study = _study_of(session, keyring, placement.patient_key, candidate.attributes)
    series = series_of(session, study, candidate.attributes)
    wrapped = keyring.wrap_object_key(candidate.received.staged.object_key, study.wrapped_data_key)
    instance = instance_row(candidate, study, series, wrapped)
    session.add(instance)
    queries.count_in(study, series, instance)
    study.updated_at = clock.now()
    session.flush()
    session.add_all(frame_rows(candidate, instance))
    copy = copy_row(candidate, instance, keyring, study.wrapped_data_key)
    if copy is not None:
        session.add(copy)
    video = video_row(candidate, instance)
    if video is not None:
        session.add(video)
    return study


def _study_of(
    session: Session, keyring: Keyring, patient_key: str, attributes: InstanceAttributes
) -> Study:
    said = attributes.study
    study = queries.find_study(session, said.study_instance_uid)
    if study is None:
        study = Study(
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
            wrapped_data_key=keyring.wrap_new_data_key(),
            arrived_at=clock.now(),
            updated_at=clock.now(),
        )
        session.add(study)
        session.flush()
    return study
