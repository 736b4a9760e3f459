"""What the page about the storage shows, in words."""

from dataclasses import dataclass

import reflex as rx

from backend.core.permissions import Permission
from backend.core.shown import shown_bytes
from backend.schemas.storage import DiskRoom, OrganizationUse, StorageView
from pacscribe_ui.state.base import ask, caller, requires, services
from pacscribe_ui.text import Storage as words

_DAYS_PER_MONTH = 30.4
_LONG_DAYS = 3653


@dataclass(frozen=True, slots=True)
class UseLine:
    """A row of a table: what it is about, how many, and how much of the largest."""

    label: str
    studies: str
    objects: str
    size: str
    percent: int


@dataclass(frozen=True, slots=True)
class DiskLines:
    """The disk in words."""

    level: str = "enough"
    headline: str = ""
    meaning: str = ""
    free: str = ""
    reserved: str = ""
    lasts: str = ""
    used_percent: int = 0


class StorageState(rx.State):
    """The figures of one look."""

    organization: str = ""
    disk: DiskLines = DiskLines()
    kept: tuple[tuple[str, str], ...] = ()
    by_modality: tuple[UseLine, ...] = ()
    by_month: tuple[UseLine, ...] = ()
    has_studies: bool = False
    is_loaded: bool = False

    @rx.event
    @requires(Permission.ARCHIVE_MANAGE)
    async def load(self) -> None:
        """Look at the storage."""
        view = await ask(services().storage.view, caller())
        self.organization = view.use.name
        self.disk = disk_lines(view.disk)
        self.kept = kept_lines(view)
        self.by_modality = modality_lines(view.use)
        self.by_month = month_lines(view.use)
        self.has_studies = view.use.study_count > 0
        self.is_loaded = True


def disk_lines(disk: DiskRoom) -> DiskLines:
    """The disk in words."""
    return DiskLines(
        level=disk.level.value,
        headline=words.LEVELS[disk.level],
        meaning=words.MEANINGS[disk.level],
        free=words.FREE.format(
            free=shown_bytes(disk.free_bytes), total=shown_bytes(disk.total_bytes)
        ),
        reserved=words.RESERVED.format(reserved=shown_bytes(disk.reserved_bytes)),
        lasts=words.LASTS_FOREVER
        if disk.days_left is None
        else words.LASTS.format(span=span_of(disk.days_left)),
        used_percent=_percent(disk.total_bytes - disk.free_bytes, disk.total_bytes),
    )


def span_of(days: int) -> str:
    """A number of days as somebody would say it."""
    if days <= 1:
        return words.DAY_ONE if days else words.DAY_NONE
    if days < 90:
        return words.DAYS.format(count=days)
    if days < 730:
        return words.MONTHS.format(count=round(days / _DAYS_PER_MONTH))
    if days < _LONG_DAYS:
        return words.YEARS.format(count=round(days / 365.25))
    return words.LONG


def kept_lines(view: StorageView) -> tuple[tuple[str, str], ...]:
    """What is kept: (what, how much)."""
    use = view.use
    return (
        (words.STUDIES, f"{use.study_count:,}"),
        (words.OBJECTS, f"{use.instance_count:,}"),
        (words.ORIGINALS, shown_bytes(use.originals_bytes)),
        (words.COPIES, shown_bytes(use.copies_bytes)),
        (words.HELD, shown_bytes(use.held_bytes)),
        (words.ARRIVING, shown_bytes(use.arriving_bytes)),
        (words.DATABASE, shown_bytes(view.database_bytes)),
    )


def modality_lines(kept: OrganizationUse) -> tuple[UseLine, ...]:
    """Rows by modality, largest first."""
    largest = max((use.size_bytes for use in kept.by_modality), default=0)
    return tuple(
        UseLine(
            ", ".join(use.modalities) or words.NO_MODALITY,
            f"{use.study_count:,}",
            f"{use.instance_count:,}",
            shown_bytes(use.size_bytes),
            _percent(use.size_bytes, largest),
        )
        for use in kept.by_modality
    )


def month_lines(kept: OrganizationUse) -> tuple[UseLine, ...]:
    """Rows by month, newest first."""
    largest = max((use.size_bytes for use in kept.by_month), default=0)
    return tuple(
        UseLine(
            use.month,
            f"{use.study_count:,}",
            "",
            shown_bytes(use.size_bytes),
            _percent(use.size_bytes, largest),
        )
        for use in reversed(kept.by_month)
    )


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0
