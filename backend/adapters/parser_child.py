"""The other end of `parser_process`: a process that parses untrusted files within limits, and nothing else.

It reads a request (limits, size), finds the octets in memory that it shares or gets them over the same socket, all at once or
as it asks for them, and answers with JSON.
It opens no file, no network connection and has no secret in its environment.
"""

import contextlib
import ctypes
import io
import json
import mmap
import os
import socket
from collections.abc import Callable
from functools import partial
from typing import BinaryIO, cast

from backend.adapters.confined_child import (
    allow_processor_time,
    confine,
    load_codecs,
    receive_into,
    received,
    received_head,
)
from backend.adapters.copyist_child import send_frame
from backend.adapters.parser_protocol import (
    ANSWER_OUT_OF_MEMORY,
    ANSWER_PARSED,
    ANSWER_READ,
    ANSWER_READY,
    ANSWER_REFUSED,
    HEAD,
    MOST_BYTES_AT_ONCE,
    RANGE,
    REQUEST_BY_RANGE,
    REQUEST_IN_ROOM,
    REQUEST_OCTETS,
    REQUEST_ROOM,
)
from backend.core.memory_file import MemoryFile
from backend.core.range_file import RangeFile
from backend.dicom.alike import Alike
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.plain import AlikeWriter, to_json
from backend.dicom.reading_copy import CopiedFrame

_READ_AHEAD_BYTES = 1 << 16
_TO_READ = 0x100  # PyBUF_READ


def main() -> None:
    """Serve requests on standard input (a socket) until it closes.

    The first message is JSON: `memory_bytes` above what the idle process uses, `cpu_seconds` for one file,
    `must_be_filed` as for `parse_instance`, `copies` whether frames for reading copies are sent before the answer,
    `niceness` how far the process steps back.
    """
    channel = socket.socket(fileno=0)
    limits = json.loads(received(channel, received_head(channel)[1]))
    with contextlib.suppress(OSError):
        os.nice(int(limits["niceness"]))  # who looks at images goes first
    load()
    confine(int(limits["memory_bytes"]))
    channel.sendall(HEAD.pack(ANSWER_READY, 0))
    room = memoryview(b"")
    alike, writer = Alike(), AlikeWriter()
    while True:
        try:
            kind, size_bytes, descriptors = _received_request(channel)
        except EOFError:
            return
        if kind == REQUEST_ROOM:
            room = _mapped(descriptors[0], size_bytes)
            continue
        allow_processor_time(int(limits["cpu_seconds"]) + size_bytes // (1 << 20))
        with _opened(channel, kind, size_bytes, room) as source:
            take = partial(send_frame, channel) if limits["copies"] else None
            answer, octets = _answer(
                source, take, alike, writer, must_be_filed=bool(limits["must_be_filed"])
            )
        channel.sendall(HEAD.pack(answer, len(octets)) + octets)
        if answer == ANSWER_OUT_OF_MEMORY:
            return  # what is left of a process that ran out of memory is not trusted with another file


def load() -> None:
    """Load what parsing needs; does little where that is done."""
    load_codecs("blosc2")


def _answer(
    source: BinaryIO,
    take: Callable[[CopiedFrame], None] | None,
    alike: Alike,
    writer: AlikeWriter,
    *,
    must_be_filed: bool,
) -> tuple[bytes, bytes]:
    try:
        result = parse_instance(source, must_be_filed=must_be_filed, take=take, alike=alike)
        if isinstance(result, ParsedInstance):
            return ANSWER_PARSED, writer.write(result).encode()
        return ANSWER_REFUSED, to_json(result)
    except MemoryError:
        return ANSWER_OUT_OF_MEMORY, b""


def _mapped(descriptor: int, size_bytes: int) -> memoryview:
    """Shared memory, to read. No descriptor of it is left; `mmap.mmap` would keep one."""
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long
    )  # fmt: skip
    address = libc.mmap(None, size_bytes, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    os.close(descriptor)
    if address == ctypes.c_void_p(-1).value:
        raise MemoryError
    view_of = ctypes.pythonapi.PyMemoryView_FromMemory
    view_of.restype = ctypes.py_object
    view_of.argtypes = ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int
    view: memoryview = view_of(address, size_bytes, _TO_READ)
    return view


def _opened(channel: socket.socket, kind: bytes, size_bytes: int, room: memoryview) -> BinaryIO:
    if kind == REQUEST_IN_ROOM:
        return cast(BinaryIO, MemoryFile(room[:size_bytes]))
    if kind == REQUEST_BY_RANGE:
        return io.BufferedReader(
            RangeFile(size_bytes, partial(ask_for, channel)), _READ_AHEAD_BYTES
        )
    return io.BytesIO(received(channel, size_bytes))


def ask_for(channel: socket.socket, position: int, view: memoryview) -> int:
    """Octets of the file that the other end keeps, into `view`."""
    length = min(len(view), MOST_BYTES_AT_ONCE)
    wanted = RANGE.pack(position, length)
    channel.sendall(HEAD.pack(ANSWER_READ, RANGE.size) + wanted)
    if received_head(channel) != (REQUEST_OCTETS, length):
        raise EOFError
    receive_into(channel, view[:length])
    return length


def _received_request(channel: socket.socket) -> tuple[bytes, int, list[int]]:
    head, descriptors, _, _ = socket.recv_fds(channel, HEAD.size, 1)
    if not head:
        raise EOFError
    head += received(channel, HEAD.size - len(head))
    kind, size_bytes = HEAD.unpack(head)
    return kind, size_bytes, list(descriptors)
