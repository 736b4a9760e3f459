"""Storage: the organization's own figures by modality and month, and a disk that warns before it is full."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import NotAllowed
from backend.models.session import Database
from backend.models.studies import Patient, Study
from backend.ports.object_store import Room
from backend.schemas.storage import ModalityUse, RoomLevel
from backend.services.storage import Storage
from tests.installation import Installation, install

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
GB = 10**9


@dataclass
class Disk:
    """As much of an object store as is asked here."""

    room_left: Room

    def room(self) -> Room:
        return self.room_left


@pytest.fixture
def house(sqlcipher_database: Database, tmp_path: Path) -> Installation:
    return install(sqlcipher_database, tmp_path)


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def storage(house: Installation, free: int = 500 * GB, total: int = 1000 * GB) -> Storage:
    disk = Disk(Room(total, free, GB))
    return Storage(house.database, disk, warning_percent=10, warning_days=30)  # type: ignore[arg-type]


def keep(house: Installation, organization: str, modalities: str, size: int, days: float) -> None:
    """A study of one object that arrived some days ago."""
    at = NOW - timedelta(days=days)
    with house.database.write(organization) as session:
        patient = Patient()
        session.add(patient)
        session.flush()
        session.add(
            Study(
                patient_key=patient.id,
                study_instance_uid=f"2.25.{size}{int(days * 10)}",
                modalities=modalities,
                instance_count=1,
                size_bytes=size,
                wrapped_data_key=b"",
                arrived_at=at,
                updated_at=at,
            )
        )


def manager(house: Installation) -> Caller:
    return house.caller("administrator@east.example")


def test_an_organization_sees_its_own_figures_only(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 700, 1)
    keep(house, house.east, "\\CT\\", 50, 2)
    keep(house, house.east, "\\MR\\SR\\", 20, 3)
    keep(house, house.west, "\\CT\\", 9999, 1)
    view = storage(house).view(manager(house))
    assert view.by_modality == (
        ModalityUse(("CT",), 2, 2, 750),
        ModalityUse(("MR", "SR"), 1, 1, 20),
    )
    assert (view.study_count, view.instance_count, view.originals_bytes) == (3, 3, 770)
    assert view.database_bytes > 0


def test_growth_is_told_for_each_of_the_last_twelve_months(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 100, 0)
    keep(house, house.east, "\\CT\\", 30, 14)  # the first of March
    keep(house, house.east, "\\CT\\", 8, 15)  # the last day of February
    keep(house, house.east, "\\CT\\", 1, 400)  # longer ago than is shown
    months = {use.month: use for use in storage(house).view(manager(house)).by_month}
    assert list(months) == [
        *(f"2025-{month:02}" for month in range(4, 13)),
        *(f"2026-{month:02}" for month in range(1, 4)),
    ]
    assert (months["2026-03"].study_count, months["2026-03"].size_bytes) == (2, 130)
    assert (months["2026-02"].study_count, months["2026-02"].size_bytes) == (1, 8)
    assert months["2025-04"].study_count == 0


@pytest.mark.parametrize("role", ["radiologist", "technologist", "clinician"])
def test_nobody_else_sees_the_storage(house: Installation, role: str) -> None:
    with pytest.raises(NotAllowed):
        storage(house).view(house.caller(f"{role}@east.example"))


def test_how_long_it_lasts_counts_what_all_organizations_bring(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 45 * GB, 89.9)
    keep(house, house.west, "\\CT\\", 45 * GB, 1)
    assert storage(house, free=101 * GB).room().days_left == 99
    assert storage(house, free=101 * GB).room().level is RoomLevel.ENOUGH


def test_a_busy_first_day_is_not_taken_for_the_rule(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 70 * GB, 0.1)
    assert storage(house, free=101 * GB).room().days_left == 10


def test_without_growth_nobody_knows_how_long_it_lasts(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 45 * GB, 91)
    assert storage(house).room().days_left is None


@pytest.mark.parametrize(
    ("free", "level"),
    [
        (102 * GB, RoomLevel.ENOUGH),
        (100 * GB, RoomLevel.LOW),
        (GB + 1, RoomLevel.LOW),
        (GB, RoomLevel.FULL),
        (0, RoomLevel.FULL),
    ],
)
def test_it_warns_by_share_before_it_is_full(
    house: Installation, free: int, level: RoomLevel
) -> None:
    assert storage(house, free=free).room().level is level


def test_it_warns_when_it_lasts_for_few_days_only(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 900 * GB, 89.9)
    assert storage(house, free=250 * GB).room().level is RoomLevel.LOW
    assert storage(house, free=450 * GB).room().level is RoomLevel.ENOUGH
