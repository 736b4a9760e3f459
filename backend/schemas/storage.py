"""Answers about the storage: what is kept, how it grows, and how much room is left."""

from dataclasses import dataclass
from enum import StrEnum


class RoomLevel(StrEnum):
    """How much room is left for what is still to come."""

    ENOUGH = "enough"
    LOW = "low"  # time to make room
    FULL = "full"  # uploads are refused; all else goes on


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """The disk that holds the images.

    Attributes:
        total_bytes: Its size.
        free_bytes: What is left of it.
        reserved_bytes: What stays free so that signing, sign-in and the audit trail go on.
        level: What that means.
        days_left: How long it lasts if it goes on as in the last 90 days; None if nothing grew.
        growth_bytes_per_day: What came per day in these days, of all organizations.
    """

    total_bytes: int
    free_bytes: int
    reserved_bytes: int
    level: RoomLevel
    days_left: int | None
    growth_bytes_per_day: int


@dataclass(frozen=True, slots=True)
class ModalityUse:
    """What the studies of one modality, or of one mixture of them, take.

    Attributes:
        modalities: In alphabetical order.
        study_count: How many studies.
        instance_count: How many objects.
        size_bytes: Their originals, as they came.
    """

    modalities: tuple[str, ...]
    study_count: int
    instance_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class MonthUse:
    """What came in one month.

    Attributes:
        month: `YYYY-MM`, in UTC.
        study_count: How many studies.
        size_bytes: Their originals.
    """

    month: str
    study_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class OrganizationUse:
    """What one organization keeps.

    Attributes:
        slug: Its short name, which commands take.
        name: Its name.
        study_count: How many studies.
        instance_count: How many objects.
        originals_bytes: The objects as they came.
        copies_bytes: Reading copies, which can be made again.
        held_bytes: Files that contradict what is stored, kept outside every study.
        arriving_bytes: Uploads that are not whole yet, or not taken in yet.
        by_modality: Largest first.
        by_month: The last twelve months, oldest first, none left out.
    """

    slug: str
    name: str
    study_count: int
    instance_count: int
    originals_bytes: int
    copies_bytes: int
    held_bytes: int
    arriving_bytes: int
    by_modality: tuple[ModalityUse, ...]
    by_month: tuple[MonthUse, ...]


@dataclass(frozen=True, slots=True)
class StorageView:
    """What one organization keeps, and the disk that it shares with all others of this installation.

    Attributes:
        use: What it keeps.
        database_bytes: The database of the whole installation.
        disk: Where it all lies.
    """

    use: OrganizationUse
    database_bytes: int
    disk: DiskRoom


@dataclass(frozen=True, slots=True)
class InstallationStorage:
    """What every organization of an installation keeps; for its operator, and for none of them.

    Attributes:
        organizations: By short name.
        database_bytes: The database of them all.
        disk: Where it all lies.
    """

    organizations: tuple[OrganizationUse, ...]
    database_bytes: int
    disk: DiskRoom
