"""Stacks of a series on the viewer page: each has a card and a place in the address, also where it is found late."""

import pytest

from backend.services import known_stacks
from tests.state.viewer_pages import call, give, opened
from tests.viewing_hospital import ct_slice

ECHOES = "2.25.1009"


@pytest.fixture
def echoes(hospital):
    """A further series of two echoes, three slices each."""
    hospital.take_in(
        *[
            ct_slice(z, 2 * n + echo, series_instance_uid=ECHOES, EchoTime=echo * 20.0, SeriesNumber=9)
            for n, z in enumerate((0, 2, 4))
            for echo in (1, 2)
        ]
    )  # fmt: skip
    return [f"{ECHOES}/te-20-ms", f"{ECHOES}/te-40-ms"]


def test_each_stack_of_a_series_has_a_card_and_a_place_in_the_address(hospital, echoes):
    state = opened()
    cards = [card for card in state.cards if card.series_instance_uid == ECHOES]
    assert [(card.key, card.stack_label, card.image_count) for card in cards] == [
        (echoes[0], "TE 20 ms", 3),
        (echoes[1], "TE 40 ms", 3),
    ]
    give(state, f"show-{echoes[1]}")
    assert state.active_key == echoes[1]
    assert "k1=te-40-ms" in state.search
    again = opened(state.search)
    assert again.active_key == echoes[1]


@pytest.mark.parametrize("stack", ["", "te-999-ms", "../../x"])
def test_an_address_without_a_known_stack_opens_the_first_of_its_series(hospital, echoes, stack):
    state = opened(f"?s1={ECHOES}&k1={stack}&i1=2")
    assert state.active_key == echoes[0]
    assert state.views[0].image_index == 2


def test_stacks_that_are_found_later_take_their_places(hospital, echoes, monkeypatch):
    monkeypatch.setattr(known_stacks, "_FRAMES_ORDERED_AT_OPENING", 1)
    state = opened()
    assert not state.study.is_whole
    give(state, f"show-{ECHOES}")
    assert state.active_key == ECHOES
    call(state, "complete")
    assert state.study.is_whole
    assert state.active_key == echoes[0]
    assert [card.key for card in state.cards if card.series_instance_uid == ECHOES] == echoes


def test_what_is_dear_to_divide_is_divided_after_the_first_image(hospital, echoes, monkeypatch):
    monkeypatch.setattr(known_stacks, "_OBJECTS_READ_AT_OPENING", 5)
    state = opened()
    assert not state.study.is_whole
    assert ECHOES in [card.key for card in state.cards]
    call(state, "complete")
    assert [card.key for card in state.cards if card.series_instance_uid == ECHOES] == echoes


def test_an_address_finds_its_stack_in_a_study_too_large_to_be_looked_through(
    hospital, echoes, monkeypatch
):
    monkeypatch.setattr(known_stacks, "_FRAMES_ORDERED_AT_OPENING", 1)
    state = opened(f"?s1={ECHOES}&k1=te-40-ms")
    assert not state.study.is_whole
    assert state.active_key == echoes[1]
