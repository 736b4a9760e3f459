"""Parsing untrusted files in processes that can be killed: limits on memory, processor time and wall time.

The octets of a small file go over in shared memory (Linux) or through the socket; of a large one only what the process asks
for, step by step. None goes over as a file on disk. What comes back is JSON whose every field is checked. What is read from
a file is known in `backend.dicom`.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backend.adapters.confined_process import ChildFailed, ConfinedProcess, Start
from backend.adapters.confined_template import ProcessTemplate
from backend.adapters.copyist_protocol import ANSWER_FRAME, frame_of
from backend.adapters.memory_room import MemoryRoom, Octets
from backend.adapters.parser_protocol import (
    ANSWER_PARSED,
    ANSWER_READ,
    ANSWER_REFUSED,
    HEAD,
    MOST_BYTES_AT_ONCE,
    RANGE,
    REQUEST_BY_RANGE,
    REQUEST_IN_ROOM,
    REQUEST_INLINE,
    REQUEST_OCTETS,
    REQUEST_ROOM,
)
from backend.dicom.model import ParsedInstance, Refused
from backend.dicom.plain import AlikeReader, NotPlain, from_json
from backend.dicom.reading_copy import CopiedFrame

OVER_LIMIT = "The file took more memory or time than is allowed to read it, or made its decoder fail; it was not stored."

_COPY_STEP_BYTES = 1 << 17
_MAX_ANSWER_BYTES = 64 << 20
# Larger files are not handed over as a whole: they may be larger than the memory.
_WHOLE_UP_TO_BYTES = 8 << 20
# Another process is started when a file has waited so long for those that run, or files have for so long without a break.
_SLOW_FILE_SECONDS = 0.05
_MANY_FILES_SECONDS = 2.0
# Where another process need not load anything.
_MANY_FILES_WITH_TEMPLATE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What one file may take.

    Attributes:
        memory_bytes: Above what an idle parsing process takes.
        cpu_seconds: Processor time, and another second for each MiB of the file.
        wall_seconds: Time until the process is killed, and another second for each MiB of the file.
        files_per_process: After so many files a process is replaced.
        growth_bytes: A process that has grown by more than this is replaced after its file.
        must_be_filed: False where files are only looked at, which may lack the UIDs of their study and series.
        copies: Whether frames for reading copies are made as well.
        niceness: How far its processes step back behind those that answer people; 19 is the last of all.
        idle_seconds: A process that had nothing to do for so long is ended; the next file starts another.
        template_idle_seconds: After so long without any process, what makes them is ended as well.
    """

    memory_bytes: int = 2 << 30
    cpu_seconds: int = 60
    wall_seconds: float = 120.0
    files_per_process: int = 2000
    growth_bytes: int = 256 << 20
    must_be_filed: bool = True
    copies: bool = False
    niceness: int = 5
    idle_seconds: float = 60.0
    template_idle_seconds: float = 300.0


class ParserPool:
    """A few long-lived parsing processes; each is replaced when it dies, grows or has done its share.

    Args:
        processes: How many files are parsed at a time, at most: one process is started, and others when it does not suffice.
        limits: For each file.
        template: Makes the processes, and is closed with the pool; without it each of them loads its libraries itself.

    `parse` may be called from any thread; it waits for a free process.
    """

    def __init__(
        self,
        processes: int = 1,
        limits: ParserLimits | None = None,
        template: ProcessTemplate | None = None,
    ) -> None:
        self._limits = limits or ParserLimits()
        self._template = template
        self._most = max(1, processes)
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._free: list[_Worker] = []  # the one that was used last comes last, and is used next
        self._count = 0  # with those that are at work
        self._era = 0  # of the template
        self._wanted_at = 0.0  # the template
        self._waiting = 0
        self._short_since: float | None = None
        self._starting = 0
        self._started_at = 0.0
        self._watcher: threading.Thread | None = None

    def parse(
        self, octets: Octets, take: Callable[[CopiedFrame], None] | None = None
    ) -> ParsedInstance | Refused:
        """Parse one file.

        Args:
            octets: Its octets. Read in steps, of a large file in the order that parsing takes.
            take: Given the frames for its reading copy, if the pool makes them.

        Returns:
            What is kept of it, or one sentence why it is not taken in; never an exception for what the file does.

        Raises:
            RuntimeError: If the pool is closed, or no parsing process can be started.
        """
        with self._worker() as worker:
            return worker.parse(octets, take)

    def parse_bytes(self, octets: bytes) -> ParsedInstance | Refused:
        """`parse` for octets in memory."""
        return self.parse(_Memory(octets))

    def warm_up(self) -> None:
        """Start one process now, so that the first upload does not wait for it."""
        with self._worker():
            pass

    def expect_files(self) -> None:
        """Files are likely to come soon: begin to load what parses them, and wait for nothing."""
        if self._template is None:
            return
        with self._changed:
            if not self._count and not self._closing.is_set():
                self._wanted_at = time.monotonic()
                self._template.load_ahead()
                self._watch()

    def close(self) -> None:
        """End all processes. Files being parsed are refused."""
        with self._changed:
            self._closing.set()
            self._end(self._free)
            self._changed.notify_all()
        if self._template is not None:
            self._template.close()

    @contextlib.contextmanager
    def _worker(self) -> Iterator["_Worker"]:
        worker = self._next()
        try:
            if worker is not None and not worker.is_alive:
                worker.end()
                worker = None
            if worker is None:
                worker = self._started()
            yield worker
        finally:
            with self._changed:
                if worker is None:
                    self._count -= 1
                elif self._closing.is_set() or not worker.is_fit or worker.era != self._era:
                    self._end([worker])
                    if worker.has_failed:
                        self._begin_era()
                else:
                    self._free.append(worker)
                    self._watch()
                self._changed.notify()

    def _next(self) -> "_Worker | None":
        """A free process, waited for if need be; None for a place where another one is to be started."""
        began = time.monotonic()
        with self._changed:
            if self._free and not self._waiting:
                self._short_since = None
            elif self._short_since is None:
                self._short_since = began
            self._waiting += 1
            try:
                while not self._closing.is_set():
                    if self._free:
                        return self._free.pop()
                    if self._count < self._most and self._is_worth_another(began):
                        self._count += 1
                        return None
                    self._changed.wait(_SLOW_FILE_SECONDS)
            finally:
                self._waiting -= 1
        raise RuntimeError("The parser pool is closed.")

    def _started(self) -> "_Worker":
        with self._changed:
            self._wanted_at = time.monotonic()
            self._starting += 1
        try:
            era = self._era
            start = None if self._template is None else self._template.start
            return _Worker(self._limits, start, era)
        finally:
            with self._changed:
                self._starting -= 1
                self._started_at = time.monotonic()

    def _is_worth_another(self, waiting_since: float) -> bool:
        """Starting a process takes as long as parsing hundreds of small files, so that these rather wait for each other."""
        if self._starting:
            return False
        now = time.monotonic()
        short_since = now if self._short_since is None else self._short_since
        return (
            not self._count
            or now - max(waiting_since, self._started_at) >= _SLOW_FILE_SECONDS
            or now - max(short_since, self._started_at) >= self._many_files_seconds
        )

    @property
    def _many_files_seconds(self) -> float:
        return _MANY_FILES_SECONDS if self._template is None else _MANY_FILES_WITH_TEMPLATE_SECONDS

    def _end(self, workers: list["_Worker"]) -> None:
        """End processes that nobody uses; with the lock held. The list is emptied."""
        while workers:
            workers.pop().end()
            self._count -= 1

    def _begin_era(self) -> None:
        """After a failure: processes that were made from the same template do no further file; with the lock held."""
        if self._template is not None:
            self._era += 1
            self._template.renew()
            self._end(self._free)

    def _forgets_template(self) -> bool:
        """Let go of the template if nothing was to be parsed for some time; whether there is none any more."""
        if self._template is not None:
            if time.monotonic() - self._wanted_at <= self._limits.template_idle_seconds:
                return False
            self._template.renew()
        return True

    def _watch(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(
                target=self._end_idle_workers, name="idle parsers", daemon=True
            )
            self._watcher.start()

    def _end_idle_workers(self) -> None:
        """End processes that have nothing to do; return when none is left, or the pool is closed."""
        while not self._closing.wait(self._limits.idle_seconds / 2):
            with self._changed:
                idle = [w for w in self._free if w.idle_seconds > self._limits.idle_seconds]
                self._free = [worker for worker in self._free if worker not in idle]
                self._end(idle)
                if self._count:
                    self._wanted_at = time.monotonic()
                elif self._forgets_template():
                    self._watcher = None
                    return


@dataclass(frozen=True, slots=True)
class _Memory:
    octets: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.octets)

    def read_range(self, offset: int, length: int) -> bytes:
        return self.octets[offset : offset + length]

    def read_into(self, offset: int, view: memoryview) -> None:
        view[:] = self.octets[offset : offset + len(view)]


class _Worker(ConfinedProcess):
    """One parsing process.

    Attributes:
        has_failed: Whether a file made it fail.
        era: Of its template.
    """

    def __init__(self, limits: ParserLimits, start: Start | None, era: int) -> None:
        self._limits = limits
        self._files = 0
        self._room: MemoryRoom | None = None
        self._reader = AlikeReader(ParsedInstance)
        self.era = era
        self.has_failed = False
        super().__init__(
            "backend.adapters.parser_child",
            {
                "memory_bytes": limits.memory_bytes,
                "cpu_seconds": limits.cpu_seconds,
                "must_be_filed": limits.must_be_filed,
                "copies": limits.copies,
                "niceness": limits.niceness,
            },
            start,
        )

    def end(self) -> None:
        """Kill it, and let go of the file that it had last."""
        if self._room is not None:
            self._room.close()
            self._room = None
        super().end()

    def parse(
        self, octets: Octets, take: Callable[[CopiedFrame], None] | None
    ) -> ParsedInstance | Refused:
        """Parse one file; on any failure of the process it is killed, and the file refused."""
        self._files += 1
        deadline = time.monotonic() + self._limits.wall_seconds + octets.size_bytes / (1 << 20)
        try:
            self._send_file(octets, deadline)
            kind, answer = self._receive_answer(deadline)
            while kind in (ANSWER_FRAME, ANSWER_READ):
                if kind == ANSWER_READ:
                    self._send_range(octets, answer, deadline)
                else:
                    frame = frame_of(answer, lambda size: self.receive(size, deadline))
                    if take is not None:
                        take(frame)
                kind, answer = self._receive_answer(deadline)
            if kind == ANSWER_PARSED:
                result: ParsedInstance | Refused = self._reader.read(answer)
            elif kind == ANSWER_REFUSED:
                result = from_json(Refused, answer)
            else:
                raise ChildFailed
        except (ChildFailed, NotPlain):
            self.is_fit = False
            self.has_failed = True
            return Refused(OVER_LIMIT)
        except BaseException:
            # The caller's own reader failed half-way, or the program is stopping: the process waits for octets that
            # will not come.
            self.is_fit = False
            raise
        self.used()
        has_done_its_share = self._files >= self._limits.files_per_process
        if has_done_its_share or self.grown_bytes > self._limits.growth_bytes:
            self.is_fit = False
        return result

    def _send_file(self, octets: Octets, deadline: float) -> None:
        size_bytes = octets.size_bytes
        if size_bytes > _WHOLE_UP_TO_BYTES:
            self.send(HEAD.pack(REQUEST_BY_RANGE, size_bytes), deadline)
            return
        if not MemoryRoom.is_possible():
            self.send(HEAD.pack(REQUEST_INLINE, size_bytes), deadline)
            for offset in range(0, size_bytes, _COPY_STEP_BYTES):
                step = min(_COPY_STEP_BYTES, size_bytes - offset)
                self.send(octets.read_range(offset, step), deadline)
            return
        if self._room is None:
            self._room = self._shared_room(deadline)
        self._room.fill(octets)
        self.send(HEAD.pack(REQUEST_IN_ROOM, size_bytes), deadline)

    def _shared_room(self, deadline: float) -> MemoryRoom:
        """The room of this process, which it is told of."""
        room = MemoryRoom(_WHOLE_UP_TO_BYTES)
        try:
            self.channel.settimeout(max(0.01, deadline - time.monotonic()))
            head = HEAD.pack(REQUEST_ROOM, room.size_bytes)
            socket.send_fds(self.channel, [head], [room.descriptor])
        except OSError as error:
            room.close()
            raise ChildFailed from error
        return room

    def _send_range(self, octets: Octets, wanted: bytes, deadline: float) -> None:
        if len(wanted) != RANGE.size:
            raise ChildFailed
        offset, length = RANGE.unpack(wanted)
        if length > MOST_BYTES_AT_ONCE or offset + length > octets.size_bytes:
            raise ChildFailed
        self.send(HEAD.pack(REQUEST_OCTETS, length), deadline)
        self.send(octets.read_range(offset, length), deadline)

    def _receive_answer(self, deadline: float) -> tuple[bytes, bytes]:
        kind, size_bytes = HEAD.unpack(self.receive(HEAD.size, deadline))
        if size_bytes > _MAX_ANSWER_BYTES:
            raise ChildFailed
        return kind, self.receive(size_bytes, deadline)
