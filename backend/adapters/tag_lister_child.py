"""The other end of `tag_lister_process`: lists the elements of one untrusted file, and ends."""

import io
import json
import socket
from functools import partial
from typing import BinaryIO

from backend.adapters.confined_child import (
    allow_processor_time,
    confine,
    received,
    received_head,
)
from backend.adapters.parser_child import ask_for
from backend.adapters.parser_protocol import (
    ANSWER_OUT_OF_MEMORY,
    ANSWER_PARSED,
    ANSWER_READY,
    ANSWER_REFUSED,
    HEAD,
)
from backend.core.range_file import RangeFile
from backend.dicom.part10 import Unreadable
from backend.dicom.plain import to_json
from backend.dicom.tag_listing import list_tags

_READ_AHEAD_BYTES = 1 << 14
_DAMAGED = "The object is damaged; its elements cannot be listed."


def main() -> None:
    """Serve one request on standard input (a socket).

    The first message is JSON: `memory_bytes`, `cpu_seconds`. The answer is the JSON of a `TagListing`.
    """
    channel = socket.socket(fileno=0)
    limits = json.loads(received(channel, received_head(channel)[1]))
    confine(int(limits["memory_bytes"]))
    allow_processor_time(int(limits["cpu_seconds"]))
    channel.sendall(HEAD.pack(ANSWER_READY, 0))
    _, size_bytes = received_head(channel)
    source = io.BufferedReader(RangeFile(size_bytes, partial(ask_for, channel)), _READ_AHEAD_BYTES)
    answer, octets = _answer(source)
    channel.sendall(HEAD.pack(answer, len(octets)) + octets)


def _answer(source: BinaryIO) -> tuple[bytes, bytes]:
    try:
        return ANSWER_PARSED, to_json(list_tags(source))
    except Unreadable as reason:
        return ANSWER_REFUSED, str(reason).encode()
    except MemoryError:
        return ANSWER_OUT_OF_MEMORY, b""
    except Exception:  # noqa: BLE001 - hostile octets may make any library stumble anywhere; all of it means the same
        return ANSWER_REFUSED, _DAMAGED.encode()
