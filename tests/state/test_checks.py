"""The page about checks, and what administrators are told on every page: everything in words."""

from dataclasses import replace

import pytest

from backend.core.vocabulary import CheckScope, DamageKind
from backend.schemas.alerts import Alert, AlertKind
from backend.schemas.checks import CheckRow, ChecksView, DamageRow
from pacscribe_ui import text
from pacscribe_ui.state.checks import (
    alert_line,
    background_of,
    check_line,
    damage_line,
    headline_of,
)
from pacscribe_ui.state.settings_sections import SECTIONS

NOW = "2026-03-15T12:00:00+00:00"
RUN = CheckRow(CheckScope.ALL, NOW, NOW, 1234, 5678, 9_000_000, 0, 0, 0, 0)
VIEW = ChecksView((), 0, (), 3)


@pytest.mark.parametrize("kind", DamageKind)
def test_every_kind_of_damage_has_words(kind):
    line = damage_line(DamageRow("2.25.1", "2.25.2", kind, NOW))
    assert line.what == text.Checks.KINDS[kind]


@pytest.mark.parametrize("scope", CheckScope)
def test_every_check_has_words(scope):
    assert check_line(replace(RUN, scope=scope)).scope == text.Checks.SCOPES[scope]


@pytest.mark.parametrize("kind", AlertKind)
def test_every_alert_has_a_sentence_and_leads_to_a_section(kind):
    line = alert_line(Alert(kind, 2))
    # What ends by its time says so last, and the moment follows.
    assert line.sentence.endswith((".", "It ends at"))
    assert line.path in {"/emergency", "/support", *(section.path for section in SECTIONS)}


def test_one_is_not_many():
    assert alert_line(Alert(AlertKind.DAMAGED, 1)).sentence.startswith("1 stored object is")
    assert alert_line(Alert(AlertKind.DAMAGED, 1200)).sentence.startswith("1,200 stored objects are")  # fmt: skip
    assert headline_of(VIEW) == text.Checks.SOUND
    assert headline_of(replace(VIEW, damage_count=1)) == "1 stored object is damaged."
    assert headline_of(replace(VIEW, damage_count=3)) == "3 stored objects are damaged."


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (None, "switched off."),
        (0, "within a day."),
        (1, "within a day."),
        (40, "within 40 days."),
    ],
)
def test_how_long_a_round_takes_is_said(days, sentence):
    assert background_of(replace(VIEW, round_days=days)).endswith(sentence)


def test_a_check_says_what_it_found():
    assert check_line(RUN).result == "All whole"
    assert (check_line(RUN).objects, check_line(RUN).size) == ("1,234", "9.0 MB")
    line = check_line(replace(RUN, damaged=2, recovered=1, copies_renewed=3, orphans=4))
    assert line.is_bad
    assert line.result == (
        "2 damaged, 1 whole again, 3 reading copies made anew, 4 orphaned files, to be swept"
    )
    assert check_line(replace(RUN, finished_at="")).result == text.Checks.NOT_FINISHED
