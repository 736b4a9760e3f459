"""What the page of a study lists of a series with many objects."""

import asyncio

import pytest

from backend.services import study_page
from pacscribe_ui.state import study
from pacscribe_ui.state.study import StudyState
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital


def test_every_object_of_a_series_is_reached_page_by_page(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    for module in (study, study_page):
        monkeypatch.setattr(module, "MOST_INSTANCES", 2)
    monkeypatch.setattr(StudyState, "_uid", STUDY)
    page = StudyState(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes one
    listed = []

    async def turn() -> None:
        await page._read()
        await StudyState.show_objects.fn(page, CT_SERIES)
        while True:
            listed.append([each.number for each in page.instances])
            if page.instances_page >= page.instances_page_count:
                break
            await StudyState.turn_objects.fn(page, page.instances_page + 1)
        # What no page shows is asked for by hands on the line alone: the nearest page answers.
        for asked, got in ((10**30, 3), (-1, 1)):
            await StudyState.turn_objects.fn(page, asked)
            assert page.instances_page == got

    asyncio.run(turn())
    assert listed == [["1", "2"], ["3", "4"], ["5"]]
