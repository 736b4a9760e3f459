"""Questions to and answers of the worklist."""

from dataclasses import dataclass
from enum import StrEnum


class WorklistColumn(StrEnum):
    """What the worklist can be ordered by."""

    ARRIVED = "arrived"
    STUDY_DATE = "date"
    PATIENT_NAME = "patient"
    PATIENT_ID = "patient-id"
    MODALITY = "modality"
    DESCRIPTION = "description"
    STATUS = "status"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """What a reader asks the worklist for. Every field stands in the page's URL.

    Attributes:
        text: Words looked for in name, patient ID, accession number and description; every word must match.
        modality: One modality, or empty for all.
        status: A `ReadingStatus`, or empty for all.
        date_from: First study date, YYYYMMDD, or empty.
        date_to: Last study date, YYYYMMDD, or empty.
        order_by: Column to sort by.
        descending: Whether the largest comes first.
        page: From 1.
        page_size: At most 100.
    """

    text: str = ""
    modality: str = ""
    status: str = ""
    date_from: str = ""
    date_to: str = ""
    order_by: WorklistColumn = WorklistColumn.ARRIVED
    descending: bool = True
    page: int = 1
    page_size: int = 50


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
