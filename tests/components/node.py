"""Runs functions of the front end's modules with Node, so that they can be held against Python."""

import json
import subprocess
import sys
from pathlib import Path

COMPONENTS = Path(__file__).parent.parent.parent / "pacscribe_ui" / "components"
NODE = Path(sys.executable).parent / "node"


def calculate(module: str, calls: list[tuple[str, list]]) -> list:
    """Call functions of a module in one run of Node; a value that JSON has no word for comes as None."""
    program = (
        f"import * as module from {json.dumps((COMPONENTS / module).as_uri())};"
        "let text = ''; for await (const part of process.stdin) text += part;"
        "const answers = JSON.parse(text).map(([name, values]) => module[name](...values) ?? null);"
        "process.stdout.write(JSON.stringify(answers));"
    )
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", program],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)
