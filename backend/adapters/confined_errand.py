"""One request about one untrusted file to a process that is started for it and ended afterwards. What it does is its module's."""

import time
from collections.abc import Mapping

from backend.adapters.confined_process import ChildFailed, ConfinedProcess
from backend.adapters.memory_room import Octets
from backend.adapters.parser_process import OVER_LIMIT
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

_MOST_SENTENCE_BYTES = 400


def answer_of(
    module: str,
    settings: Mapping[str, object],
    octets: Octets,
    *,
    wall_seconds: float,
    most_bytes: int,
    over_limit: str = OVER_LIMIT,
) -> bytes:
    """What the process answers.

    Args:
        module: Of the process; see `ConfinedProcess`.
        settings: Likewise.
        octets: The file; the process gets what it asks for.
        wall_seconds: Until it is killed, and another second for each MiB of the file.
        most_bytes: Of its answer.
        over_limit: The sentence if it fails or takes too much.

    Raises:
        FileRefused: With the reason.
    """
    process = ConfinedProcess(module, settings)
    deadline = time.monotonic() + wall_seconds + octets.size_bytes / (1 << 20)
    try:
        process.send(HEAD.pack(REQUEST_BY_RANGE, octets.size_bytes), deadline)
        while True:
            kind, size_bytes = HEAD.unpack(process.receive(HEAD.size, deadline))
            if size_bytes > most_bytes:
                raise ChildFailed
            answer = process.receive(size_bytes, deadline)
            if kind != ANSWER_READ:
                break
            _send_range(process, octets, answer, deadline)
    except ChildFailed:
        raise FileRefused(over_limit) from None
    finally:
        process.end()
    if kind == ANSWER_REFUSED:
        raise FileRefused(answer[:_MOST_SENTENCE_BYTES].decode("utf-8", "replace"))
    if kind != ANSWER_PARSED:
        raise FileRefused(over_limit)
    return answer


def _send_range(process: ConfinedProcess, octets: Octets, wanted: bytes, deadline: float) -> None:
    if len(wanted) != RANGE.size:
        raise ChildFailed
    offset, length = RANGE.unpack(wanted)
    if length > MOST_BYTES_AT_ONCE or offset + length > octets.size_bytes:
        raise ChildFailed
    process.send(HEAD.pack(REQUEST_OCTETS, length), deadline)
    process.send(octets.read_range(offset, length), deadline)
