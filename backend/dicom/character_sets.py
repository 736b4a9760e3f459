"""Octets to text, by what a file declares and by what its octets show (PS3.3 C.12.1.1.2, PS3.5 6.1).

Declarations are missing, misspelt or wrong so often that they are evidence, not truth. What is certain is decoded without
a word; what had to be guessed comes with a note. Of what cannot be read each octet becomes U+FFFD and its two hexadecimal
digits, never letters that nobody wrote, and never the same for two people whose names or numbers differ.
"""

import codecs
import re
import unicodedata

from backend.dicom.declared_sets import KATAKANA, Declaration, add_note
from backend.dicom.iso_2022 import UNREADABLE, by_escapes, unreadable, upper_half

_LATIN = {"iso8859-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-9", "iso8859-15"}
_SCRIPTS = {
    "iso8859-5": "CYRILLIC",
    "iso8859-6": "ARABIC",
    "iso8859-7": "GREEK",
    "iso8859-8": "HEBREW",
    "tis-620": "THAI",
}
# Müller, taken for Chinese.
_AMONG_LETTERS = re.compile(r"[A-Za-z][^\x00-\x7f][a-z]")

_UNDECLARED = "{keyword} uses a character set that the file does not declare; it was read by its escape sequences."
_UTF8 = "{keyword} is UTF-8, a character set that the file does not declare."
_GUESSED = (
    "{keyword} does not fit the declared character set; it was guessed, and may be read wrongly."
)
_DOUBTFUL = (
    "{keyword} looks like no word in the declared character set; it may be written in another one."
)
_LOST = "{keyword} cannot be read in full with any character set that the file declares."


def decode(
    value: bytes, declared: Declaration, delimiters: frozenset[int], keyword: str, notes: list[str]
) -> str:
    """Decode a value.

    Args:
        value: Its octets.
        declared: What the file declares.
        delimiters: Octets after which the first set holds again (PS3.5 6.1.2.5.3).
        keyword: Of the element, for notes.
        notes: Where notes are added.

    Returns:
        The text; U+FFFD stands for what cannot be read.
    """
    if value.isascii() and b"\x1b" not in value and declared.first != KATAKANA:
        return value.decode("ascii")
    if declared.alone or b"\x1b" not in value:
        upper = declared.alone or upper_half(declared)
        if not upper:
            return _by_its_looks(value, declared, delimiters, keyword, notes)
        if _is_rather_utf8(value, upper):
            add_note(notes, _UTF8.format(keyword=keyword))
            return _utf8(value)
    if declared.alone:
        return _alone(value, declared, delimiters, keyword, notes)
    text, foreign = by_escapes(value, declared, delimiters)
    if UNREADABLE in text:
        return _by_its_looks(value, declared, delimiters, keyword, notes)
    if foreign:
        add_note(notes, _UNDECLARED.format(keyword=keyword))
    if declared.first in _LATIN and any("\x80" <= c <= "\x9f" for c in text):
        return _by_its_looks(value, declared, delimiters, keyword, notes)
    if b"\x1b" not in value and declared.first in _LATIN and _is_no_word(text):
        add_note(notes, _DOUBTFUL.format(keyword=keyword))
    return text


def _alone(
    value: bytes, declared: Declaration, delimiters: frozenset[int], keyword: str, notes: list[str]
) -> str:
    """The text of octets that are declared as a set without escape sequences."""
    try:
        text = _utf8(value) if declared.alone == "utf-8" else value.decode(declared.alone)
    except UnicodeDecodeError:
        text = _by_its_looks(value, declared, delimiters, keyword, notes)
    else:
        if declared.alone != "utf-8" and _AMONG_LETTERS.search(text):
            add_note(notes, _DOUBTFUL.format(keyword=keyword))
        return text
    if UNREADABLE not in text:
        return text
    # Values are often cut at 64 octets, in the middle of a character.
    decoder = codecs.getincrementaldecoder(declared.alone)()
    try:
        whole = decoder.decode(value)
    except UnicodeDecodeError:
        return text
    return whole + unreadable(decoder.getstate()[0])


def _utf8(value: bytes) -> str:
    """UTF-8 without the mark at its beginning that some write.

    Raises:
        UnicodeDecodeError: If it is none.
    """
    return value.decode("utf-8-sig")


def _by_its_looks(
    value: bytes, declared: Declaration, delimiters: frozenset[int], keyword: str, notes: list[str]
) -> str:
    """The text of octets that do not fit what is declared; certain of UTF-8 and of escapes, careful with all else."""
    try:
        text = _utf8(value)
    except UnicodeDecodeError:
        text = ""
    if text and b"\x1b" not in value:
        add_note(notes, _UTF8.format(keyword=keyword))
        return text
    if b"\x1b" in value:
        text, _ = by_escapes(value, declared, delimiters)
        add_note(notes, (_LOST if UNREADABLE in text else _UNDECLARED).format(keyword=keyword))
        return text
    latin = value.decode("cp1252", "replace")
    if _is_plausible_latin(latin):
        add_note(notes, _GUESSED.format(keyword=keyword))
        return latin
    add_note(notes, _LOST.format(keyword=keyword))
    return "".join(chr(each) if each < 0x80 else unreadable(bytes([each])) for each in value)


def _is_rather_utf8(value: bytes, declared: str) -> bool:
    """Whether octets that are valid UTF-8 would make no sense in the declared set, or hardly any."""
    if declared == "utf-8":
        return False
    try:
        text = _utf8(value)
    except UnicodeDecodeError:
        return False
    foreign = [c for c in text if not c.isascii()]
    if declared in _LATIN:
        return bool(foreign)
    if declared in _SCRIPTS:
        return any(unicodedata.name(c, "").startswith(_SCRIPTS[declared]) for c in foreign)
    # Three octets of UTF-8 may be one and a half characters of a set of pairs, but hardly ever all of a text is.
    return any(unicodedata.east_asian_width(c) == "W" for c in foreign)


def _is_no_word(text: str) -> bool:
    """Whether text of a Latin set has letters with accents only, as Cyrillic has that was declared wrongly."""
    letters = [c for c in text if c.isalpha()]
    return len(letters) > 3 and not any(c.isascii() for c in letters)


def _is_plausible_latin(text: str) -> bool:
    """Whether text of one octet a character looks like a Western name: letters, and not many accents together."""
    foreign = [c for c in text if not c.isascii()]
    return (
        UNREADABLE not in text
        and all(c.isalpha() or c in "\u2019\u2018\u2013" for c in foreign)
        and not re.search(r"[^\x00-\x7f]{3}", text)
        and not re.search(r"(?<![A-Za-z])[^\x00-\x7f]{2}(?![A-Za-z])", text)
    )
