"""Specific Character Set (0008,0005): octets to text, by what a file declares and by what its octets show (PS3.3 C.12.1.1.2, PS3.5 6.1).

Declarations are missing, misspelt or wrong so often that they are evidence, not truth. What is certain is decoded without
a word; what had to be guessed comes with a note; what cannot be read becomes U+FFFD, never letters that nobody wrote.
"""

import re
import unicodedata
from dataclasses import dataclass

UNREADABLE = "\N{REPLACEMENT CHARACTER}"

# Sets of one octet a character by their registration number, PS3.3 table C.12-2; their upper half is G1.
_SINGLE = {
    "6": "ascii",
    "100": "iso8859-1",
    "101": "iso8859-2",
    "109": "iso8859-3",
    "110": "iso8859-4",
    "126": "iso8859-7",
    "127": "iso8859-6",
    "138": "iso8859-8",
    "144": "iso8859-5",
    "148": "iso8859-9",
    "166": "tis-620",
    "203": "iso8859-15",
}
_KATAKANA, _ROMAJI = "katakana", "romaji"
_MULTI = {"87": "jisx0208", "159": "jisx0212", "149": "ksx1001", "58": "gb2312"}
_ALONE = {"192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}

# Escape sequences after ESC: the half that they designate, and the set, PS3.3 tables C.12-3 and C.12-4.
_ESCAPES: tuple[tuple[bytes, int, str], ...] = (
    (b"(B", 0, "ascii"),
    (b"(J", 0, _ROMAJI),
    (b"(I", 0, _KATAKANA),  # not of the standard, but written
    (b"$B", 0, "jisx0208"),
    (b"$@", 0, "jisx0208"),  # the edition of 1978
    (b"$(D", 0, "jisx0212"),
    (b"$)C", 1, "ksx1001"),
    (b"$)A", 1, "gb2312"),
    (b")I", 1, _KATAKANA),
    (b"-A", 1, "iso8859-1"),
    (b"-B", 1, "iso8859-2"),
    (b"-C", 1, "iso8859-3"),
    (b"-D", 1, "iso8859-4"),
    (b"-F", 1, "iso8859-7"),
    (b"-G", 1, "iso8859-6"),
    (b"-H", 1, "iso8859-8"),
    (b"-L", 1, "iso8859-5"),
    (b"-M", 1, "iso8859-9"),
    (b"-T", 1, "tis-620"),
    (b"-b", 1, "iso8859-15"),
)
_LATIN = {"iso8859-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-9", "iso8859-15"}
_SCRIPTS = {
    "iso8859-5": "CYRILLIC",
    "iso8859-6": "ARABIC",
    "iso8859-7": "GREEK",
    "iso8859-8": "HEBREW",
    "tis-620": "THAI",
}
# What is written for a defined term, without everything but letters and digits.
_MISSPELT = {
    "UTF8": "192",
    "UNICODE": "192",
    "ASCII": "6",
    "USASCII": "6",
    "LATIN1": "100",
    "LATIN2": "101",
    "CP1252": "100",
    "WINDOWS1252": "100",
    "GB2312": "58",
    "EUCKR": "149",
    "ISO2022JP": "87",
    "ISO2022KR": "149",
    **{
        f"ISO8859{part}": number
        for part, number in {
            "1": "100",
            "2": "101",
            "3": "109",
            "4": "110",
            "5": "144",
            "6": "127",
            "7": "126",
            "8": "138",
            "9": "148",
            "15": "203",
        }.items()
    },
}
_TERM = re.compile(r"(ISO_IR|ISO 2022 IR) (\d+)")
_LOOSE_TERM = re.compile(r"ISO(2022)?IR?(\d{1,3})")

_NOT_UNDERSTOOD = "SpecificCharacterSet is not understood; text was read by what it looks like."
_SPELT = "SpecificCharacterSet is not written as the standard has it; it was read as {terms}."
_MIXED = "SpecificCharacterSet names sets that cannot be combined; the first was used."
_UNDECLARED = "{keyword} uses a character set that the file does not declare; it was read by its escape sequences."
_UTF8 = "{keyword} is UTF-8, a character set that the file does not declare."
_GUESSED = (
    "{keyword} does not fit the declared character set; it was guessed, and may be read wrongly."
)
_LOST = "{keyword} cannot be read in full with any character set that the file declares."


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a file declares.

    Attributes:
        alone: Codec of a set that knows no escape sequences (UTF-8, GB18030, GBK); "" otherwise.
        first: The set that holds until an escape sequence; "" if the file declares none that is known.
        further: The others.
    """

    alone: str = ""
    first: str = ""
    further: tuple[str, ...] = ()


def declaration_of(values: tuple[str, ...], notes: list[str]) -> Declaration:
    """Read the values of Specific Character Set; a note is added where they are not as they should be."""
    if not any(values):
        return Declaration()
    numbers: list[str] = []
    is_exact = True
    for value in values:
        number, exact = _number_of(value)
        if number is None:
            _note(notes, _NOT_UNDERSTOOD)
            return Declaration()
        is_exact &= exact
        numbers.append(number)
    if not is_exact:
        _note(notes, _SPELT.format(terms=" and ".join(_standard_term(n) for n in numbers)))
    if numbers[0] in _ALONE:
        if len(numbers) > 1:
            _note(notes, _MIXED)
        return Declaration(alone=_ALONE[numbers[0]])
    sets = [_set_of(number) for number in numbers if number not in _ALONE]
    if len(sets) < len(numbers):
        _note(notes, _MIXED)
    return Declaration(first=sets[0], further=tuple(sets[1:]))


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
    if value.isascii() and b"\x1b" not in value and declared.first != _KATAKANA:
        return value.decode("ascii")
    if declared.alone:
        try:
            return value.decode(declared.alone)
        except UnicodeDecodeError:
            return _by_its_looks(value, declared, delimiters, keyword, notes)
    if b"\x1b" not in value and declared.first in ("", "ascii"):
        multi = [name for name in declared.further if name in ("ksx1001", "gb2312")]
        if len(multi) != 1:
            return _by_its_looks(value, declared, delimiters, keyword, notes)
    if b"\x1b" not in value and _is_rather_utf8(value, declared.first):
        _note(notes, _UTF8.format(keyword=keyword))
        return value.decode("utf-8")
    text, foreign = _by_escapes(value, declared, delimiters)
    if UNREADABLE in text:
        return _by_its_looks(value, declared, delimiters, keyword, notes)
    if foreign:
        _note(notes, _UNDECLARED.format(keyword=keyword))
    if declared.first in _LATIN and any("\x80" <= c <= "\x9f" for c in text):
        return _by_its_looks(value, declared, delimiters, keyword, notes)
    return text


def _by_its_looks(
    value: bytes, declared: Declaration, delimiters: frozenset[int], keyword: str, notes: list[str]
) -> str:
    """The text of octets that do not fit what is declared; certain of UTF-8 and of escapes, careful with all else."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and b"\x1b" not in value:
        _note(notes, _UTF8.format(keyword=keyword))
        return text
    if b"\x1b" in value:
        text, _ = _by_escapes(value, declared, delimiters)
        _note(notes, (_LOST if UNREADABLE in text else _UNDECLARED).format(keyword=keyword))
        return text
    latin = value.decode("cp1252", "replace")
    if _is_plausible_latin(latin):
        _note(notes, _GUESSED.format(keyword=keyword))
        return latin
    _note(notes, _LOST.format(keyword=keyword))
    return re.sub(rb"[\x80-\xff]+", b"\x1a", value).decode("ascii").replace("\x1a", UNREADABLE)


def _is_rather_utf8(value: bytes, declared: str) -> bool:
    """Whether octets that are valid UTF-8 would make no sense in the declared set of single octets."""
    if declared not in _LATIN and declared not in _SCRIPTS:
        return False
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    foreign = [c for c in text if not c.isascii()]
    if declared in _LATIN:
        return bool(foreign)
    return any(unicodedata.name(c, "").startswith(_SCRIPTS[declared]) for c in foreign)


def _is_plausible_latin(text: str) -> bool:
    """Whether text of one octet a character looks like a Western name: letters, and not many accents together."""
    foreign = [c for c in text if not c.isascii()]
    return (
        UNREADABLE not in text
        and all(c.isalpha() or c in "\u2019\u2018\u2013" for c in foreign)
        and not re.search(r"[^\x00-\x7f]{3}", text)
        and not re.search(r"(?<![A-Za-z])[^\x00-\x7f]{2}(?![A-Za-z])", text)
    )


def _by_escapes(
    value: bytes, declared: Declaration, delimiters: frozenset[int]
) -> tuple[str, bool]:
    """Decode by ISO 2022; also whether a set was used that is not declared."""
    start = _initial(declared.first)
    halves = list(start)
    known = {declared.first, *declared.further, "ascii", _ROMAJI if _KATAKANA in start else ""}
    multi = [name for name in declared.further if name in ("ksx1001", "gb2312")]
    last_upper = multi[0] if len(multi) == 1 else ""
    parts: list[str] = []
    foreign = False
    position = 0
    while position < len(value):
        octet = value[position]
        if octet == 0x1B:
            for sequence, half, name in _ESCAPES:
                if value.startswith(sequence, position + 1):
                    halves[half] = name
                    if half:
                        last_upper = name
                    # Romaji comes with katakana, and the Japanese sets with each other.
                    foreign |= name not in known and not (name == _ROMAJI and "jisx0208" in known)
                    position += 1 + len(sequence)
                    break
            else:
                parts.append(UNREADABLE)
                position += 1
            continue
        name = halves[octet >> 7] or (last_upper if octet >> 7 else "")
        # Inside the Japanese sets of two octets, ^ and = are halves of characters.
        if octet in delimiters and (octet < 0x20 or name not in ("jisx0208", "jisx0212")):
            halves = list(start)
            parts.append(chr(octet))
            position += 1
            continue
        width = 2 if name in _MULTI.values() and octet & 0x7F > 0x20 else 1
        parts.append(_character(value[position : position + width], name))
        position += width
    return "".join(parts), foreign


def _initial(first: str) -> tuple[str, str]:
    """What the lower and the upper half mean at the beginning, PS3.5 6.1.2.5.3."""
    if first == _KATAKANA:
        return _ROMAJI, _KATAKANA
    # The Japanese sets of two octets are there only after an escape sequence.
    return "ascii", "" if first in ("", "ascii", "jisx0208", "jisx0212") else first


def _character(octets: bytes, name: str) -> str:
    """One character of one set; U+FFFD where there is none."""
    low = bytes(octet & 0x7F for octet in octets)
    high = bytes(octet | 0x80 for octet in octets)
    if octets[0] < 0x21 or octets == b"\x7f":
        return chr(octets[0])
    try:
        if name == "ascii":
            return low.decode("ascii") if octets[0] < 0x80 else UNREADABLE
        if name == _ROMAJI:
            return {"\\": "¥", "~": "‾"}.get(chr(low[0]), chr(low[0]))
        if name == _KATAKANA:
            return high.decode("shift_jis")
        if name == "jisx0208":
            return high.decode("euc_jp")
        if name == "jisx0212":
            return (b"\x8f" + high).decode("euc_jp")
        if name == "ksx1001":
            return high.decode("euc_kr")
        if name == "gb2312":
            return high.decode("gb2312")
        return octets.decode(name) if name else UNREADABLE
    except UnicodeDecodeError:
        return UNREADABLE


def _number_of(value: str) -> tuple[str | None, bool]:
    """The registration number (or name) that a value means, and whether it is written as the standard has it."""
    if not value:
        return "6", True
    if value in ("GB18030", "GBK"):
        return value, True
    match = _TERM.fullmatch(value)
    if match is not None and _is_known(match[2]):
        return match[2], True
    plain = re.sub(r"[^A-Z0-9]", "", value.upper())
    if plain in ("GB18030", "GBK", "ISO2022GB18030", "ISO2022GBK"):
        return plain.removeprefix("ISO2022"), False
    if plain in _MISSPELT:
        return _MISSPELT[plain], False
    loose = _LOOSE_TERM.fullmatch(plain)
    if loose is not None and _is_known(loose[2]):
        return loose[2], False
    return (plain, False) if _is_known(plain) else (None, False)


def _is_known(number: str) -> bool:
    return number in _SINGLE or number in _MULTI or number in ("13", "192")


def _standard_term(number: str) -> str:
    return number if number in ("GB18030", "GBK") else f"ISO_IR {number}"


def _set_of(number: str) -> str:
    if number == "13":
        return _KATAKANA
    return _SINGLE.get(number) or _MULTI[number]


def _note(notes: list[str], sentence: str) -> None:
    if sentence not in notes:
        notes.append(sentence)
