"""Identifiers that PACScribe makes itself. DICOM UIDs come from the files and are never made here."""

import os
import re
import time

_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))*")
_UID_MAX_LENGTH = 64


def new_id() -> str:
    """A new identifier: UUID version 7, so that rows sort by the time they were made (RFC 9562)."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & ((1 << 48) - 1)) << 80 | random_bits
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_uid(text: str) -> bool:
    """Whether `text` is a DICOM unique identifier (PS3.5 section 9.1)."""
    return 0 < len(text) <= _UID_MAX_LENGTH and _UID.fullmatch(text) is not None
