"""What the copying process and its parent say to each other, in messages of `parser_protocol.HEAD` and so many octets."""

import struct
from dataclasses import dataclass

from backend.dicom.reading_header import StoredWindow

RANGE = struct.Struct("<QQ")

REQUEST_COPY = b"COPY"  # a reading header follows
REQUEST_OCTETS = b"OCTE"  # the octets that the process has asked for
REQUEST_NEXT = b"NEXT"  # the frame was taken; go on with the next

ANSWER_READ = b"READ"  # a RANGE of the stored file is wanted
ANSWER_FRAME = b"FRAM"  # the JSON of a FrameHead, then each packed level
ANSWER_DONE = b"DONE"
ANSWER_NOT_POSSIBLE = b"NOTP"
ANSWER_OUT_OF_MEMORY = b"MEMO"


@dataclass(frozen=True, slots=True)
class FrameHead:
    """A `CopiedFrame` without its octets, whose lengths are told."""

    pixel_sha256: str
    window: StoredWindow | None
    levels: tuple[int, ...]
    dtypes: tuple[str, ...]
    lengths: tuple[int, ...]
