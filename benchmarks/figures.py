"""What a benchmark answers, and how it is shown."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured number beside its limit.

    Attributes:
        name: What was measured.
        value: The number.
        unit: Its unit.
        limit: What it is held against, None where it is only told.
        ok: Whether it keeps the limit.
        is_floor: The limit is the least, not the most.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    ok: bool = True
    is_floor: bool = False


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(name, value, unit, limit, value <= limit)


def at_least(name: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(name, value, unit, limit, value >= limit, is_floor=True)


def told(name: str, value: float, unit: str) -> Figure:
    return Figure(name, value, unit)


def milliseconds(work: Callable[[int], object], times: int) -> list[float]:
    """How long each call took; `work` gets the number of the call."""
    taken = []
    for number in range(times):
        began = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of text."""
    rows = [("", "measured", "limit", "")]
    for figure in figures:
        limit = ""
        if figure.limit is not None:
            limit = f"{'≥' if figure.is_floor else '≤'} {figure.limit:.2f} {figure.unit}"
        word = "" if figure.limit is None else ("ok" if figure.ok else "MISSED")
        rows.append((figure.name, f"{figure.value:.2f} {figure.unit}", limit, word))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    return "\n".join(
        f"{name:<{widths[0]}}  {value:>{widths[1]}}  {limit:>{widths[2]}}  {word}".rstrip()
        for name, value, limit, word in rows
    )
