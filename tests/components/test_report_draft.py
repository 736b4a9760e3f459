"""The editor's draft, run by Node against a server that keeps versions and a line that loses things."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODULE = ROOT / "pacscribe_ui" / "components" / "report_draft.js"
SCENARIOS = Path(__file__).parent / "report_draft_scenarios.mjs"
NODE = Path(sys.executable).parent / "node"
NAMES = re.findall(r'^  async "([^"]+)"', SCENARIOS.read_text("utf-8"), re.MULTILINE)


@cache
def _results() -> dict[str, str]:
    done = subprocess.run(
        [NODE, str(SCENARIOS), MODULE.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_in_the_editor(name: str) -> None:
    problem = _results()[name]
    assert not problem, problem


def test_every_scenario_was_run() -> None:
    assert len(NAMES) >= 17
    assert set(_results()) == set(NAMES)
