"""Answers of the worklist. Its question is in `core.worklist_query`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One line of the worklist. Dates are YYYY-MM-DD, times HH:MM, moments ISO 8601 in UTC."""

    study_instance_uid: str
    patient_name: str
    patient_id: str
    patient_birth_date: str
    patient_sex: str
    patient_age: str
    study_date: str
    study_time: str
    modalities: tuple[str, ...]
    study_description: str
    accession_number: str
    referring_physician_name: str
    institution_name: str
    series_count: int
    instance_count: int
    reading_status: str
    priority: str
    assigned_to_name: str
    arrived_at: str
    report_id: str  # of the newest report, empty if there is none
    thumbnail_series_instance_uid: str  # a series with something to show, or empty


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """One page of the worklist."""

    rows: tuple[StudyRow, ...]
    total: int
    page: int
    page_count: int
    modalities: tuple[str, ...]  # all that occur, for the filter


@dataclass(frozen=True, slots=True)
class PatientStudies:
    """The other studies of the same patient, newest first."""

    studies: tuple[StudyRow, ...]
