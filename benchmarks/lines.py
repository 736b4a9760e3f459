"""The lines that readers sit on: loopback itself, and slower ones that `slow_line` plays."""

import functools
import sys
from dataclasses import dataclass

from benchmarks.served import free_port, run_beside, served


@dataclass(frozen=True)
class Line:
    """A way to the server.

    Attributes:
        name: What the figures call it.
        round_trip_ms: There and back.
        megabits: A second, each way; 0 for as many as there are.
    """

    name: str
    round_trip_ms: float = 0.0
    megabits: float = 0.0


LOOPBACK = Line("loopback")
NEAR = Line("5 ms", 5.0)
SLOW = Line("40 ms, 20 Mbit/s", 40.0, 20.0)


@functools.cache
def port_of(line: Line) -> int:
    """Where the server is reached over a line."""
    house = served()
    if line == LOOPBACK:
        return house.port
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.slow_line", str(port), str(house.port)]
    run_beside([*command, str(line.round_trip_ms), str(line.megabits)], port, {})
    return port
