"""The clock of a session, run by Node."""

import subprocess
from pathlib import Path

from tests.components.node import COMPONENTS, NODE

SCENARIOS = Path(__file__).parent / "session_clock_scenarios.mjs"


def test_the_clock_warns_counts_and_ends_as_the_server_says():
    done = subprocess.run(
        [str(NODE), str(SCENARIOS), str(COMPONENTS / "session_clock.js")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("ok ") == 6
