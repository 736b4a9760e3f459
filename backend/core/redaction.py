"""What may be said about a request or an error in a log: kinds and places, never what was sent or read."""

import re
import traceback

_UID_SEGMENT = re.compile(r"(?<=/)\d+(?:\.\d+)+(?=/|$)")
_ID_SEGMENT = re.compile(r"(?<=/)[0-9a-fA-F]{8}-?[0-9a-fA-F-]{20,}(?=/|$)")
_PLAIN_SEGMENT = re.compile(r"[A-Za-z0-9._~{}-]{1,40}")
_MAX_SEGMENTS = 12
_MAX_FRAMES = 8


def redacted_path(path: str) -> str:
    """A request path with every identifier replaced by its kind; the query is not in a path at all.

    Args:
        path: The path as it came, percent-decoded.
    """
    path = _ID_SEGMENT.sub("{id}", _UID_SEGMENT.sub("{uid}", path))
    return "/".join(
        segment if not segment or _PLAIN_SEGMENT.fullmatch(segment) else "{text}"
        for segment in path.split("/")[:_MAX_SEGMENTS]
    )


def described_exception(error: BaseException) -> str:
    """Kind and places of an exception, from the outermost call to the innermost, without its message.

    Args:
        error: The exception; what it was caused by is described as well.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    places = " > ".join(
        f"{'/'.join(frame.filename.replace(chr(92), '/').split('/')[-2:])}:{frame.lineno} {frame.name}"
        for frame in frames
    )
    described = f"{type(error).__name__} at {places}" if places else type(error).__name__
    if error.__cause__ is not None:
        described += f"; caused by {described_exception(error.__cause__)}"
    return described
