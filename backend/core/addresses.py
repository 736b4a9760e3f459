"""Addresses inside this site: where people may be sent after they have signed in."""

from urllib.parse import urlsplit

HOME = "/worklist"
"""Where whoever wanted to go nowhere in particular goes."""

_MAX_PATH_CHARACTERS = 2000


def local_path(text: str) -> str:
    """A path of this site to go to; anything else becomes the worklist.

    A link that signs people in and then sends them elsewhere is a trap. Browsers drop tabs and line ends and read
    a backslash as a slash, so a path with any of these is not taken either.
    """
    is_plain = all("\x20" < each < "\x7f" for each in text) and "\\" not in text
    if not is_plain or not 0 < len(text) <= _MAX_PATH_CHARACTERS or text[:2] in ("//", ""):
        return HOME
    if not text.startswith("/") or text.startswith(("/api/", "/sign-in", "/set-up")):
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    return text if not parts.scheme and not parts.netloc else HOME
