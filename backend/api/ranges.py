"""Which octets a request asks for: the Range header (RFC 9110, 14). Pure; knows nothing of what is sent."""

import re

_ONE_RANGE = re.compile(r"bytes=[ \t]*(\d{0,19})-(\d{0,19})[ \t]*", re.ASCII | re.IGNORECASE)


class RangeNotSatisfiable(ValueError):  # noqa: N818 - an answer (416), not a fault
    """The range lies outside of what there is."""


def wanted_range(header: str, size_bytes: int) -> tuple[int, int] | None:
    """What one Range header asks for.

    Args:
        header: Its value; empty if there is none.
        size_bytes: How much there is.

    Returns:
        Offset and length, cut to what there is; None for everything, also where the header is not understood or asks
        for several ranges, which a server may answer with the whole (14.2).

    Raises:
        RangeNotSatisfiable: If it asks only for what does not exist.
    """
    found = _ONE_RANGE.fullmatch(header)
    if found is None:
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        length = min(int(last), size_bytes)
        if not length:
            raise RangeNotSatisfiable
        return size_bytes - length, length
    offset = int(first)
    end = int(last) if last else size_bytes
    if last and end < offset:
        return None
    if offset >= size_bytes:
        raise RangeNotSatisfiable
    return offset, min(end + 1, size_bytes) - offset
