"""`pacscribe storage`: what each organization keeps, how it grows, and how long the disk lasts."""

import argparse
import dataclasses
import json
from collections.abc import Iterator

from backend import bootstrap
from backend.core.shown import shown_bytes
from backend.schemas.storage import DiskRoom, InstallationStorage, OrganizationUse, RoomLevel

_LEVELS = {
    RoomLevel.ENOUGH: "there is room",
    RoomLevel.LOW: "room is running out",
    RoomLevel.FULL: "full, and uploads are refused",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    """Tell it; 0 while there is room, 1 once it runs out."""
    try:
        storage = bootstrap.services().storage.of_all()
    finally:
        bootstrap.shut_down()
    if options.json:
        print(json.dumps(dataclasses.asdict(storage), ensure_ascii=False))
    else:
        print("\n".join(_lines(storage)))
    return 0 if storage.disk.level is RoomLevel.ENOUGH else 1


def _lines(storage: InstallationStorage) -> Iterator[str]:
    for use in storage.organizations:
        yield from _of_organization(use)
        yield ""
    yield f"database: {shown_bytes(storage.database_bytes)}"
    yield _of_disk(storage.disk)


def _of_organization(use: OrganizationUse) -> Iterator[str]:
    yield (
        f"{use.slug} ({use.name}): {use.study_count} studies, {use.instance_count} objects, "
        f"{shown_bytes(use.originals_bytes)}"
    )
    for each in use.by_modality:
        modalities = ", ".join(each.modalities) or "no modality"
        yield (
            f"  {modalities}: {each.study_count} studies, {each.instance_count} objects, "
            f"{shown_bytes(each.size_bytes)}"
        )
    yield (
        f"  reading copies {shown_bytes(use.copies_bytes)}, in conflict {shown_bytes(use.held_bytes)}, "
        f"on the way {shown_bytes(use.arriving_bytes)}"
    )
    months = [
        f"{each.month} {shown_bytes(each.size_bytes)}"
        for each in reversed(use.by_month)
        if each.size_bytes
    ]
    yield f"  came by month: {', '.join(months) or 'nothing in twelve months'}"


def _of_disk(disk: DiskRoom) -> str:
    lasts = (
        "nothing came in the last 90 days, so how long it lasts is not known"
        if disk.days_left is None
        else f"at {shown_bytes(disk.growth_bytes_per_day)} a day, as in the last 90 days, it lasts for {disk.days_left} days"
    )
    return (
        f"disk: {_LEVELS[disk.level]}: {shown_bytes(disk.free_bytes)} of {shown_bytes(disk.total_bytes)} free, "
        f"{shown_bytes(disk.reserved_bytes)} of it reserved; {lasts}"
    )
