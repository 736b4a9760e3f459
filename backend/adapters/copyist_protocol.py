"""What the copying process and its parent say to each other, in messages of `parser_protocol.HEAD` and so many octets.

A parsing process sends frames for reading copies in the same words.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend.dicom.plain import NotPlain, from_json, to_json
from backend.dicom.reading_copy import CopiedFrame, PackedLevel
from backend.dicom.reading_header import StoredWindow

REQUEST_COPY = b"COPY"  # a reading header follows
REQUEST_NEXT = b"NEXT"  # the frame was taken; go on with the next

ANSWER_FRAME = b"FRAM"  # the JSON of a FrameHead, then each packed level
ANSWER_DONE = b"DONE"
ANSWER_NOT_POSSIBLE = b"NOTP"
ANSWER_OUT_OF_MEMORY = b"MEMO"


MAX_HEAD_BYTES = 64 * 1024
_MAX_LEVEL_BYTES = 2**31


@dataclass(frozen=True, slots=True)
class FrameHead:
    """A `CopiedFrame` without its octets, whose lengths are told."""

    pixel_sha256: str
    window: StoredWindow | None
    levels: tuple[int, ...]
    dtypes: tuple[str, ...]
    lengths: tuple[int, ...]


def head_of(frame: CopiedFrame) -> bytes:
    """The JSON that goes before the packed levels of a frame."""
    return to_json(
        FrameHead(
            frame.pixel_sha256,
            frame.window,
            tuple(packed.level for packed in frame.levels),
            tuple(packed.dtype for packed in frame.levels),
            tuple(len(packed.octets) for packed in frame.levels),
        )
    )


def frame_of(head: bytes, receive: Callable[[int], bytes]) -> CopiedFrame:
    """The frame whose head has come.

    Args:
        head: From `head_of`, not trusted.
        receive: Gives exactly so many octets.

    Raises:
        NotPlain: If it is no such head.
    """
    read = from_json(FrameHead, head)
    if not len(read.levels) == len(read.dtypes) == len(read.lengths) or not all(
        0 < length <= _MAX_LEVEL_BYTES for length in read.lengths
    ):
        raise NotPlain("The head of the frame contradicts itself.")
    levels = tuple(
        PackedLevel(level, dtype, receive(length))
        for level, dtype, length in zip(read.levels, read.dtypes, read.lengths, strict=True)
    )
    return CopiedFrame(read.pixel_sha256, read.window, levels)
