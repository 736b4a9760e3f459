"""What the worklist asks for, one change after the other."""

import asyncio

import pytest

from backend.core.worklist_query import WorklistQuery
from pacscribe_ui.state.worklist import WorklistState
from pacscribe_ui.state.worklist_acts import WorklistActsState
from tests.viewing_hospital import Hospital, ct_slice

SECOND = "radiologist2@demo.example"


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> WorklistState:
    async def address(_self: WorklistState, _query: object) -> str:
        return "/worklist"

    monkeypatch.setattr(WorklistState, "_address", address)
    return WorklistState(_reflex_internal_init=True)


def test_a_filter_that_is_chosen_before_the_search_is_answered_keeps_the_search(
    state: WorklistState,
):
    asyncio.run(WorklistState.search.fn(state, {"text": "T-1"}))
    asyncio.run(WorklistState.filter_by.fn(state, "modality", "CT"))
    assert (state.query.text, state.query.modality) == ("T-1", ("CT",))


def test_a_change_begins_again_at_the_first_page(state: WorklistState):
    asyncio.run(WorklistState.go_to_page.fn(state, 3))
    assert state.query.page == 3
    asyncio.run(WorklistState.toggle.fn(state, "modality", "MR"))
    assert state.query.page == 1


def test_a_shared_view_that_is_gone_meanwhile_leaves_the_bar(hospital: Hospital):
    views, colleague = hospital.services.saved_views, hospital.sign_in(SECOND).caller
    view = views.keep(colleague, "CT", WorklistQuery(modality=("CT",)), shared=True)
    acts = WorklistActsState(_reflex_internal_init=True)

    async def open_twice() -> tuple[list[str], str]:
        await WorklistActsState.prepare.fn(acts)
        assert [each.name for each in acts.views] == ["CT"]
        views.delete(colleague, view)
        renewed, said = await WorklistActsState.open_view.fn(acts, view)
        await renewed.fn(acts)
        return [each.name for each in acts.views], str(said)

    left, said = asyncio.run(open_twice())
    assert left == []
    assert "taken it away" in said


def test_what_is_gone_meanwhile_leaves_the_selection_and_is_said(hospital: Hospital):
    hospital.take_in(
        *(
            ct_slice(1, 1, size_px=8, study_instance_uid=uid, series_instance_uid=f"{uid}.1")
            for uid in ("2.25.61", "2.25.62")
        )
    )
    administrator = hospital.sign_in("admin@demo.example").caller
    acts = WorklistActsState(_reflex_internal_init=True)

    async def mark_what_is_gone() -> list[str]:
        acts.query = WorklistQuery()
        acts.page = hospital.services.worklist.page(administrator, acts.query)
        acts.selected = ["2.25.61", "2.25.62"]
        hospital.services.deletions.delete(administrator, "2.25.61", "a test")
        return [str(await WorklistActsState.mark.fn(acts, True)) for _ in range(2)]

    first, second = asyncio.run(mark_what_is_gone())
    assert "there no longer, so nothing was done" in first
    assert acts.selected == ["2.25.62"]
    assert "One study changed." in second
