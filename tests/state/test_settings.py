"""The settings: who sees which section, and figures in words."""

import re
from dataclasses import replace

import pytest

from backend.core.caller import system_caller
from backend.core.permissions import Permission
from backend.schemas.storage import (
    DiskRoom,
    ModalityUse,
    MonthUse,
    OrganizationUse,
    RoomLevel,
    StorageView,
)
from pacscribe_ui import pacscribe_ui, text
from pacscribe_ui.state.settings_sections import SECTIONS, first_path, sections_for
from pacscribe_ui.state.storage import (
    disk_lines,
    kept_lines,
    modality_lines,
    month_lines,
    span_of,
)

DISK = DiskRoom(2 * 10**12, 5 * 10**11, 268_435_456, RoomLevel.ENOUGH, 400, 10**9)


def test_every_section_has_a_page_and_every_page_a_section():
    routes = {page.ROUTE for page in pacscribe_ui.PAGES}
    assert {section.path for section in SECTIONS} == {
        route for route in routes if re.fullmatch("/settings/[a-z-]+", route)
    }


def test_a_section_is_listed_for_whoever_may_see_it():
    nobody = system_caller("org", frozenset())
    manager = replace(nobody, permissions=frozenset({Permission.ARCHIVE_MANAGE}))
    assert sections_for(None) == ()
    for_everybody = tuple(section.key for section in SECTIONS if section.permission is None)
    assert sections_for(nobody) == for_everybody
    assert "storage" not in for_everybody
    assert "storage" in sections_for(manager)
    assert first_path(None) == ""
    assert first_path(nobody) == "/settings/profile"
    assert first_path(manager) == "/settings/storage"


@pytest.mark.parametrize("level", RoomLevel)
def test_every_level_has_words(level):
    lines = disk_lines(replace(DISK, level=level))
    assert (lines.level, lines.headline) == (level.value, text.Storage.LEVELS[level])
    assert lines.meaning.endswith(".")


def test_the_disk_is_told_in_words():
    lines = disk_lines(DISK)
    assert lines.free == "500 GB of 2.0 TB free"
    assert lines.reserved.startswith("268 MB of it stay reserved")
    assert lines.lasts == "At the growth of the last 90 days it lasts for about 13 months."
    assert lines.used_percent == 75
    assert disk_lines(replace(DISK, days_left=None)).lasts == text.Storage.LASTS_FOREVER


@pytest.mark.parametrize(
    ("days", "span"),
    [
        (0, "less than a day"),
        (1, "1 day"),
        (89, "89 days"),
        (90, "about 3 months"),
        (730, "about 2 years"),
        (4000, "more than ten years"),
    ],
)
def test_a_span_is_as_exact_as_it_is_known(days, span):
    assert span_of(days) == span


def test_rows_have_bars_by_the_largest():
    use = OrganizationUse(
        slug="east",
        name="East Hospital",
        study_count=1234,
        instance_count=5,
        originals_bytes=3_000_000,
        copies_bytes=0,
        held_bytes=2_000_000,
        arriving_bytes=0,
        by_modality=(ModalityUse(("CT", "SR"), 2, 3, 2_000_000), ModalityUse((), 1, 2, 1_000_000)),
        by_month=(MonthUse("2026-01", 1, 10), MonthUse("2026-02", 0, 0)),
    )
    assert [(line.label, line.size, line.percent) for line in modality_lines(use)] == [
        ("CT, SR", "2.0 MB", 100),
        ("Not given", "1.0 MB", 50),
    ]
    assert [(line.label, line.percent) for line in month_lines(use)] == [
        ("2026-02", 0),
        ("2026-01", 100),
    ]
    kept = kept_lines(StorageView(use, 1000, DISK))
    assert kept[0] == ("Studies", "1,234")
    assert ("Files in conflict, kept apart", "2.0 MB") in kept
    assert kept[-1] == ("Database of the whole installation", "1.0 kB")
