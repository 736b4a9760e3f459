"""Decoding for reading copies in a process of its own, behind everybody else, that can be killed.

The octets were decoded once before, at ingest, and the viewer decodes them in the server itself; the process is for the
readers: it takes neither their interpreter nor their memory, and the system runs it last. What it does is in
`copyist_child`; what a copy is, in `backend.dicom.reading_copy`.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from backend.adapters.confined_process import ChildFailed, ConfinedProcess
from backend.adapters.copyist_protocol import (
    ANSWER_DONE,
    ANSWER_FRAME,
    MAX_HEAD_BYTES,
    REQUEST_COPY,
    REQUEST_NEXT,
    frame_of,
)
from backend.adapters.parser_protocol import ANSWER_READ, HEAD, RANGE, REQUEST_OCTETS
from backend.dicom.frames import ReadRange
from backend.dicom.plain import NotPlain
from backend.dicom.reading_copy import CopiedFrame
from backend.imaging.packing import NotPacked


@dataclass(frozen=True, slots=True)
class CopyistLimits:
    """What copying may take.

    Attributes:
        memory_bytes: Above what the idle process takes.
        cpu_seconds: Processor time for each frame.
        wall_seconds: Until the process says its next word. Long: while others work, it waits.
        instances_per_process: After so many the process is replaced.
        growth_bytes: A process that has grown by more than this is replaced.
    """

    memory_bytes: int = 2 << 30
    cpu_seconds: int = 60
    wall_seconds: float = 900.0
    instances_per_process: int = 2000
    growth_bytes: int = 512 << 20


class CopyistProcess:
    """One process, started when there is something to copy. For one thread at a time.

    Args:
        limits: For what it does.
    """

    def __init__(self, limits: CopyistLimits | None = None) -> None:
        self._limits = limits or CopyistLimits()
        self._process: ConfinedProcess | None = None
        self._instances = 0

    def copied_frames(self, header_octets: bytes, read_range: ReadRange) -> Iterator[CopiedFrame]:
        """What `backend.dicom.reading_copy.copied_frames` gives.

        Args:
            header_octets: The reading header, as it is kept.
            read_range: Gives octets of the stored file.

        Yields:
            Each frame in order; nothing if no level is dear.

        Raises:
            NotPacked: If the frames cannot be copied, or the process fails over them.
            RuntimeError: If no process can be started.
        """
        process = self._ready()
        is_done = False
        try:
            self._send(process, REQUEST_COPY, header_octets)
            while (frame := self._next(process, read_range)) is not None:
                yield frame
                self._send(process, REQUEST_NEXT, b"")
            is_done = True
        except (ChildFailed, NotPlain) as failure:
            raise NotPacked("The copying process has failed.") from failure
        finally:
            # Whoever breaks off leaves it in the middle of something.
            if not is_done:
                self.rest()

    def rest(self) -> None:
        """End the process; the next copy starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def interrupt(self) -> None:
        """Kill the process; whoever is waiting for it, in another thread, is told that it failed."""
        process = self._process
        if process is not None:
            process.kill()

    def _ready(self) -> ConfinedProcess:
        process = self._process
        if process is not None:
            is_worn = self._instances >= self._limits.instances_per_process
            if is_worn or not process.is_alive or process.grown_bytes > self._limits.growth_bytes:
                self.rest()
        if self._process is None:
            self._instances = 0
            self._process = ConfinedProcess(
                "backend.adapters.copyist_child",
                {
                    "memory_bytes": self._limits.memory_bytes,
                    "cpu_seconds": self._limits.cpu_seconds,
                },
            )
        self._instances += 1
        return self._process

    def _next(self, process: ConfinedProcess, read_range: ReadRange) -> CopiedFrame | None:
        """The next frame; whatever octets the process asks for meanwhile are given to it."""
        while True:
            kind, size_bytes = HEAD.unpack(process.receive(HEAD.size, self._deadline()))
            if kind == ANSWER_READ and size_bytes == RANGE.size:
                offset, length = RANGE.unpack(process.receive(RANGE.size, self._deadline()))
                self._send(process, REQUEST_OCTETS, read_range(offset, length))
            elif kind == ANSWER_FRAME and size_bytes <= MAX_HEAD_BYTES:
                head = process.receive(size_bytes, self._deadline())
                return frame_of(head, lambda size: process.receive(size, self._deadline()))
            elif kind == ANSWER_DONE:
                return None
            else:
                raise ChildFailed

    def _send(self, process: ConfinedProcess, kind: bytes, octets: bytes) -> None:
        process.send(HEAD.pack(kind, len(octets)), self._deadline())
        process.send(octets, self._deadline())

    def _deadline(self) -> float:
        return time.monotonic() + self._limits.wall_seconds
