"""The other end of `copyist_process`: a process that decodes frames for reading copies, whenever nobody else wants a processor.

It is confined like a parsing process, and asks its parent for the octets it needs.
"""

import contextlib
import json
import os
import socket

from backend.adapters.confined_child import (
    allow_processor_time,
    confine,
    load_codecs,
    received,
    received_head,
)
from backend.adapters.copyist_protocol import (
    ANSWER_DONE,
    ANSWER_FRAME,
    ANSWER_NOT_POSSIBLE,
    ANSWER_OUT_OF_MEMORY,
    REQUEST_NEXT,
    head_of,
)
from backend.adapters.parser_protocol import ANSWER_READ, ANSWER_READY, HEAD, RANGE, REQUEST_OCTETS
from backend.core.errors import NotDisplayable
from backend.dicom.plain import NotPlain
from backend.dicom.reading_copy import CopiedFrame, copied_frames
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.packing import NotPacked


def main() -> None:
    """Serve requests on standard input (a socket) until it closes.

    The first message is JSON: `memory_bytes` above what the idle process uses, `cpu_seconds` for each frame.
    """
    channel = socket.socket(fileno=0)
    limits = json.loads(received(channel, received_head(channel)[1]))
    _step_back()
    load_codecs("blosc2")
    confine(int(limits["memory_bytes"]))
    channel.sendall(HEAD.pack(ANSWER_READY, 0))
    # The parent has closed its end, or has died: there is nobody to work for.
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            header_octets = received(channel, received_head(channel)[1])
            answer = _copied(channel, header_octets, int(limits["cpu_seconds"]))
            channel.sendall(HEAD.pack(answer, 0))
            if answer == ANSWER_OUT_OF_MEMORY:
                return


def _copied(channel: socket.socket, header_octets: bytes, cpu_seconds: int) -> bytes:
    def read_range(offset: int, length: int) -> bytes:
        channel.sendall(HEAD.pack(ANSWER_READ, RANGE.size) + RANGE.pack(offset, length))
        kind, size_bytes = received_head(channel)
        if kind != REQUEST_OCTETS:
            raise EOFError
        return received(channel, size_bytes)

    try:
        allow_processor_time(cpu_seconds)
        for frame in copied_frames(ReadingHeader.from_bytes(header_octets), read_range):
            send_frame(channel, frame)
            if received_head(channel) != (REQUEST_NEXT, 0):
                raise EOFError
            allow_processor_time(cpu_seconds)
    except (NotDisplayable, NotPacked, NotPlain):
        return ANSWER_NOT_POSSIBLE
    except MemoryError:
        return ANSWER_OUT_OF_MEMORY
    return ANSWER_DONE


def send_frame(channel: socket.socket, frame: CopiedFrame) -> None:
    """Send a frame with its packed levels."""
    head = head_of(frame)
    channel.sendall(HEAD.pack(ANSWER_FRAME, len(head)) + head)
    for packed in frame.levels:
        channel.sendall(packed.octets)


def _step_back() -> None:
    """Run only when a processor would otherwise be idle, where the system knows how; else as the last of all."""
    with contextlib.suppress(OSError):
        os.nice(19)
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
