"""People's own choices: each has theirs, and nothing but the known choices is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.models.preferences import Preferences
from backend.schemas.preferences import CHOICES, ViewerPreferences, viewer_preferences
from tests.viewing_hospital import Hospital


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    yield hospital
    hospital.close()


CHOSEN = ViewerPreferences(
    tool="pan",
    text_level="none",
    smoothing="sharp",
    layout="2x2",
    slider_side="left",
    wheel="back",
    keys=(("invert", "Shift+K"),),
)


def test_each_person_has_their_own(hospital: Hospital):
    one = hospital.sign_in().caller
    other = hospital.sign_in("clinician@demo.example").caller
    preferences = hospital.services.preferences
    assert preferences.viewer(one) == ViewerPreferences()
    assert preferences.save_viewer(one, CHOSEN) == CHOSEN
    assert preferences.viewer(one) == CHOSEN
    assert preferences.viewer(other) == ViewerPreferences()
    assert preferences.viewer(hospital.sign_in().caller) == CHOSEN  # on another device


def test_choosing_again_changes_the_one_row(hospital: Hospital):
    person = hospital.sign_in("radiologist2@demo.example").caller
    preferences = hospital.services.preferences
    for chosen in (CHOSEN, ViewerPreferences(), CHOSEN):
        preferences.save_viewer(person, chosen)
    assert preferences.viewer(person) == CHOSEN


def test_what_a_later_release_wrote_does_not_stop_this_one(hospital: Hospital):
    person = hospital.sign_in("technologist@demo.example").caller
    with hospital.services.database.write(person.organization_id) as session:
        session.add(
            Preferences(user_id=person.user_id, viewer='{"tool": "scroll", "layout": 3, "x": []}')
        )
    assert hospital.services.preferences.viewer(person) == ViewerPreferences(tool="scroll")


def test_every_choice_is_one_and_the_first_is_the_usual():
    usual = ViewerPreferences()
    for name, choices in CHOICES.items():
        assert getattr(usual, name) == choices[0]
        for choice in choices:
            assert getattr(viewer_preferences({name: choice}), name) == choice
        assert viewer_preferences({name: "something else"}) == usual
    assert viewer_preferences({"layout": "3x3"}).layout == "3x3"
    for nonsense in (
        [["invert", 5]],
        [["In vert", "K"]],
        [["invert", "K" * 41]],
        ["K"],
        "K",
        [["invert", ""]],
    ):
        assert viewer_preferences({"keys": nonsense}) == usual
    many = [[f"command-{number}", "K"] for number in range(201)]
    assert viewer_preferences({"keys": many}) == usual
    assert viewer_preferences({"layout": "0x3", "nonsense": 1}) == usual
