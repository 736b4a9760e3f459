"""Processes for untrusted octets that need not load their libraries: they are forked from one that did, and has seen no file.

What they do and what is taken from them is the same as for those that start from nothing (`confined_process`). Once one of
them has failed, what is made next comes from a new template, so that no file can learn from the ones before it how
memory is laid out.
"""

import os
import select
import socket
import threading
import time

from backend.adapters.confined_process import (
    ChildFailed,
    ConfinedProcess,
    StartedProcess,
    kill_group,
)
from backend.adapters.parser_protocol import (
    ANSWER_BURIED,
    ANSWER_FORKED,
    HEAD,
    REQUEST_BURY,
    REQUEST_FORK,
)

PARSER_TEMPLATE = "backend.adapters.parser_template"

_ANSWER_SECONDS = 10.0
_ahead: dict[str, "ProcessTemplate"] = {}


def load_ahead(module: str) -> None:
    """Begin to load a template that will be asked for by `template_of`, while the program itself still loads."""
    if ProcessTemplate.is_possible():
        _ahead[module] = ProcessTemplate(module)
        _ahead[module].load_ahead()


def template_of(module: str) -> "ProcessTemplate | None":
    """A template of this module, if the system can have one: that which is loading already, or a new one."""
    if not ProcessTemplate.is_possible():
        return None
    return _ahead.pop(module, None) or ProcessTemplate(module)


class ProcessTemplate:
    """Makes processes of one kind; may be called from any thread.

    Args:
        module: Of the template; its `main` loads, and then serves requests as `confined_template_child` does.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = threading.Lock()
        self._template: _Template | None = None
        self._is_closed = False

    @staticmethod
    def is_possible() -> bool:
        """Whether the system can name a process for certain; without that, processes start from nothing."""
        try:
            os.close(os.pidfd_open(os.getpid()))
        except (AttributeError, OSError):
            return False
        return True

    def load_ahead(self) -> None:
        """Begin to load in the background; the first process waits for the rest of it."""
        threading.Thread(target=self._load, name="load parser", daemon=True).start()

    def start(self, channel: socket.socket) -> StartedProcess:
        """A new process with this as its standard input.

        Raises:
            RuntimeError: If none can be made.
        """
        with self._lock:
            if self._template is not None and not self._template.is_alive:
                self._let_go()
            template = self._loaded()
            try:
                return template.fork(channel)
            except ChildFailed as failure:
                self._let_go()
                raise RuntimeError("No process for untrusted files can be started.") from failure

    def renew(self) -> None:
        """Make no more processes from what is loaded; those that run are not touched. What comes next loads anew."""
        with self._lock:
            self._let_go()

    def close(self) -> None:
        """Make no more processes at all."""
        with self._lock:
            self._is_closed = True
            self._let_go()

    def _load(self) -> None:
        with self._lock:
            if not self._is_closed:
                self._loaded()

    def _loaded(self) -> "_Template":
        if self._is_closed:
            raise RuntimeError("The template is closed.")
        if self._template is None:
            self._template = _Template(self._module)
        return self._template

    def _let_go(self) -> None:
        template, self._template = self._template, None
        if template is not None:
            template.let_go()


class _Template(ConfinedProcess):
    """A process that has loaded what the processes need that it makes."""

    def __init__(self, module: str) -> None:
        self._asking = threading.Lock()
        super().__init__(module, {})

    def fork(self, channel: socket.socket) -> "_Forked":
        """A copy of it.

        Raises:
            ChildFailed: If it does not answer.
        """
        with self._asking:
            kind, process_id, descriptors = self._asked(HEAD.pack(REQUEST_FORK, 0), channel)
        if kind != ANSWER_FORKED or len(descriptors) != 1:
            raise ChildFailed
        return _Forked(self, process_id, descriptors[0])

    def bury(self, process_id: int) -> None:
        """Let go of the number of a process that it made and that has ended."""
        with self._asking:
            if not self.is_fit:
                return  # it has been let go of, and does so by itself
            try:
                kind, _, _ = self._asked(HEAD.pack(REQUEST_BURY, process_id), None)
            except ChildFailed:
                kind = b""
            if kind != ANSWER_BURIED:
                self.end()

    def let_go(self) -> None:
        """It ends by itself when all have ended that it made; nobody waits for that."""
        with self._asking:
            self.is_fit = False
            self.channel.close()
        threading.Thread(target=self._process.wait, name="template's end", daemon=True).start()

    def _asked(self, request: bytes, channel: socket.socket | None) -> tuple[bytes, int, list[int]]:
        if not self.is_fit:
            raise ChildFailed
        try:
            self.channel.settimeout(_ANSWER_SECONDS)
            given = [] if channel is None else [channel.fileno()]
            socket.send_fds(self.channel, [request], given)
            head, descriptors, _, _ = socket.recv_fds(self.channel, HEAD.size, 1)
            head += self.receive(HEAD.size - len(head), time.monotonic() + _ANSWER_SECONDS)
        except OSError as error:
            raise ChildFailed from error
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        kind, number = HEAD.unpack(head)
        return kind, number, list(descriptors)


class _Forked:
    """A process that a template made; implements `StartedProcess`."""

    def __init__(self, template: _Template, process_id: int, descriptor: int) -> None:
        self._template = template
        self._descriptor = descriptor
        self._ending = threading.Lock()
        self.pid = process_id

    def poll(self) -> int | None:
        return None if not self._has_ended(0) else 0

    def kill_all(self) -> None:
        if self.poll() is None:
            kill_group(self.pid)

    def wait(self) -> None:
        self._has_ended(None)
        with self._ending:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
                self._template.bury(self.pid)

    def _has_ended(self, seconds: float | None) -> bool:
        if self._descriptor < 0:
            return True
        watch = select.poll()
        watch.register(self._descriptor, select.POLLIN)
        return bool(watch.poll(None if seconds is None else 1000 * seconds))
