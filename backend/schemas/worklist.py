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
    claimed_by_name: str  # who is reading it now, empty if nobody is
    is_claimed_by_me: bool
    body_part_examined: str
    tags: tuple[str, ...]
    report_id: str  # of the newest report, empty if there is none
    thumbnail_series_instance_uid: str  # a series with something to show, or empty
    has_film: bool  # it has a video
    is_patient_corrected: bool = False  # shown otherwise than some of the files say, by decision


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """One page of the worklist.

    Attributes:
        rows: Its studies.
        total: How many there are over all pages.
        page: Which page this is, from 1.
        page_count: How many pages there are.
        modalities: All that occur, for the filter.
        is_exact: Whether the total was counted to the end; if not, there are at least so many.
        similar_words: Words that were taken for those of the search, since none is as they were typed, or since both are asked for.
        as_of: Identifier of the newest study when the list was opened; asked for again, no row moves.
    """

    rows: tuple[StudyRow, ...]
    total: int
    page: int
    page_count: int
    modalities: tuple[str, ...]
    is_exact: bool = True
    similar_words: tuple[str, ...] = ()
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter and how it is shown."""

    value: str
    shown: str


@dataclass(frozen=True, slots=True)
class WorklistChoices:
    """Every value that the worklist's filters offer, in order."""

    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    referrers: tuple[Choice, ...] = ()
    tags: tuple[str, ...] = ()
    people: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class PatientStudies:
    """The other studies of the same patient, newest first."""

    studies: tuple[StudyRow, ...]


@dataclass(frozen=True, slots=True)
class ViewOfWorklist:
    """A saved view, and how many studies it shows now (at least so many, if not `is_exact`)."""

    view_id: str
    name: str
    is_shared: bool
    may_delete: bool
    total: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting studies would take away."""

    studies: int
    images: int
    size_bytes: int
    signed: int  # studies that stay, for they have a signed report
    drafts: int  # studies that would go with a draft which nobody has signed
