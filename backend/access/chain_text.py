"""Proves thousands of entries of the audit trail at once, when all of them are as they should be.

What is wrong with one that is not, `access.audit_proof` finds out record by record: it is the judge, and this is quick.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from backend.models.audit import ENTRY_END, ChainEnd, ChainText

_HASH_LENGTH = len(f',"hash":"{"0" * 64}"}}')
_ABOUT_THE_TRAIL = '{"action":"audit:'
# What JSON in ASCII writes in another way than the databases do.
_ESCAPED = re.compile("[^\x00-\x7e]")


@dataclass(frozen=True, slots=True)
class Proven:
    """Entries that continue the chain, and each other.

    Attributes:
        hashes: Of each.
        about_the_trail: Those that are about the trail itself, as JSON, by their number.
    """

    hashes: list[bytes]
    about_the_trail: Mapping[int, str]


def proven(batch: ChainText, after: ChainEnd) -> Proven | None:
    """The entries of `batch`, if each of them has the hash that belongs to it and continues the one before it.

    Args:
        batch: Of at least one entry.
        after: The entry before the first.

    Returns:
        None if one of them does not, or if that cannot be told.
    """
    text = batch.text or ""
    if not text.isascii() or "\x7f" in text:
        text = _ESCAPED.sub(_escape, text)
    entries = text.split(ENTRY_END)
    if len(entries) != batch.entries:
        return None
    hashes: list[bytes] = []
    about_the_trail: dict[int, str] = {}
    previous = after.hash
    for sequence, entry in enumerate(entries, after.sequence + 1):
        sealed = f"{previous}\n{entry[:-_HASH_LENGTH]}}}"
        digest = hashlib.sha256(sealed.encode()).digest()
        hexadecimal = digest.hex()
        # Quotation marks within a text are escaped: only a key can read like one.
        if (
            not entry.endswith(f',"hash":"{hexadecimal}"}}')
            or f',"sequence":{sequence},' not in sealed
            or f',"previous_hash":"{previous}",' not in sealed
        ):
            return None
        hashes.append(digest)
        previous = hexadecimal
        if entry.startswith(_ABOUT_THE_TRAIL):
            about_the_trail[sequence] = entry
    return Proven(hashes, about_the_trail)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
