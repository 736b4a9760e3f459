"""The editor's draft, run by Node against a server that keeps versions and a line that loses things."""

from pathlib import Path

import pytest

from tests.components.node import scenario_names, told

SCENARIOS = Path(__file__).parent / "report_draft_scenarios.mjs"
NAMES = scenario_names(SCENARIOS)


@pytest.mark.parametrize("name", NAMES)
def test_in_the_editor(name: str) -> None:
    problem = told(SCENARIOS, "report_draft.js")[name]
    assert not problem, problem


def test_every_scenario_was_run() -> None:
    assert len(NAMES) >= 17
    assert set(told(SCENARIOS, "report_draft.js")) == set(NAMES)
