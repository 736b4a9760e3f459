"""How much is kept, how it grows, and how long the disk lasts. What makes room is elsewhere."""

import time
from datetime import UTC, datetime, timedelta

from backend.access import policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import NotFound
from backend.core.permissions import Permission
from backend.models import organizations, reading_copies
from backend.models import storage as queries
from backend.models.session import Database, Session
from backend.ports.object_store import ObjectStore
from backend.schemas.storage import (
    DiskRoom,
    InstallationStorage,
    ModalityUse,
    MonthUse,
    OrganizationUse,
    RoomLevel,
    StorageView,
)

_MONTHS = 12
_GROWTH_DAYS = 90
# A first busy week of imports is no year's growth.
_SHORTEST_GROWTH_DAYS = 7.0
# Adding up takes a while, and pages of administrators ask often.
_GROWTH_KNOWN_SECONDS = 600.0


class Storage:
    """Use cases about the room that everything takes.

    Args:
        database: What is kept.
        object_store: Knows the disk.
        warning_percent: Room is low when less than this share of the disk is free.
        warning_days: Or when it lasts for fewer days than this.
    """

    def __init__(
        self,
        database: Database,
        object_store: ObjectStore,
        *,
        warning_percent: int,
        warning_days: int,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._warning_percent = warning_percent
        self._warning_days = warning_days
        self._growth = 0.0
        self._growth_known_at = -_GROWTH_KNOWN_SECONDS

    def view(self, caller: Caller) -> StorageView:
        """What the caller's organization keeps, and the room that is left.

        Raises:
            NotAllowed: Without `archive:manage`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.ARCHIVE_MANAGE)
            use = _organization_use(session, caller.organization_id)
        return StorageView(use, self._database.size_bytes(), self.room())

    def of_all(self) -> InstallationStorage:
        """What every organization keeps, for whoever operates the machine; no page may show it."""
        with self._database.system_read() as session:
            known = [each.id for each in organizations.organizations_by_slug(session, "")]
        uses = tuple(self._use_of(organization_id) for organization_id in known)
        return InstallationStorage(uses, self._database.size_bytes(), self.room())

    def _use_of(self, organization_id: str) -> OrganizationUse:
        with self._database.read(organization_id) as session:
            return _organization_use(session, organization_id)

    def room(self) -> DiskRoom:
        """The disk, which all organizations share; for the program itself and its administrators."""
        room = self._object_store.room()
        usable = max(0, room.free_bytes - room.reserved_bytes)
        now = time.monotonic()
        # Where nothing had come yet there was little to add up, and the first to come is told at once.
        if not self._growth or now - self._growth_known_at >= _GROWTH_KNOWN_SECONDS:
            self._growth, self._growth_known_at = self._growth_per_day(), now
        per_day = self._growth
        days_left = int(usable / per_day) if per_day > 0 else None
        if not usable:
            level = RoomLevel.FULL
        elif usable * 100 < room.total_bytes * self._warning_percent or (
            days_left is not None and days_left < self._warning_days
        ):
            level = RoomLevel.LOW
        else:
            level = RoomLevel.ENOUGH
        return DiskRoom(
            room.total_bytes,
            room.free_bytes,
            room.reserved_bytes,
            level,
            days_left,
            round(per_day),
        )

    def _growth_per_day(self) -> float:
        """Bytes that came per day in the last 90 days, or since the first of them if that is shorter."""
        now = clock.now()
        since = now - timedelta(days=_GROWTH_DAYS)
        with self._database.system_read() as session:
            originals, first = queries.growth_since(session, since)
            copies = queries.copies_made_since(session, since)
        if first is None:
            return 0.0
        days = max((now - first) / timedelta(days=1), _SHORTEST_GROWTH_DAYS)
        return (originals + copies) / days


def _organization_use(session: Session, organization_id: str) -> OrganizationUse:
    """What the organization keeps, which is all that the session sees."""
    organization = organizations.organization_by_id(session, organization_id)
    if organization is None:
        raise NotFound("There is no such organization.")
    by_modality = tuple(
        ModalityUse(_parts(joined), *numbers)
        for joined, *numbers in queries.use_by_modality(session)
    )
    return OrganizationUse(
        slug=organization.slug,
        name=organization.name,
        study_count=sum(use.study_count for use in by_modality),
        instance_count=sum(use.instance_count for use in by_modality),
        originals_bytes=sum(use.size_bytes for use in by_modality),
        copies_bytes=reading_copies.bytes_of_copies(session),
        held_bytes=queries.bytes_held(session),
        arriving_bytes=queries.bytes_arriving(session),
        by_modality=by_modality,
        by_month=tuple(_month_use(session, first) for first in _last_months(clock.now())),
    )


def _parts(joined: str) -> tuple[str, ...]:
    return tuple(part for part in joined.split("\\") if part)


def _month_use(session: Session, first: datetime) -> MonthUse:
    studies, size_bytes = queries.arrived_between(session, first, _next_month(first))
    return MonthUse(f"{first:%Y-%m}", studies, size_bytes)


def _last_months(now: datetime) -> list[datetime]:
    """The first moments of the last twelve months, this one among them, oldest first."""
    first = datetime(now.year, now.month, 1, tzinfo=UTC)
    months = [first]
    for _ in range(_MONTHS - 1):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    return months[::-1]


def _next_month(first: datetime) -> datetime:
    return (first + timedelta(days=32)).replace(day=1)
