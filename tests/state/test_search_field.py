"""A search field keeps what is typed while a search is answered, and shows what was searched for otherwise."""

import pytest

from pacscribe_ui.state.worklist import WorklistState


@pytest.fixture
def state() -> WorklistState:
    return WorklistState(_reflex_internal_init=True)


def test_the_field_is_left_alone_while_its_own_search_is_answered(state: WorklistState):
    state._searched_in_field("Anna")
    state._searched("Anna")
    assert state.field_serial == 0


@pytest.mark.parametrize("found", ["", "Berta"], ids=["taken away", "of a kept view"])
def test_the_field_begins_anew_with_what_was_searched_for_elsewhere(
    state: WorklistState, found: str
):
    state._searched_in_field("Anna")
    state._searched("Anna")
    state._searched(found)
    state._searched(found)
    assert state.field_serial == 1
