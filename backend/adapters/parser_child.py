"""The other end of `parser_process`: a process that parses untrusted files within limits, and nothing else.

It reads a request (limits, size), gets the octets as a memory file or over the same socket, and answers with JSON.
It opens no file, no network connection and has no secret in its environment.
"""

import contextlib
import ctypes
import io
import json
import mmap
import os
import resource
import socket
import sys
from pathlib import Path
from typing import BinaryIO

from backend.adapters.parser_protocol import (
    ANSWER_OUT_OF_MEMORY,
    ANSWER_PARSED,
    ANSWER_READY,
    ANSWER_REFUSED,
    HEAD,
    REQUEST_IN_MEMORY_FILE,
)
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.plain import to_json

_PR_SET_NO_NEW_PRIVS = 38
_OPEN_FILES = 64


def main() -> None:
    """Serve requests on standard input (a socket) until it closes.

    The first message is JSON: `memory_bytes` above what the idle process uses, `cpu_seconds` for one file,
    `must_be_filed` as for `parse_instance`.
    """
    channel = socket.socket(fileno=0)
    limits = json.loads(_received(channel, _received_head(channel)[1]))
    _load_codecs()
    _confine(int(limits["memory_bytes"]))
    channel.sendall(HEAD.pack(ANSWER_READY, 0))
    while True:
        try:
            kind, size_bytes, descriptors = _received_request(channel)
        except EOFError:
            return
        _allow_processor_time(int(limits["cpu_seconds"]) + size_bytes // (1 << 20))
        with _opened(channel, kind, size_bytes, descriptors) as source:
            answer, octets = _answer(source, must_be_filed=bool(limits["must_be_filed"]))
        channel.sendall(HEAD.pack(answer, len(octets)) + octets)
        if answer == ANSWER_OUT_OF_MEMORY:
            return  # what is left of a process that ran out of memory is not trusted with another file


def _answer(source: BinaryIO, *, must_be_filed: bool) -> tuple[bytes, bytes]:
    try:
        result = parse_instance(source, must_be_filed=must_be_filed)
        octets = to_json(result)
    except MemoryError:
        return ANSWER_OUT_OF_MEMORY, b""
    return (ANSWER_PARSED if isinstance(result, ParsedInstance) else ANSWER_REFUSED), octets


def _opened(
    channel: socket.socket, kind: bytes, size_bytes: int, descriptors: list[int]
) -> BinaryIO:
    if kind == REQUEST_IN_MEMORY_FILE:
        return os.fdopen(descriptors[0], "rb")
    return io.BytesIO(_received(channel, size_bytes))


def _received_request(channel: socket.socket) -> tuple[bytes, int, list[int]]:
    head, descriptors, _, _ = socket.recv_fds(channel, HEAD.size, 1)
    if not head:
        raise EOFError
    head += _received(channel, HEAD.size - len(head))
    kind, size_bytes = HEAD.unpack(head)
    return kind, size_bytes, list(descriptors)


def _received_head(channel: socket.socket) -> tuple[bytes, int]:
    kind, size_bytes = HEAD.unpack(_received(channel, HEAD.size))
    return kind, size_bytes


def _received(channel: socket.socket, size_bytes: int) -> bytes:
    octets = bytearray(size_bytes)
    view = memoryview(octets)
    filled = 0
    while filled < size_bytes:
        count = channel.recv_into(view[filled:])
        if count == 0:
            raise EOFError
        filled += count
    return bytes(octets)


def _load_codecs() -> None:
    """Load what decoding needs now, so that the limits are counted from there."""
    import imagecodecs

    for name in ("jpeg8", "jpegls", "jpeg2k", "htj2k", "jpegxl", "dicomrle"):
        getattr(imagecodecs, f"{name}_version")()


def _confine(memory_bytes: int) -> None:
    """Take away what parsing does not need: memory, files, core dumps, new rights."""
    with contextlib.suppress(OSError):  # not Linux: the limit is then counted from 0
        statm = Path("/proc/self/statm").read_bytes()
        memory_bytes += int(statm.split()[0]) * mmap.PAGESIZE
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _allow_processor_time(seconds: int) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))
