"""The other end of `attacher_process`: makes one instance of an untrusted file, or finds the document in one, and ends."""

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
from backend.dicom.attachment_model import AttachmentOrder
from backend.dicom.attachments import NotAttachable, attachment, document_place

_READ_AHEAD_BYTES = 1 << 16
_DAMAGED = "The file is damaged and cannot be read."


def main() -> None:
    """Serve one request on standard input (a socket).

    The first message is JSON: `memory_bytes`, `cpu_seconds`, and `order` for making an instance, without which the place of
    a document is looked for. The answer is JSON with the lengths of the parts that follow it.
    """
    channel = socket.socket(fileno=0)
    asked = json.loads(received(channel, received_head(channel)[1]))
    confine(int(asked["memory_bytes"]))
    allow_processor_time(int(asked["cpu_seconds"]))
    channel.sendall(HEAD.pack(ANSWER_READY, 0))
    _, size_bytes = received_head(channel)
    source = io.BufferedReader(RangeFile(size_bytes, partial(ask_for, channel)), _READ_AHEAD_BYTES)
    answer, octets = _answer(source, asked.get("order"))
    channel.sendall(HEAD.pack(answer, len(octets)) + octets)


def _answer(source: BinaryIO, order: dict[str, object] | None) -> tuple[bytes, bytes]:
    try:
        if order is None:
            place = document_place(source)
            return ANSWER_PARSED, json.dumps([place.offset, place.length]).encode()
        parts = attachment(source, AttachmentOrder(**order))  # type: ignore[arg-type]  # ours, from the parent
    except NotAttachable as reason:
        return ANSWER_REFUSED, str(reason).encode()
    except MemoryError:
        return ANSWER_OUT_OF_MEMORY, b""
    except Exception:  # noqa: BLE001 - hostile octets may make any library stumble anywhere; all of it means the same
        return ANSWER_REFUSED, _DAMAGED.encode()
    head = HEAD.pack(b"FILE" if parts.holds_file else b"NONE", len(parts.before))
    return ANSWER_PARSED, head + parts.before + parts.behind
