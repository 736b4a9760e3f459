"""What processes take: memory, and the processor's time."""

import os
from pathlib import Path

MEBIBYTE = 1024 * 1024
_TICKS = os.sysconf("SC_CLK_TCK")


def megabytes(process_id: int) -> float:
    """Memory of a process and all it started; what they share is counted once (proportional set size)."""
    return sum(proportional_bytes(each) for each in _family(process_id)) / MEBIBYTE


def processor_seconds(process_id: int) -> float:
    """Time of the processor that a process and all it started have taken so far, those that have ended too."""
    ticks = 0
    for each in _family(process_id):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))  # of its own, and of children that it has waited for
    return ticks / _TICKS


def proportional_bytes(process_id: int) -> int:
    """Memory of one process, what it shares counted by its part."""
    for line in Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("The kernel does not tell the memory of processes.")


def _family(process_id: int) -> list[int]:
    found = [process_id]
    for children in Path(f"/proc/{process_id}/task").glob("*/children"):
        for child in children.read_text().split():
            found += _family(int(child))
    return found
