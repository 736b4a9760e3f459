"""A process that works on untrusted octets and can be killed: how it is started, spoken to and ended.

It gets a socket as its standard input and nothing else: no file, no network, no secret in its environment. What is said over
the socket is in `parser_process` and `copyist_process`; what the process takes away from itself, in `confined_child`.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

import backend
from backend.adapters.parser_protocol import HEAD

_COPY_STEP_BYTES = 1 << 20
# Of what has come already: an answer to a small file is taken from the socket at once, and not head and rest one by one.
_READ_AHEAD_BYTES = 1 << 14
_START_SECONDS = 30.0
_CHILD = "import sys; sys.path.insert(0, {root!r}); from {module} import main; main()"
# numpy's and the codecs' thread pools would only cost memory here.
_CHILD_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class ChildFailed(Exception):  # noqa: N818 - a reason, not a fault
    """The process died, was too slow or answered nonsense."""


class StartedProcess(Protocol):
    """A process, however it was started; it leads a group of its own."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def poll(self) -> int | None:
        """None while it runs."""
        ...

    def kill_all(self) -> None:
        """Kill it and everything it may have started, unless it has ended."""
        ...

    def wait(self) -> object:
        """Wait until it has ended, and let go of its number."""
        ...


Start = Callable[[socket.socket], StartedProcess]


class ConfinedProcess:
    """One such process and the socket to it.

    Args:
        module: Its `main` serves requests on standard input.
        settings: Sent to it as JSON, first of all; it answers when it is ready.
        start: Starts it, given its end of the socket; by default as a new program.

    Raises:
        RuntimeError: If it cannot be started.
    """

    # What has come of it beyond what was asked for.
    _ahead = b""

    def __init__(
        self, module: str, settings: Mapping[str, object], start: Start | None = None
    ) -> None:
        self._last_used = time.monotonic()
        self.is_fit = True
        self.channel, theirs = socket.socketpair()
        try:
            self._process = (start or partial(_Program, module))(theirs)
        except BaseException:
            self.channel.close()
            raise
        finally:
            theirs.close()
        octets = json.dumps(settings).encode("ascii")
        try:
            self.send(HEAD.pack(b"LIMI", len(octets)) + octets, time.monotonic() + _START_SECONDS)
            self.receive(HEAD.size, time.monotonic() + _START_SECONDS)
        except ChildFailed as failure:
            self.end()
            raise RuntimeError("No process for untrusted files can be started.") from failure
        self._resident_at_start_bytes = self._resident_bytes()

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs; one that died while idle is not the next file's fault."""
        return self._process.poll() is None

    @property
    def idle_seconds(self) -> float:
        """How long it has had nothing to do."""
        return time.monotonic() - self._last_used

    @property
    def grown_bytes(self) -> int:
        """How much larger it is than at its start."""
        return self._resident_bytes() - self._resident_at_start_bytes

    def used(self) -> None:
        """It has just done something."""
        self._last_used = time.monotonic()

    def end(self) -> None:
        """Kill the process and everything it may have started."""
        self.is_fit = False
        self.channel.close()
        self._process.kill_all()
        self._process.wait()

    def kill(self) -> None:
        """Kill the process while another thread may be waiting for it; that thread must still `end` it."""
        if self.is_alive:
            self._process.kill_all()

    def send(self, octets: bytes, deadline: float) -> None:
        """Send all of it.

        Raises:
            ChildFailed: If the process does not take it until the deadline (monotonic seconds).
        """
        try:
            self.channel.settimeout(_left(deadline))
            self.channel.sendall(octets)
        except OSError as error:
            raise ChildFailed from error

    def receive(self, size_bytes: int, deadline: float) -> bytes:
        """Exactly so many octets.

        Raises:
            ChildFailed: If they do not come until the deadline (monotonic seconds).
        """
        _left(deadline)
        octets = bytearray(self._ahead)
        while len(octets) < size_bytes:
            missing = size_bytes - len(octets)
            try:
                self.channel.settimeout(_left(deadline))
                step = self.channel.recv(max(_READ_AHEAD_BYTES, min(_COPY_STEP_BYTES, missing)))
            except OSError as error:
                raise ChildFailed from error
            if not step:
                raise ChildFailed
            octets += step
        self._ahead = bytes(octets[size_bytes:])
        return bytes(octets[:size_bytes])

    def _resident_bytes(self) -> int:
        try:
            fields = Path(f"/proc/{self._process.pid}/statm").read_bytes().split()
        except OSError:
            return 0  # not Linux, or it has just died, which the next file will show
        return int(fields[1]) * os.sysconf("SC_PAGESIZE")


class _Program(subprocess.Popen[bytes]):
    """A process that starts from nothing, and loads what it needs."""

    def __init__(self, module: str, channel: socket.socket) -> None:
        root = str(Path(backend.__file__).parents[1])
        super().__init__(
            [sys.executable, "-I", "-B", "-c", _CHILD.format(root=root, module=module)],
            stdin=channel.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_CHILD_ENVIRONMENT,
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )

    def kill_all(self) -> None:
        kill_group(self.pid)


def kill_group(process_id: int) -> None:
    """Kill a process and whatever it has started in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process_id, signal.SIGKILL)


def _left(deadline: float) -> float:
    """Seconds until the deadline; one that keeps talking must not outlast it."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise ChildFailed
    return seconds
