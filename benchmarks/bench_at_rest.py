"""Memory of a served PACScribe: at rest, and after much was looked at."""

import time
from pathlib import Path

from benchmarks.clients import Http
from benchmarks.figures import Figure, at_most, told
from benchmarks.served import served

MEBIBYTE = 1024 * 1024


def run() -> list[Figure]:
    house = served()
    time.sleep(3)
    figures = [at_most("Memory at rest, all processes", _megabytes(house.process_id), "MB", 250.0)]
    http = Http(house.port, house.cookie)
    for image in house.ct.images:
        http.get(
            f"/api/v1/studies/{house.study}/instances/{image.sop_instance_uid}/frames/1/tile?level=0"
        )
    for level in (0, 1, 2, 3):
        http.get(
            f"/api/v1/studies/{house.mammogram_study}/instances/{house.mammogram_instance}"
            f"/frames/1/tile?level={level}"
        )
    http.close()
    figures.append(
        told("Memory after 300 slices and a mammogram", _megabytes(house.process_id), "MB")
    )
    return figures


def _megabytes(process_id: int) -> float:
    """Memory of a process and all it started; what they share is counted once (proportional set size)."""
    return sum(_proportional_bytes(each) for each in _family(process_id)) / MEBIBYTE


def _family(process_id: int) -> list[int]:
    found = [process_id]
    for children in Path(f"/proc/{process_id}/task").glob("*/children"):
        for child in children.read_text().split():
            found += _family(int(child))
    return found


def _proportional_bytes(process_id: int) -> int:
    for line in Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("The kernel does not tell the memory of processes.")
