"""Runs every benchmark, prints a table and writes `benchmarks/results/figures.json`. Exit status 1 if a limit is missed.

`python -m benchmarks tiles memory` runs some of them.
"""

import importlib
import json
import os
import platform
import signal
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure, table

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    found = sorted(path.stem for path in HERE.glob("bench_*.py"))
    unknown = [name for name in names if f"bench_{name}" not in found]
    if unknown:
        print(f"There is no benchmark {unknown[0]}.", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for module in found:
        if not names or module.removeprefix("bench_") in names:
            print(f"{module} ...", file=sys.stderr, flush=True)
            figures += importlib.import_module(f"benchmarks.{module}").run()
    print(table(figures))
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "figures.json").write_text(
        json.dumps(
            {
                "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "python": platform.python_version(),
                "processors": os.cpu_count(),
                "load": os.getloadavg(),
                "figures": [asdict(figure) for figure in figures],
            },
            indent=2,
        )
        + "\n"
    )
    return 0 if all(figure.ok for figure in figures) else 1


if __name__ == "__main__":
    # Asked to stop, stop the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main(sys.argv[1:]))
