"""What the page of a study shows beside its images. Moments are ISO 8601 in UTC."""

from dataclasses import dataclass

from backend.schemas.worklist import StudyRow

MOST_INSTANCES = 100
"""How many objects of a series are listed at a time."""


@dataclass(frozen=True, slots=True)
class SeriesLine:
    """A series of the study."""

    series_instance_uid: str
    series_number: str
    modality: str
    description: str
    body_part: str
    instance_count: int
    frame_count: int  # that can be shown; 0 has no thumbnail
    is_film: bool  # it has a video


@dataclass(frozen=True, slots=True)
class InstanceLine:
    """An object of a series."""

    sop_instance_uid: str
    number: str
    kind: str  # SOP class in words
    transfer_syntax: str  # in words
    size: str  # columns by rows, and frames
    size_bytes: int
    note: str  # why it is not drawn, if it is not


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A colleague's note."""

    note_id: str
    author_name: str
    written_at: str
    edited_at: str  # empty if it never was
    text: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the study; `action` is a code of the audit trail."""

    at: str
    action: str
    who: str


@dataclass(frozen=True, slots=True)
class PersonWithAccess:
    """Somebody who may see the study, and what else they may do with it."""

    display_name: str
    roles: str
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StudyPage:
    """Everything that the page shows at first.

    Attributes:
        study: The study.
        series: Its series, by number.
        notes: Of colleagues, oldest first.
        events: What happened, newest first.
        is_trail: Whether the events are the audit trail's; else they are what the study itself shows.
        people: Who has access.
    """

    study: StudyRow
    series: tuple[SeriesLine, ...]
    notes: tuple[NoteLine, ...]
    events: tuple[Event, ...]
    is_trail: bool
    people: tuple[PersonWithAccess, ...]
