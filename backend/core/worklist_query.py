"""What a reader asks the worklist for. The answer is in `schemas.worklist`."""

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
