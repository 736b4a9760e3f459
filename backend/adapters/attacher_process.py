"""Making attachments of untrusted files in a process that can be killed, one for each file. What is made is in `dicom.attachments`."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from backend.adapters.confined_errand import answer_of
from backend.adapters.memory_room import Octets
from backend.adapters.parser_process import OVER_LIMIT
from backend.adapters.parser_protocol import HEAD
from backend.core.errors import FileRefused
from backend.dicom.attachment_model import AttachmentOrder, AttachmentParts, DocumentPlace

_MEMORY_BYTES = 2 << 30
_CPU_SECONDS = 60
_WALL_SECONDS = 120.0
_MOST_ANSWER_BYTES = 320 << 20  # the samples of the largest picture, and a little


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
    return answer_of(
        "backend.adapters.attacher_child",
        {"memory_bytes": _MEMORY_BYTES, "cpu_seconds": _CPU_SECONDS, **request},
        octets,
        wall_seconds=_WALL_SECONDS,
        most_bytes=_MOST_ANSWER_BYTES,
    )
