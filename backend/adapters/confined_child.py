"""What a process that works on untrusted octets does to itself first: it takes away what the work does not need.

What it then does is in `parser_child` and `copyist_child`; how it is started, in `confined_process`.
"""

import contextlib
import ctypes
import mmap
import resource
import socket
import sys
from pathlib import Path

from backend.adapters.parser_protocol import HEAD

_PR_SET_NO_NEW_PRIVS = 38
_OPEN_FILES = 64


def received_head(channel: socket.socket) -> tuple[bytes, int]:
    """The word and the length of the next message."""
    kind, size_bytes = HEAD.unpack(received(channel, HEAD.size))
    return kind, size_bytes


def received(channel: socket.socket, size_bytes: int) -> bytes:
    """Exactly so many octets.

    Raises:
        EOFError: If the other end has closed.
    """
    octets = bytearray(size_bytes)
    receive_into(channel, memoryview(octets))
    return bytes(octets)


def receive_into(channel: socket.socket, view: memoryview) -> None:
    """Fill `view`.

    Raises:
        EOFError: If the other end has closed.
    """
    while view:
        count = channel.recv_into(view)
        if count == 0:
            raise EOFError
        view = view[count:]


def load_codecs(*further: str) -> None:
    """Load what decoding needs now, so that the limits are counted from there.

    Args:
        further: Names of codecs that are needed besides.
    """
    import imagecodecs

    for name in ("jpeg8", "jpegls", "jpeg2k", "htj2k", "jpegxl", "dicomrle", *further):
        getattr(imagecodecs, f"{name}_version")()


def confine(memory_bytes: int) -> None:
    """Take away what parsing does not need: memory, files, core dumps, new rights."""
    with contextlib.suppress(OSError):  # not Linux: the limit is then counted from 0
        statm = Path("/proc/self/statm").read_bytes()
        memory_bytes += int(statm.split()[0]) * mmap.PAGESIZE
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    give_up_rights()


def give_up_rights() -> None:
    """Take away files, core dumps and new rights; not memory, which a process gives up once it has loaded what it needs."""
    limits = {
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def allow_processor_time(seconds: int) -> None:
    """From now on so many seconds; whoever takes more is ended by the system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))
