"""The value of one element as a line of text for people: shortened, never markup, never pixels. The walk is in `tag_listing`."""

import struct
from dataclasses import dataclass, field

from backend.dicom.character_sets import decode
from backend.dicom.declared_sets import Declaration
from backend.dicom.elements import (
    BINARY_FORMATS,
    CONTROL_CHARACTERS,
    delimiters_of,
)
from backend.dicom.iso_2022 import UNREADABLE
from backend.dicom.uid_names import uid_name

# What is read of a value: of text enough for what is shown in any character set, of numbers for more than are shown.
MOST_OCTETS = 4096
MOST_CHARACTERS = 240
_MOST_NUMBERS = 64
_MOST_HEX_OCTETS = 16
_LONGEST_CHARACTER = 4
_CUT = "…"
_TEXT = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_CODES = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"})
_ONE_LINE = str.maketrans({"\r": " ", "\n": " ", "\t": " ", "\f": " "})


@dataclass(slots=True)
class Reading:
    """How the values of one data set are read.

    Attributes:
        is_little_endian: Byte order of binary values.
        declared: Character sets.
        notes: Where notes about text that had to be guessed are added.
    """

    is_little_endian: bool
    declared: Declaration = field(default_factory=Declaration)
    notes: list[str] = field(default_factory=list)


def is_readable(vr: str) -> bool:
    """Whether values of this VR say something to people."""
    return vr in _TEXT or vr in _CODES or vr in BINARY_FORMATS or vr == "AT"


def shown_value(vr: str, octets: bytes, length: int, keyword: str, reading: Reading) -> str:
    """The beginning of a value.

    Args:
        vr: One that `is_readable`, or any other for octets in hexadecimal.
        octets: The first `MOST_OCTETS` of the value, or all.
        length: Of the whole value, in bytes.
        keyword: For notes.
        reading: How it is read.
    """
    is_cut = len(octets) < length
    if vr in BINARY_FORMATS or vr == "AT":
        return _numbers(vr, octets, reading.is_little_endian, is_cut=is_cut)
    if vr in _TEXT:
        return _shortened(_decoded(vr, octets, keyword, reading, is_cut=is_cut), is_cut=is_cut)
    if vr in _CODES:
        text = _shortened(_clean(octets.decode("ascii", "replace")), is_cut=is_cut)
        name = uid_name(text) if vr == "UI" else ""
        return f"{text} ({name})" if name else text
    if length > _MOST_HEX_OCTETS:
        return ""
    return octets.hex(" ").upper()


def _numbers(vr: str, octets: bytes, is_little_endian: bool, *, is_cut: bool) -> str:
    code = "HH" if vr == "AT" else BINARY_FORMATS[vr]
    order = "<" if is_little_endian else ">"
    size = struct.calcsize(order + code)
    count = min(len(octets) // size, _MOST_NUMBERS)
    found = struct.iter_unpack(order + code, octets[: count * size])
    if vr == "AT":
        shown = [f"({group:04X},{element:04X})" for group, element in found]
    elif vr == "FL":
        shown = [_shown_single(number) for (number,) in found]
    else:
        shown = [str(number) for (number,) in found]
    is_cut = is_cut or count < len(octets) // size
    return _shortened("\\".join(shown), is_cut=is_cut)


def _shown_single(number: float) -> str:
    """The shortest decimal that is this number of 32 bits."""
    for figures in range(6, 9):
        text = f"{number:.{figures}g}"
        if struct.pack("<d", number) == struct.pack("<d", _as_single(text)):
            return text
    return f"{number:.9g}"


def _as_single(text: str) -> float:
    try:
        (number,) = struct.unpack("<f", struct.pack("<f", float(text)))
    except OverflowError:
        return float("inf")
    return float(number)


def _decoded(vr: str, octets: bytes, keyword: str, reading: Reading, *, is_cut: bool) -> str:
    delimiters = delimiters_of(vr)
    value = octets if is_cut else octets.rstrip(b" \0")
    # A cut may have gone through the middle of a character.
    for fewer in range(_LONGEST_CHARACTER if is_cut else 0):
        notes: list[str] = []
        text = decode(value[: len(value) - fewer], reading.declared, delimiters, keyword, notes)
        if not notes and UNREADABLE not in text:
            return _clean(text)
    notes = []
    text = decode(value, reading.declared, delimiters, keyword, notes)
    reading.notes += [note for note in notes if note not in reading.notes]
    return _clean(text)


def _clean(text: str) -> str:
    return text.translate(_ONE_LINE).translate(CONTROL_CHARACTERS).strip()


def _shortened(text: str, *, is_cut: bool) -> str:
    if len(text) > MOST_CHARACTERS:
        return text[:MOST_CHARACTERS] + _CUT
    return text + _CUT if is_cut else text
