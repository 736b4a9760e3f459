"""Runs functions of the front end's modules with Node, so that they can be held against Python."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

COMPONENTS = Path(__file__).parent.parent.parent / "pacscribe_ui" / "components"
NODE = Path(sys.executable).parent / "node"


def address(module: str) -> str:
    """How JavaScript imports a module of the front end; a literal, with its quotes."""
    return json.dumps((COMPONENTS / module).as_uri())


def answer(program: str, given: object = None) -> Any:
    """What a program writes to its output as JSON; it finds under `given` what it is given."""
    read = "let text = ''; for await (const part of process.stdin) text += part;"
    return _output(
        "--input-type=module",
        "-e",
        f"{read} const given = JSON.parse(text); {program}",
        typed=json.dumps(given),
    )


def calculate(module: str, calls: list[tuple[str, list]]) -> list:
    """Call functions of a module; a value that JSON has no word for comes as None."""
    calculator = _calculator()
    assert calculator.stdin is not None
    assert calculator.stdout is not None
    calculator.stdin.write(json.dumps([json.loads(address(module)), calls]) + "\n")
    calculator.stdin.flush()
    told = json.loads(calculator.stdout.readline())
    assert "answers" in told, told["error"]
    return told["answers"]


# One for all: starting Node takes longer than most calculations.
_CALCULATOR = """
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const [address, calls] = JSON.parse(line);
  let told;
  try {
    const module = await import(address);
    told = { answers: calls.map(([name, values]) => module[name](...values) ?? null) };
  } catch (error) {
    told = { error: String(error.stack) };
  }
  process.stdout.write(JSON.stringify(told) + "\\n");
}
"""


@cache
def _calculator() -> subprocess.Popen[str]:
    """Ends with the tests, for then nobody writes to it any more."""
    return subprocess.Popen(
        [NODE, "--input-type=module", "-e", _CALCULATOR],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@cache
def told(scenarios: Path, module: str) -> dict[str, str]:
    """What was wrong in each scenario of a file that is run against a module; nothing, it is hoped."""
    return _output(str(scenarios), (COMPONENTS / module).as_uri())


def scenario_names(scenarios: Path) -> list[str]:
    """The scenarios that a file holds."""
    return re.findall(r'^  async "([^"]+)"', scenarios.read_text("utf-8"), re.MULTILINE)


def _output(*arguments: str, typed: str = "") -> Any:
    done = subprocess.run(
        [NODE, *arguments],
        input=typed,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)
