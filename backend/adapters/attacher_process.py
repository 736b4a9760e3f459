"""Making attachments of untrusted files in a process that can be killed, one for each file. What is made is in `dicom.attachments`."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict

from backend.adapters.confined_process import ChildFailed, ConfinedProcess
from backend.adapters.parser_process import OVER_LIMIT, Octets
from backend.adapters.parser_protocol import (
    ANSWER_PARSED,
    ANSWER_READ,
    ANSWER_REFUSED,
    HEAD,
    MOST_BYTES_AT_ONCE,
    RANGE,
    REQUEST_BY_RANGE,
    REQUEST_OCTETS,
)
from backend.core.errors import FileRefused
from backend.dicom.attachment_model import AttachmentOrder, AttachmentParts, DocumentPlace

_MEMORY_BYTES = 2 << 30
_CPU_SECONDS = 60
_WALL_SECONDS = 120.0
_MOST_ANSWER_BYTES = 320 << 20  # the samples of the largest picture, and a little
_MOST_SENTENCE_BYTES = 400


class AttacherProcess:
    """Implements `services.attaching.MakesAttachments`."""

    def attachment(self, octets: Octets, order: AttachmentOrder) -> AttachmentParts:
        """An instance of a file, in parts.

        Raises:
            FileRefused: With the reason.
        """
        answer = _asked({"order": asdict(order)}, octets)
        if len(answer) < HEAD.size:
            raise FileRefused(OVER_LIMIT)
        kind, length = HEAD.unpack(answer[: HEAD.size])
        end = HEAD.size + length
        return AttachmentParts(answer[HEAD.size : end], kind == b"FILE", answer[end:])

    def document_place(self, octets: Octets) -> DocumentPlace:
        """Where in an instance its document is.

        Raises:
            FileRefused: With the reason.
        """
        answer = json.loads(_asked({}, octets))
        offset, length = (int(number) for number in answer)
        if offset < 0 or length < 0 or offset + length > octets.size_bytes:
            raise FileRefused(OVER_LIMIT)
        return DocumentPlace(offset, length)


def _asked(request: Mapping[str, object], octets: Octets) -> bytes:
    process = ConfinedProcess(
        "backend.adapters.attacher_child",
        {"memory_bytes": _MEMORY_BYTES, "cpu_seconds": _CPU_SECONDS, **request},
    )
    deadline = time.monotonic() + _WALL_SECONDS + octets.size_bytes / (1 << 20)
    try:
        process.send(HEAD.pack(REQUEST_BY_RANGE, octets.size_bytes), deadline)
        while True:
            kind, size_bytes = HEAD.unpack(process.receive(HEAD.size, deadline))
            if size_bytes > _MOST_ANSWER_BYTES:
                raise ChildFailed
            answer = process.receive(size_bytes, deadline)
            if kind != ANSWER_READ:
                break
            _send_range(process, octets, answer, deadline)
    except ChildFailed:
        raise FileRefused(OVER_LIMIT) from None
    finally:
        process.end()
    if kind == ANSWER_REFUSED:
        raise FileRefused(answer[:_MOST_SENTENCE_BYTES].decode("utf-8", "replace"))
    if kind != ANSWER_PARSED:
        raise FileRefused(OVER_LIMIT)
    return answer


def _send_range(process: ConfinedProcess, octets: Octets, wanted: bytes, deadline: float) -> None:
    if len(wanted) != RANGE.size:
        raise ChildFailed
    offset, length = RANGE.unpack(wanted)
    if length > MOST_BYTES_AT_ONCE or offset + length > octets.size_bytes:
        raise ChildFailed
    process.send(HEAD.pack(REQUEST_OCTETS, length), deadline)
    process.send(octets.read_range(offset, length), deadline)
