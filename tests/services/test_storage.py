"""Storage: the organization's own figures by modality and month, and a disk that warns before it is full."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import NotAllowed
from backend.core.vocabulary import ConflictKind, HeldState
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.partial_uploads import PartialUpload, UploadPiece
from backend.models.session import Database
from backend.models.studies import Instance, Patient, Series, Study
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
def house(peopled_database: Database, tmp_path: Path) -> Installation:
    return install(peopled_database, tmp_path)


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def storage(house: Installation, free: int = 500 * GB, total: int = 1000 * GB) -> Storage:
    disk = Disk(Room(total, free, GB))
    return Storage(house.database, disk, warning_percent=10, warning_days=30)  # type: ignore[arg-type]


def keep(
    house: Installation,
    organization: str,
    modalities: str,
    size: int,
    days: float,
    begun_days: float | None = None,
) -> None:
    """A study of one object that arrived some days ago; the study itself may be older."""
    at = NOW - timedelta(days=days)
    with house.database.write(organization) as session:
        patient = Patient()
        session.add(patient)
        session.flush()
        study = Study(
            patient_key=patient.id,
            study_instance_uid=f"2.25.{size}{int(days * 10)}",
            modalities=modalities,
            instance_count=1,
            size_bytes=size,
            wrapped_data_key=b"",
            arrived_at=at if begun_days is None else NOW - timedelta(days=begun_days),
            updated_at=at,
        )
        session.add(study)
        session.flush()
        series = Series(study_key=study.id, series_instance_uid="2.25.1", modality="CT")
        session.add(series)
        session.flush()
        instance = Instance(
            study_key=study.id,
            series_key=series.id,
            sop_instance_uid=f"{study.study_instance_uid}.1",
            sop_class_uid="2.25.2",
            transfer_syntax_uid="2.25.3",
            object_id=f"object {study.id}",
            wrapped_object_key=b"",
            size_bytes=size,
            sha256="",
            created_at=at,
        )
        session.add(instance)


def hold(house: Installation, organization: str, size: int, state: HeldState) -> None:
    """A file in conflict that came a day ago."""
    with house.database.write(organization) as session:
        conflict = Conflict(kind=ConflictKind.PATIENT, identity_key=f"{size}", wrapped_data_key=b"")
        session.add(conflict)
        session.flush()
        held = HeldInstance(
            conflict_key=conflict.id,
            state=state,
            study_instance_uid="2.25.1",
            series_instance_uid="2.25.2",
            sop_instance_uid="2.25.3",
            object_id=f"held {size}",
            wrapped_object_key=b"",
            size_bytes=size,
            sha256="",
            parsed=b"",
            created_at=NOW - timedelta(days=1),
        )
        session.add(held)


def manager(house: Installation) -> Caller:
    return house.caller("administrator@east.example")


def test_an_organization_sees_its_own_figures_only(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 700, 1)
    keep(house, house.east, "\\CT\\", 50, 2)
    keep(house, house.east, "\\MR\\SR\\", 20, 3)
    keep(house, house.west, "\\CT\\", 9999, 1)
    view = storage(house).view(manager(house))
    assert (view.use.slug, view.use.name) == ("east", "East")
    assert view.use.by_modality == (
        ModalityUse(("CT",), 2, 2, 750),
        ModalityUse(("MR", "SR"), 1, 1, 20),
    )
    assert (view.use.study_count, view.use.instance_count) == (3, 3)
    assert view.use.originals_bytes == 770
    assert view.database_bytes > 0


def test_the_operator_sees_each_organization_by_itself_and_the_disk_of_all(
    house: Installation,
) -> None:
    keep(house, house.east, "\\CT\\", 45 * GB, 89.9)
    keep(house, house.west, "\\MR\\", 20, 3)
    keep(house, house.west, "\\CT\\", 9, 1)
    told = storage(house, free=101 * GB).of_all()
    kept = {use.slug: use for use in told.organizations}
    assert kept["east"].by_modality == (ModalityUse(("CT",), 1, 1, 45 * GB),)
    assert kept["west"].by_modality == (
        ModalityUse(("MR",), 1, 1, 20),
        ModalityUse(("CT",), 1, 1, 9),
    )
    assert [kept[slug].by_month[-1].size_bytes for slug in ("east", "west")] == [0, 29]
    assert "system" not in kept
    assert (told.disk.days_left, told.disk.growth_bytes_per_day) == (199, 500_556_174)
    assert told.database_bytes > 0


def test_what_is_kept_apart_and_what_is_on_its_way_is_told_as_well(house: Installation) -> None:
    hold(house, house.east, 500, HeldState.WAITING)
    hold(house, house.east, 60, HeldState.DISCARDED)
    hold(house, house.east, 7, HeldState.FILED)  # counted in its study
    hold(house, house.west, 9999, HeldState.WAITING)
    somebody = house.caller("technologist@east.example")
    with house.database.write(house.east) as session:
        upload = PartialUpload(
            user_id=somebody.user_id, size_bytes=900, wrapped_data_key=b"", expires_at=NOW
        )
        session.add(upload)
        session.flush()
        piece = UploadPiece(
            upload_key=upload.id,
            offset_bytes=0,
            size_bytes=30,
            object_id="piece",
            wrapped_object_key=b"",
        )
        session.add(piece)
    view = storage(house).view(manager(house)).use
    assert (view.held_bytes, view.arriving_bytes, view.originals_bytes) == (560, 30, 0)


def test_growth_is_told_for_each_of_the_last_twelve_months(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 100, 0)
    keep(house, house.east, "\\CT\\", 30, 14)  # the first of March
    keep(house, house.east, "\\CT\\", 8, 15)  # the last day of February
    keep(house, house.east, "\\CT\\", 1, 400)  # longer ago than is shown
    months = {use.month: use for use in storage(house).view(manager(house)).use.by_month}
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


def test_what_comes_to_old_studies_and_what_is_kept_apart_is_growth(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 45 * GB, 89.9, begun_days=400)
    assert storage(house, free=101 * GB).room().days_left == 199
    hold(house, house.west, 45 * GB, HeldState.WAITING)
    assert storage(house, free=101 * GB).room().days_left == 99


def test_without_growth_nobody_knows_how_long_it_lasts(house: Installation) -> None:
    keep(house, house.east, "\\CT\\", 45 * GB, 91)
    assert storage(house).room().days_left is None


def test_the_first_that_comes_is_growth_at_once(house: Installation) -> None:
    watching = storage(house, free=101 * GB)
    assert watching.room().days_left is None
    keep(house, house.east, "\\CT\\", 70 * GB, 0.1)
    assert watching.room().days_left == 10


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
